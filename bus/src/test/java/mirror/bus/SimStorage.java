package mirror.bus;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory that can lose power and fail.
 *
 * <p>A file is its bytes (an inode) and, apart from them, its name. Bytes survive a power cut once the file was forced, a created,
 * renamed or deleted name once its folder was. What was done since may have reached the disk or not, in any combination: {@link Crash}
 * knows all of it at one moment and makes the disks that a restart may find.
 *
 * <p>Assumes what the log assumes of a real disk: sectors of {@value #SECTOR} bytes are written whole, so bytes that were forced
 * stay when a later write shares their sector; a folder made by {@link #createDirectories} is there to stay.
 */
final class SimStorage implements Storage {
    static final int SECTOR = 512;

    /** Bytes without a name. Files only grow or are cut, so what was forced is a prefix until a truncation goes below it. */
    private static final class Inode {
        byte[] data = new byte[0];
        int length;
        int forced;
        /** What was durable before a truncation that was not forced yet; null when there was none. */
        byte @Nullable [] uncut;
        /** The longest content it ever had before a truncation: its blocks may turn up again. */
        byte[] ghost = new byte[0];
        /** Ranges that a failed flush dropped: they can be read, but no later flush writes them. */
        final List<int[]> dropped = new ArrayList<>();

        Inode copy() {
            Inode copy = new Inode();
            copy.data = data.clone();
            copy.length = length;
            copy.forced = forced;
            copy.uncut = uncut;
            copy.ghost = ghost;
            dropped.forEach(range -> copy.dropped.add(range.clone()));
            return copy;
        }

        byte[] now() {
            return Arrays.copyOf(data, length);
        }

        byte[] durable() {
            byte[] bytes = uncut != null ? uncut.clone() : Arrays.copyOf(data, forced);
            return holes(bytes);
        }

        byte[] holes(byte[] bytes) {
            for (int[] range : dropped) {
                Arrays.fill(bytes, Math.min(range[0], bytes.length), Math.min(range[1], bytes.length), (byte) 0);
            }
            return bytes;
        }

        void write(byte[] bytes, int count) {
            if (length + count > data.length) {
                data = Arrays.copyOf(data, Math.max(2 * data.length, length + count));
            }
            System.arraycopy(bytes, 0, data, length, count);
            length += count;
        }

        void force() {
            forced = length;
            uncut = null;
        }

        void truncate(int size) {
            if (size >= length) {
                return;
            }
            if (length > ghost.length) {
                ghost = now();
            }
            if (size < forced) {
                uncut = uncut != null ? uncut : Arrays.copyOf(data, forced);
                forced = size;
            }
            length = size;
            dropped.removeIf(range -> range[0] >= size);
            dropped.forEach(range -> range[1] = Math.min(range[1], size));
        }
    }

    /** A change of names: {@code from} null for a created file, {@code to} null for a deleted one. */
    private record NameChange(@Nullable Path from, @Nullable Path to, Inode inode) {
        boolean in(Path directory) {
            return (from != null && directory.equals(from.getParent()))
                    || (to != null && directory.equals(to.getParent()));
        }

        <T> void apply(Map<Path, T> names, T file) {
            if (from != null) {
                names.remove(from);
            }
            if (to != null) {
                names.put(to, file);
            }
        }
    }

    private final Map<Path, Inode> names = new TreeMap<>();
    private final Map<Path, Inode> durableNames = new TreeMap<>();
    private final List<NameChange> nameChanges = new ArrayList<>();
    private final List<Path> open = new ArrayList<>();
    private final Map<Path, Long> reads = new HashMap<>();
    private @Nullable Consumer<Crash> watcher;
    private int writesUntilFailure = -1;
    private int forcesUntilFailure = -1;
    private int callsUntilFailure = -1;
    private String failingWrites = "";
    private boolean dropping;
    private boolean off;

    SimStorage() {}

    /** A disk that holds these files for good. */
    SimStorage(Map<Path, byte[]> files) {
        files.forEach(this::put);
    }

    /** Lets the n-th write from now on fail, after half of its bytes. */
    synchronized void failWrite(int n) {
        writesUntilFailure = n;
        failingWrites = "";
    }

    /** Lets the next write to a file whose name ends so fail, after half of its bytes. */
    synchronized void failWriteTo(String ending) {
        writesUntilFailure = 0;
        failingWrites = ending;
    }

    synchronized void failForce(int n) {
        forcesUntilFailure = n;
        dropping = false;
    }

    /** Lets the n-th flush from now on fail as Linux does: the dirty pages count as clean, can be read, and are never written. */
    synchronized void failForceAndDropPages(int n) {
        forcesUntilFailure = n;
        dropping = true;
    }

    /** Lets the n-th call that changes something, from now on, and all after it fail; -1 for none. */
    synchronized void failCall(int n) {
        callsUntilFailure = n;
    }

    /** From now on nothing changes any more; every call that would fails. */
    synchronized void powerOff() {
        off = true;
    }

    /**
     * Takes care that what files held before they were cut does not turn up again. What was refused could come back by no other way,
     * and no log could tell: so whoever asserts that it does not come back assumes a file system that does not show freed blocks.
     */
    synchronized void forgetOldBlocks() {
        names.values().forEach(inode -> inode.ghost = new byte[0]);
    }

    /** Tells {@code each} after every change what a power cut at this moment may leave. */
    synchronized void watch(Consumer<Crash> each) {
        watcher = each;
    }

    /** What a power cut now may leave. */
    synchronized Crash crash() {
        return capture(null);
    }

    /** One disk that a power cut now may leave. */
    synchronized SimStorage crash(RandomGenerator random) {
        return new SimStorage(capture(null).any(random));
    }

    /** The same disk, forced or not: what the next process finds when this one is killed and the kernel goes on. */
    synchronized SimStorage copy() {
        SimStorage next = new SimStorage();
        IdentityHashMap<Inode, Inode> copies = new IdentityHashMap<>();
        Function<Inode, Inode> copy = inode -> copies.computeIfAbsent(inode, Inode::copy);
        names.forEach((path, inode) -> next.names.put(path, copy.apply(inode)));
        durableNames.forEach((path, inode) -> next.durableNames.put(path, copy.apply(inode)));
        nameChanges.forEach(
                change -> next.nameChanges.add(new NameChange(change.from, change.to, copy.apply(change.inode))));
        return next;
    }

    /** The disk as a power cut now leaves it at worst: nothing but what was forced. */
    synchronized SimStorage crashedToWhatWasForced() {
        return new SimStorage(capture(null).least());
    }

    synchronized void put(Path path, byte[] bytes) {
        Inode inode = new Inode();
        inode.write(bytes, bytes.length);
        inode.force();
        names.put(path, inode);
        durableNames.put(path, inode);
    }

    synchronized byte[] get(Path path) {
        return inode(path).now();
    }

    synchronized Set<Path> paths() {
        return new HashSet<>(names.keySet());
    }

    synchronized void forgetReads() {
        reads.clear();
    }

    /** Bytes read of the file since {@link #forgetReads}. */
    synchronized long readBytes(Path path) {
        return reads.getOrDefault(path, 0L);
    }

    synchronized Map<Path, byte[]> files() {
        Map<Path, byte[]> files = new TreeMap<>();
        names.forEach((path, inode) -> files.put(path, inode.now()));
        return files;
    }

    /** How many bytes of the file would survive a power cut now. */
    synchronized int forcedBytes(Path path) {
        Inode inode = durableNames.get(path);
        return inode == null ? 0 : inode.forced;
    }

    /** Files that are open now, one entry for each time. */
    synchronized List<Path> open() {
        return List.copyOf(open);
    }

    synchronized void remove(Path path) {
        names.remove(path);
        durableNames.remove(path);
    }

    private Inode inode(Path path) {
        Inode inode = names.get(path);
        if (inode == null) {
            throw new AssertionError("no file " + path + " in " + names.keySet());
        }
        return inode;
    }

    private Crash capture(@Nullable Path touched) {
        IdentityHashMap<Inode, Crash.Content> contents = new IdentityHashMap<>();
        Function<Inode, Crash.Content> content = inode -> contents.computeIfAbsent(
                inode,
                i -> new Crash.Content(i.durable(), i.holes(i.now()), i.forced, i.uncut != null, i.ghost.clone()));
        Map<Path, Crash.Content> before = new TreeMap<>();
        durableNames.forEach((path, inode) -> before.put(path, content.apply(inode)));
        List<Consumer<Map<Path, Crash.Content>>> changes = new ArrayList<>();
        for (NameChange change : nameChanges) {
            Crash.Content file = content.apply(change.inode);
            changes.add(map -> change.apply(map, file));
        }
        return new Crash(before, changes, touched);
    }

    private void changed(@Nullable Path touched) {
        if (watcher != null) {
            watcher.accept(capture(touched));
        }
    }

    private void changing() throws IOException {
        if (off) {
            throw new IOException("the power is off");
        }
        if (callsUntilFailure == 0) {
            throw new IOException("Input/output error");
        }
        callsUntilFailure -= callsUntilFailure > 0 ? 1 : 0;
    }

    private void change(NameChange change) {
        change.apply(names, change.inode);
        nameChanges.add(change);
        changed(change.to);
    }

    @Override
    public synchronized Appender append(Path path) throws IOException {
        changing();
        Inode file = names.get(path);
        if (file == null) {
            file = new Inode();
            change(new NameChange(null, path, file));
        }
        Inode inode = file;
        open.add(path);
        return new Appender() {
            private boolean closed;

            @Override
            public void write(ByteBuffer bytes) throws IOException {
                synchronized (SimStorage.this) {
                    usable();
                    byte[] chunk = new byte[bytes.remaining()];
                    bytes.get(chunk);
                    boolean fails = path.toString().endsWith(failingWrites)
                            && writesUntilFailure >= 0
                            && writesUntilFailure-- == 0;
                    inode.write(chunk, fails ? chunk.length / 2 : chunk.length);
                    changed(path);
                    if (fails) {
                        throw new IOException("No space left on device");
                    }
                }
            }

            @Override
            public void force() throws IOException {
                synchronized (SimStorage.this) {
                    usable();
                    if (forcesUntilFailure >= 0 && forcesUntilFailure-- == 0) {
                        if (dropping) {
                            inode.dropped.add(new int[] {inode.forced, inode.length});
                        }
                        throw new IOException("Input/output error");
                    }
                    inode.force();
                    changed(path);
                }
            }

            @Override
            public long size() {
                synchronized (SimStorage.this) {
                    return inode.length;
                }
            }

            @Override
            public void truncate(long size) throws IOException {
                synchronized (SimStorage.this) {
                    usable();
                    inode.truncate((int) size);
                    changed(path);
                }
            }

            private void usable() throws IOException {
                changing();
                if (closed) {
                    throw new IOException("the file is closed: " + path);
                }
            }

            @Override
            public void close() {
                synchronized (SimStorage.this) {
                    if (!closed) {
                        closed = true;
                        open.remove(path);
                    }
                }
            }
        };
    }

    @Override
    public synchronized Reader read(Path path) throws IOException {
        if (!names.containsKey(path)) {
            throw new FileNotFoundException(path.toString());
        }
        Inode inode = inode(path);
        open.add(path);
        return new Reader() {
            private boolean closed;

            @Override
            public int read(long position, byte[] into, int offset, int length) {
                synchronized (SimStorage.this) {
                    if (position >= inode.length) {
                        return -1;
                    }
                    int read = (int) Math.min(length, inode.length - position);
                    reads.merge(path, (long) read, Long::sum);
                    System.arraycopy(inode.data, (int) position, into, offset, read);
                    return read;
                }
            }

            @Override
            public long size() {
                synchronized (SimStorage.this) {
                    return inode.length;
                }
            }

            @Override
            public void close() {
                synchronized (SimStorage.this) {
                    if (!closed) {
                        closed = true;
                        open.remove(path);
                    }
                }
            }
        };
    }

    @Override
    public synchronized boolean exists(Path path) {
        return names.containsKey(path);
    }

    @Override
    public synchronized List<Path> list(Path directory) {
        return names.keySet().stream()
                .filter(path -> directory.equals(path.getParent()))
                .toList();
    }

    @Override
    public void createDirectories(Path directory) {}

    @Override
    public synchronized void rename(Path from, Path to) throws IOException {
        changing();
        change(new NameChange(from, to, inode(from)));
    }

    @Override
    public synchronized void delete(Path path) throws IOException {
        changing();
        Inode inode = names.get(path);
        if (inode != null) {
            change(new NameChange(path, null, inode));
        }
    }

    @Override
    public synchronized String stamp(Path path) {
        Inode inode = inode(path);
        return inode.length + " " + Arrays.hashCode(inode.now());
    }

    @Override
    public synchronized void forceDirectory(Path directory) throws IOException {
        changing();
        for (NameChange change : List.copyOf(nameChanges)) {
            if (change.in(directory)) {
                change.apply(durableNames, change.inode);
                nameChanges.remove(change);
            }
        }
        changed(directory);
    }
}
