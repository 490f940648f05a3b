package mirror.surface.hook;

import static java.util.Map.entry;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import mirror.bus.Json;
import mirror.trust.Effect;
import mirror.trust.Patch;
import mirror.trust.shell.PathResolver;
import mirror.trust.shell.ShellContext;
import mirror.trust.shell.ShellEffects;
import tools.jackson.databind.JsonNode;

/**
 * The effects of tools by Mirror's names and inputs, which are Claude Code's (see {@code docs/clients/claude-code.md}); the
 * {@link Dialect} of another client translates its own into them. A tool that is not known here is {@link Effect.Opaque}: versions add tools, and a new one must not be a way around the gate.
 */
public final class ToolEffects {
    /** Tools whose effects are their own; the policy names those that are harmless. */
    private static final Set<String> CLIENT_TOOLS = Set.of(
            "Agent",
            "Task",
            "Skill",
            "SendMessage",
            "Workflow",
            "TaskCreate",
            "TaskUpdate",
            "TaskGet",
            "TaskList",
            "TaskOutput",
            "TaskStop",
            "TodoWrite",
            "ReportFindings",
            "AskUserQuestion",
            "EnterPlanMode",
            "ExitPlanMode",
            "EnterWorktree",
            "ExitWorktree",
            "ToolSearch",
            "CronCreate",
            "CronDelete",
            "CronList",
            "ScheduleWakeup",
            "StructuredOutput",
            "ListMcpResourcesTool",
            "ReadMcpResourceTool",
            "ReadMcpResourceDirTool");

    private static final Effect.Memory READS = new Effect.Memory("project", false);
    private static final Effect.Memory WRITES = new Effect.Memory("project", true);
    private static final Effect.Memory VAULT = new Effect.Memory(Effect.VAULT, false);

    private static final Map<String, Effect.Memory> MEMORY_TOOLS = Map.ofEntries(
            entry("memory_search", READS),
            entry("memory_write", WRITES),
            entry("continuity_read", READS),
            entry("handoff_create", WRITES),
            entry("handoff_claim", WRITES),
            entry("handoff_return", WRITES),
            entry("session_complete", WRITES),
            entry("session_summary", WRITES),
            entry("identity_read", READS),
            // The tool itself passes the gate with the field it changes; asking in both places would ask twice.
            entry("identity_set", READS),
            entry("vault_search", VAULT),
            entry("vault_ask", VAULT),
            entry("status", READS));

    private static final Set<String> PATCHERS = Set.of("apply_patch", "applypatch");
    private static final Pattern MOVES = Pattern.compile("\\b(?:cd|pushd|popd|chdir)\\b");

    private final Map<String, String> environment;
    private final PathResolver paths;

    /** @param environment variables whose values are known to hold in the client's shell */
    public ToolEffects(Map<String, String> environment, PathResolver paths) {
        this.environment = Map.copyOf(environment);
        this.paths = paths;
    }

    public List<Effect> effects(String tool, JsonNode input, Path cwd) {
        return switch (tool) {
            case "Bash" -> shell(input.path("command").asString(""), cwd);
            case "apply_patch" -> patch(input.path("command").asString(""), cwd);
            case "Read" -> List.of(file(input, "file_path", cwd, Effect.Read::new));
            case "Write", "Edit", "MultiEdit" -> List.of(file(input, "file_path", cwd, Effect.Write::new));
            case "NotebookEdit" -> List.of(file(input, "notebook_path", cwd, Effect.Write::new));
            case "Glob", "Grep", "LS" ->
                List.of(
                        input.path("path").asString("").isEmpty()
                                ? new Effect.Read(paths.resolve(cwd))
                                : file(input, "path", cwd, Effect.Read::new));
            case "WebFetch" -> List.of(egress(input.path("url").asString("")));
            case "WebSearch" -> List.of(new Effect.Egress("*"));
            default -> other(tool);
        };
    }

    /** A shell in which Codex puts a program {@code apply_patch}: what that writes stands in its input, not in its arguments. */
    private List<Effect> shell(String command, Path cwd) {
        List<Effect> effects = ShellEffects.of(command, new ShellContext(cwd, environment, paths));
        boolean patches = effects.stream()
                .anyMatch(
                        effect -> effect instanceof Effect.Run(List<String> argv) && PATCHERS.contains(program(argv)));
        if (!patches) {
            return effects;
        }
        List<Effect> all = new ArrayList<>(effects);
        all.addAll(
                MOVES.matcher(command).find()
                        ? List.of(new Effect.Opaque("where this patch is applied could not be told"))
                        : patch(command, cwd));
        return all;
    }

    private static String program(List<String> argv) {
        String name = argv.isEmpty() ? "" : argv.getFirst();
        return name.substring(name.lastIndexOf('/') + 1);
    }

    private List<Effect> patch(String text, Path cwd) {
        List<Effect> effects = new ArrayList<>();
        for (Patch.Section section : Patch.parse(text)) {
            if (section.path().indexOf('$') >= 0 || section.path().indexOf('`') >= 0) {
                effects.add(new Effect.Opaque("which file this patch changes could not be told"));
                continue;
            }
            OfPath effect = section.removes() ? path -> new Effect.Delete(path, false) : Effect.Write::new;
            effects.add(file(Json.object().put("path", section.path()), "path", cwd, effect));
        }
        return effects.isEmpty() ? List.of(new Effect.Opaque("this patch could not be read")) : effects;
    }

    private static List<Effect> other(String tool) {
        if (CLIENT_TOOLS.contains(tool)) {
            return List.of(new Effect.Tool(tool));
        }
        if (tool.startsWith("mcp__mirror__")) {
            String name = tool.substring("mcp__mirror__".length());
            Effect.Memory effect = MEMORY_TOOLS.get(name);
            if (effect != null) {
                return List.of(effect);
            }
        }
        if (tool.startsWith("mcp__")) {
            return List.of(new Effect.Tool(tool));
        }
        return List.of(new Effect.Opaque("the tool '" + tool + "' is not known to Mirror"));
    }

    private interface OfPath {
        Effect of(Path path);
    }

    private Effect file(JsonNode input, String field, Path cwd, OfPath effect) {
        String text = input.path(field).asString("");
        if (text.isEmpty()) {
            return new Effect.Opaque("the tool's input has no " + field);
        }
        try {
            String home = environment.getOrDefault("HOME", "");
            Path path = text.equals("~") || text.startsWith("~/")
                    ? Path.of(home + text.substring(1))
                    : cwd.resolve(Path.of(text));
            return effect.of(paths.resolve(path));
        } catch (InvalidPathException e) {
            return new Effect.Opaque("the path in " + field + " is not a path");
        }
    }

    private static Effect egress(String url) {
        try {
            String host = new URI(url).getHost();
            if (host != null) {
                return new Effect.Egress(host.toLowerCase(Locale.ROOT));
            }
        } catch (URISyntaxException e) {
            return new Effect.Egress("*");
        }
        return new Effect.Egress("*");
    }
}
