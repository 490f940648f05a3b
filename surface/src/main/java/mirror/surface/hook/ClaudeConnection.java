package mirror.surface.hook;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import mirror.bus.FileStore;
import mirror.bus.Home;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Claude Code: hooks in {@code settings.json}, the MCP server in {@code .claude.json}. */
public final class ClaudeConnection extends Connection {
    /** Hooks whose failure must stop the client. */
    private static final List<String> GATES = List.of("UserPromptSubmit", "PreToolUse", "PreCompact", "ConfigChange");

    private static final List<String> REPORTS = List.of(
            "SessionStart", "PostToolUse", "PostToolUseFailure", "Stop", "StopFailure", "SubagentStop", "SessionEnd");

    /** Seconds. */
    private static final int TIMEOUT = 60;

    private final HookGroups hooks;

    public ClaudeConnection(Home home, Path launcher, FileStore files) {
        this(home, launcher, files, PATIENCE);
    }

    ClaudeConnection(Home home, Path launcher, FileStore files, Duration patience) {
        super(home, launcher, files, patience, "claude");
        hooks = new HookGroups(Stream.concat(GATES.stream(), REPORTS.stream()).toList(), this::group, quoted(shim()));
    }

    /**
     * Where the client keeps its settings.
     *
     * @param settings file that gets the hooks
     * @param state file that gets the MCP server
     * @param project project that the MCP server is for, or null for all
     */
    public record Target(
            Path settings, Path state, @Nullable Path project) {
        public static Target user(Path userHome, @Nullable String configDir) {
            Path folder = configDir == null ? userHome.resolve(".claude") : Path.of(configDir);
            Path state = configDir == null ? userHome.resolve(".claude.json") : folder.resolve(".claude.json");
            return new Target(folder.resolve("settings.json"), state, null);
        }

        public static Target project(Path userHome, @Nullable String configDir, Path project) {
            return new Target(project.resolve(".claude/settings.local.json"), user(userHome, configDir).state, project);
        }
    }

    @Override
    public String title() {
        return "Claude Code";
    }

    @Override
    public String measured() {
        return "2.1.197";
    }

    @Override
    Dialect dialect() {
        return new ClaudeDialect();
    }

    @Override
    public List<Change> plan(Scope scope) throws IOException, Refused {
        String folder = scope.folders().get(name());
        return plan(
                scope.project() == null
                        ? Target.user(scope.user(), folder)
                        : Target.project(scope.user(), folder, scope.project()));
    }

    @Override
    public Path settings(Path user, @Nullable String folder) {
        return Target.user(user, folder).settings;
    }

    /** What connecting would change; empty when the target is connected already. */
    public List<Change> plan(Target target) throws IOException, Refused {
        ObjectNode settings = JsonSettings.read(target.settings);
        hooks.put(settings, target.settings);
        ObjectNode state = JsonSettings.read(target.state);
        ObjectNode server = Json.object().put("type", "stdio").put("command", launcher.toString());
        server.putArray("args").add("mcp");
        server.putObject("env").put("MIRROR_HOME", home.root().toString());
        putServer(scope(state, target, target.state), server, target.state);
        return Stream.of(JsonSettings.change(target.settings, settings), JsonSettings.change(target.state, state))
                .filter(Change::changes)
                .toList();
    }

    private ObjectNode group(String event) {
        ObjectNode group = Json.object();
        ObjectNode hook = group.putArray("hooks")
                .addObject()
                .put("type", "command")
                .put("command", command(event, GATES.contains(event)))
                .put("timeout", event.equals("PreToolUse") ? (int) patience.toSeconds() : TIMEOUT);
        if (GATES.contains(event)) {
            hook.put("onFailure", "block");
        }
        return group;
    }

    @Override
    byte[] without(Path file, byte[] bytes) throws Refused {
        ObjectNode json = JsonSettings.parse(file, bytes);
        ObjectNode all = json.deepCopy();
        hooks.remove(json);
        removeServers(json);
        return json.equals(all) ? bytes : JsonSettings.render(json, bytes);
    }

    @Override
    boolean isBlank(Path file, byte[] bytes) throws Refused {
        return JsonSettings.parse(file, bytes).isEmpty();
    }

    @Override
    boolean holdsHooks(Path file) {
        return String.valueOf(file.getFileName()).startsWith("settings");
    }

    // ---- guard

    @Override
    public List<String> faults(String file) {
        List<String> faults = new ArrayList<>();
        try {
            List<Path> connected = connected();
            for (Path settings : connected) {
                if (holdsHooks(settings)) {
                    faults.addAll(missingHooks(settings));
                    faults.addAll(disabled(settings));
                }
            }
            if (!file.isEmpty() && !connected.contains(Path.of(file))) {
                faults.addAll(disabled(Path.of(file)));
            }
        } catch (IOException | Refused e) {
            faults.add(String.valueOf(e.getMessage()));
        }
        return faults;
    }

    private List<String> missingHooks(Path file) throws IOException, Refused {
        if (!Files.exists(file)) {
            return List.of(file + " is gone, and Mirror's hooks with it");
        }
        List<String> missing = hooks.lacking(JsonSettings.read(file));
        return missing.isEmpty()
                ? List.of()
                : List.of(file + " lacks Mirror's hooks for " + String.join(", ", missing) + "; " + reconnect());
    }

    private static List<String> disabled(Path file) throws IOException, Refused {
        return JsonSettings.read(file).path("disableAllHooks").asBoolean(false)
                ? List.of(file + " sets disableAllHooks")
                : List.of();
    }

    // ---- MCP servers

    private static ObjectNode scope(ObjectNode state, Target target, Path file) throws Refused {
        return target.project == null
                ? state
                : JsonSettings.object(JsonSettings.object(state, "projects", file), target.project.toString(), file);
    }

    @Override
    boolean isServer(JsonNode server) {
        return server.path("command").asString("").equals(launcher.toString()) || super.isServer(server);
    }

    private void removeServers(ObjectNode state) {
        removeServer(state);
        for (JsonNode project : state.path("projects")) {
            if (project instanceof ObjectNode object) {
                removeServer(object);
            }
        }
    }
}
