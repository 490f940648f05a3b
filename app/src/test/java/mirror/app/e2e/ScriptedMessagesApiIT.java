package mirror.app.e2e;

import static mirror.app.e2e.Reply.computed;
import static mirror.app.e2e.Reply.connectionReset;
import static mirror.app.e2e.Reply.garbage;
import static mirror.app.e2e.Reply.hang;
import static mirror.app.e2e.Reply.status;
import static mirror.app.e2e.Reply.text;
import static mirror.app.e2e.Reply.toolUse;
import static mirror.app.e2e.Reply.truncatedStream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Shows that the scripted API speaks the Messages protocol and is loud about what nobody scripted. */
final class ScriptedMessagesApiIT {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String ASK = """
            {"model":"m","max_tokens":10,"messages":[{"role":"user","content":"hi"}]}""";
    private static final String ASK_STREAMING = """
            {"model":"m","max_tokens":10,"stream":true,"messages":[{"role":"user","content":"hi"}]}""";

    private final ScriptedMessagesApi api = ScriptedMessagesApi.start();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @AfterEach
    void close() {
        http.shutdownNow();
        api.close();
    }

    @Test
    void aMessageComesBackWhole() throws Exception {
        api.replies(text("hello").and(toolUse("Bash", Map.of("command", "ls"))));

        JsonNode message = JSON.readTree(post("/v1/messages", ASK).body());

        assertThat(message.path("stop_reason").asString()).isEqualTo("tool_use");
        assertThat(message.at("/content/0/text").asString()).isEqualTo("hello");
        assertThat(message.at("/content/1/input/command").asString()).isEqualTo("ls");
        assertThat(api.lastRequest().firstUserText()).isEqualTo("hi");
        api.assertFollowed();
    }

    @Test
    void aMessageComesBackAsEvents() throws Exception {
        api.replies(text("hello"));

        var lines = post("/v1/messages", ASK_STREAMING).body().lines();

        assertThat(lines.filter(line -> line.startsWith("event: ")))
                .containsExactly(
                        "event: message_start",
                        "event: content_block_start",
                        "event: content_block_delta",
                        "event: content_block_stop",
                        "event: message_delta",
                        "event: message_stop");
    }

    @Test
    void aStepMayLookAtTheRequestItAnswers() throws Exception {
        api.replies(computed(request -> text("you said " + request.firstUserText())));

        assertThat(post("/v1/messages", ASK).body()).contains("you said hi");
    }

    @Test
    void anErrorCarriesItsStatusAndHeaders() throws Exception {
        api.replies(status(429, Map.of("retry-after", "7")));

        var response = post("/v1/messages", ASK);

        assertThat(response.statusCode()).isEqualTo(429);
        assertThat(response.headers().firstValue("retry-after")).contains("7");
        assertThat(response.body()).contains("rate_limit_error");
    }

    @Test
    void aCutStreamNeverReachesItsEnd() throws Exception {
        api.replies(truncatedStream());

        assertThat(post("/v1/messages", ASK_STREAMING).body())
                .contains("content_block_delta")
                .doesNotContain("message_stop");
    }

    @Test
    void garbageIsAnEventStreamThatIsNotJson() throws Exception {
        api.replies(garbage());

        assertThat(post("/v1/messages", ASK_STREAMING).body()).contains("{not json");
    }

    @Test
    void aResetConnectionIsAnErrorOfTheConnection() {
        api.replies(connectionReset());

        assertThatThrownBy(() -> post("/v1/messages", ASK)).isInstanceOf(IOException.class);
    }

    @Test
    void aHangingAnswerEndsWhenTheServerCloses() {
        api.replies(hang());
        var pending = http.sendAsync(request("/v1/messages", ASK), HttpResponse.BodyHandlers.ofString());
        while (api.requests().isEmpty()) {
            Thread.onSpinWait();
        }

        api.close();

        assertThatThrownBy(pending::join).hasCauseInstanceOf(IOException.class);
    }

    @Test
    void anUnscriptedRequestFailsLoudlyAndIsRemembered() throws Exception {
        assertThat(post("/v1/messages", ASK).statusCode()).isEqualTo(500);

        assertThat(api.surprises()).singleElement().asString().contains("unscripted", "hi");
        assertThatThrownBy(api::assertFollowed).isInstanceOf(AssertionError.class);
    }

    @Test
    void aStepThatNobodyAskedForIsReported() {
        api.replies(text("never said"));

        assertThatThrownBy(api::assertFollowed).hasMessageContaining("never said");
    }

    @Test
    void tokensAreCountedWithoutAStep() throws Exception {
        assertThat(post("/v1/messages/count_tokens", ASK).body()).contains("input_tokens");
        api.assertFollowed();
    }

    @Test
    void theHarnessNeverListensBeyondLoopback() {
        assertThat(api.url().getHost()).isEqualTo("127.0.0.1");
    }

    private HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        return http.send(request(path, body), HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest request(String path, String body) {
        return HttpRequest.newBuilder(api.url().resolve(path))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }
}
