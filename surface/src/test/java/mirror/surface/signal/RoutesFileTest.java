package mirror.surface.signal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RoutesFileTest {
    @TempDir
    private Path folder;

    private RoutesFile.State read(String yaml) throws IOException {
        Path file = folder.resolve("signal.yaml");
        Files.writeString(file, yaml);
        return new RoutesFile(file).current();
    }

    @Test
    void withoutAFileNothingIsRouted() {
        assertThat(new RoutesFile(folder.resolve("none")).current()).isEqualTo(new RoutesFile.State(Routes.NONE, null));
    }

    @Test
    void routesAreReadWithWhatTheyTake() throws IOException {
        Routes routes = Objects.requireNonNull(read("""
                keep: 2d
                quiet: {from: "22:00", to: "07:00"}
                routes:
                  screen: {to: desktop, topics: all, priority: 3}
                  chat: {to: telegram, topics: [mirror], chat: -100, key: env:BOT, deduplicate: 10m}
                  log: {to: command, topics: [backups], run: [logger, -t, mirror]}
                """).routes());
        assertThat(routes.keep()).isEqualTo(Duration.ofDays(2));
        assertThat(routes.of("backups", 2)).containsExactly("log");
        assertThat(routes.of("backups", 3)).containsExactly("screen", "log");
        assertThat(routes.of("mirror", 1)).containsExactly("chat");
    }

    @Test
    void aFileWithAnyFaultRoutesNothingAndAllFaultsAreTold() throws IOException {
        RoutesFile.State state = read("""
                keep: 90d
                colour: red
                quiet: {from: "25:00", to: 7}
                routes:
                  Bad Name: {to: desktop, topics: all}
                  a: {to: pigeon, topics: all}
                  b: {to: telegram, topics: [a b], chat: x y, key: 123:abc, url: http://evil.example}
                  c: {to: command, topics: all, run: echo hi, priority: 9}
                  d: {to: desktop}
                """);
        assertThat(state.routes()).isNull();
        assertThat(state.fault())
                .contains(
                        "keep",
                        "colour",
                        "quiet.from",
                        "quiet.to",
                        "a route's name",
                        "routes.a.to",
                        "routes.b.topics",
                        "routes.b.chat",
                        "routes.b.key",
                        "routes.b.url",
                        "routes.c.run",
                        "routes.c.priority",
                        "routes.d.topics")
                .doesNotContain("123:abc");
    }

    @Test
    void whatIsNoYamlIsSaidInOneLine() throws IOException {
        for (String bad : new String[] {"a: [", "a: 1\na: 2\n", "\t- x", "x", "!!java.net.URL [a]"}) {
            RoutesFile.State state = read(bad);
            assertThat(state.routes()).as(bad).isNull();
            assertThat(state.fault()).doesNotContain("\n");
        }
    }

    @Test
    void aMendedFileHoldsAtOnce() throws IOException {
        Path file = folder.resolve("signal.yaml");
        Files.writeString(file, "routes: 1");
        RoutesFile routes = new RoutesFile(file);
        assertThat(routes.current().fault()).isNotNull();
        Files.writeString(file, "routes: {s: {to: desktop, topics: all}}");
        assertThat(routes.current().routes()).isNotNull();
    }
}
