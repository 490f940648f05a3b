package mirror.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The real clients do what docs/clients says they were measured to do, by Mirror's own probe of them. */
final class ClientProbeIT {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private @Nullable MirrorHome mirror;

    @AfterEach
    void close() {
        if (mirror != null) {
            mirror.close();
        }
    }

    /** What came of each trial, as {@code allow ran, deny stopped, …}. */
    private String probed(String client) throws IOException, InterruptedException {
        Path program =
                Headless.find(client).orElseGet(() -> abort(client + " is not there; './mirror test' installs it"));
        Workspace workspace = Workspace.in(folder);
        MirrorHome home = MirrorHome.at(workspace, workspace.home().resolve(".mirror"))
                .layOut()
                .env("PATH", program.getParent() + ":" + System.getenv("PATH"));
        home.start();
        mirror = home;

        // A client that waits for ever is waited for, so this takes longer than other commands may.
        Process run = home.begin("connect", client, "--probe", "--json");
        String out = new String(run.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(run.waitFor(1, TimeUnit.MINUTES)).isTrue();

        assertThat(run.exitValue()).as(out).isZero();
        JsonNode found = JSON.readTree(out);
        assertThat(found.path("finding").asString()).as(out).isEqualTo("holds");
        assertThat(found.path("waits").asBoolean()).isTrue();
        assertThat(home.events("client.probed").getLast().path("data")).isEqualTo(found);
        try (Stream<Path> left = Files.list(workspace.tmp());
                Stream<Path> owners = Files.list(workspace.home())) {
            assertThat(left)
                    .as("the throw-away folder")
                    .noneMatch(file -> Objects.requireNonNull(file.getFileName())
                            .toString()
                            .startsWith("mirror-probe"));
            assertThat(owners.map(file -> String.valueOf(file.getFileName())))
                    .as("the owner's home")
                    .containsExactlyInAnyOrder(".mirror", "vault");
        }
        return String.join(
                ", ",
                found.path("trials")
                        .valueStream()
                        .map(row -> row.path("hook").asString() + " "
                                + row.path("did").asString())
                        .toList());
    }

    @Test
    void claudeCodeStopsAtAskAndFailsOpenAtGarbageAndSilence() throws Exception {
        assertThat(probed("claude"))
                .isEqualTo("allow ran, deny stopped, refuse stopped, late-deny stopped, ask stopped, garbage ran,"
                        + " crash stopped, missing stopped, silent ran");
    }

    @Test
    void codexRunsWhatAHookAsksAboutAndFailsOpenAtGarbageAndSilence() throws Exception {
        assertThat(probed("codex"))
                .isEqualTo("allow ran, deny stopped, refuse stopped, late-deny stopped, ask ran, garbage ran,"
                        + " crash stopped, missing stopped, silent ran");
    }

    @Test
    void geminiWaitsForEverAtAskAndFailsOpenAtGarbageAndSilence() throws Exception {
        assertThat(probed("gemini"))
                .isEqualTo("allow ran, deny stopped, refuse stopped, late-deny stopped, ask hung, garbage ran,"
                        + " crash stopped, missing stopped, silent ran");
    }

    @Test
    void openCodeRunsNothingThatMirrorsPluginDoesNotAllow() throws Exception {
        assertThat(probed("opencode"))
                .isEqualTo("allow ran, deny stopped, refuse stopped, late-deny stopped, ask stopped, garbage stopped,"
                        + " crash stopped, missing stopped, silent hung");
    }
}
