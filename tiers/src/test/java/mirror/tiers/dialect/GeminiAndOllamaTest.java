package mirror.tiers.dialect;

import static mirror.tiers.dialect.Adapter.ANTHROPIC;
import static mirror.tiers.dialect.Adapter.GEMINI;
import static mirror.tiers.dialect.Adapter.OLLAMA;
import static mirror.tiers.dialect.Adapter.OPENAI;
import static mirror.tiers.dialect.Wire.EXCHANGE;
import static mirror.tiers.dialect.Wire.TARGET;
import static mirror.tiers.dialect.Wire.json;
import static mirror.tiers.dialect.Wire.tree;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;
import mirror.bus.Json;
import mirror.bus.Seed;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The two dialects that only providers speak. */
final class GeminiAndOllamaTest {
    private static final String TALK = """
            {'model':'claude','max_tokens':100,'system':'Be brief.','messages':[
              {'role':'user','content':[{'type':'text','text':'What?'},
                {'type':'image','source':{'type':'base64','media_type':'image/png','data':'AAAA'}}]},
              {'role':'assistant','content':[{'type':'thinking','thinking':'hm','signature':'c2ln'},
                {'type':'text','text':'I look.'},{'type':'tool_use','id':'toolu_1','name':'look','input':{'n':1.50}}]},
              {'role':'user','content':[{'type':'tool_result','tool_use_id':'toolu_1','is_error':true,'content':[
                {'type':'text','text':'dark'},{'type':'image','source':{'type':'base64','media_type':'image/png','data':'BBBB'}}]}]},
              {'role':'system','content':'In German.'}],
             'tools':[{'name':'look','description':'d','input_schema':{'type':'object'}}],'tool_choice':{'type':'auto'},
             'temperature':0.5,'top_k':7,'stop_sequences':['END'],'thinking':{'type':'disabled'},
             'output_config':{'format':{'type':'json_schema','schema':{'type':'object'}}}}
            """;

    @Test
    void aConversationBecomesGeminis() {
        JsonNode body = tree(GEMINI.writeRequest(ANTHROPIC.readRequest(json(TALK)), TARGET));

        assertThat(body).isEqualTo(tree("""
                {'systemInstruction':{'parts':[{'text':'Be brief.'}]},'contents':[
                  {'role':'user','parts':[{'text':'What?'},{'inlineData':{'mimeType':'image/png','data':'AAAA'}}]},
                  {'role':'model','parts':[{'text':'I look.'},
                    {'functionCall':{'id':'toolu_1','name':'look','args':{'n':1.50}},'thoughtSignature':'skip_thought_signature_validator'}]},
                  {'role':'user','parts':[{'functionResponse':{'id':'toolu_1','name':'look','response':{'error':'dark'}}},
                    {'text':'What the tool call toolu_1 showed:'},{'inlineData':{'mimeType':'image/png','data':'BBBB'}}]},
                  {'role':'user','parts':[{'text':'Instruction of the system: In German.'}]}],
                 'tools':[{'functionDeclarations':[{'name':'look','description':'d','parametersJsonSchema':{'type':'object'}}]}],
                 'generationConfig':{'maxOutputTokens':100,'temperature':0.5,'topK':7,'stopSequences':['END'],
                   'responseMimeType':'application/json','responseJsonSchema':{'type':'object'},'thinkingConfig':{'thinkingBudget':0}}}
                """));
    }

    @Test
    void aConversationBecomesOllamasWithTheSizeOfItsContext() {
        JsonNode body = tree(OLLAMA.writeRequest(ANTHROPIC.readRequest(json(TALK)), TARGET));

        assertThat(body).isEqualTo(tree("""
                {'model':'some-model','messages':[
                  {'role':'system','content':'Be brief.'},
                  {'role':'user','content':'What?','images':['AAAA']},
                  {'role':'assistant','content':'I look.','tool_calls':[{'id':'toolu_1','function':{'name':'look','arguments':{'n':1.50}}}]},
                  {'role':'tool','content':'Error: dark','tool_name':'look','tool_call_id':'toolu_1'},
                  {'role':'user','content':'What the tool call toolu_1 showed:','images':['BBBB']},
                  {'role':'system','content':'In German.'}],
                 'tools':[{'type':'function','function':{'name':'look','description':'d','parameters':{'type':'object'}}}],
                 'format':{'type':'object'},'think':false,
                 'options':{'num_ctx':8192,'num_predict':100,'temperature':0.5,'top_k':7,'stop':['END']},'stream':false}
                """));
        assertThatThrownBy(() -> OLLAMA.writeRequest(
                        ANTHROPIC.readRequest(json(TALK)), new Target("some-model", 10, false, false, 0)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    'tool_choice':'required' | OLLAMA
                    'tool_choice':{'type':'function','function':{'name':'f'}} | OLLAMA
                    'parallel_tool_calls':false | OLLAMA
                    'parallel_tool_calls':false | GEMINI
                    """)
    void whatTheyCannotDoWithToolsIsRefused(String field, String to) {
        Prompt prompt = OPENAI.readRequest(json("{'model':'m','messages':[{'role':'user','content':'hi'}],"
                + "'tools':[{'type':'function','function':{'name':'f'}}]," + field + "}"));

        assertThat(Wire.failure(() -> provider(to).writeRequest(prompt, TARGET)).param())
                .isEqualTo("tool_choice");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {'type':'image_url','image_url':{'url':'https://example.org/a.png'}} | OLLAMA
                    {'type':'image_url','image_url':{'url':'https://example.org/a.png'}} | GEMINI
                    {'type':'file','file':{'filename':'a','file_data':'data:application/pdf;base64,AAAA'}} | OLLAMA
                    """)
    void whatTheyCannotSeeIsRefused(String part, String to) {
        Prompt prompt = OPENAI.readRequest(json("{'model':'m','messages':[{'role':'user','content':[" + part + "]}]}"));

        assertThat(Wire.failure(() -> provider(to).writeRequest(prompt, TARGET)).message())
                .contains("cannot carry");
    }

    private static ProviderAdapter provider(String name) {
        return name.equals("OLLAMA") ? OLLAMA : GEMINI;
    }

    @Test
    void geminisReplyIsRead() {
        Reply reply = GEMINI.readReply(GeminiSays.WHOLE.getBytes(StandardCharsets.UTF_8), EXCHANGE);

        assertThat(reply)
                .isEqualTo(new Reply(
                        "r-1",
                        "gemini",
                        List.of(
                                new Part.Thinking("hm", null),
                                new Part.Text("I look."),
                                new Part.ToolUse(ToolIds.made(EXCHANGE, 2), "look", "{\"n\":1.50}")),
                        Stop.TOOL_USE,
                        null,
                        new Usage(20, 10, 0, 9, 4)));
    }

    @Test
    void aPromptThatGeminiBlocksIsARefusal() {
        assertThat(GEMINI.readReply(json("{'promptFeedback':{'blockReason':'SAFETY'}}"), EXCHANGE)
                        .stop())
                .isEqualTo(Stop.REFUSAL);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{'candidates':[{'content':{'parts':[{'text':'hi'}]}}]}",
                "{'candidates':[{'content':{'parts':[]},'finishReason':'MALFORMED_FUNCTION_CALL'}]}",
                "{'candidates':[{'content':{'parts':[{'executableCode':{}}]},'finishReason':'STOP'}]}",
                "{'candidates':[{'finishReason':'STOP'},{'finishReason':'STOP'}]}"
            })
    void whatIsNoWholeReplyOfGeminisIsAFailure(String body) {
        assertThat(Wire.failure(() -> GEMINI.readReply(json(body), EXCHANGE)).kind())
                .isEqualTo(Failure.Kind.API);
    }

    @Test
    void errorsAreKnownByTheirStatus() {
        assertThat(GEMINI.readError(429, GeminiSays.LIMITED.getBytes(StandardCharsets.UTF_8))
                        .kind())
                .isEqualTo(Failure.Kind.RATE_LIMIT);
        assertThat(GEMINI.readError(
                                400,
                                json(
                                        "{'error':{'code':400,'message':'API key not valid. Please pass one.','status':'INVALID_ARGUMENT'}}"))
                        .kind())
                .isEqualTo(Failure.Kind.AUTHENTICATION);
        assertThat(GEMINI.readError(503, json("nothing")).kind()).isEqualTo(Failure.Kind.OVERLOADED);
        assertThat(OLLAMA.readError(404, json("{'error':'model not found'}")))
                .isEqualTo(new Failure(Failure.Kind.NOT_FOUND, "model not found"));
    }

    private final Seed seed = Seed.fresh();
    private final RandomGenerator random = seed.random();
    private final RandomTalk talk = new RandomTalk(random);

    /** A reply as Gemini streams it: text in pieces, each call whole. */
    private byte[] gemini(Reply reply) {
        StringBuilder stream = new StringBuilder();
        for (Part part : reply.parts()) {
            if (part instanceof Part.Text text) {
                talk.pieces(text.text())
                        .forEach(piece ->
                                geminiPiece(stream, reply, Json.object().put("text", piece), null));
            } else if (part instanceof Part.ToolUse use) {
                ObjectNode node = Json.object();
                node.putObject("functionCall")
                        .put("id", use.id())
                        .put("name", use.name())
                        .set("args", Objects.requireNonNull(Trees.object(use.arguments())));
                geminiPiece(stream, reply, node, null);
            }
        }
        geminiPiece(
                stream, reply, Json.object().put("text", ""), reply.stop() == Stop.MAX_TOKENS ? "MAX_TOKENS" : "STOP");
        return stream.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void geminiPiece(StringBuilder stream, Reply reply, ObjectNode part, @Nullable String reason) {
        ObjectNode root = Json.object().put("responseId", reply.id()).put("modelVersion", reply.model());
        ObjectNode candidate = root.putArray("candidates").addObject();
        candidate.putObject("content").putArray("parts").add(part);
        if (reason != null) {
            candidate.put("finishReason", reason);
            Usage usage = Objects.requireNonNull(reply.usage());
            root.putObject("usageMetadata")
                    .put("promptTokenCount", usage.allInput())
                    .put("cachedContentTokenCount", usage.cacheRead())
                    .put("candidatesTokenCount", usage.output());
        }
        stream.append("data: ").append(root).append("\r\n\r\n");
    }

    private byte[] ollama(Reply reply) {
        StringBuilder stream = new StringBuilder();
        for (Part part : reply.parts()) {
            ObjectNode root = Json.object().put("model", reply.model()).put("done", false);
            if (part instanceof Part.Text text) {
                for (String piece : talk.pieces(text.text())) {
                    root.putObject("message").put("content", piece);
                    stream.append(root).append('\n');
                }
            } else if (part instanceof Part.ToolUse use) {
                ObjectNode message = root.putObject("message").put("content", "");
                ArrayNode calls = message.putArray("tool_calls");
                calls.addObject()
                        .putObject("function")
                        .put("name", use.name())
                        .set("arguments", Objects.requireNonNull(Trees.object(use.arguments())));
                stream.append(root).append('\n');
            }
        }
        Usage usage = Objects.requireNonNull(reply.usage());
        ObjectNode end = Json.object()
                .put("model", reply.model())
                .put("done", true)
                .put("done_reason", reply.stop() == Stop.MAX_TOKENS ? "length" : "stop")
                .put("prompt_eval_count", usage.allInput())
                .put("eval_count", usage.output());
        end.putObject("message").put("content", "");
        return stream.append(end).append('\n').toString().getBytes(StandardCharsets.UTF_8);
    }

    /** What of a reply both providers tell: no ids of Ollama's, and no writing of caches. */
    private static List<Part> said(Reply reply) {
        List<Part> parts = new ArrayList<>();
        for (Part part : reply.parts()) {
            parts.add(part instanceof Part.ToolUse use ? new Part.ToolUse("", use.name(), use.arguments()) : part);
        }
        return parts;
    }

    @Test
    void aStreamInAnyPiecesIsTheReplyAndOneThatIsCutNeverEndsCleanlyWithLess() {
        for (int i = 0; i < 300; i++) {
            Reply reply = talk.reply();
            for (ProviderAdapter provider : List.of(GEMINI, OLLAMA)) {
                byte[] stream = provider.equals(GEMINI) ? gemini(reply) : ollama(reply);
                Reply sum = Wire.sum(Wire.events(provider.reader(EXCHANGE), stream, random));
                assertThat(said(sum)).as("%s, %s", seed, provider).isEqualTo(said(reply));
                assertThat(sum.stop()).isEqualTo(reply.stop());
                assertThat(Objects.requireNonNull(sum.usage()).allInput())
                        .isEqualTo(Objects.requireNonNull(reply.usage()).allInput());

                byte[] cut = Arrays.copyOf(stream, random.nextInt(stream.length));
                List<StreamEvent> events = Wire.events(provider.reader(EXCHANGE), cut, random);
                DialectLawsTest.wellFormed(events);
                if (events.getLast() instanceof StreamEvent.Finish) {
                    assertThat(said(Wire.sum(events)))
                            .as("%s, %s", seed, provider)
                            .isEqualTo(said(reply));
                }
            }
        }
    }

    @Test
    void noBytesDoAnythingButFail() {
        for (int i = 0; i < 3000; i++) {
            Reply reply = talk.reply();
            for (ProviderAdapter provider : List.of(GEMINI, OLLAMA)) {
                byte[] stream = Mutations.of(random, provider.equals(GEMINI) ? gemini(reply) : ollama(reply));
                String text = new String(stream, StandardCharsets.ISO_8859_1);
                try {
                    List<StreamEvent> events = Wire.events(provider.reader(EXCHANGE), stream, random);
                    DialectLawsTest.wellFormed(events);
                    Wire.written(ANTHROPIC, events);
                    Wire.written(OPENAI, events);
                    provider.readError(500, stream);
                    provider.readReply(
                            text.lines()
                                    .reduce("", (a, b) -> b)
                                    .replace("data: ", "")
                                    .getBytes(StandardCharsets.ISO_8859_1),
                            EXCHANGE);
                } catch (DialectException e) {
                    assertThat(e.failure().message()).isNotEmpty();
                } catch (RuntimeException | AssertionError e) {
                    fail(seed + " " + provider + " " + text, e);
                }
            }
        }
    }

    @Test
    void everyConversationEitherGoesOrIsRefused() {
        for (int i = 0; i < 1000; i++) {
            Prompt prompt = talk.prompt();
            for (ProviderAdapter provider : List.of(GEMINI, OLLAMA)) {
                try {
                    assertThat(Json.one(provider.writeRequest(prompt, TARGET)).isObject())
                            .isTrue();
                } catch (DialectException e) {
                    assertThat(e.failure().kind()).as("%s", seed).isEqualTo(Failure.Kind.INVALID_REQUEST);
                }
            }
        }
    }
}
