package mirror.surface.hook;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import mirror.bus.Json;
import mirror.trust.Effect;
import mirror.trust.shell.PathResolver;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Whatever a client calls a tool, the same effect is the same to the policy; and a name that is not known is never taken for one that is. */
final class DialectTest {
    private static final Path CWD = Path.of("/home/ada/project");
    private static final ToolEffects EFFECTS = new ToolEffects(Map.of("HOME", "/home/ada"), PathResolver.onDisk());

    private static HookCall.ToolUse use(Dialect dialect, String event, String tool, Map<String, ?> input) {
        JsonNode body = Json.MAPPER.valueToTree(Map.of("tool_name", tool, "tool_input", input, "tool_use_id", "t1"));
        return ((HookCall.Before) dialect.read(event, body)).use();
    }

    private static List<Effect> effects(HookCall.ToolUse use) {
        return EFFECTS.effects(use.tool(), use.input(), use.in(CWD));
    }

    private static List<Effect> codex(String tool, Map<String, ?> input) {
        return effects(use(new CodexDialect(), "PreToolUse", tool, input));
    }

    private static List<Effect> gemini(String tool, Map<String, ?> input) {
        return effects(use(new GeminiDialect(), "BeforeTool", tool, input));
    }

    private static List<Effect> opencode(String tool, Map<String, ?> input) {
        return effects(use(new OpenCodeDialect(), "PreToolUse", tool, input));
    }

    @Test
    void theShellOfEveryClientIsTheSameShell() {
        List<Effect> claude = effects(use(new ClaudeDialect(), "PreToolUse", "Bash", Map.of("command", "cat x")));
        assertThat(codex("Bash", Map.of("command", "cat x"))).isEqualTo(claude);
        assertThat(gemini("run_shell_command", Map.of("command", "cat x"))).isEqualTo(claude);
        assertThat(opencode("bash", Map.of("command", "cat x"))).isEqualTo(claude);
    }

    @Test
    void theFolderOfACallIsWhereItsPathsStart() {
        Effect read = new Effect.Read(Path.of("/home/ada/.ssh/id_ed25519"));
        assertThat(gemini("run_shell_command", Map.of("command", "cat id_ed25519", "dir_path", "../.ssh")))
                .contains(read);
        assertThat(opencode("bash", Map.of("command", "cat id_ed25519", "workdir", "/home/ada/.ssh")))
                .contains(read);
    }

    @Test
    void filesAreReadAndWrittenByEveryName() {
        Effect read = new Effect.Read(CWD.resolve("a"));
        Effect write = new Effect.Write(CWD.resolve("a"));
        assertThat(codex("view_image", Map.of("path", "a"))).containsExactly(read);
        assertThat(gemini("read_file", Map.of("file_path", "a"))).containsExactly(read);
        assertThat(opencode("read", Map.of("filePath", "a"))).containsExactly(read);
        assertThat(gemini("write_file", Map.of("file_path", "a"))).containsExactly(write);
        assertThat(gemini("replace", Map.of("file_path", "a"))).containsExactly(write);
        assertThat(opencode("write", Map.of("filePath", "a"))).containsExactly(write);
        assertThat(opencode("edit", Map.of("filePath", "a"))).containsExactly(write);
    }

    @Test
    void aPatchWritesAndDeletesWhatItNamesAlsoInsideAShell() {
        String patch = "*** Begin Patch\n*** Update File: a\n*** Move to: b\n+x\n*** Delete File: /c\n*** End Patch";
        List<Effect> effects = List.of(
                new Effect.Delete(CWD.resolve("a"), false),
                new Effect.Delete(Path.of("/c"), false),
                new Effect.Write(CWD.resolve("b")));
        assertThat(codex("apply_patch", Map.of("command", patch))).containsExactlyInAnyOrderElementsOf(effects);
        assertThat(opencode("apply_patch", Map.of("patchText", patch))).containsExactlyInAnyOrderElementsOf(effects);
        assertThat(codex("Bash", Map.of("command", "apply_patch <<'EOF'\n" + patch + "\nEOF\n")))
                .containsAll(effects);
    }

    @Test
    void aPatchWhoseFilesCannotBeToldIsOpaque() {
        assertThat(codex("Bash", Map.of("command", "apply_patch \"$(cat p)\"")))
                .anyMatch(Effect.Opaque.class::isInstance);
        assertThat(codex("Bash", Map.of("command", "cd /x && apply_patch <<'E'\n*** Add File: a\n+x\nE\n")))
                .anyMatch(Effect.Opaque.class::isInstance);
        assertThat(codex("Bash", Map.of("command", "apply_patch <<E\n*** Add File: $HOME/.bashrc\n+x\nE\n")))
                .anyMatch(Effect.Opaque.class::isInstance);
        assertThat(codex("apply_patch", Map.of("command", "nonsense"))).anyMatch(Effect.Opaque.class::isInstance);
    }

    @Test
    void aToolThatOnlyBorrowsAKnownNameIsNotKnown() {
        for (String name : List.of("Agent", "Read", "mcp__mirror__status", "TodoWrite")) {
            assertThat(gemini(name, Map.of())).as(name).allMatch(Effect.Opaque.class::isInstance);
            assertThat(opencode(name, Map.of())).as(name).allMatch(Effect.Opaque.class::isInstance);
        }
        assertThat(codex("Agent", Map.of())).allMatch(Effect.Opaque.class::isInstance);
        assertThat(codex("write_stdin", Map.of())).allMatch(Effect.Opaque.class::isInstance);
    }

    @Test
    void thePromptIsThePersonsWithoutWhatAHookPutBeforeIt() {
        assertThat(new GeminiDialect()
                        .read(
                                "BeforeAgent",
                                Json.object().put("prompt", "<hook_context>memory</hook_context>\n\ndo it")))
                .isEqualTo(new HookCall.Prompted("do it"));
        assertThat(new CodexDialect()
                        .read(
                                "UserPromptSubmit",
                                Json.object().put("prompt", "sub").put("agent_id", "a1")))
                .isEqualTo(new HookCall.Other());
    }
}
