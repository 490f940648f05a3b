package mirror.tiers.dialect;

import static mirror.tiers.dialect.Adapter.ANTHROPIC;
import static mirror.tiers.dialect.Adapter.OPENAI;
import static mirror.tiers.dialect.Wire.json;
import static mirror.tiers.dialect.Wire.refusal;
import static mirror.tiers.dialect.Wire.request;
import static mirror.tiers.dialect.Wire.tree;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

final class RequestTranslationTest {
    private static final String ASK = "'model':'m','max_tokens':9,'messages':[{'role':'user','content':'hi'}]";
    private static final String CHAT = "'model':'m','messages':[{'role':'user','content':'hi'}]";

    @Test
    void aConversationWithToolsBecomesChatMessages() {
        JsonNode chat = request(ANTHROPIC, OPENAI, """
                {'model':'claude','max_tokens':100,'system':[{'type':'text','text':'Be brief.','cache_control':{'type':'ephemeral'}}],
                 'messages':[
                  {'role':'user','content':'Weather in Wien and Graz?'},
                  {'role':'assistant','content':[
                    {'type':'thinking','thinking':'two calls','signature':'c2ln'},
                    {'type':'text','text':'I look.'},
                    {'type':'tool_use','id':'toolu_1','name':'weather','input':{'city':'Wien','days':1.50},'caller':{'type':'direct'}},
                    {'type':'tool_use','id':'toolu_2','name':'weather','input':{'city':'Graz'}}]},
                  {'role':'user','content':[
                    {'type':'tool_result','tool_use_id':'toolu_1','content':'sun'},
                    {'type':'tool_result','tool_use_id':'toolu_2','is_error':true,'content':[{'type':'text','text':'no such city'}]},
                    {'type':'text','text':'Well?'}]}],
                 'tools':[{'name':'weather','description':'tells it','input_schema':{'type':'object','properties':{'city':{'type':'string'}}},'strict':true}],
                 'tool_choice':{'type':'any','disable_parallel_tool_use':true},
                 'stop_sequences':['END'],'temperature':0.30,'top_p':0.9,'metadata':{'user_id':'u-7'},'stream':true}
                """);

        assertThat(chat).isEqualTo(tree("""
                {'model':'some-model','messages':[
                  {'role':'system','content':'Be brief.'},
                  {'role':'user','content':'Weather in Wien and Graz?'},
                  {'role':'assistant','content':'I look.','tool_calls':[
                    {'id':'toolu_1','type':'function','function':{'name':'weather','arguments':'{\\'city\\':\\'Wien\\',\\'days\\':1.50}'}},
                    {'id':'toolu_2','type':'function','function':{'name':'weather','arguments':'{\\'city\\':\\'Graz\\'}'}}]},
                  {'role':'tool','tool_call_id':'toolu_1','content':'sun'},
                  {'role':'tool','tool_call_id':'toolu_2','content':'Error: no such city'},
                  {'role':'user','content':'Well?'}],
                 'tools':[{'type':'function','function':{'name':'weather','description':'tells it',
                   'parameters':{'type':'object','properties':{'city':{'type':'string'}}},'strict':true}}],
                 'tool_choice':'required','parallel_tool_calls':false,
                 'max_completion_tokens':100,'temperature':0.30,'top_p':0.9,'stop':['END'],'user':'u-7',
                 'stream':true,'stream_options':{'include_usage':true}}
                """));
    }

    @Test
    void chatMessagesBecomeAConversation() {
        JsonNode message = request(OPENAI, ANTHROPIC, """
                {'model':'gpt','messages':[
                  {'role':'system','content':'Be brief.'},{'role':'developer','content':[{'type':'text','text':'And kind.'}]},
                  {'role':'user','content':[{'type':'text','text':'What is this?'},
                    {'type':'image_url','image_url':{'url':'data:image/png;base64,iVBORw0KGgo=','detail':'low'}},
                    {'type':'image_url','image_url':{'url':'https://example.org/a.png'}},
                    {'type':'file','file':{'filename':'a.pdf','file_data':'data:application/pdf;base64,JVBERi0='}}]},
                  {'role':'assistant','content':null,'tool_calls':[
                    {'id':'functions.look:0','type':'function','function':{'name':'look','arguments':''}},
                    {'id':'call_2','type':'function','function':{'name':'look','arguments':'{\\'n\\': 12345678901234567890.10}'}}]},
                  {'role':'tool','tool_call_id':'functions.look:0','content':'a'},
                  {'role':'tool','tool_call_id':'call_2','content':'b'},
                  {'role':'user','content':'So?'},
                  {'role':'system','content':'Answer in German.'}],
                 'tools':[{'type':'function','function':{'name':'look'}}],
                 'tool_choice':{'type':'function','function':{'name':'look'}},'parallel_tool_calls':true,
                 'max_completion_tokens':50,'stop':'END','temperature':1,'n':1,'user':'u-7','reasoning_effort':'minimal',
                 'response_format':{'type':'json_schema','json_schema':{'name':'x','strict':true,'schema':{'type':'object'}}}}
                """);

        String id = message.at("/messages/1/content/0/id").stringValue();
        assertThat(id).matches("call_[0-9a-f]{24}");
        assertThat(message).isEqualTo(tree("""
                {'model':'some-model','max_tokens':50,
                 'system':[{'type':'text','text':'Be brief.'},{'type':'text','text':'And kind.'}],
                 'messages':[
                  {'role':'user','content':[{'type':'text','text':'What is this?'},
                    {'type':'image','source':{'type':'base64','media_type':'image/png','data':'iVBORw0KGgo='}},
                    {'type':'image','source':{'type':'url','url':'https://example.org/a.png'}},
                    {'type':'document','source':{'type':'base64','media_type':'application/pdf','data':'JVBERi0='},'title':'a.pdf'}]},
                  {'role':'assistant','content':[
                    {'type':'tool_use','id':'ID','name':'look','input':{}},
                    {'type':'tool_use','id':'call_2','name':'look','input':{'n':12345678901234567890.10}}]},
                  {'role':'user','content':[
                    {'type':'tool_result','tool_use_id':'ID','content':[{'type':'text','text':'a'}]},
                    {'type':'tool_result','tool_use_id':'call_2','content':[{'type':'text','text':'b'}]},
                    {'type':'text','text':'So?'}]},
                  {'role':'system','content':[{'type':'text','text':'Answer in German.'}]}],
                 'tools':[{'name':'look','input_schema':{'type':'object','properties':{}}}],
                 'tool_choice':{'type':'tool','name':'look','disable_parallel_tool_use':false},
                 'temperature':1,'stop_sequences':['END'],
                 'output_config':{'effort':'low','format':{'type':'json_schema','schema':{'type':'object'}}},
                 'metadata':{'user_id':'u-7'}}
                """.replace("ID", id)));
    }

    @Test
    void numbersInArgumentsKeepAllTheirDigits() {
        String chat = new String(Wire.request(ANTHROPIC, OPENAI, json("""
                {'model':'m','max_tokens':9,'messages':[{'role':'user','content':'hi'},
                 {'role':'assistant','content':[{'type':'tool_use','id':'a','name':'f',
                   'input':{'a':1.10,'b':0.1234567890123456789012345,'c':123456789012345678901234567890}}]},
                 {'role':'user','content':[{'type':'tool_result','tool_use_id':'a'}]}]}
                """)), java.nio.charset.StandardCharsets.UTF_8);

        assertThat(chat).contains("1.10", "0.1234567890123456789012345", "123456789012345678901234567890");
    }

    @Test
    void whatAToolShowedFollowsItsMessageWithTheCallNamed() {
        JsonNode chat = request(ANTHROPIC, OPENAI, """
                {'model':'m','max_tokens':9,'messages':[{'role':'user','content':'hi'},
                 {'role':'assistant','content':[{'type':'tool_use','id':'a','name':'shot','input':{}}]},
                 {'role':'user','content':[{'type':'tool_result','tool_use_id':'a','content':[
                   {'type':'text','text':'taken'},
                   {'type':'image','source':{'type':'base64','media_type':'image/png','data':'AAAA'}}]}]}]}
                """);

        assertThat(chat.path("messages").path(2))
                .isEqualTo(tree("{'role':'tool','tool_call_id':'a','content':'taken'}"));
        assertThat(chat.path("messages").path(3)).isEqualTo(tree("""
                {'role':'user','content':[{'type':'text','text':'What the tool call a showed:'},
                  {'type':'image_url','image_url':{'url':'data:image/png;base64,AAAA'}}]}
                """));
    }

    @Test
    void whatClaudeCodeSendsIsCarried() {
        JsonNode chat = request(ANTHROPIC, OPENAI, """
                {%s,'system':[{'type':'text','text':'a','cache_control':{'type':'ephemeral','ttl':'1h'}},{'type':'text','text':'b'}],
                 'thinking':{'type':'adaptive','display':'omitted'},'output_config':{'effort':'high'},
                 'context_management':{'edits':[{'type':'clear_thinking_20251015','keep':'all'}]},
                 'metadata':{'user_id':'{}'},'tools':[{'name':'Bash','description':'d','input_schema':{'type':'object'},
                   'eager_input_streaming':true}],'stream':true}
                """.formatted(ASK));

        assertThat(chat.at("/messages/0/content"))
                .isEqualTo(tree("[{'type':'text','text':'a'},{'type':'text','text':'b'}]"));
        assertThat(chat.path("reasoning_effort").stringValue()).isEqualTo("high");
    }

    @Test
    void aHintIsLeftOutForAModelThatDoesNotTakeIt() {
        Prompt prompt = ANTHROPIC.readRequest(json("{" + ASK + ",'output_config':{'effort':'high'}}"));

        JsonNode chat = tree(OPENAI.writeRequest(prompt, new Target("local", 100, false, true, 0)));

        assertThat(chat.has("reasoning_effort")).isFalse();
        assertThat(chat.path("max_tokens").intValue()).isEqualTo(9);
        assertThat(chat.has("max_completion_tokens")).isFalse();
    }

    @Test
    void aReplyWithoutALimitGetsTheModelsOwn() {
        assertThat(request(OPENAI, ANTHROPIC, "{" + CHAT + "}")
                        .path("max_tokens")
                        .intValue())
                .isEqualTo(4096);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'container':'c'",
                "'mcp_servers':[{'url':'x'}]",
                "'inference_geo':'eu'",
                "'top_k':5",
                "'tools':[{'type':'web_search_20250305','name':'web_search'}]",
                "'tools':[{'name':'a','input_schema':{},'defer_loading':true}]",
                "'tools':[{'name':'a','input_schema':{},'allowed_callers':['code_execution_20260120']}]",
                "'tools':[{'name':'a','input_schema':{},'input_examples':[{}]}]",
                "'tools':[{'name':'a','input_schema':{},'new_thing':1}]",
                "'brand_new_field':{'a':1}"
            })
    void whatOnlyAnthropicCanDoIsRefusedByItsName(String field) {
        Failure failure = refusal(ANTHROPIC, OPENAI, "{" + ASK + "," + field + "}");

        assertThat(failure.kind()).isEqualTo(Failure.Kind.INVALID_REQUEST);
        assertThat(failure.param()).startsWith(field.substring(1, field.indexOf('\'', 1)));
        assertThat(failure.message()).contains("provider");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'n':2",
                "'logprobs':true",
                "'top_logprobs':3",
                "'logit_bias':{'50256':-100}",
                "'modalities':['text','audio']",
                "'audio':{'voice':'alloy'}",
                "'seed':1",
                "'presence_penalty':0.5",
                "'frequency_penalty':-1",
                "'temperature':1.5",
                "'verbosity':'low'",
                "'web_search_options':{}",
                "'functions':[{'name':'a'}]",
                "'response_format':{'type':'json_object'}",
                "'tools':[{'type':'custom','custom':{'name':'a'}}]",
                "'tool_choice':{'type':'allowed_tools','allowed_tools':{}}",
                "'moderation':{'model':'x'}"
            })
    void whatAnthropicCannotDoIsRefusedByItsName(String field) {
        Failure failure = refusal(OPENAI, ANTHROPIC, "{" + CHAT + "," + field + "}");

        assertThat(failure.kind()).isEqualTo(Failure.Kind.INVALID_REQUEST);
        assertThat(failure.param()).startsWith(field.substring(1, field.indexOf('\'', 1)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'n':1",
                "'logprobs':false",
                "'logit_bias':{}",
                "'modalities':['text']",
                "'presence_penalty':0",
                "'seed':null",
                "'store':true",
                "'metadata':{'a':'b'}",
                "'prompt_cache_key':'k'",
                "'service_tier':'auto'",
                "'response_format':{'type':'text'}"
            })
    void whatLeavesTheQuestionAsItIsIsDropped(String field) {
        assertThat(request(OPENAI, ANTHROPIC, "{" + CHAT + "," + field + "}"))
                .isEqualTo(request(OPENAI, ANTHROPIC, "{" + CHAT + "}"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {'type':'server_tool_use','id':'a','name':'web_search','input':{}} | assistant
                    {'type':'search_result','source':'a','title':'b','content':[]} | user
                    {'type':'image','source':{'type':'file','file_id':'f'}} | user
                    {'type':'document','source':{'type':'url','url':'https://a'}} | user
                    {'type':'document','source':{'type':'text','data':'a'},'citations':{'enabled':true}} | user
                    {'type':'tool_use','id':'a','name':'b','input':{},'caller':{'type':'code_execution_20260120'}} | assistant
                    """, quoteCharacter = '`')
    void aBlockThatTheOtherSideHasNoWordForIsRefused(String block, String role) {
        Failure failure = refusal(
                ANTHROPIC,
                OPENAI,
                "{'model':'m','max_tokens':9,'messages':[{'role':'" + role + "','content':[" + block
                        + "]},{'role':'user','content':'go on'}]}");

        assertThat(failure.kind()).isEqualTo(Failure.Kind.INVALID_REQUEST);
        assertThat(failure.param()).startsWith("messages");
    }

    @Test
    void aConversationThatEndsWithTheAssistantIsRefusedBothWays() {
        String tail = "'messages':[{'role':'user','content':'a'},{'role':'assistant','content':'b'}]}";

        assertThat(refusal(ANTHROPIC, OPENAI, "{'model':'m','max_tokens':9," + tail)
                        .message())
                .contains("must not end with the assistant");
        assertThat(refusal(OPENAI, ANTHROPIC, "{'model':'m'," + tail).message())
                .contains("must not end with the assistant");
    }

    @Test
    void twoLimitsThatDifferAreRefused() {
        assertThat(refusal(OPENAI, ANTHROPIC, "{" + CHAT + ",'max_tokens':1,'max_completion_tokens':2}")
                        .message())
                .isEqualTo("max_tokens says something else than max_completion_tokens.");
    }

    @Test
    void theRefusalNamesThePlaceAndNothingOfTheBodyThatIsLong() {
        String name = "x".repeat(100_000);

        Failure failure = refusal(ANTHROPIC, OPENAI, "{" + ASK + ",'" + name + "':1}");

        assertThat(failure.message().length()).isLessThan(300);
        assertThat(refusal(
                                ANTHROPIC,
                                OPENAI,
                                "{'model':'m','max_tokens':9,'messages':[{'role':'user','content':[{'type':'text','text':7}]}]}")
                        .message())
                .isEqualTo("messages.0.content.0.text must be a text.");
    }

    @Test
    void aTextDocumentIsToldAsText() {
        JsonNode chat = request(ANTHROPIC, OPENAI, """
                {'model':'m','max_tokens':9,'messages':[{'role':'user','content':[
                 {'type':'document','source':{'type':'text','media_type':'text/plain','data':'body'},'title':'T','context':'C'}]}]}
                """);

        assertThat(chat.at("/messages/0/content/0/text").stringValue()).isEqualTo("T\n\nC\n\nbody");
    }

    @Test
    void emptyTurnsAreNotSentToAnApiThatRefusesThem() {
        JsonNode message = request(OPENAI, ANTHROPIC, """
                {'model':'m','messages':[{'role':'user','content':'a'},{'role':'assistant','content':''},
                 {'role':'user','content':[{'type':'text','text':'\\n'},{'type':'text','text':'b'}]}]}
                """);

        assertThat(List.copyOf(message.path("messages").values()))
                .containsExactly(
                        tree("{'role':'user','content':[{'type':'text','text':'a'}]}"),
                        tree("{'role':'user','content':[{'type':'text','text':'b'}]}"));
    }

    @Test
    void aLargeImageIsNotCopiedByReadingAndComesOutWhole() {
        String data = "ABCD".repeat(2_000_000);
        byte[] body = json("{'model':'m','messages':[{'role':'user','content':[{'type':'image_url','image_url':{'url':"
                + "'data:image/png;base64," + data + "'}}]}]}");

        Prompt prompt = OPENAI.readRequest(body);

        assertThat(tree(ANTHROPIC.writeRequest(prompt, Wire.TARGET))
                        .at("/messages/0/content/0/source/data")
                        .stringValue()
                        .equals(data))
                .isTrue();
        assertThat(tree(OPENAI.writeRequest(prompt, Wire.TARGET))
                        .at("/messages/0/content/0/image_url/url")
                        .stringValue()
                        .equals("data:image/png;base64," + data))
                .isTrue();
        assertThat(prompt.toString().length()).isLessThan(2000);
    }
}
