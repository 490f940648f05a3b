package mirror.pulse.check;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import mirror.pulse.supervise.Holes;
import org.jspecify.annotations.Nullable;

/**
 * Bursts of errors and growth of log files. A burst is so many lines with an error in a minute, and several times what is usual for this file; what is
 * usual is learned. Of one look at most the last {@value #MOST} bytes are read. Used by one thread at a time.
 */
public final class LogsLook implements Check.Look {
    static final int MOST = 4 * 1024 * 1024;
    static final long LARGE = 1_000_000_000L;
    private static final double FAST = 20_000_000;
    private static final double BURST = 10;
    private static final double TIMES = 5;
    private static final double WEIGHT = 0.2;
    private static final Pattern ERROR =
            Pattern.compile("\\b(ERROR|FATAL|CRITICAL|SEVERE|PANIC|panic:|Traceback|[A-Za-z.]+(Error|Exception):)");

    /**
     * How far a file was read.
     *
     * @param usual errors a minute
     */
    private record Place(Object file, long size, Instant at, double usual) {}

    private final Supplier<List<Path>> files;
    private final InstantSource clock;
    private final long large;
    private Map<Path, Place> places = new HashMap<>();

    /** @param files asked at each look */
    public LogsLook(Supplier<List<Path>> files, InstantSource clock) {
        this(files, clock, LARGE);
    }

    /** @param large bytes beyond which a file is to be made smaller */
    public LogsLook(Supplier<List<Path>> files, InstantSource clock, long large) {
        this.files = files;
        this.clock = clock;
        this.large = large;
    }

    @Override
    public Map<String, Finding> look() {
        Map<String, Finding> found = new TreeMap<>();
        Map<Path, Place> next = new HashMap<>();
        for (Path file : files.get()) {
            try {
                found.put(file.toString(), look(file, places.get(file), next));
            } catch (NoSuchFileException e) {
                found.put(file.toString(), Finding.ok("nothing was written to it yet"));
            } catch (IOException e) {
                found.put(file.toString(), Finding.unknown("it cannot be read: " + e));
            }
        }
        places = next;
        return found;
    }

    private Finding look(Path file, @Nullable Place before, Map<Path, Place> next) throws IOException {
        BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
        Object key = now.fileKey() == null ? file : now.fileKey();
        Instant at = clock.instant();
        // A file that was changed for another, or cut, is read from its beginning.
        long from =
                before == null ? now.size() : before.file.equals(key) && before.size <= now.size() ? before.size : 0;
        double usual = before == null ? 0 : before.usual;
        double minutes =
                before == null ? 0 : Math.max(1, Duration.between(before.at, at).toMillis()) / 60_000.0;
        long grown = now.size() - from;
        double errors = minutes == 0 ? 0 : errors(file, from, now.size()) / minutes;
        boolean bursts = errors >= BURST && errors >= TIMES * usual;
        next.put(file, new Place(key, now.size(), at, bursts ? usual : usual + WEIGHT * (errors - usual)));
        if (bursts) {
            return Finding.failing(
                    "%.0f lines with errors a minute since the last look; usual are %.1f".formatted(errors, usual));
        }
        // What was put aside of it may have left a hole, which takes no room.
        long room = now.size() > large ? now.size() - Holes.before(file) : now.size();
        if (room > large) {
            return Finding.warning("it has %.1f GB; have it rotated".formatted(room / 1e9));
        }
        if (minutes > 0 && grown / minutes > FAST) {
            return Finding.warning("it grows by %.0f MB a minute".formatted(grown / minutes / 1e6));
        }
        return before == null
                ? Finding.unknown(
                        "bursts and growth show from the second look on; it has %.1f MB".formatted(room / 1e6))
                : Finding.ok("%.1f lines with errors a minute, %.1f MB in all".formatted(errors, room / 1e6));
    }

    private static double errors(Path file, long from, long to) throws IOException {
        long start = Math.max(from, to - MOST);
        ByteBuffer bytes = ByteBuffer.allocate((int) (to - start));
        try (SeekableByteChannel channel = Files.newByteChannel(file)) {
            channel.position(start);
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
                // Until all of it is there, or the file became shorter.
            }
        }
        long lines = new String(bytes.array(), 0, bytes.position(), StandardCharsets.ISO_8859_1)
                .lines()
                .filter(line -> ERROR.matcher(line).find())
                .count();
        // What was too much to read is taken to be like what was read.
        return to == start ? 0 : (double) lines * (to - from) / (to - start);
    }
}
