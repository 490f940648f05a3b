package mirror.tiers.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import mirror.bus.AtomicFiles;
import mirror.bus.DiskCalls;
import mirror.bus.Json;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Answers that may be given again to who got them, for the very same request (docs/decisions/0036). One file for each, below a folder
 * for each lease: the SHA-256 of what follows it in hex, a line of JSON that says what it is, and the body. All of it can be deleted at
 * any time; what is damaged counts as not there. Nothing of it is in the log. Thread-safe, also beside another process.
 *
 * <p>Bounds: {@value #MOST_BODY} bytes an answer, {@value #MOST_FILES} answers and {@value #MOST_BYTES} bytes in all, looked at with
 * every {@value #LOOK}th answer that is kept; then the oldest go.
 */
public final class AnswerCache {
    static final int MOST_BODY = 1024 * 1024;
    private static final int DIGEST = 64;
    private static final int MOST_HEAD = 4 * 1024;
    private static final int MOST_FILES = 4_096;
    private static final long MOST_BYTES = 64L * 1024 * 1024;
    private static final int LOOK = 32;

    /**
     * Whose answer to what.
     *
     * @param lease root of the caller's lease
     * @param digest of all that the answer may depend on, hex
     */
    record Key(String lease, String digest) {}

    /**
     * An answer as it was given.
     *
     * @param type its content type
     * @param stream whether it came in pieces
     * @param name of the model that gave it, as {@code provider/model}
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Kept(Instant at, String type, boolean stream, String name, String tier, byte[] body) {}

    private final Path folder;
    private final InstantSource clock;
    private final DiskCalls disk = new DiskCalls();
    private final AtomicInteger kept = new AtomicInteger();
    private final AtomicLong temporary = new AtomicLong();

    /** @param folder of its own */
    public AnswerCache(Path folder, InstantSource clock) {
        this.folder = folder;
        this.clock = clock;
    }

    private Path file(Key key) {
        return folder.resolve(key.lease).resolve(key.digest);
    }

    /** @param most how old it may be */
    Optional<Kept> get(Key key, Duration most) {
        try (InputStream in = Files.newInputStream(file(key), LinkOption.NOFOLLOW_LINKS)) {
            byte[] bytes = in.readNBytes(MOST_HEAD + MOST_BODY + 1);
            return read(bytes).filter(each -> {
                Duration age = Duration.between(each.at, clock.instant());
                return !age.isNegative() && age.compareTo(most) < 0;
            });
        } catch (IOException | JacksonException e) {
            return Optional.empty();
        }
    }

    private static Optional<Kept> read(byte[] bytes) {
        int end = DIGEST;
        while (end < Math.min(bytes.length, MOST_HEAD) && bytes[end] != '\n') {
            end++;
        }
        boolean sound = end < Math.min(bytes.length, MOST_HEAD)
                && bytes.length <= MOST_HEAD + MOST_BODY
                && new String(bytes, 0, DIGEST, StandardCharsets.ISO_8859_1).equals(digest(bytes));
        if (!sound) {
            return Optional.empty();
        }
        JsonNode head = Json.MAPPER.readTree(new String(bytes, DIGEST, end - DIGEST, StandardCharsets.UTF_8));
        return Optional.of(new Kept(
                Instant.ofEpochMilli(head.path("at").asLong(0)),
                head.path("type").asString(""),
                head.path("stream").asBoolean(false),
                head.path("name").asString(""),
                head.path("tier").asString(""),
                Arrays.copyOfRange(bytes, end + 1, bytes.length)));
    }

    /** Of all that follows it. */
    private static String digest(byte[] file) {
        return AtomicFiles.digest(Arrays.copyOfRange(file, DIGEST, file.length));
    }

    /** Keeps an answer; when that fails, it is not kept. */
    void put(Key key, Kept answer) {
        byte[] head = Json.MAPPER.writeValueAsBytes(Json.object()
                .put("at", answer.at.toEpochMilli())
                .put("type", answer.type)
                .put("stream", answer.stream)
                .put("name", answer.name)
                .put("tier", answer.tier));
        if (DIGEST + head.length >= MOST_HEAD || answer.body.length > MOST_BODY) {
            return;
        }
        byte[] all = new byte[DIGEST + head.length + 1 + answer.body.length];
        System.arraycopy(head, 0, all, DIGEST, head.length);
        all[DIGEST + head.length] = '\n';
        System.arraycopy(answer.body, 0, all, DIGEST + head.length + 1, answer.body.length);
        System.arraycopy(digest(all).getBytes(StandardCharsets.ISO_8859_1), 0, all, 0, DIGEST);
        Path of = folder.resolve(key.lease);
        Path temp = of.resolve("." + ProcessHandle.current().pid() + "-" + temporary.incrementAndGet());
        try {
            disk.createFolders(of);
            disk.create(temp, all, PosixFilePermissions.fromString("rw-------"));
            disk.rename(temp, file(key));
            if (kept.incrementAndGet() % LOOK == 0) {
                bound();
            }
        } catch (IOException e) {
            delete(temp);
        }
    }

    /** Forgets everything. @return how many answers that were */
    public int clear() {
        int cleared = 0;
        for (Path each : files()) {
            cleared += delete(each) ? 1 : 0;
        }
        for (Path lease : list(folder)) {
            delete(lease);
        }
        return cleared;
    }

    /**
     * Forgets the answers of leases that hold no more, and those that are too old for every route.
     *
     * @param holds whether the lease of that id is in force
     */
    public void sweep(Predicate<String> holds, Duration most) {
        Instant oldest = clock.instant().minus(most);
        for (Path lease : list(folder)) {
            boolean in = holds.test(String.valueOf(lease.getFileName()));
            for (Path file : list(lease)) {
                if (!in || modified(file).isBefore(oldest)) {
                    delete(file);
                }
            }
            if (!in) {
                delete(lease);
            }
        }
    }

    /** The oldest go until a quarter of the room is free. */
    private synchronized void bound() {
        List<Path> files = new ArrayList<>(files());
        long bytes = files.stream().mapToLong(AnswerCache::size).sum();
        if (files.size() <= MOST_FILES && bytes <= MOST_BYTES) {
            return;
        }
        files.sort(Comparator.comparing(AnswerCache::modified));
        int left = files.size();
        for (Path file : files) {
            if (left <= MOST_FILES / 4 * 3 && bytes <= MOST_BYTES / 4 * 3) {
                return;
            }
            bytes -= size(file);
            left--;
            delete(file);
        }
    }

    private List<Path> files() {
        return list(folder).stream().flatMap(lease -> list(lease).stream()).toList();
    }

    private static List<Path> list(Path folder) {
        List<Path> all = new ArrayList<>();
        if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
                stream.forEach(all::add);
            } catch (IOException | java.nio.file.DirectoryIteratorException e) {
                return all;
            }
        }
        return all;
    }

    private static Instant modified(Path file) {
        try {
            return Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).toInstant();
        } catch (IOException e) {
            return Instant.EPOCH;
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            return 0;
        }
    }

    private static boolean delete(Path file) {
        try {
            return Files.deleteIfExists(file);
        } catch (IOException e) {
            return false;
        }
    }
}
