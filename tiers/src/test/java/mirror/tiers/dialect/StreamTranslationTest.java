package mirror.tiers.dialect;

import static mirror.tiers.dialect.Adapter.ANTHROPIC;
import static mirror.tiers.dialect.Adapter.OPENAI;
import static mirror.tiers.dialect.Wire.EXCHANGE;
import static mirror.tiers.dialect.Wire.data;
import static mirror.tiers.dialect.Wire.events;
import static mirror.tiers.dialect.Wire.named;
import static mirror.tiers.dialect.Wire.payloads;
import static mirror.tiers.dialect.Wire.stream;
import static mirror.tiers.dialect.Wire.sum;
import static mirror.tiers.dialect.Wire.tree;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import mirror.tiers.dialect.StreamEvent.Failed;
import mirror.tiers.dialect.StreamEvent.Finish;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StreamTranslationTest {
    private static final String START =
            "{'type':'message_start','message':{'id':'msg_1','model':'claude','usage':{'input_tokens':10,'cache_read_input_tokens':5,'output_tokens':1}}}";
    private static final String END =
            "{'type':'message_delta','delta':{'stop_reason':'end_turn'},'usage':{'output_tokens':7}}";
    private static final String STOP = "{'type':'message_stop'}";

    private static String open(int index, String block) {
        return "{'type':'content_block_start','index':" + index + ",'content_block':" + block + "}";
    }

    private static String delta(int index, String delta) {
        return "{'type':'content_block_delta','index':" + index + ",'delta':" + delta + "}";
    }

    private static String close(int index) {
        return "{'type':'content_block_stop','index':" + index + "}";
    }

    private static String text(int index, String text) {
        return delta(index, "{'type':'text_delta','text':'" + text + "'}");
    }

    private static String chunk(String delta) {
        return "{'id':'c-1','model':'gpt','choices':[{'index':0,'delta':" + delta + ",'finish_reason':null}]}";
    }

    private static String finish(String reason) {
        return "{'id':'c-1','model':'gpt','choices':[{'index':0,'delta':{},'finish_reason':'" + reason + "'}]}";
    }

    private static String call(int index, String id, String name, String arguments) {
        return chunk("{'tool_calls':[{'index':" + index + ",'id':'" + id + "','function':{'name':'" + name
                + "','arguments':'" + arguments.replace("\"", "\\\"") + "'}}]}");
    }

    private static String more(int index, String arguments) {
        return chunk("{'tool_calls':[{'index':" + index + ",'function':{'arguments':'" + arguments.replace("\"", "\\\"")
                + "'}}]}");
    }

    private static Failure failure(List<StreamEvent> events) {
        assertThat(events.getLast()).isInstanceOf(Failed.class);
        assertThat(events).noneMatch(Finish.class::isInstance);
        return ((Failed) events.getLast()).failure();
    }

    @Test
    void anthropicEventsBecomeChunks() {
        List<String> chunks = payloads(stream(
                ANTHROPIC,
                OPENAI,
                named(
                        START,
                        open(0, "{'type':'thinking','thinking':'','signature':''}"),
                        delta(0, "{'type':'thinking_delta','thinking':'hm'}"),
                        delta(0, "{'type':'signature_delta','signature':'c2ln'}"),
                        close(0),
                        "{'type':'ping'}",
                        open(1, "{'type':'text','text':''}"),
                        text(1, "Grüß "),
                        text(1, "Gott 🙂"),
                        close(1),
                        open(2, "{'type':'tool_use','id':'toolu_1','name':'now','input':{}}"),
                        close(2),
                        open(3, "{'type':'tool_use','id':'toolu_2','name':'weather','input':{}}"),
                        delta(3, "{'type':'input_json_delta','partial_json':''}"),
                        delta(3, "{'type':'input_json_delta','partial_json':'{\\'city\\': '}"),
                        delta(3, "{'type':'input_json_delta','partial_json':'\\'Wien\\'}'}"),
                        close(3),
                        "{'type':'message_delta','delta':{'stop_reason':'tool_use'},'usage':{'output_tokens':7}}",
                        STOP)));

        String frame = "{'id':'msg_1','object':'chat.completion.chunk','created':1790000000,'model':'claude',"
                + "'usage':null,'choices':[{'index':0,'delta':%s,'finish_reason':%s}]}";
        List<String> deltas = List.of(
                "{'role':'assistant','content':''}",
                "{'content':'Grüß '}",
                "{'content':'Gott 🙂'}",
                "{'tool_calls':[{'index':0,'id':'toolu_1','type':'function','function':{'name':'now','arguments':''}}]}",
                "{'tool_calls':[{'index':0,'function':{'arguments':'{}'}}]}",
                "{'tool_calls':[{'index':1,'id':'toolu_2','type':'function','function':{'name':'weather','arguments':''}}]}",
                "{'tool_calls':[{'index':1,'function':{'arguments':'{\\'city\\': '}}]}",
                "{'tool_calls':[{'index':1,'function':{'arguments':'\\'Wien\\'}'}}]}");
        for (int i = 0; i < deltas.size(); i++) {
            assertThat(tree(chunks.get(i))).isEqualTo(tree(frame.formatted(deltas.get(i), "null")));
        }
        assertThat(tree(chunks.get(8))).isEqualTo(tree(frame.formatted("{}", "'tool_calls'")));
        assertThat(tree(chunks.get(9)).path("usage")).isEqualTo(tree("""
                {'prompt_tokens':15,'completion_tokens':7,'total_tokens':22,
                 'prompt_tokens_details':{'cached_tokens':5,'cache_write_tokens':0},'completion_tokens_details':{'reasoning_tokens':0}}
                """));
        assertThat(chunks.subList(10, chunks.size())).containsExactly("[DONE]");
    }

    @Test
    void chunksBecomeAnthropicEvents() {
        List<String> written = payloads(stream(
                OPENAI,
                ANTHROPIC,
                data(
                        chunk("{'role':'assistant','content':''}"),
                        chunk("{'reasoning_content':'hm'}"),
                        chunk("{'content':'I '}"),
                        chunk("{'content':'look.'}"),
                        call(0, "call_1", "weather", ""),
                        more(0, "{\"city\":"),
                        more(0, "\"Wien\"}"),
                        finish("tool_calls"),
                        "{'id':'c-1','model':'gpt','choices':[],'usage':{'prompt_tokens':20,'completion_tokens':9,"
                                + "'prompt_tokens_details':{'cached_tokens':8},'completion_tokens_details':{'reasoning_tokens':4}}}",
                        "[DONE]")));

        List<String> expected = List.of(
                "{'type':'message_start','message':{'id':'c-1','type':'message','role':'assistant','model':'gpt','content':[],"
                        + "'stop_reason':null,'stop_sequence':null,'usage':{'input_tokens':0,'cache_creation_input_tokens':0,"
                        + "'cache_read_input_tokens':0,'output_tokens':0}}}",
                open(0, "{'type':'text','text':''}"),
                text(0, "I "),
                text(0, "look."),
                close(0),
                open(1, "{'type':'tool_use','id':'call_1','name':'weather','input':{},'caller':{'type':'direct'}}"),
                delta(1, "{'type':'input_json_delta','partial_json':'{\\'city\\':'}"),
                delta(1, "{'type':'input_json_delta','partial_json':'\\'Wien\\'}'}"),
                close(1),
                "{'type':'message_delta','delta':{'stop_reason':'tool_use','stop_sequence':null},'usage':{'input_tokens':12,"
                        + "'cache_creation_input_tokens':0,'cache_read_input_tokens':8,'output_tokens':9,"
                        + "'output_tokens_details':{'thinking_tokens':4}}}",
                STOP);
        assertThat(written.stream()
                        .map(Wire::tree)
                        .filter(e -> !e.path("type").asString().equals("ping")))
                .containsExactlyElementsOf(expected.stream().map(Wire::tree).toList());
    }

    @Test
    void callsThatComeMixedComeOutOneAfterTheOther() {
        Reply reply = sum(events(
                OPENAI,
                data(
                        call(0, "a", "f", "{\"x\":"),
                        call(1, "b", "g", "{\"y\""),
                        chunk("{'content':'late words'}"),
                        more(0, "1}"),
                        more(1, ":2}"),
                        finish("tool_calls"),
                        "[DONE]")));

        assertThat(reply.parts())
                .containsExactly(
                        new Part.ToolUse("a", "f", "{\"x\":1}"),
                        new Part.ToolUse("b", "g", "{\"y\":2}"),
                        new Part.Text("late words"));
    }

    @Test
    void callsOfServersThatNumberThemBadlyAreKeptApart() {
        List<Part> calls = List.of(new Part.ToolUse("a", "f", "{\"x\":1}"), new Part.ToolUse("b", "f", "{\"x\":2}"));

        assertThat(sum(events(
                                OPENAI,
                                data(
                                        call(0, "a", "f", "{\"x\":1}"),
                                        call(0, "b", "f", "{\"x\":2}"),
                                        finish("stop"),
                                        "[DONE]")))
                        .parts())
                .isEqualTo(calls);
        assertThat(sum(events(
                                OPENAI,
                                data(
                                        chunk("{'tool_calls':[{'id':'a','function':{'name':'f','arguments':'{'}}]}"),
                                        chunk("{'tool_calls':[{'function':{'arguments':'\\'x\\':1}'}}]}"),
                                        chunk(
                                                "{'tool_calls':[{'id':'b','function':{'name':'f','arguments':'{\\'x\\':2}'}}]}"),
                                        finish("tool_calls"))))
                        .parts())
                .isEqualTo(calls);
        assertThat(sum(events(
                        OPENAI, data(call(0, "a", "f", ""), call(1, "a", "g", ""), finish("tool_calls"), "[DONE]"))))
                .satisfies(reply -> assertThat(reply.parts())
                        .extracting(part -> ((Part.ToolUse) part).id())
                        .doesNotHaveDuplicates());
    }

    @Test
    void theFirstCallGoesOutAsItComesAndTheNextOnceItIsWhole() {
        List<StreamEvent> out = new ArrayList<>();
        StreamReader reader = OPENAI.reader(EXCHANGE);

        feed(reader, out, call(0, "a", "f", "{\"x\":"));
        assertThat(out).endsWith(new StreamEvent.ToolOpen("a", "f"), new StreamEvent.ToolDelta("{\"x\":"));
        assertThat(reader.toolOpen()).isTrue();
        feed(reader, out, more(0, "1}"));
        assertThat(reader.toolOpen()).isFalse();
        feed(reader, out, call(1, "b", "g", "{\"y\":"));
        assertThat(out)
                .endsWith(
                        new StreamEvent.ToolDelta("1}"),
                        new StreamEvent.Close(),
                        new StreamEvent.ToolOpen("b", "g"),
                        new StreamEvent.ToolDelta("{\"y\":"));
        assertThat(reader.toolOpen()).isTrue();
    }

    private static void feed(StreamReader reader, List<StreamEvent> out, String chunk) {
        byte[] bytes = data(chunk);
        reader.feed(bytes, 0, bytes.length, out::add);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "data: [DONE]\n\n",
                "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"}}]}\n\n",
                "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"}}]}\n\ndata: [DONE]\n\n",
                "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n",
                "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"error\"}]}\n\n",
                "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n",
                "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"other\"}}]}\n\n",
                "data: not json\n\n",
                "<html>502 Bad Gateway</html>"
            })
    void chunksWithoutAProperEndEndAsAFailure(String stream) {
        Failure failure = failure(events(OPENAI, stream.getBytes(StandardCharsets.UTF_8)));

        assertThat(failure.kind()).isEqualTo(Failure.Kind.API);
        assertThat(failure.message()).startsWith("The provider's answer cannot be used: ");
    }

    @Test
    void anthropicEventsWithoutAProperEndEndAsAFailure() {
        String block = open(0, "{'type':'text','text':''}");
        for (byte[] stream : List.of(
                named(),
                named(START),
                named(START, block, text(0, "hi")),
                named(START, block, text(0, "hi"), close(0)),
                named(START, block, text(0, "hi"), close(0), END),
                named(START, block, text(0, "hi"), close(0), STOP),
                named(START, block, END, STOP),
                named(START, START),
                named(block),
                named(START, open(1, "{'type':'text','text':''}")),
                named(START, block, text(1, "hi")),
                named(START, block, delta(0, "{'type':'input_json_delta','partial_json':'{}'}")),
                named(START, open(0, "{'type':'server_tool_use','id':'a','name':'b'}")),
                named(START, "{'type':'message_delta','delta':{'stop_reason':'tool_use'}}", STOP),
                named(START, "{'type':'message_delta','delta':{'stop_reason':'brand_new'}}", STOP))) {
            assertThat(failure(events(ANTHROPIC, stream)).kind())
                    .as(new String(stream, StandardCharsets.UTF_8))
                    .isEqualTo(Failure.Kind.API);
        }
    }

    @Test
    void argumentsThatAreNotWholeAreNoCallUnlessTheLimitCutThem() {
        assertThat(failure(events(OPENAI, data(call(0, "a", "f", "{\"x\":"), finish("tool_calls"), "[DONE]")))
                        .message())
                .contains("not whole");
        assertThat(failure(events(OPENAI, data(call(0, "a", "f", "{}"), more(0, "{}"), finish("tool_calls"))))
                        .message())
                .contains("more than one JSON object");
        assertThat(failure(events(OPENAI, data(call(0, "a", "f", "[]"), finish("tool_calls"))))
                        .message())
                .contains("more than one JSON object");
        assertThat(sum(events(OPENAI, data(call(0, "a", "f", "{\"x\":"), finish("length"), "[DONE]")))
                        .stop())
                .isEqualTo(Stop.MAX_TOKENS);
        String block = open(0, "{'type':'tool_use','id':'a','name':'f','input':{}}");
        String half = delta(0, "{'type':'input_json_delta','partial_json':'{\\'x\\':'}");
        assertThat(failure(events(
                                ANTHROPIC,
                                named(
                                        START,
                                        block,
                                        half,
                                        close(0),
                                        "{'type':'message_delta','delta':{'stop_reason':'tool_use'}}",
                                        STOP)))
                        .message())
                .contains("not whole");
    }

    @Test
    void anErrorInTheMiddleIsToldInTheClientsTerms() {
        String chunks = stream(
                ANTHROPIC,
                OPENAI,
                named(
                        START,
                        open(0, "{'type':'text','text':''}"),
                        text(0, "half"),
                        "{'type':'error','error':{'type':'overloaded_error','message':'Overloaded'}}"));
        assertThat(tree(payloads(chunks).getLast()))
                .isEqualTo(
                        tree(
                                "{'error':{'message':'Overloaded','type':'server_error','param':null,'code':'server_overloaded'}}"));
        assertThat(chunks).doesNotContain("[DONE]").doesNotContain("\"finish_reason\":\"");

        String events = stream(
                OPENAI,
                ANTHROPIC,
                data(
                        chunk("{'content':'half'}"),
                        "{'error':{'message':'quota','type':'insufficient_quota','code':'insufficient_quota'}}",
                        finish("stop"),
                        "[DONE]"));
        assertThat(tree(payloads(events).getLast()))
                .isEqualTo(tree("{'type':'error','error':{'type':'billing_error','message':'quota'}}"));
        assertThat(events).doesNotContain("message_stop").contains("event: error\n");
    }

    @Test
    void usageIsKnownAsItPassesAndAlsoOfAStreamThatFails() {
        StreamReader reader = ANTHROPIC.reader(EXCHANGE);
        List<StreamEvent> out = new ArrayList<>();
        byte[] start = named(START);
        reader.feed(start, 0, start.length, out::add);
        assertThat(reader.usage()).isEqualTo(new Usage(10, 5, 0, 1, 0));

        byte[] end = named(END);
        reader.feed(end, 0, end.length, out::add);
        reader.end(out::add);

        assertThat(out.getLast()).isInstanceOf(Failed.class);
        assertThat(reader.usage()).isEqualTo(new Usage(10, 5, 0, 7, 0));
        assertThat(reader.over()).isTrue();
    }

    @Test
    void aProviderThatNeverReportsUsageHasNone() {
        StreamReader reader = OPENAI.reader(EXCHANGE);

        events(reader, data(chunk("{'content':'hi'}"), finish("stop"), "[DONE]"), null);

        assertThat(reader.usage()).isNull();
    }

    @Test
    void thoughtsThatAnthropicDidNotSignAreNotGivenToItsClients() {
        List<StreamEvent> thoughts = List.of(
                new StreamEvent.Start("a", "m", null),
                new StreamEvent.ThinkingOpen(),
                new StreamEvent.ThinkingDelta("hm"),
                new StreamEvent.Close());

        assertThat(Wire.written(ANTHROPIC, thoughts)).doesNotContain("thinking").contains("event: ping\n");

        List<StreamEvent> signed = new ArrayList<>(thoughts);
        signed.add(3, new StreamEvent.SignatureDelta("c2ln"));
        assertThat(Wire.written(ANTHROPIC, signed)).contains("\"hm\"", "\"c2ln\"");
    }

    @Test
    void anotherProviderGoesOnInTheSameMessage() {
        StreamWriter writer = ANTHROPIC.writer(EXCHANGE);
        StringBuilder out = new StringBuilder();
        List<StreamEvent> events = new ArrayList<>(
                events(ANTHROPIC, named(START, open(0, "{'type':'text','text':''}"), text(0, "One, "))));
        events.removeLast();
        events.add(new StreamEvent.Close());
        events.addAll(events(OPENAI, data(chunk("{'content':'two.'}"), finish("stop"), "[DONE]")));
        events.forEach(event -> out.append(new String(writer.write(event), StandardCharsets.UTF_8)));

        assertThat(payloads(out.toString()).stream().map(Wire::tree))
                .extracting(event ->
                        event.path("type").stringValue() + event.path("index").asString(""))
                .containsExactly(
                        "message_start",
                        "content_block_start0",
                        "content_block_delta0",
                        "content_block_stop0",
                        "content_block_start1",
                        "content_block_delta1",
                        "content_block_stop1",
                        "message_delta",
                        "message_stop");
    }

    @Test
    void aCharacterCutInTwoByTheProviderComesOutWhole() {
        List<StreamEvent> events = events(
                OPENAI,
                data(
                        chunk("{'content':'a\\ud83d'}"),
                        chunk("{'content':'\\ude42b'}"),
                        chunk("{'content':'\\ud83d'}"),
                        finish("stop"),
                        "[DONE]"));

        assertThat(sum(events).parts()).containsExactly(new Part.Text("a🙂b\uFFFD"));
        assertThat(Wire.written(ANTHROPIC, events)).contains("🙂b");
    }

    @Test
    void aPauseCannotBeToldToAChatClient() {
        String chunks = stream(
                ANTHROPIC, OPENAI, named(START, "{'type':'message_delta','delta':{'stop_reason':'pause_turn'}}", STOP));

        assertThat(chunks).contains("\"error\"").doesNotContain("[DONE]");
    }

    @Test
    void nothingComesOutAfterTheEnd() {
        byte[] whole = data(chunk("{'content':'hi'}"), finish("stop"), "[DONE]", chunk("{'content':'more'}"), "x");

        List<StreamEvent> events = events(OPENAI, whole);

        assertThat(events).filteredOn(Finish.class::isInstance).hasSize(1);
        assertThat(events.getLast()).isInstanceOf(Finish.class);
    }
}
