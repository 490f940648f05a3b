package mirror.bus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import mirror.bus.VerifyReport.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Homes as each released version of the format left them, kept as files. They must stay readable for ever, and as long as the
 * version is the present one the same events must still give the same bytes. A new version gets a folder of its own, written with
 * {@code -Dmirror.golden=<folder>}; what is there is never written again.
 */
class GoldenLogTest {
    private static final String ORIGIN = "golden-0badcafe";
    private static final Path V1 = Path.of("src/test/resources/golden/v1");
    private static final EventLog.Limits LIMITS = new EventLog.Limits(4096, 8, 5, Duration.ofDays(30));

    private final NoteSigner signer = TestSigner.ofRfc8032();

    /** Two segments, the first compressed; a payload outside its line, and one that was erased; each kind of attribute. */
    private void write(Home home) throws IOException {
        Instant[] now = {Instant.parse("2026-03-01T10:00:00.123456Z")};
        try (EventLog log = EventLog.open(home, ORIGIN, new DiskStorage(), () -> now[0], signer, LIMITS)) {
            log.append(List.of(note("two at once"), note("\u00e4\u6f22 \ud83d\ude80 \"quoted\" \\ \u0000")));
            log.append(note("attributes").subject("s/1").permit("l1").session("0f3a"));
            log.append(note("large ".repeat(11_000)));
            Event gone = log.append(note("secret ".repeat(11_000)));
            log.erase(gone, "owner", "a golden reason");
            log.checkpointNow();
            log.append(note("eighth"));
            now[0] = Instant.parse("2026-05-01T10:00:00Z");
            for (int i = 0; i < 4; i++) {
                log.append(note("of the second segment " + i));
            }
            log.tend();
        }
    }

    private static Draft note(String text) {
        return Draft.of("mirror.note.written.v1", "owner", Json.object().put("text", text));
    }

    @Test
    void theFirstVersionIsRead(@TempDir Path folder) throws IOException {
        if (System.getProperty("mirror.golden") != null) {
            write(new Home(Path.of(System.getProperty("mirror.golden"))));
        }
        Home home = new Home(folder.resolve("m"));
        copy(V1, home.root());
        assertThat(EventLog.verify(home, ORIGIN, new DiskStorage(), signer.key(ORIGIN))
                        .verdict())
                .isEqualTo(Verdict.INTACT);
        try (EventLog log = EventLog.open(
                home, ORIGIN, new DiskStorage(), () -> Instant.parse("2026-05-02T10:00:00Z"), signer, LIMITS)) {
            List<Event> events = new ArrayList<>();
            log.replay(1, events::add);
            assertThat(events).hasSize(12);
            assertThat(events.get(2).text("text")).isEqualTo("\u00e4\u6f22 \ud83d\ude80 \"quoted\" \\ \u0000");
            assertThat(events.get(3).subject()).isEqualTo("s/1");
            assertThat(events.get(4).text("text")).hasSize(66_000);
            assertThat(events.get(5).text("blob")).hasSize(64);
            assertThat(log.append(note("goes on")).seq()).isEqualTo(13);
        }
        assertThat(EventLog.verify(home, ORIGIN, new DiskStorage(), signer.key(ORIGIN))
                        .verdict())
                .isEqualTo(Verdict.INTACT);
    }

    @Test
    void theSameEventsGiveTheSameBytes(@TempDir Path folder) throws IOException {
        Home home = new Home(folder.resolve("m"));
        write(home);
        assertThat(names(home.root())).containsExactlyElementsOf(names(V1));
        for (String name : names(V1)) {
            // When a checkpoint is due depends on the clock on the wall, the index notes where the file lies on the
            // disk, and
            // another release of zstd may pack otherwise.
            if (!name.endsWith("checkpoints") && !name.startsWith("idx/") && !name.contains(".zst")) {
                assertThat(home.root().resolve(name)).hasSameBinaryContentAs(V1.resolve(name));
            }
        }
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        for (String name : names(from)) {
            Path file = to.resolve(name);
            Files.createDirectories(file.getParent());
            Files.copy(from.resolve(name), file);
        }
    }
}
