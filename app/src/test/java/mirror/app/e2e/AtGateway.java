package mirror.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import tools.jackson.databind.JsonNode;

/** Mirror's gateway before a scripted model, for the real clients. */
abstract class AtGateway extends AtHome {
    final ScriptedMessagesApi api = ScriptedMessagesApi.start();

    @AfterEach
    void close() {
        api.close();
    }

    static String provider(String name, String dialect, String url) {
        return """
              %s:
                dialect: %s
                base-url: %s
                local: true
                models:
                  m: {context: 200000, output: 8000}
            """.formatted(name, dialect, url);
    }

    void providers(String providers) {
        Workspace.write(mirror.home().resolve("tiers.yaml"), "providers:\n" + providers);
    }

    /** Where clients find the gateway. */
    String url() {
        return "http://127.0.0.1:"
                + mirror.run("status", "--json").json().path("port").asInt();
    }

    /** The token of a lease of this client's, as its key. */
    String key(String holder) throws IOException {
        Path key = workspace.home().resolve(holder + ".key");
        if (Files.exists(key)) {
            return Files.readString(key).strip();
        }
        MirrorHome.Result granted = mirror.run(
                "lease", "grant", "--to", holder, "--effects", "egress:127.0.0.1", "--token", key.toString(), "--yes");
        assertThat(granted.exit()).as(granted.err()).isZero();
        return Files.readString(key).strip();
    }

    /** That all calls in the log are of this client, at this endpoint, and were answered. */
    void assertAnswered(String agent, String endpoint) throws IOException {
        mirror.stop();
        mirror.start();
        assertThat(mirror.events("calls.completed"))
                .isNotEmpty()
                .allSatisfy(event -> assertThat(event.path("data").path("calls").valueStream())
                        .allSatisfy(call -> assertAnswered(call, agent, endpoint)));
    }

    private static void assertAnswered(JsonNode call, String agent, String endpoint) {
        assertThat(call.path("agent").asString()).isEqualTo(agent);
        assertThat(call.path("endpoint").asString()).isEqualTo(endpoint);
        assertThat(call.path("outcome").asString()).isEqualTo("answered");
    }
}
