package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import mirror.bus.Draft;
import mirror.bus.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

final class KernelCommandTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @Test
    void whatNobodyLooksAtIsUnknownAndNotWell() throws Exception {
        try (TestMirror mirror = new TestMirror(folder)) {
            JsonNode log = mirror.run("kernel", "--json").json().path("trace").path("log");
            assertThat(log.path("registered").asInt()).isEqualTo(2);
            assertThat(log.path("well").asInt()).isZero();
            assertThat(log.path("unknown").asInt()).isEqualTo(2);
            assertThat(mirror.run("kernel").text()).contains("no daemon runs that looks at it");
        }
    }

    @Test
    void whatThePulseFoundIsToldAsItFoundIt() throws Exception {
        try (TestMirror mirror = new TestMirror(folder)) {
            mirror.pulse();
            mirror.run("pulse", "--now");
            JsonNode planes = mirror.run("kernel", "--json").json();
            assertThat(planes.path("trace").path("log").path("well").asInt()).isPositive();
            assertThat(planes.properties().stream().map(each -> each.getKey()))
                    .containsExactly("discovery", "memory", "trace", "eval", "trust");
            mirror.pass(Duration.ofHours(1));
            assertThat(mirror.run("kernel", "--json")
                            .json()
                            .path("trace")
                            .path("log")
                            .path("well")
                            .asInt())
                    .as("what was not looked at lately is unknown")
                    .isZero();
        }
    }

    @Test
    void aSilentSessionIsStaleAndSinceWhen() throws Exception {
        try (TestMirror mirror = new TestMirror(folder)) {
            mirror.core()
                    .projector()
                    .record(new Draft(
                            "mirror.session.opened.v1",
                            "claude-code",
                            null,
                            null,
                            "s1",
                            Json.object().put("project", "/p").put("cwd", "/p").put("how", "startup")));
            JsonNode open = mirror.run("kernel", "--json").json().path("trace").path("sessions");
            assertThat(open.path("well").asInt()).isEqualTo(1);
            mirror.pass(Duration.ofDays(2));
            JsonNode stale = mirror.run("kernel", "--json").json().path("trace").path("sessions");
            assertThat(stale.path("stale").asInt()).isEqualTo(1);
            assertThat(stale.path("items").path(0).path("since").asString()).startsWith("2026-01-02T03:04:05");
        }
    }

    @Test
    void whatIsMissingEndsWithNo() throws Exception {
        try (TestMirror mirror = new TestMirror(folder)) {
            assertThat(mirror.run("kernel", "trust").exit()).isEqualTo(Exit.OK);
            Files.writeString(mirror.core().policies().file(), "rules: []\n");
            TestMirror.Answer told = mirror.run("kernel", "trust");
            assertThat(told.exit()).isEqualTo(Exit.NO);
            assertThat(told.text()).contains("1 missing");
            assertThat(mirror.run("kernel", "dreams").exit()).isEqualTo(Exit.USAGE);
        }
    }
}
