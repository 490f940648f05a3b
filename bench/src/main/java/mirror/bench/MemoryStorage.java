package mirror.bench;

import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import mirror.bus.Storage;

/** Files in memory, so that a measurement is of the log and not of a disk. */
final class MemoryStorage implements Storage {
    /** A file that is read where it stands: a copy for every reader would be what is measured. */
    private static final class Bytes extends ByteArrayOutputStream {
        synchronized int read(long position, byte[] into, int offset, int length) {
            if (position >= count) {
                return -1;
            }
            int read = (int) Math.min(length, count - position);
            System.arraycopy(buf, (int) position, into, offset, read);
            return read;
        }

        synchronized void truncate(long size) {
            count = (int) size;
        }
    }

    private final Map<Path, Bytes> files = new ConcurrentHashMap<>();

    @Override
    public Appender append(Path file) {
        Bytes bytes = files.computeIfAbsent(file, _ -> new Bytes());
        return new Appender() {
            @Override
            public void write(ByteBuffer more) {
                bytes.write(more.array(), more.arrayOffset() + more.position(), more.remaining());
                more.position(more.limit());
            }

            @Override
            public void force() {}

            @Override
            public long size() {
                return bytes.size();
            }

            @Override
            public void truncate(long size) {
                bytes.truncate(size);
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public Reader read(Path file) throws IOException {
        Bytes bytes = files.get(file);
        if (bytes == null) {
            throw new FileNotFoundException(file.toString());
        }
        return new Reader() {
            @Override
            public int read(long position, byte[] into, int offset, int length) {
                return bytes.read(position, into, offset, length);
            }

            @Override
            public long size() {
                return bytes.size();
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public boolean exists(Path file) {
        return files.containsKey(file);
    }

    @Override
    public List<Path> list(Path directory) {
        return new TreeMap<>(files)
                .keySet().stream()
                        .filter(file -> directory.equals(file.getParent()))
                        .toList();
    }

    @Override
    public void createDirectories(Path directory) {}

    @Override
    public void rename(Path from, Path to) throws IOException {
        Bytes moved = files.remove(from);
        if (moved == null) {
            throw new FileNotFoundException(from.toString());
        }
        files.put(to, moved);
    }

    @Override
    public void forceDirectory(Path directory) {}

    @Override
    public void delete(Path file) {
        files.remove(file);
    }

    @Override
    public String stamp(Path file) {
        Bytes bytes = files.get(file);
        return bytes == null ? "" : String.valueOf(bytes.size());
    }
}
