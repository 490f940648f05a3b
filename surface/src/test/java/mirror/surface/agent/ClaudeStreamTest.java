package mirror.surface.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import mirror.bus.Json;
import org.junit.jupiter.api.Test;

/** The lines are Claude Code 2.1.197's own, less what is of no interest here. */
final class ClaudeStreamTest {
    private static final String INIT = "{\"type\":\"system\",\"subtype\":\"init\",\"cwd\":\"/p\","
            + "\"session_id\":\"fe2fcde8-45ea-4cb9-b67d-ec23be323a13\",\"tools\":[\"Bash\"],\"mcp_servers\":[],"
            + "\"model\":\"claude-opus-4-8[1m]\",\"permissionMode\":\"default\"}";
    private static final String CALL = "{\"type\":\"assistant\",\"message\":{\"id\":\"msg_0\",\"type\":\"message\","
            + "\"role\":\"assistant\",\"model\":\"claude-opus-4-8\",\"content\":[{\"type\":\"tool_use\",\"id\":\"toolu_1\","
            + "\"name\":\"Bash\",\"input\":{\"command\":\"echo hi\",\"description\":\"say hi\"}}],\"stop_reason\":null,"
            + "\"usage\":{\"input_tokens\":100,\"cache_read_input_tokens\":10,\"cache_creation_input_tokens\":5,"
            + "\"output_tokens\":1},\"context_management\":null},\"parent_tool_use_id\":null}";
    private static final String RESULT_OF_CALL = "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":"
            + "[{\"tool_use_id\":\"toolu_1\",\"type\":\"tool_result\",\"content\":\"hi\",\"is_error\":false}]},"
            + "\"parent_tool_use_id\":null,\"tool_use_result\":{\"stdout\":\"hi\",\"stderr\":\"\"}}";
    private static final String SAID =
            "{\"type\":\"assistant\",\"message\":{\"id\":\"msg_1\",\"content\":[{\"type\":\"text\","
                    + "\"text\":\"answer 1\"}],\"usage\":{\"input_tokens\":101,\"output_tokens\":1}}}";
    private static final String RESULT = "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,"
            + "\"result\":\"answer 2\",\"usage\":{\"input_tokens\":102,\"cache_creation_input_tokens\":5,"
            + "\"cache_read_input_tokens\":10,\"output_tokens\":52},\"modelUsage\":{\"claude-opus-4-8[1m]\":"
            + "{\"inputTokens\":303,\"outputTokens\":153,\"cacheReadInputTokens\":30,\"cacheCreationInputTokens\":15,"
            + "\"costUSD\":0.0054},\"claude-haiku\":{\"inputTokens\":7,\"outputTokens\":1}},\"permission_denials\":[]}";

    private final ClaudeStream stream = new ClaudeStream();

    private List<AgentEvent> read(String line) {
        return stream.read(Json.MAPPER.readTree(line), new Told());
    }

    @Test
    void eachLineBecomesItsEvents() {
        assertThat(read(INIT))
                .containsExactly(new AgentEvent.Opened("fe2fcde8-45ea-4cb9-b67d-ec23be323a13", "claude-opus-4-8[1m]"));
        assertThat(read(CALL))
                .containsExactly(
                        new AgentEvent.Call("toolu_1", "Bash", "echo hi"),
                        new AgentEvent.Used("msg_0", new Usage(105, 10, 1)));
        assertThat(read(RESULT_OF_CALL)).containsExactly(new AgentEvent.Result("toolu_1", false, true, "hi"));
        assertThat(read(SAID))
                .containsExactly(new AgentEvent.Text("answer 1"), new AgentEvent.Used("msg_1", new Usage(101, 0, 1)));
    }

    @Test
    void theEndOfATurnHasTheTokensOfAllTurnsAndModels() {
        assertThat(read(RESULT)).containsExactly(new AgentEvent.TurnEnded(false, "answer 2", new Usage(325, 30, 154)));
    }

    @Test
    void aFailingServiceIsNoticed() {
        assertThat(read("{\"type\":\"system\",\"subtype\":\"api_retry\",\"attempt\":1,\"max_retries\":10,"
                        + "\"retry_delay_ms\":1000,\"error_status\":429,\"error\":\"rate_limit\"}"))
                .containsExactly(new AgentEvent.Notice("the model's service failed (rate_limit), attempt 1 of 10"));
    }

    @Test
    void aTurnIsOneLineWhateverStandsInIt() throws Exception {
        Told told = new Told();
        stream.turn("two\nlines \"quoted\" \u001b", told);
        String line = told.lines().getFirst();
        assertThat(line.lines()).hasSize(1);
        assertThat(Json.MAPPER
                        .readTree(line)
                        .path("message")
                        .path("content")
                        .path(0)
                        .path("text")
                        .asString())
                .isEqualTo("two\nlines \"quoted\" \u001b");
    }

    @Test
    void anyObjectGivesAnAnswer() {
        Garbage.isAnswered(List.of(INIT, CALL, RESULT_OF_CALL, SAID, RESULT), ClaudeStream::new);
    }
}
