package mirror.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;
import mirror.app.e2e.Programs.Ran;
import mirror.bus.DiskStorage;
import mirror.bus.Draft;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.VerifyGuide;
import mirror.trust.DeviceKey;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The page that tells how to check a log without Mirror, done word for word: the blocks that stand in the written VERIFY.md are run as
 * they are, must say yes to a sound log, and no to one in which anything was changed.
 */
final class VerifyGuideIT {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final long seed = Long.getLong("mirror.seed", System.nanoTime());
    private final RandomGenerator random =
            RandomGeneratorFactory.of("L64X128MixRandom").create(seed);

    @BeforeEach
    void tools() {
        Programs.need("jq", "openssl", "sha256sum");
        String version = Programs.run(folder, "openssl", "version").out();
        assumeTrue(
                version.matches("(?s)OpenSSL [3-9].*"), "VERIFY.md needs OpenSSL 3 or later, and this is " + version);
    }

    /** The fenced sh blocks, one after the other. */
    private static String blocks(Path page) throws IOException {
        StringBuilder blocks = new StringBuilder();
        boolean inside = false;
        for (String line : Files.readAllLines(page)) {
            if (line.startsWith("```")) {
                inside = line.equals("```sh");
            } else if (inside) {
                blocks.append(line).append('\n');
            }
        }
        assertThat(blocks.toString().lines()).hasSizeGreaterThan(50);
        return blocks.toString();
    }

    private Ran follow(Path home, String... shell) throws IOException {
        Path script = Files.writeString(folder.resolve("blocks.sh"), blocks(home.resolve("VERIFY.md")));
        return Programs.run(
                home,
                Stream.concat(Stream.of(shell), Stream.of("-eu", script.toString()))
                        .toArray(String[]::new));
    }

    /** A log over a change of month, so of two segments, with texts that a shell could stumble over. */
    private Home written() throws IOException {
        Home home = new Home(folder.resolve("home"));
        Files.createDirectories(home.keys());
        DeviceKey key = DeviceKey.create(home.keys().resolve("device.key"));
        String origin = "test-" + key.shortId();
        List<String> texts = List.of(
                "plain",
                "a \\ \\\\n \\0 %s %d $(exit 3) `exit 4` $HOME",
                "\",\"hash\":\"",
                "\u00e4\u2028\ud83d\ude80",
                "* ? [a]",
                "  two  spaces ",
                "-n",
                "",
                "x".repeat(5_000));
        Instant[] now = {Instant.parse("2026-03-31T23:59:59Z")};
        try (EventLog log = EventLog.open(home, origin, new DiskStorage(), () -> now[0], key)) {
            for (String text : texts) {
                log.append(Draft.of(
                                "mirror.note.written.v1", "owner", Json.object().put("text", text))
                        .subject(text.length() < 100 ? text : "long"));
                if (text.equals("-n")) {
                    now[0] = Instant.parse("2026-04-01T00:00:01Z");
                }
                if (text.length() < 10) {
                    log.checkpointNow();
                }
            }
        }
        VerifyGuide.write(home, origin);
        return home;
    }

    private Path chain(Home home) throws IOException {
        try (Stream<Path> chains = Files.list(home.bus())) {
            return chains.findFirst().orElseThrow();
        }
    }

    @Test
    void theDaemonWritesThePageAndThePageSaysOfItsLogWhatVerifySays() throws Exception {
        MirrorHome mirror = MirrorHome.boot(Workspace.in(folder));
        try (mirror) {
            Path page = mirror.home().resolve("VERIFY.md");
            assertThat(mirror.run("connect", "claude", "--yes").exit()).isZero();
            mirror.stop();
            String verified = mirror.run("verify").out();
            assertThat(verified).startsWith("intact: ");
            assertThat(follow(mirror.home(), "sh")).isEqualTo(new Ran(0, verified, ""));

            String good = Files.readString(page);
            Files.writeString(page, "echo trust me\n");
            mirror.start();
            assertThat(page).hasContent(good);
            Object before =
                    Files.readAttributes(page, "lastModifiedTime,fileKey").toString();
            mirror.stop();
            mirror.start();
            assertThat(Files.readAttributes(page, "lastModifiedTime,fileKey").toString())
                    .isEqualTo(before);
        }
    }

    @Test
    void theOneCommandOfThePageRunsItsBlocks() throws Exception {
        Home home = written();
        String command = Files.readAllLines(home.verifyGuide()).stream()
                .filter(line -> line.startsWith("$ sed "))
                .findFirst()
                .orElseThrow()
                .substring(2);
        Ran ran = Programs.run(home.root(), "sh", "-c", command);
        assertThat(ran.exit()).as(ran.err()).isZero();
        assertThat(ran.out()).startsWith("intact: 10 events, ");
    }

    @Test
    void anyShellAndCompressedSegmentsGiveTheSameAnswer() throws Exception {
        Home home = written();
        Ran plain = follow(home.root(), "sh");
        assertThat(plain.exit()).as(plain.err()).isZero();
        assertThat(plain.out()).startsWith("intact: 10 events, ");
        for (List<String> shell :
                List.of(List.of("dash"), List.of("bash"), List.of("bash", "--posix"), List.of("busybox", "sh"))) {
            if (Programs.installed(shell.getFirst())) {
                assertThat(follow(home.root(), shell.toArray(String[]::new)))
                        .as("%s", shell)
                        .isEqualTo(plain);
            }
        }
        Programs.need("zstd");
        Path first = chain(home).resolve("000001.jsonl");
        assertThat(Programs.run(folder, "zstd", "-q", first.toString()).exit()).isZero();
        assertThat(follow(home.root(), "sh")).isEqualTo(plain);
        Files.delete(first);
        assertThat(follow(home.root(), "sh")).isEqualTo(plain);
        Path compressed = chain(home).resolve("000001.jsonl.zst");
        byte[] bytes = Files.readAllBytes(compressed);
        bytes[bytes.length / 2] ^= 1;
        Files.write(compressed, bytes);
        assertThat(follow(home.root(), "sh").exit()).isNotZero();
        Files.delete(compressed);
        assertRefused(home, "the first segment is gone");
    }

    @Test
    void theBlocksAreCleanForShellcheck() throws Exception {
        Programs.need("shellcheck");
        Home home = written();
        Path script = Files.writeString(folder.resolve("blocks.sh"), "#!/bin/sh\n" + blocks(home.verifyGuide()));
        Ran ran = Programs.run(folder, "shellcheck", script.toString());
        assertThat(ran.exit()).as(ran.out()).isZero();
    }

    @Test
    void anyChangedBitIsRefused() throws Exception {
        Home home = written();
        for (String name : List.of("000001.jsonl", "000002.jsonl", "checkpoints")) {
            Path file = chain(home).resolve(name);
            byte[] good = Files.readAllBytes(file);
            for (int round = 0; round < 12; round++) {
                int at = round == 0 ? good.length - 1 : random.nextInt(good.length);
                int bit = random.nextInt(8);
                byte[] bad = good.clone();
                bad[at] ^= (byte) (1 << bit);
                Files.write(file, bad);
                assertRefused(home, "seed " + seed + ": " + name + " byte " + at + " bit " + bit);
            }
            Files.write(file, good);
        }
        assertThat(follow(home.root(), "sh").exit()).isZero();
    }

    @Test
    void aLineRemovedMovedDoubledAddedOrCutIsRefused() throws Exception {
        Home home = written();
        Path segment = chain(home).resolve("000001.jsonl");
        Path last = chain(home).resolve("000002.jsonl");
        String good = Files.readString(segment);
        String end = Files.readString(last);
        List<String> lines = good.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            List<String> without = new ArrayList<>(lines);
            without.remove(i);
            put(home, segment, String.join("\n", without) + "\n", "without line " + (i + 1));
        }
        List<String> swapped = new ArrayList<>(lines);
        Collections.swap(swapped, 3, 4);
        put(home, segment, String.join("\n", swapped) + "\n", "two lines in another order");
        put(home, segment, good + lines.getLast() + "\n", "a line twice");
        put(home, segment, good + "\n", "an empty line");
        put(home, segment, good.replaceFirst("\n", " \n"), "a space after a line");
        Files.writeString(segment, good);
        put(home, last, end.substring(0, end.length() - 1), "without the last line feed");
        put(home, last, "", "without the last segment's lines");
        put(home, last, end + "{\"half", "a torn line");
        put(home, last, end + " ", "a space at the end");
        put(home, last, end + "\0", "a zero byte at the end");
        put(home, last, end.replace("\n", "\0\n"), "a zero byte before a line feed");
        put(home, last, end, null);
    }

    @Test
    void anEditedCheckpointAndAForeignHistoryAreRefused() throws Exception {
        Home home = written();
        Path file = chain(home).resolve("checkpoints");
        String good = Files.readString(file);
        List<String> notes = List.of(good.split("(?<=\n\n)", -1)).stream()
                .filter(part -> !part.isEmpty())
                .toList();
        String signature = notes.get(1);
        assertThat(signature).startsWith("\u2014 ");
        put(home, file, good.replaceFirst("\n10\n", "\n9\n"), "another size");
        put(
                home,
                file,
                good.replaceFirst(notes.get(0).lines().toList().get(2).replace("+", "\\+"), "A".repeat(43) + "="),
                "another root");
        put(home, file, good.replace(notes.getLast(), signature), "the signature of another checkpoint");
        put(
                home,
                file,
                good.replace(notes.getLast(), notes.getLast().replaceFirst(" [^ ]{6}", " AAAAAA")),
                "another key id");
        put(home, file, good.substring(0, good.length() - 1), "without its last empty line");
        put(home, file, good.substring(0, good.length() - 30), "torn");
        put(home, file, good + "\n", "one more empty line");
        put(home, file, good + "x", "one more letter");
        put(home, file, "", "no checkpoint");
        put(home, file, notes.get(0) + "\u2014 witness.example AAAA\n\n", "only somebody else's signature");
        put(
                home,
                file,
                good.replace(notes.get(1), notes.get(1).stripTrailing() + "\n\u2014 witness.example AAAA\n\n"),
                null);

        Path pub = chain(home).resolve("key.pub");
        String key = Files.readString(pub);
        DeviceKey other = DeviceKey.create(folder.resolve("other.key"));
        String origin = Objects.requireNonNull(file.getParent()).getFileName().toString();
        put(
                home,
                pub,
                key.lines().findFirst().orElseThrow() + "\n" + other.key(origin).pem(),
                "the PEM of another key");
        put(
                home,
                pub,
                other.key(origin).verifierKey() + "\n" + other.key(origin).pem(),
                "another key");

        // The same key signs another history: every line and every signature is good, and they do not belong together.
        Path segment = chain(home).resolve("000001.jsonl");
        DeviceKey same = DeviceKey.load(home.keys().resolve("device.key"));
        Home rewritten = new Home(folder.resolve("rewritten"));
        Files.delete(chain(home).resolve("000002.jsonl"));
        try (EventLog log = EventLog.open(
                rewritten, origin, new DiskStorage(), () -> Instant.parse("2026-03-01T00:00:00Z"), same)) {
            for (int i = 0; i < 9; i++) {
                log.append(Draft.of(
                        "mirror.note.written.v1", "owner", Json.object().put("text", "n" + i)));
            }
        }
        put(home, segment, Files.readString(rewritten.chain(origin).resolve("000001.jsonl")), "another history");
        // And what no log can know: the end cut off together with its checkpoints. The page says so.
        assertThat(Files.readString(home.verifyGuide())).contains("Was the end cut off, its checkpoints too?");
    }

    /** Changes a file and expects a no, or with no reason a yes; {@code text} goes to disk as UTF-8. */
    private void put(Home home, Path file, String text, @org.jspecify.annotations.Nullable String why)
            throws IOException {
        byte[] good = Files.readAllBytes(file);
        Files.write(file, text.getBytes(StandardCharsets.UTF_8));
        if (why == null) {
            Ran ran = follow(home.root(), "sh");
            assertThat(ran.exit()).as(ran.err()).isZero();
        } else {
            assertThat(text).as(why).isNotEqualTo(new String(good, StandardCharsets.UTF_8));
            assertRefused(home, why);
        }
        Files.write(file, good);
    }

    private void assertRefused(Home home, String why) throws IOException {
        Ran ran = follow(home.root(), "sh");
        assertThat(ran.exit()).as("%s: %s", why, ran.out() + ran.err()).isNotZero();
        assertThat(ran.out()).as(why).doesNotContain("intact");
        assertThat(ran.err()).as(why).contains("NOT INTACT: ");
    }
}
