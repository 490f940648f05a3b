package mirror.pulse.supervise;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import mirror.bus.FileCalls;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the files that services write to from growing for ever. A service has its file open and goes on writing to it, so the file cannot
 * be moved away under it, and cutting it off would lose what comes between the copy and the cut. Instead what is there up to a line's
 * end is copied into {@code NAME.log.1}, and then its blocks are taken out of the file as a hole (fallocate(2), Linux; ext4, XFS,
 * Btrfs, tmpfs): the end of the file, where the service writes, is not touched, and no line is lost. The file keeps its length and
 * begins with nothing; when the service is next started it gets a new one.
 *
 * <p>Where holes cannot be made, the file is cut off and what came between is lost; {@link Rotated#lossless} says so. Used by one thread.
 */
final class LogKeeper {
    private static final int CHUNK = 1 << 20;
    private static final int PUNCH_HOLE = 0x02;
    private static final int KEEP_SIZE = 0x01;
    private static final int O_WRONLY = 1;
    private static final int O_CLOEXEC = 0x80000;

    /**
     * What was put aside.
     *
     * @param lossless false when lines may have been lost
     */
    record Rotated(long bytes, boolean lossless) {}

    private final Path logs;
    private final FileCalls disk;
    private final boolean holes;

    /** How much of a file is a hole already, by the service's name. */
    private final Map<String, Long> begins = new HashMap<>();

    LogKeeper(Path logs, FileCalls disk) {
        this(logs, disk, System.getProperty("os.name", "").startsWith("Linux"));
    }

    /** @param holes whether to try to make holes */
    LogKeeper(Path logs, FileCalls disk, boolean holes) {
        this.logs = logs;
        this.disk = disk;
        this.holes = holes;
    }

    /** Puts aside what is too much, or returns null when nothing is. */
    @Nullable
    Rotated keep(String service, Service.LogFiles limits) throws IOException {
        Path file = OwnProcess.log(logs, service);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            begins.remove(service);
            return null;
        }
        long size = Files.size(file);
        long from = begins.computeIfAbsent(service, _ -> begin(file));
        if (from > size) {
            from = 0;
        }
        if (size - from < limits.size()) {
            return null;
        }
        long upto = lineEnd(file, from, size);
        shift(file, limits.keep());
        copy(file, from, upto, part(file, 1));
        if (holes && punch(file, upto)) {
            begins.put(service, upto);
            return new Rotated(upto - from, true);
        }
        boolean lossless = Files.size(file) == upto;
        disk.truncate(file, 0);
        begins.put(service, 0L);
        return new Rotated(upto - from, lossless);
    }

    /** Before a service is started nobody writes to its file, so one that begins with a hole can be put aside whole. */
    void fresh(String service, Service.LogFiles limits) throws IOException {
        Path file = OwnProcess.log(logs, service);
        Long from = begins.get(service);
        if (from != null && from > 0 && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            long size = Files.size(file);
            if (size > from) {
                shift(file, limits.keep());
                copy(file, from, size, part(file, 1));
            }
            disk.delete(file);
            begins.remove(service);
        }
    }

    /** The last lines of it, oldest first, for a person. */
    static String tail(Path file, int bytes) throws IOException {
        try (SeekableByteChannel in = Files.newByteChannel(file)) {
            long size = in.size();
            ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(bytes, size));
            in.position(size - buffer.capacity());
            while (buffer.hasRemaining() && in.read(buffer) >= 0) {
                // until it is full
            }
            byte[] read = Arrays.copyOf(buffer.array(), buffer.position());
            int from = 0;
            while (from < read.length && read[from] == 0) {
                from++;
            }
            return new String(read, from, read.length - from, java.nio.charset.StandardCharsets.UTF_8);
        }
    }

    private static Path part(Path file, int number) {
        return file.resolveSibling(file.getFileName() + "." + number);
    }

    private void shift(Path file, int keep) throws IOException {
        for (int i = keep; i >= 1; i--) {
            Path part = part(file, i);
            if (Files.exists(part, LinkOption.NOFOLLOW_LINKS)) {
                if (i == keep) {
                    disk.delete(part);
                } else {
                    disk.rename(part, part(file, i + 1));
                }
            }
        }
    }

    /** Where the hole ends that an earlier daemon made: the first block with something in it. */
    private static long begin(Path file) {
        try (SeekableByteChannel in = Files.newByteChannel(file)) {
            // Only a service that writes zeros at its start is taken for one whose file was rotated, which does no
            // harm.
            ByteBuffer buffer = ByteBuffer.allocate(1);
            long low = 0;
            long size = in.size();
            if (size == 0 || at(in, 0, buffer) != 0) {
                return 0;
            }
            ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
            while (low < size) {
                chunk.clear();
                in.position(low);
                int n = in.read(chunk);
                for (int i = 0; i < n; i++) {
                    if (chunk.get(i) != 0) {
                        return low + i;
                    }
                }
                low += Math.max(1, n);
            }
            return size;
        } catch (IOException e) {
            return 0;
        }
    }

    private static byte at(SeekableByteChannel in, long position, ByteBuffer one) throws IOException {
        one.clear();
        in.position(position);
        in.read(one);
        return one.get(0);
    }

    /** After the last line feed; the whole when there is none, as such a line is no line. */
    private static long lineEnd(Path file, long from, long size) throws IOException {
        try (SeekableByteChannel in = Files.newByteChannel(file)) {
            long start = Math.max(from, size - CHUNK);
            ByteBuffer buffer = ByteBuffer.allocate((int) (size - start));
            in.position(start);
            while (buffer.hasRemaining() && in.read(buffer) >= 0) {
                // until it is full
            }
            for (int i = buffer.position() - 1; i >= 0; i--) {
                if (buffer.get(i) == '\n') {
                    return start + i + 1;
                }
            }
            return size;
        }
    }

    private void copy(Path file, long from, long upto, Path to) throws IOException {
        try (SeekableByteChannel in = Files.newByteChannel(file)) {
            in.position(from);
            boolean first = true;
            for (long left = upto - from; left > 0; ) {
                ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(CHUNK, left));
                if (in.read(buffer) < 0) {
                    throw new IOException(file + " became shorter while it was copied");
                }
                byte[] bytes = Arrays.copyOf(buffer.array(), buffer.position());
                if (first) {
                    disk.create(to, bytes, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
                    first = false;
                } else {
                    disk.append(to, bytes);
                }
                left -= bytes.length;
            }
        }
    }

    /** Takes the blocks before {@code upto} out of the file. */
    @SuppressWarnings("restricted")
    private static boolean punch(Path file, long upto) {
        Linker linker = Linker.nativeLinker();
        try (Arena arena = Arena.ofConfined()) {
            var open = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("open"),
                    FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT),
                    Linker.Option.firstVariadicArg(2));
            var allocate = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("fallocate"),
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
            var close = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("close"), FunctionDescriptor.of(JAVA_INT, JAVA_INT));
            MemorySegment name = arena.allocateFrom(file.toString());
            int descriptor = (int) open.invokeExact(name, O_WRONLY | O_CLOEXEC);
            if (descriptor < 0) {
                return false;
            }
            boolean made = (int) allocate.invokeExact(descriptor, PUNCH_HOLE | KEEP_SIZE, 0L, upto) == 0;
            int _ = (int) close.invokeExact(descriptor);
            return made;
        } catch (Throwable e) {
            return false;
        }
    }
}
