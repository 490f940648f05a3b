package mirror.bus.organism;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import mirror.bus.DiskStorage;
import mirror.bus.Storage;

/** The real disk without waiting for flushes, because the log's own durability is tested elsewhere; refuses writes while it is full. */
record QuickDisk(DiskStorage real, boolean[] full) implements Storage {
    QuickDisk(boolean[] full) {
        this(new DiskStorage(), full);
    }

    @Override
    public Appender append(Path file) throws IOException {
        Appender appender = real.append(file);
        return new Appender() {
            @Override
            public void write(ByteBuffer bytes) throws IOException {
                if (full[0]) {
                    throw new IOException("no space left on device");
                }
                appender.write(bytes);
            }

            @Override
            public void force() {}

            @Override
            public long size() throws IOException {
                return appender.size();
            }

            @Override
            public void truncate(long size) throws IOException {
                appender.truncate(size);
            }

            @Override
            public void close() throws IOException {
                appender.close();
            }
        };
    }

    @Override
    public Reader read(Path file) throws IOException {
        return real.read(file);
    }

    @Override
    public boolean exists(Path file) {
        return real.exists(file);
    }

    @Override
    public List<Path> list(Path directory) throws IOException {
        return real.list(directory);
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        real.createDirectories(directory);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        real.rename(from, to);
    }

    @Override
    public void forceDirectory(Path directory) {}

    @Override
    public void delete(Path file) throws IOException {
        real.delete(file);
    }

    @Override
    public String stamp(Path file) throws IOException {
        return real.stamp(file);
    }
}
