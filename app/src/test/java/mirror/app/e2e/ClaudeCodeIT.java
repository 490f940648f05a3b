package mirror.app.e2e;

import static mirror.app.e2e.Reply.status;
import static mirror.app.e2e.Reply.text;
import static mirror.app.e2e.Reply.toolUse;
import static mirror.app.e2e.Reply.truncatedStream;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Shows that the harness drives the real Claude Code, and that the facts Mirror's gate rests on still hold for it. */
final class ClaudeCodeIT {

    private static final Map<String, ?> ALLOW_BASH = Map.of("allow", List.of("Bash", "Agent"));

    private final ClaudeCode claude = ClaudeCode.orSkip();
    private final ScriptedMessagesApi api = ScriptedMessagesApi.start();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Workspace workspace;

    @BeforeEach
    void layOut() {
        workspace = Workspace.in(folder);
    }

    @AfterEach
    void close() {
        api.close();
    }

    @Test
    void aPromptReachesTheModelAndItsAnswerIsTheResult() {
        api.replies(text("hello yourself"));

        var outcome = claude.prompt(workspace, api, "say hello").run();

        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.isError()).isFalse();
        assertThat(outcome.resultText()).isEqualTo("hello yourself");
        assertThat(api.lastRequest().firstUserText()).contains("say hello");
        assertThat(api.lastRequest().toolNames()).contains("Bash", "Write", "Edit", "Agent");
        api.assertFollowed();
    }

    @Test
    void aToolCallThatTheSettingsAllowRunsAndItsOutputGoesBackToTheModel() {
        workspace.userSettings(Map.of("permissions", ALLOW_BASH));
        api.replies(toolUse("Bash", Map.of("command", "echo one > made; cat made")), text("done"));

        var outcome = claude.prompt(workspace, api, "make it").run();

        assertThat(outcome.resultText()).isEqualTo("done");
        assertThat(workspace.project().resolve("made")).hasContent("one");
        var result = api.lastRequest().lastToolResult();
        assertThat(result.text()).isEqualTo("one");
        assertThat(result.isError()).isFalse();
        api.assertFollowed();
    }

    @Test
    void aHookThatExitsWithTwoStopsTheCallAndTheModelReadsWhy() {
        Path hook = workspace.script("refuse", "cat > \"$0.stdin\"; echo 'rule 7 says no' >&2; exit 2");
        workspace.userSettings(Map.of("permissions", ALLOW_BASH, "hooks", Workspace.hooks(hook, "PreToolUse")));
        api.replies(toolUse("Bash", Map.of("command", "echo one > made")), text("I could not"));

        var outcome = claude.prompt(workspace, api, "make it").run();

        assertThat(outcome.resultText()).isEqualTo("I could not");
        assertThat(workspace.project().resolve("made")).doesNotExist();
        var result = api.lastRequest().lastToolResult();
        assertThat(result.isError()).isTrue();
        assertThat(result.text()).isEqualTo("PreToolUse:Bash hook error: [" + hook + "]: rule 7 says no\n");
        assertThat(hook.resolveSibling("refuse.stdin"))
                .content()
                .contains("\"hook_event_name\":\"PreToolUse\"", "\"tool_name\":\"Bash\"", outcome.sessionId());
        api.assertFollowed();
    }

    @Test
    void aHookThatOnlyFailsLetsTheCallThrough() {
        Path hook = workspace.script("crash", "exit 1");
        workspace.userSettings(Map.of("permissions", ALLOW_BASH, "hooks", Workspace.hooks(hook, "PreToolUse")));
        api.replies(toolUse("Bash", Map.of("command", "echo one > made")), text("done"));

        claude.prompt(workspace, api, "make it").run();

        assertThat(workspace.project().resolve("made"))
                .as("Claude Code fails open, which is why Mirror's shim turns every failure into exit 2")
                .exists();
    }

    @Test
    void aHookThatAllowsNeedsNoPermissionRule() {
        Path hook = workspace.script("allow", """
                echo '{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"allow"}}'""");
        workspace.userSettings(Map.of("hooks", Workspace.hooks(hook, "PreToolUse")));
        api.replies(toolUse("Bash", Map.of("command", "echo one > made")), text("done"));

        claude.prompt(workspace, api, "make it").run();

        assertThat(workspace.project().resolve("made")).exists();
        api.assertFollowed();
    }

    @Test
    void whatSessionStartAddsIsInTheFirstRequest() {
        Path hook = workspace.script("boot", """
                echo '{"hookSpecificOutput":{"hookEventName":"SessionStart","additionalContext":"we use tabs here"}}'""");
        workspace.userSettings(Map.of("hooks", Workspace.hooks(hook, "SessionStart")));
        api.replies(text("understood"));

        claude.prompt(workspace, api, "hello").run();

        assertThat(api.requests().getFirst().systemText())
                .contains("SessionStart hook additional context: we use tabs here");
    }

    @Test
    void aSubagentsCallsGoThroughTheSameHookUnderItsOwnId() throws Exception {
        Path log = folder.resolve("calls");
        Path hook = workspace.script("log", "cat >> " + log);
        workspace.userSettings(Map.of("permissions", ALLOW_BASH, "hooks", Workspace.hooks(hook, "PreToolUse")));
        api.replies(
                toolUse("Agent", Map.of("description", "look", "prompt", "go", "subagent_type", "general-purpose")),
                text("done"));
        api.subagentReplies(toolUse("Bash", Map.of("command", "echo inside")), text("seen"));

        var outcome = claude.prompt(workspace, api, "delegate").run();

        assertThat(outcome.resultText()).isEqualTo("done");
        assertThat(api.lastRequest().lastToolResult().text()).contains("seen");
        var calls = Files.readAllLines(log);
        assertThat(calls).hasSize(2);
        assertThat(calls.getFirst()).contains("\"tool_name\":\"Agent\"").doesNotContain("\"agent_id\"");
        assertThat(calls.getLast()).contains("\"tool_name\":\"Bash\"", "\"agent_id\"", outcome.sessionId());
        api.assertFollowed();
    }

    @Test
    void aResumedSessionKeepsItsIdAndItsHistory() {
        api.replies(text("first answer"), text("second answer"));
        var first = claude.prompt(workspace, api, "first question").run();

        var second = claude.prompt(workspace, api, "second question")
                .with("--resume", first.sessionId())
                .run();

        assertThat(second.sessionId()).isEqualTo(first.sessionId());
        assertThat(api.lastRequest().allText()).contains("first question", "first answer", "second question");
        api.assertFollowed();
    }

    @Test
    void aCompactedSessionAsksForItsContextAgain() throws Exception {
        Path log = folder.resolve("events");
        Path hook = workspace.script("log", "cat >> " + log);
        workspace.userSettings(Map.of("hooks", Workspace.hooks(hook, "SessionStart", "PreCompact", "PostCompact")));
        api.replies(text("one"), text("two"), text("<summary>we counted</summary>"));
        var session = claude.prompt(workspace, api, "count").run().sessionId();
        claude.prompt(workspace, api, "count on").with("--resume", session).run();
        Files.delete(log);

        claude.prompt(workspace, api, "/compact keep the plan")
                .with("--resume", session)
                .run();

        assertThat(Files.readAllLines(log))
                .satisfiesExactly(
                        start -> assertThat(start).contains("\"source\":\"resume\""),
                        before -> assertThat(before).contains("\"PreCompact\"", "keep the plan"),
                        again -> assertThat(again).contains("\"source\":\"compact\"", session),
                        after -> assertThat(after).contains("\"PostCompact\"", "we counted"));
        api.assertFollowed();
    }

    @Test
    void aRefusedConfigChangeKeepsTheHooksOfTheRunningSession() throws Exception {
        Path log = folder.resolve("events");
        Path hook = workspace.script("log", "cat >> " + log);
        Path keep = workspace.script("keep", "cat >> " + log + "; exit 2");
        var hooks = new HashMap<String, Object>(Workspace.hooks(hook, "PreToolUse"));
        hooks.putAll(Workspace.hooks(keep, "ConfigChange"));
        Path settings = workspace.userSettings(Map.of("permissions", ALLOW_BASH, "hooks", hooks));
        Path without = Workspace.write(folder.resolve("without.json"), """
                {"permissions":{"allow":["Bash"]}}""");
        Path removeHooks = workspace.script(
                "remove-hooks",
                "cp %s %s; until grep -q ConfigChange %s; do sleep 0.1; done".formatted(without, settings, log));
        api.replies(
                toolUse("Bash", Map.of("command", removeHooks.toString())),
                toolUse("Bash", Map.of("command", "echo still watched")),
                text("done"));

        claude.prompt(workspace, api, "remove the hooks").run();

        assertThat(Files.readAllLines(log))
                .satisfiesExactly(
                        first -> assertThat(first).contains("\"PreToolUse\""),
                        change -> assertThat(change).contains("\"ConfigChange\"", "\"user_settings\""),
                        second -> assertThat(second).contains("\"PreToolUse\"", "still watched"));
        api.assertFollowed();
    }

    @Test
    void aRateLimitIsWaitedOutAndTheRunSucceeds() {
        api.replies(status(429, Map.of("retry-after", "0")), text("finally"));

        var outcome = claude.prompt(workspace, api, "hello").run();

        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.resultText()).isEqualTo("finally");
        assertThat(outcome.events("system", "api_retry"))
                .singleElement()
                .satisfies(
                        retry -> assertThat(retry.path("error_status").asInt()).isEqualTo(429));
        api.assertFollowed();
    }

    @Test
    void aCutStreamIsAskedForAgainWithoutStreaming() {
        api.replies(truncatedStream(), text("whole"));

        var outcome = claude.prompt(workspace, api, "hello").run();

        assertThat(outcome.resultText()).isEqualTo("whole");
        assertThat(api.requests()).extracting(ApiRequest::streams).containsExactly(true, false);
        api.assertFollowed();
    }

    @Test
    void anApiThatStaysDownEndsTheRunWithAnError() {
        api.replies(status(529));

        var outcome = claude.prompt(workspace, api, "hello").withoutRetries().run();

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.isError()).isTrue();
        assertThat(outcome.result().path("api_error_status").asInt()).isEqualTo(529);
        api.assertFollowed();
    }
}
