package mirror.bus;

import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * A disk in memory that can lose power and fail. What was forced survives; of what was written since, each 512-byte sector may be
 * kept, lost, zeroed or garbage, the file may have any length between, and a file whose folder was not forced may be gone.
 */
final class SimStorage implements Storage {
    private static final int SECTOR = 512;

    private static final class File {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] forced = new byte[0];
    }

    private final Map<Path, File> files = new TreeMap<>();
    private final Set<Path> listed = new HashSet<>();
    private int writesUntilFailure = -1;
    private int forcesUntilFailure = -1;
    private boolean partialWrite;

    /** Lets the n-th write from now on fail, after half of its bytes. */
    synchronized void failWrite(int n) {
        writesUntilFailure = n;
        partialWrite = true;
    }

    synchronized void failForce(int n) {
        forcesUntilFailure = n;
    }

    private int callsUntilFailure = -1;
    private final Map<Path, Long> reads = new HashMap<>();

    /** Lets the n-th call that changes something, from now on, and all after it fail; -1 for none. */
    synchronized void failCall(int n) {
        callsUntilFailure = n;
    }

    private synchronized void call() throws IOException {
        if (callsUntilFailure == 0) {
            throw new IOException("Input/output error");
        }
        callsUntilFailure -= callsUntilFailure > 0 ? 1 : 0;
    }

    synchronized void forgetReads() {
        reads.clear();
    }

    /** Bytes read of the file since {@link #forgetReads}. */
    synchronized long readBytes(Path path) {
        return reads.getOrDefault(path, 0L);
    }

    /** The same disk, forced or not. */
    synchronized SimStorage copy() {
        SimStorage copy = new SimStorage();
        files.forEach((path, file) -> {
            File same = new File();
            same.bytes.writeBytes(file.bytes.toByteArray());
            same.forced = file.forced;
            copy.files.put(path, same);
        });
        copy.listed.addAll(listed);
        return copy;
    }

    /** The disk as it may look after the power was cut now. */
    synchronized SimStorage crash(RandomGenerator random) {
        SimStorage after = new SimStorage();
        files.forEach((path, file) -> {
            if (!listed.contains(path) && random.nextBoolean()) {
                return;
            }
            byte[] written = file.bytes.toByteArray();
            int common = file.forced.length;
            int length = Math.min(common, written.length)
                    + (written.length > common ? random.nextInt(written.length - common + 1) : 0);
            byte[] image = Arrays.copyOf(written, length);
            int mode = random.nextInt(4);
            for (int at = common; at < length; at = (at / SECTOR + 1) * SECTOR) {
                int end = Math.min(length, (at / SECTOR + 1) * SECTOR);
                int fate = mode == 0 ? 0 : random.nextInt(4);
                if (fate == 1) {
                    Arrays.fill(image, at, end, (byte) 0);
                } else if (fate == 2) {
                    for (int i = at; i < end; i++) {
                        image[i] = (byte) random.nextInt(256);
                    }
                }
            }
            after.put(path, image);
        });
        return after;
    }

    synchronized void put(Path path, byte[] bytes) {
        File file = new File();
        file.bytes.writeBytes(bytes);
        file.forced = bytes;
        files.put(path, file);
        listed.add(path);
    }

    synchronized void remove(Path path) {
        files.remove(path);
    }

    synchronized byte[] get(Path path) {
        return file(path).bytes.toByteArray();
    }

    synchronized Set<Path> paths() {
        return Set.copyOf(files.keySet());
    }

    private File file(Path path) {
        File file = files.get(path);
        if (file == null) {
            throw new AssertionError("no file " + path + " in " + files.keySet());
        }
        return file;
    }

    @Override
    public synchronized Appender append(Path path) throws IOException {
        call();
        File file = files.computeIfAbsent(path, p -> new File());
        return new Appender() {
            @Override
            public void write(ByteBuffer bytes) throws IOException {
                synchronized (SimStorage.this) {
                    byte[] chunk = new byte[bytes.remaining()];
                    bytes.get(chunk);
                    call();
                    if (writesUntilFailure >= 0 && writesUntilFailure-- == 0) {
                        if (partialWrite) {
                            file.bytes.write(chunk, 0, chunk.length / 2);
                        }
                        throw new IOException("No space left on device");
                    }
                    file.bytes.writeBytes(chunk);
                }
            }

            @Override
            public void force() throws IOException {
                synchronized (SimStorage.this) {
                    call();
                    if (forcesUntilFailure >= 0 && forcesUntilFailure-- == 0) {
                        throw new IOException("Input/output error");
                    }
                    file.forced = file.bytes.toByteArray();
                }
            }

            @Override
            public long size() {
                synchronized (SimStorage.this) {
                    return file.bytes.size();
                }
            }

            @Override
            public void truncate(long size) throws IOException {
                synchronized (SimStorage.this) {
                    call();
                    byte[] kept = Arrays.copyOf(file.bytes.toByteArray(), (int) size);
                    file.bytes.reset();
                    file.bytes.writeBytes(kept);
                    file.forced = Arrays.copyOf(file.forced, (int) Math.min(size, file.forced.length));
                }
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public synchronized Reader read(Path path) throws IOException {
        if (!files.containsKey(path)) {
            throw new FileNotFoundException(path.toString());
        }
        File file = file(path);
        return new Reader() {
            @Override
            public int read(long position, byte[] into, int offset, int length) {
                synchronized (SimStorage.this) {
                    byte[] bytes = file.bytes.toByteArray();
                    if (position >= bytes.length) {
                        return -1;
                    }
                    int read = (int) Math.min(length, bytes.length - position);
                    reads.merge(path, (long) read, Long::sum);
                    System.arraycopy(bytes, (int) position, into, offset, read);
                    return read;
                }
            }

            @Override
            public long size() {
                synchronized (SimStorage.this) {
                    return file.bytes.size();
                }
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public synchronized boolean exists(Path path) {
        return files.containsKey(path);
    }

    @Override
    public synchronized List<Path> list(Path directory) {
        return files.keySet().stream()
                .filter(path -> directory.equals(path.getParent()))
                .toList();
    }

    @Override
    public void createDirectories(Path directory) {}

    @Override
    public synchronized void rename(Path from, Path to) throws IOException {
        call();
        File file = file(from);
        files.remove(from);
        files.put(to, file);
    }

    @Override
    public synchronized void forceDirectory(Path directory) throws IOException {
        call();
        files.keySet().stream()
                .filter(path -> directory.equals(path.getParent()))
                .forEach(listed::add);
    }

    @Override
    public synchronized void delete(Path path) throws IOException {
        call();
        files.remove(path);
    }

    @Override
    public synchronized String stamp(Path path) {
        return Integer.toString(Arrays.hashCode(file(path).bytes.toByteArray()));
    }
}
