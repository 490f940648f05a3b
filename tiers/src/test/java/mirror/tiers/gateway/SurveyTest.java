package mirror.tiers.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import mirror.bus.Event;
import mirror.bus.Seed;
import mirror.tiers.catalog.Survey;
import mirror.tiers.wire.ScriptedProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What models can do is asked of their providers, through the gate, and recorded when it changed. */
final class SurveyTest {
    private static final String DESCRIBED = "mirror.model.described.v1";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private static String provider(String dialect, String url, String... models) {
        return """
            providers:
              p:
                dialect: %s
                base-url: %s
                key: env:KEY
                local: true
                models: {%s}
            """.formatted(
                        dialect,
                        url,
                        String.join(
                                ", ",
                                List.of(models).stream()
                                        .map(name -> name + ": {context: 8000, output: 1000}")
                                        .toList()));
    }

    private static ScriptedProvider says(String answer) throws IOException {
        return new ScriptedProvider((request, to) -> {
            if (request.line().startsWith("GET /v1/models/")) {
                to.json(404, "{}");
            } else {
                to.json(200, answer);
            }
        });
    }

    @Test
    void whatAnthropicSaysOfTheModelsThatTheOwnerNamesIsRecordedOnceAndAgainWhenItChanged() throws IOException {
        String first = """
                {"data":[{"type":"model","id":"m","display_name":"M","max_input_tokens":1000000,"max_tokens":64000,
                "capabilities":{"image_input":{"supported":false},"thinking":{"supported":true}}},{"id":"other"}],"has_more":false}
                """;
        try (ScriptedProvider provider = says(first);
                Road road = new Road(folder, provider("anthropic", provider.url(), "m", "gone"))) {
            List<Survey.Outcome> outcomes = road.gateway.survey().refresh();
            assertThat(outcomes).containsExactly(new Survey.Outcome("p", "", List.of("m", "gone")));
            ScriptedProvider.Request asked = provider.requests().getFirst();
            assertThat(asked.line()).isEqualTo("GET /v1/models?limit=1000 HTTP/1.1");
            assertThat(asked.header("x-api-key")).isEqualTo(Road.SECRET);
            assertThat(road.events(DESCRIBED).getFirst().data().toString())
                    .contains("\"context\":1000000", "\"output\":64000", "\"images\":false", "\"thinks\":true")
                    .doesNotContain("\"tools\"", "display");
            assertThat(road.events(DESCRIBED).getLast().data().path("listed").asBoolean(true))
                    .isFalse();
            assertThat(road.gateway.survey().refresh().getFirst().changed()).isEmpty();
            assertThat(road.events(DESCRIBED)).hasSize(2);
            provider.script((_, to) -> to.json(200, first.replace("64000", "32000")));
            assertThat(road.gateway.survey().refresh().getFirst().changed()).contains("m");
        }
    }

    @Test
    void aNameThatStandsOnNoListIsAskedForByItself() throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider((request, to) -> to.json(
                        200,
                        request.line().startsWith("GET /v1/models/m ")
                                ? "{\"id\":\"m-20260101\",\"max_tokens\":5}"
                                : "{\"data\":[{\"id\":\"m-20260101\"}]}"));
                Road road = new Road(folder, provider("anthropic", provider.url(), "m"))) {
            road.gateway.survey().refresh();
            assertThat(road.events(DESCRIBED).getFirst().data().path("output").asInt())
                    .isEqualTo(5);
        }
    }

    @Test
    void ollamaGeminiAndOthersAreReadInTheirOwnWords() throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider((request, to) -> to.json(
                        200,
                        request.line().startsWith("POST /api/show ")
                                ? "{\"capabilities\":[\"completion\",\"tools\"],\"model_info\":{\"general.architecture\":\"llama\",\"llama.context_length\":131072}}"
                                : "{\"models\":[{\"name\":\"m:latest\"}]}"));
                Road road = new Road(folder, provider("ollama", provider.url(), "m"))) {
            road.gateway.survey().refresh();
            assertThat(provider.requests().getLast().text()).isEqualTo("{\"model\":\"m\"}");
            assertThat(road.events(DESCRIBED).getFirst().data().toString())
                    .contains("\"context\":131072", "\"tools\":true", "\"images\":false", "\"thinks\":false");
        }
        try (ScriptedProvider provider = says(
                        "{\"models\":[{\"name\":\"models/m\",\"inputTokenLimit\":1048576,\"outputTokenLimit\":65536,\"thinking\":true}]}");
                Road road = new Road(folder.resolve("gemini"), provider("gemini", provider.url() + "/v1beta", "m"))) {
            road.gateway.survey().refresh();
            assertThat(provider.requests().getFirst().line()).isEqualTo("GET /v1beta/models?pageSize=1000 HTTP/1.1");
            assertThat(road.events(DESCRIBED).getFirst().data().toString())
                    .contains("\"context\":1048576", "\"output\":65536", "\"thinks\":true");
        }
        try (ScriptedProvider provider = says("{\"data\":[{\"id\":\"m\",\"max_model_len\":4096}]}");
                Road road = new Road(folder.resolve("vllm"), provider("openai", provider.url() + "/v1", "m"))) {
            road.gateway.survey().refresh();
            assertThat(road.events(DESCRIBED).getFirst().data().toString())
                    .contains("\"context\":4096")
                    .doesNotContain("tools", "images");
        }
    }

    @Test
    void theGateIsAskedFirstAndTheAirGapAndTheKillSwitchHold() throws IOException {
        try (ScriptedProvider provider = says("{\"data\":[]}");
                Road road = new Road(folder, provider("openai", provider.url() + "/v1", "m"))) {
            Files.createFile(road.home.kill());
            assertThat(road.gateway.survey().refresh().getFirst().problem()).contains("kill-switch");
            assertThat(road.gateway.survey().daily()).isEmpty();
            assertThat(provider.requests()).isEmpty();
            Files.delete(road.home.kill());
            assertThat(road.gateway.survey().daily()).hasSize(1);
            Event decided = road.events("mirror.action.decided.v1").getLast();
            assertThat(decided.actor()).isEqualTo("daemon");
            assertThat(decided.permit()).isNull();
            assertThat(decided.data().path("effects").toString()).contains("127.0.0.1");
        }
    }

    @Test
    void onceADayIsEnoughAlsoOverARestart() throws IOException {
        try (ScriptedProvider provider = says("{\"data\":[{\"id\":\"m\",\"context_length\":9}]}")) {
            String yaml = provider("openai", provider.url() + "/v1", "m");
            try (Road road = new Road(folder, yaml)) {
                assertThat(road.gateway.survey().daily()).hasSize(1);
                road.pass(Duration.ofHours(23));
                assertThat(road.gateway.survey().daily()).isEmpty();
            }
            try (Road road = new Road(folder, "", java.time.Instant.parse("2026-05-02T07:00:00Z"))) {
                assertThat(road.gateway.survey().daily()).isEmpty();
                road.pass(Duration.ofHours(2));
                assertThat(road.gateway.survey().daily()).hasSize(1);
            }
            assertThat(provider.requests()).hasSize(2);
        }
    }

    /** Whatever a provider answers: nothing but numbers and flags of the owner's own names comes into the log, and nothing is thrown. */
    @Test
    void ofWhateverAProviderAnswersNoNameAndNoTextGetsAnyFurther() throws IOException {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        String[] parts = {
            "{",
            "}",
            "[",
            "]",
            "\"data\":",
            "\"id\":",
            "\"m\"",
            "\"../../evil\u202e\"",
            ",",
            ":",
            "1e999",
            "-5",
            "99999999999999999999",
            "\"max_model_len\":",
            "\"context_length\":",
            "null",
            "true",
            "\"capabilities\":",
            "\"vision\":",
            "\u0000"
        };
        try (ScriptedProvider provider = says("");
                Road road = new Road(folder, provider("openai", provider.url() + "/v1", "m"))) {
            for (int round = 0; round < 150; round++) {
                StringBuilder answer = new StringBuilder(random.nextBoolean() ? "{\"data\":[{\"id\":\"m\"," : "");
                for (int i = random.nextInt(12); i > 0; i--) {
                    answer.append(parts[random.nextInt(parts.length)]);
                }
                answer.append(random.nextBoolean() ? "\"max_model_len\":" + random.nextLong() + "}]}" : "");
                String text = answer.toString();
                provider.script((_, to) -> to.json(200, text));
                assertThat(road.gateway.survey().refresh()).as(seed.toString()).hasSize(1);
            }
            String deep = "[".repeat(100_000);
            provider.script((_, to) -> to.json(200, deep));
            assertThat(road.gateway.survey().refresh().getFirst().problem()).isNotEmpty();
            String large = "{\"data\":[" + "1,".repeat(3_000_000) + "1]}";
            provider.script((_, to) -> to.json(200, large));
            assertThat(road.gateway.survey().refresh().getFirst().problem()).contains("larger than");
            assertThat(road.bytes()).as(seed.toString()).doesNotContain("evil");
        }
    }
}
