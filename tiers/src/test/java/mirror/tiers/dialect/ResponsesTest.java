package mirror.tiers.dialect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static mirror.tiers.dialect.Adapter.ANTHROPIC;
import static mirror.tiers.dialect.Adapter.RESPONSES;
import static mirror.tiers.dialect.Wire.EXCHANGE;
import static mirror.tiers.dialect.Wire.TARGET;
import static mirror.tiers.dialect.Wire.json;
import static mirror.tiers.dialect.Wire.tree;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.openai.core.ObjectMappers;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseOutputItem;
import com.openai.models.responses.ResponseStreamEvent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;
import mirror.bus.Seed;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Clients of OpenAI's Responses API in front of providers that have it not; what they read is read by OpenAI's own SDK. */
final class ResponsesTest {
    private static final int ROUNDS = 400;

    private final Seed seed = Seed.fresh();
    private final RandomGenerator random = seed.random();
    private final RandomTalk talk = new RandomTalk(random);

    private static Prompt without(Prompt prompt, List<String> stop, Prompt.@Nullable Format format) {
        Prompt.Sampling all = prompt.sampling();
        return new Prompt(
                prompt.model(),
                prompt.system(),
                prompt.turns(),
                prompt.tools(),
                prompt.toolChoice(),
                new Prompt.Sampling(all.maxTokens(), stop, all.temperature(), all.topP(), null, null, null, all.seed()),
                prompt.reasoning(),
                format,
                prompt.user(),
                prompt.stream(),
                true);
    }

    @Test
    void aConversationIsReadAsItWasMeant() {
        for (int i = 0; i < ROUNDS; i++) {
            Prompt any = talk.prompt();
            Prompt.Format format = any.format();
            Prompt prompt =
                    without(any, List.of(), format == null ? null : new Prompt.Format("answer", format.schema()));

            assertThat(RESPONSES.readRequest(ResponsesTalk.request(prompt)))
                    .as("%s", seed)
                    .isEqualTo(prompt);
        }
    }

    @Test
    void aRequestOfCodexsBecomesOneOfAnthropics() {
        JsonNode body = tree(ANTHROPIC.writeRequest(RESPONSES.readRequest(json("""
                {'model':'m','instructions':'You are Codex.','input':[
                  {'type':'message','role':'developer','content':[{'type':'input_text','text':'Ask nobody.'}]},
                  {'type':'message','role':'user','content':[{'type':'input_text','text':'cwd: /x'}]},
                  {'type':'message','role':'user','content':[{'type':'input_text','text':'look'}]},
                  {'type':'reasoning','id':'rs_1','summary':[{'type':'summary_text','text':'hm'}],'content':null,'encrypted_content':'AAAA'},
                  {'type':'message','role':'assistant','phase':'commentary','content':[{'type':'output_text','text':'I look.'}]},
                  {'type':'function_call','name':'exec_command','arguments':'{\\'cmd\\':\\'ls\\'}','call_id':'call_1'},
                  {'type':'function_call','name':'view','arguments':'','call_id':'call_2'},
                  {'type':'function_call_output','call_id':'call_1','output':'a b'},
                  {'type':'function_call_output','call_id':'call_2','output':[
                     {'type':'input_text','text':'seen'},{'type':'input_image','image_url':'data:image/png;base64,AAAA'}]},
                  {'type':'message','role':'user','content':'go on'}],
                 'tools':[{'type':'function','name':'exec_command','description':'runs','strict':false,
                   'parameters':{'type':'object','properties':{'cmd':{'type':'string'}}}}],
                 'tool_choice':'auto','parallel_tool_calls':false,'reasoning':{'effort':'high','summary':'auto'},
                 'store':false,'stream':true,'include':['reasoning.encrypted_content'],'prompt_cache_key':'k',
                 'text':{'verbosity':'medium'},'client_metadata':{'a':'b'}}
                """)), TARGET));

        assertThat(body).isEqualTo(tree("""
                {'model':'some-model','max_tokens':4096,
                 'system':[{'type':'text','text':'You are Codex.'},{'type':'text','text':'Ask nobody.'}],
                 'messages':[
                  {'role':'user','content':[{'type':'text','text':'cwd: /x'}]},
                  {'role':'user','content':[{'type':'text','text':'look'}]},
                  {'role':'assistant','content':[{'type':'text','text':'I look.'},
                    {'type':'tool_use','id':'call_1','name':'exec_command','input':{'cmd':'ls'}},
                    {'type':'tool_use','id':'call_2','name':'view','input':{}}]},
                  {'role':'user','content':[
                    {'type':'tool_result','tool_use_id':'call_1','content':[{'type':'text','text':'a b'}]},
                    {'type':'tool_result','tool_use_id':'call_2','content':[{'type':'text','text':'seen'},
                      {'type':'image','source':{'type':'base64','media_type':'image/png','data':'AAAA'}}]},
                    {'type':'text','text':'go on'}]}],
                 'tools':[{'name':'exec_command','description':'runs','strict':false,
                   'input_schema':{'type':'object','properties':{'cmd':{'type':'string'}}}}],
                 'tool_choice':{'type':'auto','disable_parallel_tool_use':true},
                 'output_config':{'effort':'high'},'stream':true}
                """));
    }

    @Test
    void toolsOfANamespaceAreCalledByOneNameElsewhereAndByTheirOwnAtTheClient() throws IOException {
        Prompt prompt = RESPONSES.readRequest(json("""
                {'model':'m','instructions':'Be brief.','input':[
                  {'role':'user','content':'go'},
                  {'type':'function_call','namespace':'mcp__mirror','name':'memory_search','arguments':'{}','call_id':'c'},
                  {'type':'function_call_output','call_id':'c','output':'found'}],
                 'tools':[{'type':'function','name':'exec'},
                  {'type':'namespace','name':'mcp__mirror','description':'Memory.','tools':[
                    {'type':'function','name':'memory_search','parameters':{'type':'object'}},
                    {'type':'function','name':'memory_write'}]}]}
                """));

        assertThat(prompt.tools())
                .extracting(Prompt.Tool::name)
                .containsExactly("exec", "mcp__mirror__memory_search", "mcp__mirror__memory_write");
        assertThat(prompt.system()).containsExactly("Be brief.", "The tools mcp__mirror__*: Memory.");
        assertThat(prompt.turns().get(1).parts())
                .containsExactly(new Part.ToolUse("c", "mcp__mirror__memory_search", "{}"));
        Reply reply = new Reply(
                "r",
                "m",
                List.of(new Part.ToolUse("a", "mcp__mirror__memory_write", "{}"), new Part.ToolUse("b", "exec", "{}")),
                Stop.TOOL_USE,
                null,
                new Usage(1, 0, 0, 1, 0));
        Exchange exchange = Exchange.of("call-1", EXCHANGE.at(), prompt);
        Response whole = read(RESPONSES.writeReply(reply, exchange));
        assertThat(accumulated(written(exchange, talk.events(reply))).response())
                .isEqualTo(whole);
        assertThat(whole.output().get(0).asFunctionCall().name()).isEqualTo("memory_write");
        assertThat(whole.output().get(0).asFunctionCall().namespace()).hasValue("mcp__mirror");
        assertThat(whole.output().get(1).asFunctionCall().namespace()).isEmpty();
        assertThat(whole.tools()).hasSize(2);
    }

    @Test
    void aNameThatIsTooLongForOthersIsCutAndStaysOneOfItsOwn() {
        String space = "mcp__" + "s".repeat(60);
        String one = ToolIds.joined(space, "one");

        assertThat(one).hasSize(64).isNotEqualTo(ToolIds.joined(space, "two"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    'input':'hi','previous_response_id':'resp_1' | previous_response_id | conversation
                    'input':'hi','conversation':'conv_1' | conversation | conversation
                    'input':'hi','prompt':{'id':'p'} | prompt | instructions
                    'input':'hi','background':true | background | Wait
                    'input':'hi','truncation':'auto' | truncation | silence
                    'input':'hi','include':['web_search_call.results'] | include | web_search_call
                    'input':'hi','top_logprobs':2 | top_logprobs | OpenAI
                    'input':'hi','text':{'verbosity':'low'} | text.verbosity | words
                    'input':'hi','text':{'format':{'type':'xml'}} | text.format.type | json_schema
                    'input':'hi','tools':[{'type':'function','name':'f'},{'type':'web_search'}] | tools.1.type | 'web_search'
                    'input':'hi','tools':[{'type':'custom','name':'apply_patch'}] | tools.0.type | 'custom'
                    'input':'hi','tools':[{'type':'namespace','name':'n','tools':[{'type':'custom'}]}] | tools.0.tools.0.type | 'custom'
                    'input':'hi','tools':[{'type':'function','name':'f'},{'type':'function','name':'f'}] | tools | two tools
                    'input':'hi','tool_choice':{'type':'web_search'} | tool_choice.type | OpenAI
                    'input':'hi','moderation':{} | moderation | Leave it out
                    'input':'hi','reasoning':{'effort':'huge'} | reasoning.effort | minimal
                    'instructions':'hi' | input | missing
                    'input':[{'role':'system','content':'hi'}] | input | no instruction
                    'input':[{'role':'user','content':[{'type':'input_audio'}]}] | input.0.content.0.type | text
                    'input':[{'role':'user','content':[{'type':'input_image','file_id':'f'}]}] | input.0.content.0.file_id | image_url
                    'input':[{'role':'system','content':[{'type':'input_image','image_url':'x'}]}] | input.0.content | text
                    'input':[{'type':'item_reference','id':'x'}] | input.0.type | 'item_reference'
                    'input':[{'type':'custom_tool_call','call_id':'x'}] | input.0.type | 'custom_tool_call'
                    'input':[{'type':'function_call_output','call_id':'x'}] | input.0.output | missing
                    """)
    void whatNoOtherApiCanBeToldIsRefusedByItsName(String rest, String param, String says) {
        Failure refusal = Wire.failure(() -> RESPONSES.readRequest(json("{'model':'m'," + rest + "}")));

        assertThat(refusal.kind()).isEqualTo(Failure.Kind.INVALID_REQUEST);
        assertThat(refusal.param()).isEqualTo(param);
        assertThat(refusal.message()).contains(says);
    }

    @Test
    void noBytesDoAnythingButTheOneException() {
        for (int i = 0; i < 2000; i++) {
            byte[] request = Mutations.of(random, ResponsesTalk.request(talk.prompt()));
            try {
                RESPONSES.readRequest(request);
            } catch (DialectException e) {
                assertThat(e.failure().message()).isNotEmpty();
            } catch (RuntimeException e) {
                fail(seed.toString(), e);
            }
        }
    }

    // ---- replies

    private static Response read(byte[] whole) throws IOException {
        return ObjectMappers.jsonMapper().readValue(whole, Response.class).validate();
    }

    private static ResponseAccumulator accumulated(String stream) throws IOException {
        ResponseAccumulator all = ResponseAccumulator.createWithSnapshots();
        int sequence = 0;
        for (String data : Wire.payloads(stream)) {
            ResponseStreamEvent event = ObjectMappers.jsonMapper().readValue(data, ResponseStreamEvent.class);
            event.validate();
            assertThat(node(data).path("sequence_number").asInt(-1)).isEqualTo(sequence++);
            all.accumulate(event);
        }
        return all;
    }

    /** What OpenAI's SDK finds in a response, as the parts of a reply. */
    private static List<Part> parts(Response response) {
        List<Part> parts = new ArrayList<>();
        for (ResponseOutputItem item : response.output()) {
            if (item.isMessage()) {
                item.asMessage()
                        .content()
                        .forEach(part -> parts.add(
                                new Part.Text(part.outputText().orElseThrow().text())));
            } else {
                var call = item.asFunctionCall();
                parts.add(new Part.ToolUse(call.callId(), call.name(), call.arguments()));
            }
        }
        return parts;
    }

    @Test
    void whatOpenAisSdkAddsUpIsWhatItReadsWholeAndWhatWasSaid() throws IOException {
        for (int i = 0; i < 150; i++) {
            Reply reply = talk.reply();
            Exchange exchange = Exchange.of("call-1", EXCHANGE.at(), talk.prompt());
            byte[] written = RESPONSES.writeReply(reply, exchange);
            Response whole = read(written);
            ResponseAccumulator streamed = accumulated(written(exchange, talk.events(reply)));

            assertThat(parts(whole)).as("%s", seed).isEqualTo(reply.parts());
            assertThat(streamed.response()).as("%s", seed).isEqualTo(whole);
            assertThat(parts(streamed.reconstructedResponse())).as("%s", seed).isEqualTo(reply.parts());
            assertThat(whole.status().orElseThrow().asString())
                    .isEqualTo(reply.stop() == Stop.MAX_TOKENS ? "incomplete" : "completed");
            assertThat(tree(written).path("store").asBoolean(true))
                    .as("nothing is stored")
                    .isFalse();
            var usage = whole.usage().orElseThrow();
            Usage said = Objects.requireNonNull(reply.usage());
            assertThat(usage.inputTokens()).isEqualTo(said.allInput());
            assertThat(usage.inputTokensDetails().cachedTokens()).isEqualTo(said.cacheRead());
            assertThat(usage.outputTokens()).isEqualTo(said.output());
            assertThat(usage.totalTokens()).isEqualTo(said.allInput() + said.output());
        }
    }

    private static JsonNode node(String payload) {
        return tree(payload.getBytes(UTF_8));
    }

    private static String written(Exchange exchange, List<StreamEvent> events) {
        StreamWriter writer = RESPONSES.writer(exchange);
        StringBuilder stream = new StringBuilder();
        events.forEach(event -> stream.append(new String(writer.write(event), UTF_8)));
        return stream.toString();
    }

    @Test
    void aStreamSaysWhatBeginsAndWhatIsDoneInOpenAisOrder() {
        String stream = written(
                EXCHANGE,
                List.of(
                        new StreamEvent.Start("r", "m", null),
                        new StreamEvent.ThinkingOpen(),
                        new StreamEvent.ThinkingDelta("secret thoughts"),
                        new StreamEvent.Close(),
                        new StreamEvent.TextOpen(),
                        new StreamEvent.TextDelta("I look."),
                        new StreamEvent.Close(),
                        new StreamEvent.ToolOpen("t", "look"),
                        new StreamEvent.Close(),
                        new StreamEvent.Ping(),
                        new StreamEvent.Finish(Stop.TOOL_USE, null, null)));

        assertThat(ResponsesTalk.types(stream))
                .containsExactly(
                        "response.created",
                        "response.in_progress",
                        "response.output_item.added",
                        "response.content_part.added",
                        "response.output_text.delta",
                        "response.output_text.done",
                        "response.content_part.done",
                        "response.output_item.done",
                        "response.output_item.added",
                        "response.function_call_arguments.delta",
                        "response.function_call_arguments.done",
                        "response.output_item.done",
                        "response.completed");
        assertThat(stream).doesNotContain("secret thoughts").contains(": alive\n\n");
        JsonNode end = node(Wire.payloads(stream).getLast()).path("response");
        assertThat(end.path("usage").isNull()).as("nobody said what it used").isTrue();
        assertThat(end.path("output").path(1).path("arguments").asString()).isEqualTo("{}");
    }

    @Test
    void aCallThatALimitCutIsNotOneThatCanBeMade() {
        String stream = written(
                EXCHANGE,
                List.of(
                        new StreamEvent.Start("r", "m", null),
                        new StreamEvent.ToolOpen("t", "rm"),
                        new StreamEvent.ToolDelta("{\"path\":\"/tm"),
                        new StreamEvent.Close(),
                        new StreamEvent.Finish(Stop.MAX_TOKENS, null, null)));

        List<String> payloads = Wire.payloads(stream);
        JsonNode done = node(payloads.get(payloads.size() - 2));
        assertThat(done.path("type").asString()).isEqualTo("response.output_item.done");
        assertThat(done.path("item").path("status").asString()).isEqualTo("incomplete");
        JsonNode end = node(payloads.getLast());
        assertThat(end.path("type").asString()).isEqualTo("response.incomplete");
        assertThat(end.path("response")
                        .path("incomplete_details")
                        .path("reason")
                        .asString())
                .isEqualTo("max_output_tokens");
    }

    @Test
    void nothingOfAFailedStreamIsDoneAndItsEndSaysWhy() {
        String stream = written(
                EXCHANGE,
                List.of(
                        new StreamEvent.Start("r", "m", null),
                        new StreamEvent.ToolOpen("t", "rm"),
                        new StreamEvent.ToolDelta("{}"),
                        new StreamEvent.Close(),
                        new StreamEvent.Failed(new Failure(Failure.Kind.RATE_LIMIT, "slow down"))));

        assertThat(ResponsesTalk.types(stream)).doesNotContain("response.output_item.done");
        JsonNode end = node(Wire.payloads(stream).getLast());
        assertThat(end.path("type").asString()).isEqualTo("response.failed");
        assertThat(end.path("response").path("status").asString()).isEqualTo("failed");
        assertThat(end.path("response").path("error").path("code").asString()).isEqualTo("rate_limit_exceeded");
        assertThat(end.path("response").path("error").path("message").asString())
                .isEqualTo("slow down");
    }

    @Test
    void aStreamThatStopsAnywhereIsNeverAWholeResponse() {
        for (int i = 0; i < 60; i++) {
            List<StreamEvent> events = talk.events(talk.reply());
            for (int n = 0; n < events.size(); n++) {
                assertThat(ResponsesTalk.types(written(EXCHANGE, events.subList(0, n))))
                        .as("%s", seed)
                        .doesNotContain("response.completed", "response.incomplete");
            }
        }
    }
}
