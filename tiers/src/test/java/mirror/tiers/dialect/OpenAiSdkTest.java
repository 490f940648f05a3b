package mirror.tiers.dialect;

import static mirror.tiers.dialect.Adapter.ANTHROPIC;
import static mirror.tiers.dialect.Adapter.OPENAI;
import static mirror.tiers.dialect.Wire.EXCHANGE;
import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.models.messages.MessageCreateParams;
import com.openai.core.JsonValue;
import com.openai.core.ObjectMappers;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.ErrorObject;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.ResponseFormatJsonSchema;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionAssistantMessageParam;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionContentPart;
import com.openai.models.chat.completions.ChatCompletionContentPartImage;
import com.openai.models.chat.completions.ChatCompletionContentPartText;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.chat.completions.ChatCompletionToolChoiceOption;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** OpenAI's official SDK as the client of a provider that speaks Anthropic's dialect. */
final class OpenAiSdkTest {
    @Test
    void itsRequestIsOneThatTheOtherSdkCouldHaveMade() throws Exception {
        ChatCompletionCreateParams params = ChatCompletionCreateParams.builder()
                .model("gpt-5")
                .maxCompletionTokens(1000)
                .addDeveloperMessage("Be brief.")
                .addUserMessageOfArrayOfContentParts(List.of(
                        ChatCompletionContentPart.ofText(ChatCompletionContentPartText.builder()
                                .text("What is this?")
                                .build()),
                        ChatCompletionContentPart.ofImageUrl(ChatCompletionContentPartImage.builder()
                                .imageUrl(ChatCompletionContentPartImage.ImageUrl.builder()
                                        .url("data:image/png;base64,iVBORw0KGgo=")
                                        .build())
                                .build())))
                .addMessage(ChatCompletionAssistantMessageParam.builder()
                        .addToolCall(ChatCompletionMessageFunctionToolCall.builder()
                                .id("call_1")
                                .function(ChatCompletionMessageFunctionToolCall.Function.builder()
                                        .name("weather")
                                        .arguments("{\"city\": \"Wien\"}")
                                        .build())
                                .build())
                        .build())
                .addMessage(ChatCompletionToolMessageParam.builder()
                        .toolCallId("call_1")
                        .content("sun")
                        .build())
                .addUserMessage("Well?")
                .addFunctionTool(FunctionDefinition.builder()
                        .name("weather")
                        .parameters(FunctionParameters.builder()
                                .putAdditionalProperty("type", JsonValue.from("object"))
                                .putAdditionalProperty(
                                        "properties", JsonValue.from(Map.of("city", Map.of("type", "string"))))
                                .build())
                        .strict(true)
                        .build())
                .toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED)
                .parallelToolCalls(false)
                .responseFormat(ResponseFormatJsonSchema.builder()
                        .jsonSchema(ResponseFormatJsonSchema.JsonSchema.builder()
                                .name("weather")
                                .strict(true)
                                .schema(ResponseFormatJsonSchema.JsonSchema.Schema.builder()
                                        .putAdditionalProperty("type", JsonValue.from("object"))
                                        .build())
                                .build())
                        .build())
                .stopOfStrings(List.of("END"))
                .temperature(0.5)
                .safetyIdentifier("u-7")
                .putAdditionalBodyProperty("stream", JsonValue.from(true))
                .build();

        byte[] message =
                Wire.request(OPENAI, ANTHROPIC, ObjectMappers.jsonMapper().writeValueAsBytes(params._body()));

        MessageCreateParams.Body read = com.anthropic.core.ObjectMappers.jsonMapper()
                .readValue(message, MessageCreateParams.Body.class)
                .validate();
        assertThat(read.maxTokens()).isEqualTo(1000);
        assertThat(read.messages()).hasSize(3);
        assertThat(read.messages()
                        .get(1)
                        .asAssistant()
                        .content()
                        .asContentBlockParams()
                        .getFirst()
                        .asToolUse()
                        .input()
                        ._additionalProperties())
                .containsEntry("city", com.anthropic.core.JsonValue.from("Wien"));
        assertThat(read.messages().get(2).asUser().content().asContentBlockParams())
                .hasSize(2);
        assertThat(read.tools().orElseThrow().getFirst().asTool().strict()).hasValue(true);
        assertThat(read.toolChoice().orElseThrow().asAny().disableParallelToolUse())
                .hasValue(true);
        assertThat(read.outputConfig().orElseThrow().format()).isPresent();
        assertThat(read._additionalProperties()).containsKeys("stream", "temperature");
    }

    @Test
    void itReadsAWholeReply() throws Exception {
        byte[] body = Wire.json("""
                {'id':'msg_1','type':'message','role':'assistant','model':'claude','content':[
                  {'type':'thinking','thinking':'hm','signature':'c2ln'},{'type':'text','text':'Ich schaue 🙂'},
                  {'type':'tool_use','id':'toolu_1','name':'weather','input':{'city':'Wien'}},
                  {'type':'tool_use','id':'toolu_2','name':'now','input':{}}],
                 'stop_reason':'tool_use','stop_sequence':null,
                 'usage':{'input_tokens':16,'cache_read_input_tokens':10,'cache_creation_input_tokens':4,'output_tokens':9}}
                """);

        byte[] completion = OPENAI.writeReply(ANTHROPIC.readReply(body, EXCHANGE), EXCHANGE);

        looksRight(ObjectMappers.jsonMapper()
                .readValue(completion, ChatCompletion.class)
                .validate());
    }

    @Test
    void itsAccumulatorMakesTheSameOfTheStream() throws Exception {
        byte[] stream = Wire.named(
                "{'type':'message_start','message':{'id':'msg_1','model':'claude','usage':{'input_tokens':16,"
                        + "'cache_read_input_tokens':10,'cache_creation_input_tokens':4,'output_tokens':1}}}",
                "{'type':'content_block_start','index':0,'content_block':{'type':'thinking','thinking':''}}",
                "{'type':'content_block_delta','index':0,'delta':{'type':'thinking_delta','thinking':'hm'}}",
                "{'type':'content_block_stop','index':0}",
                "{'type':'content_block_start','index':1,'content_block':{'type':'text','text':''}}",
                "{'type':'content_block_delta','index':1,'delta':{'type':'text_delta','text':'Ich schaue '}}",
                "{'type':'content_block_delta','index':1,'delta':{'type':'text_delta','text':'🙂'}}",
                "{'type':'content_block_stop','index':1}",
                "{'type':'content_block_start','index':2,'content_block':{'type':'tool_use','id':'toolu_1','name':'weather','input':{}}}",
                "{'type':'content_block_delta','index':2,'delta':{'type':'input_json_delta','partial_json':'{\\'city\\':'}}",
                "{'type':'content_block_delta','index':2,'delta':{'type':'input_json_delta','partial_json':'\\'Wien\\'}'}}",
                "{'type':'content_block_stop','index':2}",
                "{'type':'content_block_start','index':3,'content_block':{'type':'tool_use','id':'toolu_2','name':'now','input':{}}}",
                "{'type':'content_block_stop','index':3}",
                "{'type':'message_delta','delta':{'stop_reason':'tool_use'},'usage':{'output_tokens':9}}",
                "{'type':'message_stop'}");

        looksRight(accumulated(Wire.stream(ANTHROPIC, OPENAI, stream)).validate());
    }

    @Test
    void itTellsAnErrorByItsCode() throws Exception {
        ClientAdapter.ErrorReply error =
                OPENAI.writeError(new Failure(Failure.Kind.BILLING, "no money", "model", null), null);

        ErrorObject read = ObjectMappers.jsonMapper()
                .treeToValue(ObjectMappers.jsonMapper().readTree(error.body()).get("error"), ErrorObject.class)
                .validate();
        assertThat(error.status()).isEqualTo(429);
        assertThat(read.code()).hasValue("insufficient_quota");
        assertThat(read.param()).hasValue("model");
        assertThat(read.message()).isEqualTo("no money");
    }

    static ChatCompletion accumulated(String stream) throws Exception {
        ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
        List<String> payloads = Wire.payloads(stream);
        assertThat(payloads.getLast()).isEqualTo("[DONE]");
        for (String data : payloads.subList(0, payloads.size() - 1)) {
            accumulator.accumulate(ObjectMappers.jsonMapper()
                    .readValue(data, ChatCompletionChunk.class)
                    .validate());
        }
        return accumulator.chatCompletion();
    }

    private static void looksRight(ChatCompletion completion) {
        assertThat(completion.id()).isEqualTo("msg_1");
        assertThat(completion.model()).isEqualTo("claude");
        ChatCompletion.Choice choice = completion.choices().getFirst();
        assertThat(choice.finishReason().asString()).isEqualTo("tool_calls");
        assertThat(choice.message().content()).hasValue("Ich schaue 🙂");
        assertThat(choice.message().toolCalls().orElseThrow().stream()
                        .map(call -> call.asFunction().id() + " "
                                + call.asFunction().function().name() + " "
                                + call.asFunction().function().arguments()))
                .containsExactly("toolu_1 weather {\"city\":\"Wien\"}", "toolu_2 now {}");
        assertThat(completion.usage().orElseThrow().promptTokens()).isEqualTo(30);
        assertThat(completion.usage().orElseThrow().completionTokens()).isEqualTo(9);
        assertThat(completion
                        .usage()
                        .orElseThrow()
                        .promptTokensDetails()
                        .orElseThrow()
                        .cachedTokens())
                .hasValue(10L);
    }
}
