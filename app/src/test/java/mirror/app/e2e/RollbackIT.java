package mirror.app.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Files that Mirror wrote come back through the launcher, for the owner and not for an agent. */
final class RollbackIT extends AtHome {
    @Test
    void whatConnectWroteIsInTheLogAndComesBackAfterTheDaemonWasKilled() throws IOException {
        Path settings = workspace.home().resolve(".claude/settings.json");
        String original = "{ \"model\" :\"opus\" }";
        Workspace.write(settings, original);
        assertThat(mirror.run("connect", "claude", "--yes").exit()).isZero();
        String connected = Files.readString(settings);
        assertThat(mirror.events("file.written"))
                .extracting(event -> event.path("data").path("path").asString())
                .contains(settings.toRealPath().toString());

        mirror.kill();
        mirror.start();
        JsonNode versions =
                mirror.run("rollback", settings.toString(), "--list", "--json").json();
        assertThat(versions.size()).isEqualTo(2);
        assertThat(mirror.run("rollback", settings.toString()).exit())
                .as("without a terminal and without --yes nothing is put back")
                .isEqualTo(1);
        assertThat(settings).hasContent(connected);
        assertThat(mirror.run("rollback", settings.toString(), "--yes").exit()).isZero();
        assertThat(settings).hasContent(original);
        assertThat(mirror.events("file.restored"))
                .singleElement()
                .satisfies(event -> assertThat(event.path("data").path("to").asString())
                        .isEqualTo(versions.path(1).path("digest").asString()));
    }

    @Test
    void whatIsWrittenBeforeTheLogIsOpenIsInTheLogAllTheSame() throws IOException {
        assertThat(mirror.events("file.written"))
                .extracting(event -> event.path("data").path("path").asString())
                .contains(
                        mirror.home().toRealPath().resolve("policy/policy.yaml").toString());
        assertThat(mirror.events("file.kept"))
                .as("the configuration that the owner wrote")
                .extracting(event -> event.path("data").path("path").asString())
                .contains(mirror.home().toRealPath().resolve("config.yaml").toString());
        assertThat(mirror.run("doctor").exit()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"CLAUDECODE", "CODEX_SANDBOX", "GEMINI_CLI", "OPENCODE"})
    void anAgentsShellIsTurnedAway(String variable) throws Exception {
        Path config = mirror.home().resolve("config.yaml");
        ProcessBuilder builder = new ProcessBuilder(
                        MirrorHome.launcher().toString(), "rollback", config.toString(), "--to=none", "--yes")
                .redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(workspace.environment());
        builder.environment().putAll(Map.of(variable, "1"));
        Process process = builder.start();
        String text = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).isEqualTo(1);
        assertThat(text).isEqualTo("mirror: 'rollback' is for the owner and not for an agent\n");
        assertThat(config).exists();
    }
}
