package mirror.surface.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import mirror.tiers.gateway.Endpoint;
import mirror.tiers.gateway.Reply;
import mirror.tiers.gateway.Request;
import mirror.tiers.wire.Header;
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
            assertThat(none.text()).startsWith("large: nobody; the client would hear 403: this must not leave");
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

    @Test
    void keptAnswersAreForgottenWhenTheOwnerSays() throws Exception {
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.json(
                        200, "{\"id\":\"m\",\"content\":[],\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}"));
                GatewayServer server = new GatewayServer(
                        folder,
                        tiers(provider).replaceAll("(?s)  far:.*routes:.*", "")
                                + "routes:\n  auto: {to: [here/small], cache: 90m}\n")) {
            TestMirror mirror = server.mirror();
            assertThat(mirror.run("tiers").text()).contains("auto (answers kept for 90m) \u2192 here/small");
            assertThat(mirror.run("tiers", "forget").text()).isEqualTo("no answer was kept\n");
            assertThat(isGivenAgain(server)).isFalse();
            assertThat(isGivenAgain(server)).isTrue();
            assertThat(mirror.run("tiers", "forget", "--json")
                            .json()
                            .path("forgotten")
                            .asInt())
                    .isEqualTo(1);
            assertThat(isGivenAgain(server)).isFalse();
            assertThat(provider.requests()).hasSize(2);
        }
    }

    /** Asks without a web server between, so that what is to be kept is kept when this returns. */
    private static boolean isGivenAgain(GatewayServer server) throws IOException {
        List<Header> got = new ArrayList<>();
        Reply reply = new Reply() {
            @Override
            public void send(int status, List<Header> headers, byte[] body) {
                assertThat(status).isEqualTo(200);
                got.addAll(headers);
            }

            @Override
            public OutputStream stream(int status, List<Header> headers) {
                throw new AssertionError("nobody asked for a stream");
            }
        };
        List<Header> key = List.of(new Header("x-api-key", server.token()));
        server.gateway().handle(new Request(Endpoint.MESSAGES, "", key, REQUEST.getBytes(UTF_8)), reply);
        return got.stream().anyMatch(header -> header.is("x-mirror-cache"));
    }
}
