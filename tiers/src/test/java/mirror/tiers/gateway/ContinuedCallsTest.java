package mirror.tiers.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Seed;
import mirror.tiers.wire.ScriptedProvider;
import mirror.tiers.wire.ScriptedProvider.Wire;
import mirror.trust.Budgets.Unit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** A stream that breaks in the middle of a text is gone on with by the next of the route, as one message. */
final class ContinuedCallsTest {
    private static final String BODY =
            "{\"stream\":true,\"model\":\"m\",\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    /** A client, who begins, and who goes on. */
    record Relay(Endpoint client, Dialects first, Dialects second) {}

    static Stream<Relay> relays() {
        return Stream.of(Endpoint.MESSAGES, Endpoint.CHAT, Endpoint.RESPONSES)
                .flatMap(client -> Stream.of(Dialects.values())
                        .flatMap(first -> Stream.of(Dialects.values()).map(second -> new Relay(client, first, second))))
                // A stream of responses that passes is not read on its way.
                .filter(relay -> relay.client != Endpoint.RESPONSES || relay.first != Dialects.OPENAI);
    }

    private static String providers(Relay relay, ScriptedProvider first, ScriptedProvider second) {
        return "providers:\n" + TranslatedCallsTest.provider("p0", relay.first, first.url(), false)
                + TranslatedCallsTest.provider("p1", relay.second, second.url(), false);
    }

    private static String body(Endpoint client) {
        return client == Endpoint.RESPONSES ? TranslatedCallsTest.streaming(TranslatedCallsTest.body(client)) : BODY;
    }

    /** Breaks off in one of the ways in which connections do. */
    private static void cut(Wire to, int way) throws IOException {
        switch (way) {
            case 0 -> to.close();
            case 1 -> to.reset();
            case 2 -> to.last();
            default -> to.stall();
        }
    }

    /** That a stream is one valid message, from its start to its end or to an error. */
    static void isOneMessage(Endpoint client, String stream) {
        List<JsonNode> events = TranslatedCallsTest.events(stream);
        if (client == Endpoint.CHAT) {
            assertThat(events.stream()
                            .map(e -> e.path("id").asString(""))
                            .filter(id -> !id.isEmpty())
                            .distinct())
                    .hasSizeLessThanOrEqualTo(1);
            long ends = events.stream()
                    .filter(e -> !e.path("choices")
                            .path(0)
                            .path("finish_reason")
                            .asString("")
                            .isEmpty())
                    .count();
            assertThat(ends).isEqualTo(stream.contains("[DONE]") ? 1 : 0);
            assertThat(stream.split("\\[DONE\\]", -1)).hasSizeLessThanOrEqualTo(2);
            return;
        }
        if (client == Endpoint.RESPONSES) {
            isOneResponse(events);
            return;
        }
        int index = -1;
        boolean open = false;
        String last = "";
        for (JsonNode event : events) {
            String type = event.path("type").asString("");
            assertThat(last).isNotIn("message_stop", "error");
            switch (type) {
                case "message_start" -> assertThat(last).isEmpty();
                case "content_block_start" -> {
                    assertThat(open).isFalse();
                    assertThat(event.path("index").asInt(-1)).isEqualTo(++index);
                    open = true;
                }
                case "content_block_delta" -> {
                    assertThat(open).isTrue();
                    assertThat(event.path("index").asInt(-1)).isEqualTo(index);
                }
                case "content_block_stop" -> {
                    assertThat(open).isTrue();
                    assertThat(event.path("index").asInt(-1)).isEqualTo(index);
                    open = false;
                }
                case "message_delta" -> assertThat(open).isFalse();
                case "message_stop" -> assertThat(last).isEqualTo("message_delta");
                default -> assertThat(type).isIn("ping", "error");
            }
            last = type.equals("ping") ? last : type;
        }
    }

    private static void isOneResponse(List<JsonNode> events) {
        int items = 0;
        String open = "";
        StringBuilder said = new StringBuilder();
        for (int i = 0; i < events.size(); i++) {
            JsonNode event = events.get(i);
            String type = event.path("type").asString("");
            assertThat(event.path("sequence_number").asInt(-1)).isEqualTo(i);
            assertThat(type.equals("response.created")).isEqualTo(i == 0);
            switch (type) {
                case "response.output_item.added" -> {
                    assertThat(open).isEmpty();
                    open = event.path("item").path("id").asString("");
                    assertThat(event.path("output_index").asInt(-1)).isEqualTo(items);
                    said.setLength(0);
                }
                case "response.output_text.delta" -> {
                    assertThat(event.path("item_id").asString("")).isEqualTo(open);
                    said.append(event.path("delta").asString(""));
                }
                case "response.output_item.done" -> {
                    assertThat(event.path("item")
                                    .path("content")
                                    .path(0)
                                    .path("text")
                                    .asString(""))
                            .isEqualTo(said.toString());
                    open = "";
                    items++;
                }
                case "response.completed" -> {
                    assertThat(open).isEmpty();
                    assertThat(event.path("response").path("output").size()).isEqualTo(items);
                    assertThat(i).isEqualTo(events.size() - 1);
                }
                case "response.failed" -> assertThat(i).isEqualTo(events.size() - 1);
                default -> assertThat(type).startsWith("response.");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("relays")
    void theNextGoesOnWhereTheFirstOneBrokeAndTheClientSeesOneMessage(Relay relay) throws IOException {
        try (ScriptedProvider first = new ScriptedProvider(
                        (_, to) -> relay.first.begin(to, "Once upon ", "a ti").close());
                ScriptedProvider second = new ScriptedProvider(relay.second.says("me there", " was."));
                Road road = new Road(folder, providers(relay, first, second))) {
            Road.Answer answer = road.ask(relay.client, road.grant(), body(relay.client));
            assertThat(answer.isWhole()).as(answer.text()).isTrue();
            assertThat(TranslatedCallsTest.textOf(relay.client, answer.text()))
                    .isEqualTo("Once upon a time there was.");
            isOneMessage(relay.client, answer.text());
            assertThat(second.requests().getFirst().text())
                    .contains("Once upon a ti")
                    .contains("hello");

            road.stop();
            Event switched = road.events("mirror.call.switched.v1").getFirst();
            assertThat(switched.data().path("sent").asInt(-1)).isEqualTo("Once upon a ti".length());
            assertThat(switched.text("from")).isEqualTo("p0/m");
            assertThat(switched.text("to")).isEqualTo("p1/m");
            Costs.Sum all = road.costs.list().stream().map(Costs.Row::sum).reduce(Costs.Sum.NONE, Costs.Sum::plus);
            assertThat(all.calls()).isEqualTo(2);
            assertThat(all.unanswered()).isEqualTo(1);
            assertThat(all.unreported())
                    .as("what the first one used, nobody said")
                    .isPositive();
            assertThat(road.spent("claude-code", Unit.TOKENS)).isEqualTo(all.unreported() + 39);
        }
    }

    @Test
    void whateverIsSaidAndWhereverItBreaksNoTextIsLostOrToldTwiceAndNoEndIsInvented() throws IOException {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        List<Relay> relays = relays().toList();
        for (int round = 0; round < 120; round++) {
            Relay relay = relays.get(random.nextInt(relays.size()));
            // Each letter is another one, so that what is a repetition is certain.
            StringBuilder letters = new StringBuilder();
            for (int i = 60 + random.nextInt(200), c = 0x4E00 + random.nextInt(9_000); i > 0; i--) {
                letters.append((char) c++);
            }
            String story = letters.toString();
            int cut = random.nextInt(story.length());
            int back = random.nextInt(3) == 0 && cut >= 16 ? 16 + random.nextInt(cut - 15) : 0;
            int to = random.nextInt(4) == 0 ? cut + random.nextInt(story.length() - cut) : story.length();
            int way = random.nextInt(20) == 0 ? 3 : random.nextInt(3);
            String[] firstPieces = pieces(story.substring(0, cut), random);
            String[] secondPieces = pieces(story.substring(cut - back, to), random);
            boolean whole = to == story.length();
            try (ScriptedProvider first =
                            new ScriptedProvider((_, wire) -> cut(relay.first.begin(wire, firstPieces), way));
                    ScriptedProvider second = new ScriptedProvider(withoutResponses(
                            whole
                                    ? relay.second.says(secondPieces)
                                    : (_, wire) -> cut(relay.second.begin(wire, secondPieces), 0)));
                    Road road = new Road(folder.resolve("r" + round), providers(relay, first, second))) {
                Road.Answer answer = road.ask(relay.client, road.grant(), body(relay.client));
                String told = TranslatedCallsTest.textOf(relay.client, answer.text());
                String what = seed + " round " + round + " " + relay + " cut " + cut + " back " + back + " to " + to
                        + "\n" + answer.text();
                assertThat(answer.isWhole()).as(what).isEqualTo(whole);
                if (whole) {
                    assertThat(told).as(what).isEqualTo(story);
                } else {
                    // What was held back as a possible repetition when the second one broke, too, was not told.
                    assertThat(story.substring(0, to)).as(what).startsWith(told);
                    assertThat(answer.text()).as(what).doesNotContain("message_stop", "[DONE]", "response.completed");
                    JsonNode last = TranslatedCallsTest.events(answer.text()).getLast();
                    assertThat((relay.client == Endpoint.RESPONSES ? last.path("response") : last)
                                    .path("error")
                                    .isObject())
                            .as(what)
                            .isTrue();
                }
                if (answer.status() == 200) {
                    isOneMessage(relay.client, answer.text());
                }
            }
        }
    }

    /** Has chat completions alone, and says so; asked for a response before anything was told, it is asked again for a chat. */
    private static ScriptedProvider.Script withoutResponses(ScriptedProvider.Script chat) {
        return (request, to) -> {
            if (request.line().contains("/responses")) {
                to.json(404, "{\"detail\":\"Not Found\"}");
            } else {
                chat.answer(request, to);
            }
        };
    }

    private static String[] pieces(String text, RandomGenerator random) {
        List<String> pieces = new ArrayList<>();
        for (int at = 0; at < text.length(); ) {
            int some = Math.min(text.length() - at, 1 + random.nextInt(30));
            pieces.add(text.substring(at, at + some));
            at += some;
        }
        return pieces.toArray(String[]::new);
    }

    @Test
    void threeProvidersCanTellOneText() throws IOException {
        try (ScriptedProvider first = new ScriptedProvider(
                        (_, to) -> Dialects.ANTHROPIC.begin(to, "one ").close());
                ScriptedProvider second = new ScriptedProvider(
                        (_, to) -> Dialects.OLLAMA.begin(to, "two ").close());
                ScriptedProvider third = new ScriptedProvider(Dialects.GEMINI.says("three"));
                Road road = new Road(
                        folder,
                        "providers:\n" + TranslatedCallsTest.provider("p0", Dialects.ANTHROPIC, first.url(), false)
                                + TranslatedCallsTest.provider("p1", Dialects.OLLAMA, second.url(), false)
                                + TranslatedCallsTest.provider("p2", Dialects.GEMINI, third.url(), false))) {
            Road.Answer answer = road.ask(Endpoint.MESSAGES, road.grant(), BODY);
            assertThat(TranslatedCallsTest.textOf(Endpoint.MESSAGES, answer.text()))
                    .isEqualTo("one two three");
            isOneMessage(Endpoint.MESSAGES, answer.text());
            JsonNode delta = TranslatedCallsTest.events(answer.text()).stream()
                    .filter(event -> event.path("type").asString("").equals("message_delta"))
                    .findFirst()
                    .orElseThrow();
            assertThat(delta.path("usage").path("input_tokens").asInt(0))
                    .as("of the first and the third; the second one never said")
                    .isEqualTo(60);
            assertThat(delta.path("usage").path("output_tokens").asInt(0)).isEqualTo(1 + 9);
        }
    }

    @Test
    void anErrorInTheMiddleOfAStreamIsABreakLikeAnyOther() throws IOException {
        String overloaded =
                "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
        try (ScriptedProvider first = new ScriptedProvider((_, to) -> Dialects.ANTHROPIC
                        .begin(to, "one ")
                        .chunk(Dialects.ANTHROPIC.piece("two ") + overloaded)
                        .last());
                ScriptedProvider second = new ScriptedProvider(Dialects.OPENAI.says("three"));
                Road road = new Road(
                        folder,
                        providers(new Relay(Endpoint.MESSAGES, Dialects.ANTHROPIC, Dialects.OPENAI), first, second))) {
            Road.Answer answer = road.ask(Endpoint.MESSAGES, road.grant(), BODY);
            assertThat(answer.isWhole()).isTrue();
            assertThat(answer.text()).doesNotContain("overloaded");
            assertThat(TranslatedCallsTest.textOf(Endpoint.MESSAGES, answer.text()))
                    .isEqualTo("one two three");
        }
    }

    @Test
    void aModelThatIsGivenItsBeginGoesOnFromItAndOneThatRefusesIsAsked() throws IOException {
        try (ScriptedProvider first = new ScriptedProvider(
                        (_, to) -> Dialects.OPENAI.begin(to, "One, ").close());
                ScriptedProvider second = new ScriptedProvider((request, to) -> {
                    if (lastRole(request).equals("assistant")) {
                        to.json(
                                400,
                                Dialects.ANTHROPIC.error("This model does not support assistant message prefill."));
                    } else {
                        Dialects.ANTHROPIC.says("two.").answer(request, to);
                    }
                });
                Road road = new Road(
                        folder,
                        providers(new Relay(Endpoint.CHAT, Dialects.OPENAI, Dialects.ANTHROPIC), first, second))) {
            String token = road.grant();
            Road.Answer answer = road.ask(Endpoint.CHAT, token, BODY);
            assertThat(TranslatedCallsTest.textOf(Endpoint.CHAT, answer.text())).isEqualTo("One, two.");
            assertThat(second.requests()).hasSize(2);
            JsonNode given = Json.one(second.requests().get(0).body()).path("messages");
            assertThat(given.path(1).path("content").path(0).path("text").asString(""))
                    .as("without the white space that the API refuses")
                    .isEqualTo("One,");
            road.ask(Endpoint.CHAT, token, BODY);
            assertThat(second.requests()).as("it is not tried again").hasSize(3);
        }
    }

    private static String lastRole(ScriptedProvider.Request request) {
        JsonNode messages = Json.one(request.body()).path("messages");
        return messages.path(messages.size() - 1).path("role").asString("");
    }

    static Stream<String> nobodyCanGoOn() {
        String start = Dialects.ANTHROPIC.start() + Dialects.ANTHROPIC.piece("I look.");
        String stop = "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n";
        String tool =
                "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":"
                        + "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"ls\",\"input\":{}}}\n\n";
        String thinking = Dialects.ANTHROPIC
                        .start()
                        .replace(
                                "{\"type\":\"text\",\"text\":\"\"}",
                                "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}")
                + "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
                + "{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}}\n\n";
        String ending = Dialects.ANTHROPIC.end();
        return Stream.of(
                start + stop + tool,
                start + stop + tool + stop.replace(":0}", ":1}"),
                thinking,
                start + ending.substring(0, ending.indexOf("event: message_stop")),
                start + "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":7}\n\n");
    }

    @ParameterizedTest
    @MethodSource("nobodyCanGoOn")
    void whereNobodyCanGoOnTheClientHearsWhyAndNothingIsMadeUp(String stream) throws IOException {
        try (ScriptedProvider first = new ScriptedProvider(
                        (_, to) -> to.stream().chunk(stream).close());
                ScriptedProvider second = new ScriptedProvider(Dialects.OPENAI.says("never"));
                Road road = new Road(
                        folder,
                        providers(new Relay(Endpoint.MESSAGES, Dialects.ANTHROPIC, Dialects.OPENAI), first, second))) {
            Road.Answer answer = road.ask(Endpoint.MESSAGES, road.grant(), BODY);
            assertThat(answer.isWhole()).isFalse();
            assertThat(answer.text()).startsWith(stream);
            assertThat(TranslatedCallsTest.events(answer.text().substring(stream.length()))
                            .getFirst()
                            .path("error")
                            .path("message")
                            .asString(""))
                    .contains("nobody can go on with it");
            assertThat(second.requests()).isEmpty();
        }
    }

    @Test
    void anAnswerThatMustHaveAFormIsNotPutTogetherFromTwo() throws IOException {
        String formed = BODY.replace(
                "\"max_tokens\"",
                "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"a\",\"schema\":{\"type\":\"object\"}}},\"max_tokens\"");
        try (ScriptedProvider first = new ScriptedProvider(
                        (_, to) -> Dialects.OPENAI.begin(to, "{\"a\":").close());
                ScriptedProvider second = new ScriptedProvider(Dialects.ANTHROPIC.says("never"));
                Road road = new Road(
                        folder,
                        providers(new Relay(Endpoint.CHAT, Dialects.OPENAI, Dialects.ANTHROPIC), first, second))) {
            Road.Answer answer = road.ask(Endpoint.CHAT, road.grant(), formed);
            assertThat(answer.isWhole()).isFalse();
            assertThat(answer.text()).contains("it must be of one form");
            assertThat(second.requests()).isEmpty();
        }
    }

    @Test
    void aCallThatNobodyMayPayForEndsWithThatError() throws IOException {
        try (ScriptedProvider first = new ScriptedProvider(
                        (_, to) -> Dialects.ANTHROPIC.begin(to, "one ").close());
                ScriptedProvider second = new ScriptedProvider(Dialects.OPENAI.says("two"));
                Road road = new Road(
                        folder,
                        providers(new Relay(Endpoint.MESSAGES, Dialects.ANTHROPIC, Dialects.OPENAI), first, second))) {
            String token = road.grant();
            road.projector.record(road.budgets.set("claude-code", Unit.TOKENS, BODY.length() + 1_024 + 100));
            Road.Answer answer = road.ask(Endpoint.MESSAGES, token, BODY);
            assertThat(answer.isWhole()).isFalse();
            assertThat(TranslatedCallsTest.textOf(Endpoint.MESSAGES, answer.text()))
                    .isEqualTo("one ");
            assertThat(answer.text()).contains("the budget of claude-code");
            assertThat(second.requests()).isEmpty();
        }
    }

    @Test
    void whatIsMarkedAsLocalIsNotGoneOnWithElsewhere() throws IOException {
        try (ScriptedProvider local = new ScriptedProvider(
                        (_, to) -> Dialects.OLLAMA.begin(to, "one ").close());
                ScriptedProvider cloud = new ScriptedProvider(Dialects.OPENAI.says("two"));
                Road road = new Road(
                        folder,
                        "providers:\n" + TranslatedCallsTest.provider("here", Dialects.OLLAMA, local.url(), true)
                                + TranslatedCallsTest.provider(
                                        "cloud",
                                        Dialects.OPENAI,
                                        cloud.url().replace("127.0.0.1", "localhost"),
                                        false))) {
            Road.Answer answer = road.ask(
                    Endpoint.MESSAGES,
                    road.grant(),
                    BODY,
                    new mirror.tiers.wire.Header("x-mirror-sensitivity", "local-only"));
            assertThat(answer.isWhole()).isFalse();
            assertThat(cloud.requests()).isEmpty();
        }
    }
}
