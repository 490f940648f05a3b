package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import mirror.tiers.wire.ScriptedProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The owner sees who answers, what providers say of their models, and why a request goes where it goes. */
final class TiersCommandTest {
    private static final String REQUEST =
            "{\"model\":\"auto\",\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private static String tiers(ScriptedProvider provider) {
        return """
            providers:
              here:
                dialect: anthropic
                base-url: %s
                key: none
                local: true
                models:
                  small: {context: 8000, output: 1000}
              far:
                dialect: anthropic
                base-url: https://far.example.com
                key: none
                models:
                  large: {context: 200000, output: 8000, price: {in: 3, out: 15}}
            routes:
              auto:
                rules:
                  - {id: plain, when: complexity < 20 && tools == 0, to: [here/small, far/large], why: short and plain}
                to: [far/large]
                order: cheapest
            """.formatted(provider.url());
    }

    private static ScriptedProvider provider() throws Exception {
        return new ScriptedProvider(
                (_, to) -> to.json(
                        200,
                        "{\"data\":[{\"id\":\"small\",\"max_input_tokens\":4096,\"capabilities\":{\"image_input\":{\"supported\":false}}}]}"));
    }

    @Test
    void whyNamesTheRuleTheCandidatesWithTheirWorstCaseAndAsksNobody() throws Exception {
        try (ScriptedProvider provider = provider();
                GatewayServer server = new GatewayServer(folder, tiers(provider))) {
            TestMirror mirror = server.mirror();
            mirror.gateway(server.gateway());
            Files.writeString(mirror.work().resolve("r.json"), REQUEST);
            TestMirror.Answer answer = mirror.run("tiers", "why", "r.json");
            assertThat(answer.exit()).as(answer.error()).isZero();
            assertThat(answer.text())
                    .contains("auto:plain: short and plain; the cheapest first")
                    .containsSubsequence("1. here/small", "2. far/large", "at most $0.00")
                    .contains("messages 1", "model auto");
            JsonNode near = mirror.run("tiers", "why", "r.json", "--sensitivity", "secret", "--json")
                    .json();
            assertThat(near.path("local-only").asBoolean()).isTrue();
            assertThat(near.path("asked").size()).isEqualTo(1);
            assertThat(near.path("facts").path("sensitivity").asString()).isEqualTo("secret");
            String lease = mirror.core().state().leases().list().getFirst().id();
            assertThat(mirror.run("tiers", "why", "r.json", "--lease", lease, "--json")
                            .json()
                            .path("asked")
                            .toString())
                    .contains("here/small")
                    .doesNotContain("far");
            TestMirror.Answer none =
                    mirror.run("tiers", "why", "r.json", "--model", "large", "--sensitivity", "secret");
            assertThat(none.exit()).isEqualTo(1);
            assertThat(none.text()).startsWith("nobody: 403: this must not leave");
            assertThat(mirror.run("tiers", "why").exit()).isEqualTo(2);
            assertThat(mirror.run("tiers", "why", "missing.json").error()).startsWith("there is no ");
            assertThat(provider.requests()).isEmpty();
        }
    }

    @Test
    void refreshTellsWhatIsNewAndTheListShowsWhereTheOwnerAndTheProviderDiffer() throws Exception {
        try (ScriptedProvider provider = provider();
                GatewayServer server =
                        new GatewayServer(folder, tiers(provider).replaceAll("(?s)  far:.*routes:.*", ""))) {
            TestMirror mirror = server.mirror();
            assertThat(mirror.run("tiers", "refresh").exit()).isEqualTo(3);
            mirror.gateway(server.gateway());
            assertThat(mirror.run("tiers", "refresh").text()).isEqualTo("here  new: small\n");
            assertThat(mirror.run("tiers", "refresh", "--json")
                            .json()
                            .get(0)
                            .path("changed")
                            .size())
                    .isZero();
            assertThat(mirror.run("tiers").text()).contains("its provider says context 4096, here 8000");
            JsonNode model = mirror.run("tiers", "--json")
                    .json()
                    .path("providers")
                    .get(0)
                    .path("models")
                    .get(0);
            assertThat(model.path("images").asBoolean(true)).isFalse();
            assertThat(model.has("tools")).isFalse();
            provider.script((_, to) -> to.json(500, "{}"));
            TestMirror.Answer failed = mirror.run("tiers", "refresh");
            assertThat(failed.exit()).isEqualTo(1);
            assertThat(failed.text()).isEqualTo("here  it answered 500\n");
        }
    }
}
