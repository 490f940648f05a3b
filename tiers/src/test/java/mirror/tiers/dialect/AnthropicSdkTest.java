package mirror.tiers.dialect;

import static mirror.tiers.dialect.Adapter.ANTHROPIC;
import static mirror.tiers.dialect.Adapter.OPENAI;
import static mirror.tiers.dialect.Wire.EXCHANGE;
import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.core.JsonValue;
import com.anthropic.core.ObjectMappers;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.ErrorResponse;
import com.anthropic.models.messages.Base64ImageSource;
import com.anthropic.models.messages.ContentBlock;
import com.anthropic.models.messages.ContentBlockParam;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.Metadata;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.anthropic.models.messages.TextBlockParam;
import com.anthropic.models.messages.ThinkingBlockParam;
import com.anthropic.models.messages.Tool;
import com.anthropic.models.messages.ToolChoiceAny;
import com.anthropic.models.messages.ToolResultBlockParam;
import com.anthropic.models.messages.ToolUseBlockParam;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Anthropic's official SDK as the client of a provider that speaks OpenAI's dialect. */
final class AnthropicSdkTest {
    private static final byte[] STREAM = Wire.data(
            "{'id':'c-1','model':'gpt','choices':[{'index':0,'delta':{'role':'assistant','content':''}}]}",
            "{'id':'c-1','model':'gpt','choices':[{'index':0,'delta':{'content':'Ich schaue 🙂'}}]}",
            "{'id':'c-1','model':'gpt','choices':[{'index':0,'delta':{'tool_calls':[{'index':0,'id':'call_1','type':'function',"
                    + "'function':{'name':'weather','arguments':''}}]}}]}",
            "{'id':'c-1','model':'gpt','choices':[{'index':0,'delta':{'tool_calls':[{'index':1,'id':'call_2','type':'function',"
                    + "'function':{'name':'now','arguments':''}}]}}]}",
            "{'id':'c-1','model':'gpt','choices':[{'index':0,'delta':{'tool_calls':[{'index':0,"
                    + "'function':{'arguments':'{\\'city\\':\\'W'}}]}}]}",
            "{'id':'c-1','model':'gpt','choices':[{'index':0,'delta':{'tool_calls':[{'index':0,"
                    + "'function':{'arguments':'ien\\'}'}}]}}]}",
            "{'id':'c-1','model':'gpt','choices':[{'index':0,'delta':{},'finish_reason':'tool_calls'}]}",
            "{'id':'c-1','model':'gpt','choices':[],'usage':{'prompt_tokens':30,'completion_tokens':9,'total_tokens':39,"
                    + "'prompt_tokens_details':{'cached_tokens':10,'cache_write_tokens':4}}}",
            "[DONE]");

    @Test
    void itsRequestIsOneThatTheOtherSdkCouldHaveMade() throws Exception {
        MessageCreateParams params = MessageCreateParams.builder()
                .model("claude-opus")
                .maxTokens(1000)
                .systemOfTextBlockParams(List.of(
                        TextBlockParam.builder().text("Be brief.").build(),
                        TextBlockParam.builder().text("And kind.").build()))
                .addUserMessageOfContentBlockParams(List.of(
                        ContentBlockParam.ofText("What is this?"),
                        ContentBlockParam.ofImage(Base64ImageSource.builder()
                                .data("iVBORw0KGgo=")
                                .mediaType(Base64ImageSource.MediaType.IMAGE_PNG)
                                .build())))
                .addAssistantMessageOfContentBlockParams(List.of(
                        ContentBlockParam.ofThinking(ThinkingBlockParam.builder()
                                .thinking("hm")
                                .signature("c2ln")
                                .build()),
                        ContentBlockParam.ofToolUse(ToolUseBlockParam.builder()
                                .id("toolu_1")
                                .name("weather")
                                .input(ToolUseBlockParam.Input.builder()
                                        .putAdditionalProperty("city", JsonValue.from("Wien"))
                                        .build())
                                .build())))
                .addUserMessageOfContentBlockParams(
                        List.of(ContentBlockParam.ofToolResult(ToolResultBlockParam.builder()
                                .toolUseId("toolu_1")
                                .content("sun")
                                .isError(true)
                                .build())))
                .addTool(Tool.builder()
                        .name("weather")
                        .description("tells it")
                        .inputSchema(Tool.InputSchema.builder()
                                .properties(Tool.InputSchema.Properties.builder()
                                        .putAdditionalProperty("city", JsonValue.from(Map.of("type", "string")))
                                        .build())
                                .addRequired("city")
                                .build())
                        .strict(true)
                        .build())
                .toolChoice(ToolChoiceAny.builder().disableParallelToolUse(true).build())
                .addStopSequence("END")
                .metadata(Metadata.builder().userId("u-7").build())
                .putAdditionalBodyProperty("stream", JsonValue.from(true))
                .putAdditionalBodyProperty("temperature", JsonValue.from(0.5))
                .build();

        byte[] chat = OPENAI.writeRequest(
                ANTHROPIC.readRequest(ObjectMappers.jsonMapper().writeValueAsBytes(params._body())),
                new Target("gpt-4o", 4096, true, false, 0));

        ChatCompletionCreateParams.Body read = com.openai.core.ObjectMappers.jsonMapper()
                .readValue(chat, ChatCompletionCreateParams.Body.class)
                .validate();
        assertThat(read.messages()).hasSize(4);
        assertThat(read.messages()
                        .get(2)
                        .asAssistant()
                        .toolCalls()
                        .orElseThrow()
                        .getFirst()
                        .asFunction()
                        .function()
                        .arguments())
                .isEqualTo("{\"city\":\"Wien\"}");
        assertThat(read.messages().get(3).asTool().content().asText()).isEqualTo("Error: sun");
        assertThat(read.tools().orElseThrow()).hasSize(1);
        assertThat(read.temperature()).hasValue(0.5);
        assertThat(read.maxCompletionTokens()).hasValue(1000L);
        assertThat(read.parallelToolCalls()).hasValue(false);
        assertThat(read.streamOptions().orElseThrow().includeUsage()).hasValue(true);
    }

    @Test
    void itReadsAWholeReply() throws Exception {
        byte[] body = Wire.json("""
                {'id':'c-1','object':'chat.completion','created':1,'model':'gpt','choices':[{'index':0,'finish_reason':'tool_calls',
                 'message':{'role':'assistant','content':'Ich schaue 🙂','tool_calls':[
                  {'id':'call_1','type':'function','function':{'name':'weather','arguments':'{\\'city\\':\\'Wien\\'}'}},
                  {'id':'call_2','type':'function','function':{'name':'now','arguments':''}}]}}],
                 'usage':{'prompt_tokens':30,'completion_tokens':9,'total_tokens':39,
                  'prompt_tokens_details':{'cached_tokens':10,'cache_write_tokens':4}}}
                """);

        byte[] message = ANTHROPIC.writeReply(OPENAI.readReply(body, EXCHANGE), EXCHANGE);

        looksRight(ObjectMappers.jsonMapper().readValue(message, Message.class).validate());
    }

    @Test
    void itsAccumulatorMakesTheSameOfTheStream() throws Exception {
        looksRight(accumulated(Wire.stream(OPENAI, ANTHROPIC, STREAM)).validate());
    }

    @Test
    void itTellsAnErrorByItsType() throws Exception {
        ClientAdapter.ErrorReply error = ANTHROPIC.writeError(new Failure(Failure.Kind.OVERLOADED, "busy"), "req-1");

        ErrorResponse read = ObjectMappers.jsonMapper()
                .readValue(error.body(), ErrorResponse.class)
                .validate();
        assertThat(error.status()).isEqualTo(529);
        assertThat(read.error().isOverloadedError()).isTrue();
        assertThat(read.requestId()).hasValue("req-1");
    }

    static Message accumulated(String stream) throws Exception {
        MessageAccumulator accumulator = MessageAccumulator.create();
        for (String data : Wire.payloads(stream)) {
            if (!data.contains("\"ping\"")) {
                accumulator.accumulate(ObjectMappers.jsonMapper()
                        .readValue(data, RawMessageStreamEvent.class)
                        .validate());
            }
        }
        return accumulator.message();
    }

    private static void looksRight(Message message) {
        assertThat(message.id()).isEqualTo("c-1");
        assertThat(message.model().asString()).isEqualTo("gpt");
        assertThat(message.stopReason().orElseThrow().asString()).isEqualTo("tool_use");
        List<String> blocks = new ArrayList<>();
        for (ContentBlock block : message.content()) {
            block.text().ifPresent(text -> blocks.add(text.text()));
            block.toolUse().ifPresent(use -> blocks.add(use.id() + " " + use.name() + " " + use._input()));
        }
        assertThat(blocks).containsExactly("Ich schaue 🙂", "call_1 weather {city=Wien}", "call_2 now {}");
        assertThat(message.usage().inputTokens()).isEqualTo(16);
        assertThat(message.usage().cacheReadInputTokens()).hasValue(10L);
        assertThat(message.usage().cacheCreationInputTokens()).hasValue(4L);
        assertThat(message.usage().outputTokens()).isEqualTo(9);
    }
}
