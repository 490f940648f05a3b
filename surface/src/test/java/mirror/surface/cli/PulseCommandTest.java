package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

final class PulseCommandTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private static java.util.Map<String, JsonNode> checks(TestMirror.Answer answer) {
        return StreamSupport.stream(answer.json().path("checks").spliterator(), false)
                .collect(Collectors.toMap(each -> each.path("id").asString(), Function.identity()));
    }

    private static String state(TestMirror.Answer answer, String id) {
        JsonNode check = checks(answer).get(id);
        return check == null ? "" : check.path("state").asString();
    }

    private static boolean critical(TestMirror.Answer answer, String id) {
        JsonNode check = checks(answer).get(id);
        return check != null && check.path("critical").asBoolean(false);
    }

    @Test
    void whatHasNotBeenLookedAtIsNotWell() throws Exception {
        try (TestMirror mirror = new TestMirror(folder)) {
            mirror.pulse();
            TestMirror.Answer answer = mirror.run("pulse", "--json");
            assertThat(answer.exit()).isEqualTo(Exit.NO);
            assertThat(answer.json().path("well").asBoolean(true)).isFalse();
            assertThat(state(answer, "disk")).isEqualTo("unknown");
            assertThat(mirror.run("pulse").text())
                    .contains("it has not been looked at yet")
                    .containsPattern("0 of [0-9]+ are well");
        }
    }

    @Test
    void whatTheOwnerNamesIsLookedAtAndAFaultInItIsTold() throws Exception {
        try (TestMirror mirror = new TestMirror(folder)) {
            mirror.pulse();
            Path file = mirror.core().home().pulse();
            Path backup = folder.resolve("backup");
            Files.writeString(file, "files: [{path: " + backup + "}]\ncritical: [file]\n");
            TestMirror.Answer first = mirror.run("pulse", "--now", "--json");
            assertThat(state(first, "disk:" + mirror.core().home().root())).isIn("ok", "warning");
            assertThat(state(first, "mirror:bus")).isEqualTo("ok");
            assertThat(state(first, "file:" + backup)).as("seen once").isEqualTo("unknown");
            TestMirror.Answer second = mirror.run("pulse", "--now", "--json");
            assertThat(state(second, "file:" + backup)).isEqualTo("failing");
            assertThat(critical(second, "file:" + backup)).isTrue();
            assertThat(second.exit()).isEqualTo(Exit.NO);
            assertThat(mirror.run("pulse").text()).contains("file:" + backup + "  it is not there  failing for 0 s");
            Files.writeString(backup, "x");
            assertThat(state(mirror.run("pulse", "--now", "--json"), "file:" + backup))
                    .isEqualTo("ok");

            Files.writeString(file, "fils: []");
            TestMirror.Answer faulty = mirror.run("pulse", "--now", "--json");
            assertThat(state(faulty, "pulse")).isEqualTo("failing");
            assertThat(state(faulty, "file:" + backup))
                    .as("what it said before holds")
                    .isEqualTo("ok");
            mirror.pass(Duration.ofMinutes(30));
            assertThat(state(mirror.run("pulse", "--json"), "mirror:bus")).isEqualTo("unknown");
        }
    }

    @Test
    void withoutADaemonNobodyLooks() throws Exception {
        try (TestMirror mirror = new TestMirror(folder)) {
            assertThat(mirror.run("pulse").exit()).isEqualTo(Exit.NO_DAEMON);
        }
    }
}
