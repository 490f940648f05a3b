package mirror.pulse.supervise;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
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
 * <p>Where holes cannot be made, the file is cut off and what came between is lost; {@link Rotated#lossless} says so. A log is put aside
 * a piece at a time, and a piece is copied and flushed before its room is given back: on a full disk nothing is lost. Used by one thread.
 */
public final class LogKeeper {
    private static final int CHUNK = 1 << 20;

    /** Room that is needed at a time, so that a log can be put aside on a disk that it has nearly filled. */
    private static final long PIECE = 64L << 20;

    private final Path logs;
    private final FileCalls disk;
    private final boolean holes;
    private final long piece;

    /** How much of a file is a hole already. */
    private final Map<Path, Long> begins = new HashMap<>();

    public LogKeeper(Path logs, FileCalls disk) {
        this(logs, disk, Holes.areHere(), PIECE);
    }

    /**
     * @param holes whether to try to make holes
     * @param piece bytes that are copied before the room of them is given back
     */
    LogKeeper(Path logs, FileCalls disk, boolean holes, long piece) {
        this.logs = logs;
        this.disk = disk;
        this.holes = holes;
        this.piece = piece;
    }

    /** Puts aside what is too much of a service's log, or returns null when nothing is. */
    @Nullable
    Rotated keep(String service, Service.LogFiles limits) throws IOException {
        return keep(OwnProcess.log(logs, service), ".", limits.size(), limits.keep());
    }

    /**
     * Puts aside what is in the file, or returns null when that is less than {@code least} bytes.
     *
     * @param parts what stands between its name and the number of a part
     * @param keep parts that are kept
     * @throws IOException when there is no room or nothing can be written; what was not put aside then is where it was
     */
    public @Nullable Rotated keep(Path file, String parts, long least, int keep) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            begins.remove(file);
            return null;
        }
        long size = Files.size(file);
        long from = begins.computeIfAbsent(file, LogKeeper::begin);
        if (from > size) {
            from = 0;
        }
        if (size - from < least) {
            return null;
        }
        long upto = lineEnd(file, from, size);
        long end = holes ? next(file, from, upto) : upto;
        aside(file, parts, from, end, keep);
        if (!holes || !Holes.punch(file, end)) {
            copy(file, end, upto, part(file, parts, 1));
            boolean lossless = Files.size(file) == upto;
            disk.truncate(file, 0);
            begins.put(file, 0L);
            return new Rotated(upto - from, lossless);
        }
        begins.put(file, end);
        while (end < upto) {
            long next = next(file, end, upto);
            copy(file, end, next, part(file, parts, 1));
            if (!Holes.punch(file, next)) {
                throw new IOException("the room of " + file + " could be given back only up to byte " + end);
            }
            end = next;
            begins.put(file, end);
        }
        return new Rotated(upto - from, true);
    }

    /** Where the piece ends that begins at {@code from}: at a line's end where there is one, as it may be the last that there is room for. */
    private long next(Path file, long from, long upto) throws IOException {
        return from + piece >= upto ? upto : lineEnd(file, from, from + piece);
    }

    /** Before a service is started nobody writes to its file, so one that begins with a hole can be put aside whole. */
    void fresh(String service, Service.LogFiles limits) throws IOException {
        Path file = OwnProcess.log(logs, service);
        Long from = begins.get(file);
        if (from != null && from > 0 && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            long size = Files.size(file);
            if (size > from) {
                aside(file, ".", from, size, limits.keep());
            }
            disk.delete(file);
            begins.remove(file);
        }
    }

    /** First the copy, and then room among the parts: without room for the copy everything stays as it was. */
    private void aside(Path file, String parts, long from, long upto, int keep) throws IOException {
        Path next = file.resolveSibling(file.getFileName() + parts + "next");
        if (Files.exists(next, LinkOption.NOFOLLOW_LINKS)) {
            disk.delete(next);
        }
        copy(file, from, upto, next);
        shift(file, parts, keep);
        disk.rename(next, part(file, parts, 1));
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

    private static Path part(Path file, String parts, int number) {
        return file.resolveSibling(file.getFileName() + parts + number);
    }

    private void shift(Path file, String parts, int keep) throws IOException {
        for (int i = keep; i >= 1; i--) {
            Path part = part(file, parts, i);
            if (Files.exists(part, LinkOption.NOFOLLOW_LINKS)) {
                if (i == keep) {
                    disk.delete(part);
                } else {
                    disk.rename(part, part(file, parts, i + 1));
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
            long low = Holes.before(file);
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

    /** Adds to the end of a file, which may not be there yet; what could not be added whole is taken away again. */
    private void copy(Path file, long from, long upto, Path to) throws IOException {
        boolean isNew = !Files.exists(to, LinkOption.NOFOLLOW_LINKS);
        long before = isNew ? 0 : Files.size(to);
        try (SeekableByteChannel in = Files.newByteChannel(file)) {
            in.position(from);
            boolean first = isNew;
            for (long left = upto - from; left > 0; ) {
                ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(CHUNK, left));
                if (in.read(buffer) < 0) {
                    throw new IOException(file + " became shorter while it was copied");
                }
                byte[] bytes = Arrays.copyOf(buffer.array(), buffer.position());
                if (first) {
                    disk.create(to, bytes, PosixFilePermissions.fromString("rw-------"));
                    first = false;
                } else {
                    disk.append(to, bytes);
                }
                left -= bytes.length;
            }
        } catch (IOException e) {
            takeBack(to, isNew, before, e);
            throw e;
        }
    }

    private void takeBack(Path to, boolean isNew, long size, IOException why) {
        try {
            if (!Files.exists(to, LinkOption.NOFOLLOW_LINKS)) {
                return;
            }
            if (isNew) {
                disk.delete(to);
            } else {
                disk.truncate(to, size);
            }
        } catch (IOException e) {
            // It holds some lines twice then, and none is missing.
            why.addSuppressed(e);
        }
    }
}
