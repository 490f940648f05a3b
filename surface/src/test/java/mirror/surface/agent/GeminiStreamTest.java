package mirror.surface.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import mirror.bus.Json;
import mirror.surface.hook.GeminiConnection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The lines are Gemini CLI 0.61.0's own, less what is of no interest here. */
final class GeminiStreamTest {
    private static final String SESSION = "1dc6ec72-e08c-4de4-a371-deed0cbaa8c2";
    private static final String INIT = "{\"type\":\"init\",\"timestamp\":\"2026-11-21T23:21:40.285Z\",\"session_id\":\""
            + SESSION + "\",\"model\":\"gemini-2.5-flash\"}";
    private static final String PROMPT = "{\"type\":\"message\",\"role\":\"user\",\"content\":\"do it\"}";
    private static final String CALL = "{\"type\":\"tool_use\",\"tool_name\":\"run_shell_command\",\"tool_id\":"
            + "\"run_shell_command__g1\",\"parameters\":{\"command\":\"echo hi\"}}";
    private static final String RESULT_OF_CALL = "{\"type\":\"tool_result\",\"tool_id\":\"run_shell_command__g1\","
            + "\"status\":\"success\",\"output\":\"hi\"}";
    private static final String BLOCKED = "{\"type\":\"tool_result\",\"tool_id\":\"run_shell_command__g1\","
            + "\"status\":\"error\",\"output\":\"Tool execution blocked: R\",\"error\":{\"type\":"
            + "\"policy_violation\",\"message\":\"Tool execution blocked: R\"}}";
    private static final String SAID =
            "{\"type\":\"message\",\"role\":\"assistant\",\"content\":\"fi\",\"delta\":true}";
    private static final String MORE = "{\"type\":\"message\",\"role\":\"assistant\",\"content\":\"n\",\"delta\":true}";
    private static final String DONE = "{\"type\":\"result\",\"status\":\"success\",\"stats\":{\"total_tokens\":50,"
            + "\"input_tokens\":30,\"output_tokens\":15,\"cached\":10,\"input\":20,\"tool_calls\":4,\"models\":{}}}";
    private static final String FAILED = "{\"type\":\"result\",\"status\":\"error\",\"error\":{\"type\":\"Error\","
            + "\"message\":\"quota exceeded\"},\"stats\":{\"total_tokens\":0,\"input_tokens\":0}}";
    private static final String MESSAGE = "{\"id\":\"%s\",\"timestamp\":\"%s\",\"type\":\"gemini\",\"content\":\"x\","
            + "\"tokens\":{\"input\":10,\"output\":5,\"cached\":4,\"thoughts\":2,\"tool\":0,\"total\":17}}\n";
    private static final Usage USED = new Usage(6, 4, 7);

    private final Told told = new Told();
    private final GeminiStream stream = new GeminiStream(_ -> List.of());
    private final String id =
            GeminiConnection.callId("run_shell_command", Json.MAPPER.readTree("{\"command\":\"echo hi\"}"));

    private List<AgentEvent> read(String line) {
        return stream.read(Json.MAPPER.readTree(line), told);
    }

    @Test
    void eachLineBecomesItsEvents() {
        assertThat(read(INIT)).containsExactly(new AgentEvent.Opened(SESSION, "gemini-2.5-flash"));
        assertThat(read(PROMPT)).isEmpty();
        assertThat(read(CALL)).containsExactly(new AgentEvent.Call(id, "run_shell_command", "echo hi"));
        assertThat(read(RESULT_OF_CALL)).containsExactly(new AgentEvent.Result(id, false, true, "hi"));
        assertThat(read(DONE)).containsExactly(new AgentEvent.TurnEnded(false, "", new Usage(20, 10, 20)));
        assertThat(read(FAILED)).containsExactly(new AgentEvent.TurnEnded(true, "quota exceeded", Usage.NONE));
    }

    @Test
    void aBlockedCallDidNotRun() {
        read(CALL);
        assertThat(read(BLOCKED)).containsExactly(new AgentEvent.Result(id, true, false, "Tool execution blocked: R"));
    }

    @Test
    void aResultWithoutACallIsKnownToNobody() {
        assertThat(read(RESULT_OF_CALL))
                .containsExactly(new AgentEvent.Result("run_shell_command__g1", false, true, "hi"));
    }

    @Test
    void anAnswerInPiecesIsSaidOnce() {
        assertThat(read(SAID)).isEmpty();
        assertThat(read(MORE)).isEmpty();
        assertThat(read(DONE))
                .containsExactly(
                        new AgentEvent.Text("fin"), new AgentEvent.TurnEnded(false, "fin", new Usage(20, 10, 20)));
    }

    @Test
    void theClientTakesOneTurn() throws Exception {
        stream.turn("two\nlines", told);
        assertThat(told.lines()).containsExactly("two\nlines");
        assertThat(told.ended()).isTrue();
        assertThatThrownBy(() -> stream.turn("more", told))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("--resume");
    }

    @Test
    void tokensAreReadWhereTheClientWritesThemDownAsItGoes(@TempDir Path tmp) throws Exception {
        Path chats = Files.createDirectories(tmp.resolve("p/chats"));
        Path chat = chats.resolve("session-2026-11-21T23-21-" + SESSION.substring(0, 8) + ".jsonl");
        Instant began = Instant.parse("2026-11-21T23:21:40Z");
        GeminiChats tokens = new GeminiChats(tmp, began);
        assertThat(tokens.apply(SESSION)).isEmpty();

        String unfinished = MESSAGE.formatted("b", "2026-11-21T23:21:42Z");
        Files.writeString(
                chat,
                MESSAGE.formatted("of an earlier run", "2026-11-21T20:00:00Z")
                        + "{\"$set\":{\"lastUpdated\":\"2026-11-21T23:21:41Z\"}}\nno json\n{\"tokens\":{},\"timestamp\":3}\n"
                        + MESSAGE.formatted("a", "2026-11-21T23:21:41Z")
                        + unfinished.substring(0, 30));
        assertThat(tokens.apply(SESSION)).containsExactly(new AgentEvent.Used("a", USED));

        Files.writeString(chat, unfinished.substring(30), java.nio.file.StandardOpenOption.APPEND);
        Path subagents = Files.createDirectories(chats.resolve(SESSION));
        Files.writeString(subagents.resolve("s.jsonl"), MESSAGE.formatted("c", "2026-11-21T23:21:43Z"));
        assertThat(tokens.apply(SESSION))
                .containsExactly(new AgentEvent.Used("b", USED), new AgentEvent.Used("c", USED));
        assertThat(tokens.apply(SESSION)).isEmpty();
        assertThat(tokens.apply("../../etc")).isEmpty();
    }

    @Test
    void whatWasUsedIsToldWithTheCallsAndTheirResults() {
        AgentEvent.Used used = new AgentEvent.Used("m", USED);
        GeminiStream counting = new GeminiStream(session -> session.equals(SESSION) ? List.of(used) : List.of());
        counting.read(Json.MAPPER.readTree(INIT), told);
        assertThat(counting.read(Json.MAPPER.readTree(CALL), told)).startsWith(used);
        assertThat(counting.read(Json.MAPPER.readTree(RESULT_OF_CALL), told)).startsWith(used);
    }

    @Test
    void anyObjectGivesAnAnswer() {
        Garbage.isAnswered(
                List.of(INIT, PROMPT, CALL, RESULT_OF_CALL, BLOCKED, SAID, MORE, DONE, FAILED),
                () -> new GeminiStream(_ -> List.of()));
    }
}
