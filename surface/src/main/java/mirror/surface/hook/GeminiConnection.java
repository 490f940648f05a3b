package mirror.surface.hook;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
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

/** Gemini CLI: hooks and the MCP server in {@code settings.json}. */
public final class GeminiConnection extends Connection {
    /** Hooks whose failure must stop the client. */
    private static final List<String> GATES = List.of("BeforeAgent", "BeforeTool");

    private static final List<String> REPORTS =
            List.of("SessionStart", "AfterTool", "PreCompress", "AfterAgent", "SessionEnd");

    /** Milliseconds. */
    private static final int TIMEOUT = 60_000;

    private final HookGroups hooks;

    public GeminiConnection(Home home, Path launcher, FileStore files) {
        this(home, launcher, files, PATIENCE);
    }

    GeminiConnection(Home home, Path launcher, FileStore files, Duration patience) {
        super(home, launcher, files, patience, "gemini");
        hooks = new HookGroups(Stream.concat(GATES.stream(), REPORTS.stream()).toList(), this::group, quoted(shim()));
    }

    @Override
    public String title() {
        return "Gemini CLI";
    }

    @Override
    public String measured() {
        return "0.61.0";
    }

    @Override
    Dialect dialect() {
        return new GeminiDialect();
    }

    @Override
    public List<Change> plan(Scope scope) throws IOException, Refused {
        if (scope.project() != null) {
            throw new Refused("Gemini CLI is connected for all projects or for none: leave --project away");
        }
        Path file = settings(scope.user(), scope.folders().get(name()));
        ObjectNode settings = JsonSettings.read(file);
        hooks.put(settings, file);
        putServer(settings, server(), file);
        return Stream.of(JsonSettings.change(file, settings))
                .filter(Change::changes)
                .toList();
    }

    @Override
    public Path settings(Path user, @Nullable String folder) {
        return (folder == null ? user : Path.of(folder)).resolve(".gemini/settings.json");
    }

    private ObjectNode server() {
        ObjectNode server = Json.object().put("command", launcher.toString());
        server.putArray("args").add("mcp");
        server.putObject("env").put("MIRROR_HOME", home.root().toString());
        // The gate asks before each of its tools; headless the client would offer none.
        return server.put("trust", true);
    }

    private ObjectNode group(String event) {
        ObjectNode group = Json.object();
        group.putArray("hooks")
                .addObject()
                .put("name", "mirror")
                .put("type", "command")
                .put("command", command(event, GATES.contains(event)))
                .put("timeout", event.equals("BeforeTool") ? (int) patience.toMillis() : TIMEOUT);
        return group;
    }

    @Override
    byte[] without(Path file, byte[] bytes) throws Refused {
        ObjectNode json = JsonSettings.parse(file, bytes);
        ObjectNode all = json.deepCopy();
        hooks.remove(json);
        removeServer(json);
        return json.equals(all) ? bytes : JsonSettings.render(json, bytes);
    }

    @Override
    boolean isBlank(Path file, byte[] bytes) throws Refused {
        return JsonSettings.parse(file, bytes).isEmpty();
    }

    @Override
    boolean holdsHooks(Path file) {
        return true;
    }

    @Override
    boolean mayReplaceServer(Path folder) throws IOException {
        byte[] bytes = bytes(folder.resolve(".gemini/settings.json"));
        return bytes != null && new String(bytes, StandardCharsets.UTF_8).contains("mirror");
    }

    /** The id under which Mirror knows a call, which the client's hooks do not name. */
    public static String callId(String tool, JsonNode input) {
        return GeminiDialect.id(tool, input);
    }

    @Override
    public List<String> faults(String file) {
        List<String> faults = new ArrayList<>();
        try {
            List<Path> connected = connected();
            for (Path settings : connected) {
                ObjectNode json = JsonSettings.read(settings);
                List<String> missing = hooks.lacking(json);
                if (!missing.isEmpty()) {
                    faults.add(
                            settings + " lacks Mirror's hooks for " + String.join(", ", missing) + "; " + reconnect());
                }
                if (!json.path("mcpServers").path("mirror").equals(server())) {
                    faults.add(settings + " lacks Mirror's server; " + reconnect());
                }
                faults.addAll(switchedOff(settings, json));
            }
            if (!file.isEmpty() && !connected.contains(Path.of(file))) {
                faults.addAll(switchedOff(Path.of(file), JsonSettings.read(Path.of(file))));
            }
        } catch (IOException | Refused e) {
            faults.add(String.valueOf(e.getMessage()));
        }
        return faults;
    }

    /** The client adds up the settings of the machine, the person and the folder: each of them can take the hooks out. */
    private List<String> switchedOff(Path settings, ObjectNode json) {
        List<String> faults = new ArrayList<>();
        JsonNode config = json.path("hooksConfig");
        if (!config.path("enabled").asBoolean(true)) {
            faults.add(settings + " sets hooksConfig.enabled to false");
        }
        if (config.path("disabled").valueStream().anyMatch(this::isDisabled)) {
            faults.add(settings + " lists Mirror's hook in hooksConfig.disabled");
        }
        return faults;
    }

    private boolean isDisabled(JsonNode entry) {
        String text = entry.asString("");
        return text.equals("mirror") || text.startsWith(quoted(shim()));
    }
}
