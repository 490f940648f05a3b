package mirror.surface.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The lines are Codex 0.169.0's own, less what is of no interest here. */
final class CodexStreamTest {
    private static final String HELLO = "{\"id\":1,\"result\":{\"userAgent\":\"mirror/0.169.0\"}}";
    private static final String THREAD = "{\"id\":4,\"result\":{\"thread\":{\"id\":\"th-1\",\"turns\":[]},"
            + "\"model\":\"gpt-5-codex\",\"approvalPolicy\":\"never\"}}";
    private static final String BEGAN = "{\"method\":\"turn/started\",\"params\":{\"threadId\":\"th-1\",\"turn\":"
            + "{\"id\":\"tu-1\",\"status\":\"inProgress\"}},\"emittedAtMs\":1795302123948}";
    private static final String ITEM = "{\"method\":\"item/%s\",\"params\":{\"item\":%s,\"threadId\":\"th-1\","
            + "\"turnId\":\"tu-1\"},\"emittedAtMs\":1795302124333}";
    private static final String COMMAND = "{\"type\":\"commandExecution\",\"id\":\"call_1\",\"command\":"
            + "\"/bin/bash -lc 'echo out'\",\"cwd\":\"/p\",\"status\":\"%s\",\"commandActions\":[{\"type\":\"unknown\","
            + "\"command\":\"echo out\"}],\"aggregatedOutput\":%s,\"exitCode\":%s}";
    private static final String MCP = "{\"type\":\"mcpToolCall\",\"id\":\"call_2\",\"server\":\"mirror\",\"tool\":"
            + "\"memory_search\",\"status\":\"completed\",\"arguments\":{\"query\":\"x\"},\"result\":{\"content\":"
            + "[{\"type\":\"text\",\"text\":\"found\"}],\"structuredContent\":null},\"error\":null}";
    private static final String SAID = "{\"type\":\"agentMessage\",\"id\":\"m4\",\"text\":\"fin\",\"phase\":null}";
    private static final String BLOCKED = "{\"method\":\"hook/completed\",\"params\":{\"threadId\":\"th-1\",\"turnId\":"
            + "\"tu-1\",\"run\":{\"id\":\"pre-tool-use:0:/home/ada/.codex/hooks.json:call_3\",\"eventName\":\"preToolUse\","
            + "\"status\":\"blocked\",\"entries\":[{\"kind\":\"feedback\",\"text\":\"Mirror blocked this\"}]}}}";
    private static final String DONE = "{\"method\":\"turn/completed\",\"params\":{\"threadId\":\"%s\",\"turn\":"
            + "{\"id\":\"tu-1\",\"status\":\"%s\",\"error\":{\"message\":\"usage limit\"}}}}";
    private static final String ASKED = "{\"id\":0,\"method\":\"item/commandExecution/requestApproval\",\"params\":"
            + "{\"threadId\":\"th-1\",\"itemId\":\"call_1\"}}";

    private final Told told = new Told();
    private CodexStream stream = stream(null);

    private static CodexStream stream(@Nullable String resume) {
        return new CodexStream(new Task("do it", Path.of("/p"), null, "gpt-5", resume, Duration.ofMinutes(1)));
    }

    private List<AgentEvent> read(String line) throws Exception {
        return stream.read(Json.MAPPER.readTree(line), told);
    }

    private static String tokens(String turn, int times) {
        return ("{\"method\":\"thread/tokenUsage/updated\",\"params\":{\"threadId\":\"th-1\","
                        + "\"turnId\":\"%s\",\"tokenUsage\":{\"total\":{\"totalTokens\":%d,\"inputTokens\":%d,"
                        + "\"cachedInputTokens\":%d,\"outputTokens\":%d},\"last\":{\"totalTokens\":15,\"inputTokens\":10,"
                        + "\"cachedInputTokens\":4,\"outputTokens\":5}}}}")
                .formatted(turn, 15 * times, 10 * times, 4 * times, 5 * times);
    }

    private JsonNode last() {
        return Json.MAPPER.readTree(told.lines().getLast());
    }

    private void open() throws Exception {
        stream.turn("first", told);
        read(HELLO);
        read(THREAD);
        read(BEGAN);
    }

    @Test
    void theFirstTurnIsGivenWhenTheThreadIsOpen() throws Exception {
        stream.turn("two\nlines", told);
        assertThat(told.lines()).hasSize(3).noneMatch(line -> line.contains("two"));
        assertThat(last().path("method").asString()).isEqualTo("thread/start");
        assertThat(last().at("/params/approvalPolicy").asString()).isEqualTo("never");
        assertThat(last().at("/params/cwd").asString()).isEqualTo("/p");
        assertThat(last().at("/params/model").asString()).isEqualTo("gpt-5");

        assertThat(read(HELLO)).isEmpty();
        assertThat(read(THREAD)).containsExactly(new AgentEvent.Opened("th-1", "gpt-5-codex"));

        assertThat(told.lines()).hasSize(4);
        assertThat(last().path("method").asString()).isEqualTo("turn/start");
        assertThat(last().at("/params/threadId").asString()).isEqualTo("th-1");
        assertThat(last().at("/params/input/0/text").asString()).isEqualTo("two\nlines");
    }

    @Test
    void anEarlierThreadIsOpenedAgain() throws Exception {
        stream = stream("th-0");
        stream.turn("go on", told);
        assertThat(last().path("method").asString()).isEqualTo("thread/resume");
        assertThat(last().at("/params/threadId").asString()).isEqualTo("th-0");
    }

    @Test
    void turnsFollowOneAnotherAndTheInputEndsAfterTheLast() throws Exception {
        open();
        stream.turn("second", told);
        stream.finish(told);
        assertThat(told.lines()).hasSize(4);

        read(DONE.formatted("th-1", "completed"));
        assertThat(last().at("/params/input/0/text").asString()).isEqualTo("second");
        assertThat(told.ended()).isFalse();

        read(DONE.formatted("th-1", "completed"));
        assertThat(told.ended()).isTrue();
    }

    @Test
    void eachLineBecomesItsEvents() throws Exception {
        open();
        assertThat(read(ITEM.formatted("started", COMMAND.formatted("inProgress", "null", "null"))))
                .containsExactly(new AgentEvent.Call("call_1", "Bash", "echo out"));
        assertThat(read(ITEM.formatted("completed", COMMAND.formatted("completed", "\"out\"", "0"))))
                .containsExactly(new AgentEvent.Result("call_1", false, true, "out"));
        assertThat(read(ITEM.formatted("started", MCP)))
                .containsExactly(new AgentEvent.Call("call_2", "mcp__mirror__memory_search", "{\"query\":\"x\"}"));
        assertThat(read(ITEM.formatted("completed", MCP)))
                .containsExactly(new AgentEvent.Result("call_2", false, true, "found"));
        assertThat(read(BLOCKED)).containsExactly(new AgentEvent.Result("call_3", true, false, "Mirror blocked this"));
        assertThat(read(ITEM.formatted("completed", SAID))).containsExactly(new AgentEvent.Text("fin"));
        assertThat(read(DONE.formatted("th-1", "completed")))
                .containsExactly(new AgentEvent.TurnEnded(false, "fin", Usage.NONE));
        assertThat(read(DONE.formatted("th-1", "failed")))
                .containsExactly(new AgentEvent.TurnEnded(true, "usage limit", Usage.NONE));
        assertThat(read(DONE.formatted("a subagent's", "completed"))).isEmpty();
    }

    @Test
    void aCommandThatFailedRanAllTheSame() throws Exception {
        open();
        assertThat(read(ITEM.formatted("completed", COMMAND.formatted("failed", "\"no\"", "3"))))
                .containsExactly(new AgentEvent.Result("call_1", true, true, "no"));
        assertThat(read(ITEM.formatted("completed", COMMAND.formatted("declined", "null", "null"))))
                .containsExactly(new AgentEvent.Result("call_1", true, false, ""));
    }

    @Test
    void whatIsNotKnownCountsAsAToolThatRan() throws Exception {
        open();
        assertThat(read(ITEM.formatted("completed", "{\"type\":\"teleport\",\"id\":\"t\"}")))
                .containsExactly(new AgentEvent.Result("t", false, true, ""));
        assertThat(read(ITEM.formatted("completed", "{\"type\":\"reasoning\",\"id\":\"t\"}")))
                .isEmpty();
    }

    @Test
    void onlyTheTokensOfThisRunAreCounted() throws Exception {
        stream = stream("th-1");
        open();
        assertThat(read(tokens("an earlier turn", 4))).isEmpty();
        assertThat(read(tokens("tu-1", 5))).containsExactly(new AgentEvent.Used("tu-1", new Usage(6, 4, 5)));
        assertThat(read(tokens("tu-1", 6))).containsExactly(new AgentEvent.Used("tu-1", new Usage(12, 8, 10)));
    }

    @Test
    void theTokensOfANewThreadAreCountedFromItsFirstOn() throws Exception {
        open();
        assertThat(read(tokens("tu-1", 1))).containsExactly(new AgentEvent.Used("tu-1", new Usage(6, 4, 5)));
        assertThat(read(tokens("tu-1", 2))).containsExactly(new AgentEvent.Used("tu-1", new Usage(12, 8, 10)));
    }

    @Test
    void whoeverAsksForApprovalIsToldNo() throws Exception {
        open();
        assertThat(read(ASKED)).singleElement().isInstanceOf(AgentEvent.Notice.class);
        assertThat(last().path("id").asInt()).isZero();
        assertThat(last().has("error")).isTrue();
        assertThat(last().has("result")).isFalse();
    }

    @Test
    void aThreadThatCannotBeOpenedEndsTheRun() throws Exception {
        stream.turn("first", told);
        assertThat(read("{\"id\":4,\"error\":{\"code\":-32600,\"message\":\"no rollout found for thread id x\"}}"))
                .containsExactly(new AgentEvent.TurnEnded(true, "no rollout found for thread id x", Usage.NONE));
        assertThat(told.ended()).isTrue();
    }

    @Test
    void anyObjectGivesAnAnswer() {
        Garbage.isAnswered(
                List.of(
                        HELLO,
                        THREAD,
                        BEGAN,
                        ITEM.formatted("started", COMMAND.formatted("inProgress", "null", "null")),
                        ITEM.formatted("completed", COMMAND.formatted("completed", "\"out\"", "0")),
                        ITEM.formatted("completed", MCP),
                        ITEM.formatted("completed", SAID),
                        BLOCKED,
                        tokens("tu-1", 1),
                        DONE.formatted("th-1", "completed"),
                        ASKED),
                () -> stream(null));
    }
}
