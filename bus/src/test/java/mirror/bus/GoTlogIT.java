package mirror.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The log and its proofs, checked by the Go packages behind Go's checksum database: another implementation by other people. Offline: the
 * packages come from Debian's golang-golang-x-mod-dev. Without Go the tests are skipped and say so.
 */
final class GoTlogIT {
    private static final String ORIGIN = "test-0badcafe";
    private static final int EVENTS = 70;
    private static final Path GOPATH = Path.of("/usr/share/gocode");
    private static final Path WORK = Path.of(System.getProperty("mirror.root"), "target", "go");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private record Outcome(int exit, String text) {}

    @BeforeEach
    void build() throws Exception {
        assumeTrue(
                Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                        .anyMatch(place -> Files.isExecutable(Path.of(place, "go"))),
                "Go is not installed (Debian: golang-go)");
        assumeTrue(
                Files.isDirectory(GOPATH.resolve("src/golang.org/x/mod/sumdb/tlog")),
                "Go's package golang.org/x/mod/sumdb is not in " + GOPATH + " (Debian: golang-golang-x-mod-dev)");
        Files.createDirectories(WORK);
        try (InputStream source = Objects.requireNonNull(GoTlogIT.class.getResourceAsStream("tlog/main.go"))) {
            Files.write(WORK.resolve("main.go"), source.readAllBytes());
        }
        Outcome built = run(WORK, "go", "build", "-o", "checklog", "main.go");
        assertThat(built.exit).as(built.text).isZero();
        writeLog();
    }

    /** A log with many checkpoints, a proof of each event and of each growth. */
    private void writeLog() throws IOException {
        Home home = new Home(folder.resolve("home"));
        TestSigner signer = new TestSigner();
        try (EventLog log = EventLog.open(home, ORIGIN, new DiskStorage(), InstantSource.system(), signer)) {
            while (log.durable() < EVENTS) {
                log.append(Draft.of(
                        "mirror.note.written.v1",
                        "owner",
                        Json.object().put("text", "n\u00e4\ud83d\ude80 ,\"hash\":\" " + log.durable())));
                if (log.durable() % 3 != 0) {
                    log.checkpointNow();
                }
            }
            Prover prover = new Prover(home, log, new DiskStorage(), signer.key(ORIGIN));
            for (long seq = 1; seq <= EVENTS; seq++) {
                Files.writeString(
                        folder.resolve("event-" + seq + ".tlog-proof"),
                        prover.prove(seq).text());
            }
            StringBuilder growths = new StringBuilder();
            for (long older = 1; older <= EVENTS; older += 1) {
                for (long newer = older; newer <= EVENTS; newer += 3) {
                    growths.append(older)
                            .append(' ')
                            .append(newer)
                            .append(' ')
                            .append(ConsistencyProof.compute(older, newer, LeafHashes.of(log)).path().stream()
                                    .map(Base64.getEncoder()::encodeToString)
                                    .collect(Collectors.joining(",")))
                            .append('\n');
                }
            }
            Files.writeString(folder.resolve("consistency"), growths);
        }
        for (String name : List.of("000001.jsonl", "checkpoints", "key.pub")) {
            Files.copy(home.chain(ORIGIN).resolve(name), folder.resolve(name));
        }
    }

    @Test
    void goComputesOurRootsOpensOurCheckpointsAndAcceptsOurProofs() throws Exception {
        Outcome checked = check();
        assertThat(checked.exit).as(checked.text).isZero();
        long checkpoints = lines("checkpoints").stream().filter(ORIGIN::equals).count();
        assertThat(checkpoints).isGreaterThan(40);
        assertThat(checked.text.strip())
                .isEqualTo(EVENTS + " events, " + checkpoints + " checkpoints, " + EVENTS + " proofs, "
                        + lines("consistency").size() + " growths");
    }

    /** The same program must be able to say no, or its yes means nothing. */
    @Test
    void goRefusesWhatWasAltered() throws Exception {
        assertRefused("000001.jsonl", "n\u00e4", "n\u00f6", "does not match its hash");
        assertRefused("checkpoints", "\n" + EVENTS + "\n", "\n" + (EVENTS - 1) + "\n", "invalid signature");
        assertRefused("event-9.tlog-proof", "index 8\n", "index 7\n", "event-9.tlog-proof: invalid transparency proof");
        String path = lines("event-9.tlog-proof").get(3);
        String other = lines("event-30.tlog-proof").get(3);
        assertRefused("event-9.tlog-proof", path, other, "invalid transparency proof");
        String growth = lines("consistency").stream()
                .filter(line -> line.startsWith("5 8 "))
                .findFirst()
                .orElseThrow();
        assertRefused("consistency", growth, growth.replace("5 8 ", "6 8 "), "from 6 to 8");
    }

    private void assertRefused(String name, String from, String to, String sentence) throws Exception {
        String good = Files.readString(folder.resolve(name));
        assertThat(good).contains(from);
        Files.writeString(folder.resolve(name), good.replace(from, to));
        Outcome checked = check();
        assertThat(checked.exit).as("%s: %s", name, checked.text).isEqualTo(1);
        assertThat(checked.text).contains(sentence);
        Files.writeString(folder.resolve(name), good);
    }

    private List<String> lines(String name) throws IOException {
        return Files.readAllLines(folder.resolve(name));
    }

    private Outcome check() throws Exception {
        return run(folder, WORK.resolve("checklog").toString(), folder.toString());
    }

    private static Outcome run(Path cwd, String... command) throws Exception {
        Path out = Files.createTempFile("go", ".out");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(cwd.toFile())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", System.getenv("PATH"));
        builder.environment().put("HOME", WORK.toString());
        builder.environment().put("GOPATH", GOPATH.toString());
        builder.environment().put("GOCACHE", WORK.resolve("cache").toString());
        builder.environment().put("GO111MODULE", "off");
        builder.environment().put("GOPROXY", "off");
        builder.environment().put("GOTOOLCHAIN", "local");
        Process process = builder.start();
        if (!process.waitFor(5, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError(List.of(command) + " did not end");
        }
        try {
            return new Outcome(process.exitValue(), Files.readString(out, StandardCharsets.UTF_8));
        } finally {
            Files.delete(out);
        }
    }
}
