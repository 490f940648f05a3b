package mirror.tiers.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import mirror.bus.AtomicFiles;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.tiers.wire.ScriptedProvider;
import mirror.trust.LeaseScope;
import mirror.trust.Sensitivity;
import mirror.vault.LiveVault;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** When nobody else answers, the owner's notes do: in their own words, each with its place, and to nobody who may not see them. */
final class OfflineTest {
    private static final Instant START = Instant.parse("2026-05-01T08:00:00Z");
    private static final String NOWHERE = "http://127.0.0.1:1";
    private static final String NOTE = "# Boat\n\nThe harbour of Kiel opens at six.\nThe boat is called Petrel.\n";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Path vault;

    @SuppressWarnings("NullAway.Init")
    private LiveVault notes;

    @BeforeEach
    void write() throws Exception {
        vault = Files.createDirectories(folder.resolve("vault"));
        note("Sea/Boat.md", NOTE);
        notes = new LiveVault(vault, folder.resolve("idx/vault"), () -> START, null).start();
        notes.settle();
    }

    @AfterEach
    void close() {
        notes.close();
    }

    private void note(String path, String text) throws IOException {
        Path file = vault.resolve(path);
        Files.createDirectories(file.resolveSibling("."));
        Files.writeString(file, text);
    }

    private Road road(String url) throws IOException {
        return new Road(folder.resolve("home"), """
                providers:
                  cloud:
                    dialect: anthropic
                    base-url: %s
                    key: env:KEY
                    timeouts: {connect: 2s, answer: 400ms, idle: 400ms}
                    models:
                      m: {context: 200000, output: 8000, price: {in: 3, out: 15}}
                  other:
                    dialect: openai
                    base-url: %s
                    key: env:KEY
                    models:
                      o: {context: 200000, output: 8000, price: {in: 3, out: 15}}
                  offline: {dialect: vault}
                routes:
                  fast: [cloud/m, offline/vault]
                  chat: [other/o, offline/vault]
                  stay: {to: [offline/vault], local-only: true}
                """.formatted(url, url), START, notes);
    }

    private LeaseScope scope(Sensitivity.Tier tier, Sensitivity ceiling, String... effects) {
        LeaseScope any = LeaseScope.of(List.of(), List.of(effects), START.plus(Duration.ofDays(1)));
        return any.showing(ceiling, tier);
    }

    private String grant(Road road) {
        return road.grant(
                "claude-code",
                scope(Sensitivity.Tier.CLOUD, Sensitivity.INTERNAL, "egress:*", "memory-read:" + notes.root()));
    }

    private static String asks(String model, String question, String more) {
        return "{\"model\":\"%s\",\"max_tokens\":500,%s\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
                .formatted(model, more, question);
    }

    private static String text(Road.Answer answer) {
        JsonNode json = Json.MAPPER.readTree(answer.body());
        return json.path("content").path(0).path("text").asString("");
    }

    @Test
    void whenNobodyCanBeConnectedToTheNotesAnswerWithTheirPlaces() throws IOException {
        try (Road road = road(NOWHERE)) {
            String token = grant(road);
            Road.Answer answer = road.ask(Endpoint.MESSAGES, token, asks("fast", "When does the harbour open?", ""));
            assertThat(answer.isWhole()).as(answer.text()).isTrue();
            String digest = AtomicFiles.digest(Road.bytes(NOTE)).substring(0, 12);
            assertThat(text(answer).lines())
                    .contains("The harbour of Kiel opens at six. [Sea/Boat.md:3 sha256:" + digest + "]")
                    .first()
                    .asString()
                    .startsWith("Offline: no model answered.");
            assertThat(answer.text()).contains("\"model\":\"offline/vault\"");
            assertThat(answer.header("x-mirror-tier")).isEqualTo("offline");
            // The same question, the same words.
            assertThat(text(road.ask(Endpoint.MESSAGES, token, asks("fast", "When does the harbour open?", ""))))
                    .isEqualTo(text(answer));
            road.stop();
            Event switched = road.events("mirror.call.switched.v1").getFirst();
            assertThat(switched.text("from")).isEqualTo("cloud/m");
            assertThat(switched.text("to")).isEqualTo("offline/vault");
            assertThat(switched.text("cause")).isEqualTo("failing");
            assertThat(road.costs.list()).anySatisfy(row -> {
                assertThat(row.key().tier()).isEqualTo("offline");
                assertThat(row.sum().money()).isZero();
                assertThat(row.sum().unreported()).isZero();
            });
        }
    }

    @Test
    void aClientOfEitherDialectMayStream() throws IOException {
        try (Road road = road(NOWHERE)) {
            String token = grant(road);
            String question = "What is the boat called?";
            Road.Answer messages = road.ask(Endpoint.MESSAGES, token, asks("fast", question, "\"stream\":true,"));
            assertThat(messages.isWhole()).isTrue();
            assertThat(messages.header("content-type")).isEqualTo("text/event-stream");
            assertThat(messages.text())
                    .startsWith("event: message_start")
                    .contains("The boat is called Petrel. [Sea/Boat.md:4 sha256:", "\"stop_reason\":\"end_turn\"")
                    .endsWith("data: {\"type\":\"message_stop\"}\n\n");
            Road.Answer chat = road.ask(Endpoint.CHAT, token, asks("chat", question, "\"stream\":true,"));
            assertThat(chat.text())
                    .contains("The boat is called Petrel. [Sea/Boat.md:4 sha256:")
                    .endsWith("data: [DONE]\n\n");
            Road.Answer whole = road.ask(Endpoint.CHAT, token, asks("vault", question, ""));
            assertThat(Json.MAPPER
                            .readTree(whole.body())
                            .path("choices")
                            .path(0)
                            .path("message")
                            .path("content")
                            .asString())
                    .contains("The boat is called Petrel.");
        }
    }

    @Test
    void whatTheNotesDoNotSayIsNotKnown() throws IOException {
        try (Road road = road(NOWHERE)) {
            Road.Answer answer =
                    road.ask(Endpoint.MESSAGES, grant(road), asks("stay", "Who won the chess game in Paris?", ""));
            assertThat(answer.isWhole()).isTrue();
            assertThat(text(answer))
                    .contains("I do not know: your notes do not say")
                    .doesNotContain("Boat.md");
            road.stop();
            // Nobody was left out: the route has no one else.
            assertThat(road.events("mirror.call.switched.v1")).isEmpty();
        }
    }

    @Test
    void noCallerIsShownMoreOfTheNotesThanItsLeaseShows() throws Exception {
        note("p.md", "---\nsensitivity: private\n---\nThe harbour code is blue private.\n");
        note("s.md", "---\nsensitivity: secret\n---\nThe harbour code is blue secret.\n");
        note("n.md", "---\nsensitivity: never-share\n---\nThe harbour code is blue never.\n");
        note("x.md", "---\nsensitivity: shhh\n---\nThe harbour code is blue unknown.\n");
        note("i.md", "The harbour code is blue internal.\n");
        note("u.md", "---\nsensitivity: public\n---\nThe harbour code is blue public.\n");
        notes.settle();
        String read = "memory-read:" + notes.root();
        try (Road road = road(NOWHERE)) {
            record Case(Sensitivity.Tier tier, Sensitivity ceiling, List<String> seen) {}
            for (Case each : List.of(
                    new Case(Sensitivity.Tier.CLOUD, Sensitivity.PUBLIC, List.of("public")),
                    new Case(Sensitivity.Tier.CLOUD, Sensitivity.INTERNAL, List.of("public", "internal")),
                    new Case(Sensitivity.Tier.CLOUD, Sensitivity.NEVER_SHARE, List.of("public", "internal", "private")),
                    new Case(
                            Sensitivity.Tier.LOCAL,
                            Sensitivity.NEVER_SHARE,
                            List.of("public", "internal", "private", "secret")))) {
                String token = road.grant("claude-code", scope(each.tier, each.ceiling, read));
                String said =
                        text(road.ask(Endpoint.MESSAGES, token, asks("stay", "What is the harbour code blue?", "")));
                for (String word : List.of("public", "internal", "private", "secret", "never", "unknown")) {
                    boolean shown = said.contains("blue " + word + ".");
                    assertThat(shown).as("%s to %s", word, each).isEqualTo(each.seen.contains(word));
                }
            }
        }
    }

    @Test
    void aLeaseThatDoesNotCoverTheNotesIsRefusedAsBeforeAndToldWhatIsMissing() throws IOException {
        try (Road road = road(NOWHERE)) {
            Road.Answer answer =
                    road.ask(Endpoint.MESSAGES, road.grant(), asks("fast", "When does the harbour open?", ""));
            assertThat(answer.status()).isEqualTo(502);
            assertThat(answer.text()).contains("memory-read:" + notes.root()).doesNotContain("Kiel");
            assertThat(road.ask(Endpoint.MESSAGES, "mlt1.AAAA", asks("fast", "harbour", ""))
                            .status())
                    .isEqualTo(401);
        }
    }

    @Test
    void aNoOfTheGateIsNotGotRoundByTheNotes() throws IOException {
        try (Road road = road(NOWHERE)) {
            String token = grant(road);
            Files.writeString(road.home.kill(), "");
            Road.Answer answer = road.ask(Endpoint.MESSAGES, token, asks("fast", "When does the harbour open?", ""));
            assertThat(answer.status()).isEqualTo(403);
            assertThat(answer.text()).doesNotContain("Kiel");
        }
    }

    @Test
    void withTheNetworkCutByTheOwnerTheNotesStillAnswer() throws IOException {
        try (Road road = new Road(folder.resolve("home"), """
                providers:
                  cloud:
                    dialect: anthropic
                    base-url: https://api.example.com
                    key: env:KEY
                    models:
                      m: {context: 200000, output: 8000, price: {in: 3, out: 15}}
                  offline: {dialect: vault}
                routes:
                  fast: [cloud/m, offline/vault]
                """, START, notes)) {
            String token = grant(road);
            Files.writeString(road.home.airGap(), "");
            assertThat(text(road.ask(Endpoint.MESSAGES, token, asks("fast", "When does the harbour open?", ""))))
                    .contains("The harbour of Kiel opens at six.");
            road.stop();
            assertThat(road.events("mirror.call.switched.v1").getFirst().text("cause"))
                    .isEqualTo("gate");
        }
    }

    @Test
    void aProviderThatIsFullIsFollowedByTheNotesAndItsOwnErrorIsNot() throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.json(529, "{\"error\":\"full\"}"));
                Road road = road(provider.url())) {
            String token = grant(road);
            String asked = asks("fast", "When does the harbour open?", "");
            for (int i = 0; i < 8; i++) {
                assertThat(text(road.ask(Endpoint.MESSAGES, token, asked))).contains("opens at six");
            }
            road.stop();
            // After some calls the provider is left alone, and the notes go on.
            assertThat(provider.requests()).hasSizeLessThan(8);
            assertThat(road.events("mirror.call.switched.v1"))
                    .extracting(event -> event.text("cause"))
                    .containsOnly("overloaded", "breaker");
        }
    }

    private LeaseScope poor() {
        LeaseScope rich =
                scope(Sensitivity.Tier.CLOUD, Sensitivity.INTERNAL, "egress:*", "memory-read:" + notes.root());
        return rich.spending(rich.tokens(), 1);
    }

    @Test
    void whenThereIsNotEnoughMoneyLeftTheNotesCostNone() throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.json(200, Faults.WHOLE));
                Road road = road(provider.url())) {
            String asked = asks("fast", "When does the harbour open?", "");
            assertThat(text(road.ask(Endpoint.MESSAGES, road.grant("claude-code", poor()), asked)))
                    .contains("opens at six");
            assertThat(provider.requests()).isEmpty();
        }
    }

    @Test
    void aRequestThatIsWrongStaysWrongAndHalfAnAnswerIsNotFilledUpWithNotes() throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.json(400, "{\"error\":\"bad\"}"));
                Road road = road(provider.url())) {
            String token = grant(road);
            String asked = asks("fast", "When does the harbour open?", "");
            assertThat(road.ask(Endpoint.MESSAGES, token, asked).status()).isEqualTo(400);
            provider.script((_, to) ->
                    to.stream().chunk(Faults.START).chunk(Faults.DELTA).close());
            Road.Answer cut = road.ask(Endpoint.MESSAGES, token, asked);
            assertThat(cut.isWhole()).isFalse();
            assertThat(cut.text()).doesNotContain("Kiel");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"tools\":[{\"name\":\"t\",\"input_schema\":{\"type\":\"object\"}}],\"tool_choice\":{\"type\":\"any\"},",
                "\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}},"
            })
    void anAnswerOfAFormThatNotesDoNotHaveIsRefused(String more) throws IOException {
        try (Road road = road(NOWHERE)) {
            Road.Answer answer =
                    road.ask(Endpoint.MESSAGES, grant(road), asks("fast", "When does the harbour open?", more));
            assertThat(answer.status()).isEqualTo(502);
            assertThat(answer.text()).contains("the offline tier does not answer either");
        }
    }

    @Test
    void anAgentInTheMiddleOfItsWorkIsToldThatNothingIsKnown() throws IOException {
        String body = """
                {"model":"fast","max_tokens":500,"messages":[{"role":"user","content":"When does the harbour open?"},
                {"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"t","input":{}}]},
                {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"harbour"}]}]}""";
        try (Road road = road(NOWHERE)) {
            assertThat(text(road.ask(Endpoint.MESSAGES, grant(road), body))).contains("I do not know: the last turn");
        }
    }

    @Test
    void remindersOfAgentsAreNotTheQuestionAndLimitsAreKept() throws IOException {
        String body = """
                {"model":"fast","max_tokens":40,"stop_sequences":["Kiel"],"messages":[{"role":"user","content":[
                {"type":"text","text":"<system-reminder>The boat is called Petrel.</system-reminder>"},
                {"type":"text","text":"<system-reminder>x</system-reminder>When does the harbour open?"},
                {"type":"text","text":"<system-reminder>y</system-reminder>"}]}]}""";
        try (Road road = road(NOWHERE)) {
            Road.Answer answer = road.ask(Endpoint.MESSAGES, grant(road), body);
            assertThat(text(answer)).doesNotContain("Petrel").doesNotContain("Kiel");
        }
    }

    @Test
    void theNotesWordsAreInNoEvent() throws IOException {
        try (Road road = road(NOWHERE)) {
            String token = grant(road);
            road.ask(Endpoint.MESSAGES, token, asks("fast", "When does the xyzzy harbour open?", ""));
            road.stop();
            assertThat(road.bytes()).doesNotContain("xyzzy", "Petrel", "opens at six", token);
        }
    }

    @Test
    void notesThatCannotBeAskedAreNamed() throws IOException {
        try (Road road = road(NOWHERE)) {
            String token = grant(road);
            notes.close();
            Road.Answer answer = road.ask(Endpoint.MESSAGES, token, asks("fast", "When does the harbour open?", ""));
            assertThat(answer.status()).isEqualTo(502);
            assertThat(answer.text()).contains("the notes cannot be asked");
        }
    }
}
