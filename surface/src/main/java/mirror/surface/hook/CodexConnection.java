package mirror.surface.hook;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import mirror.bus.AtomicFiles;
import mirror.bus.FileStore;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.surface.Core;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Codex: hooks in {@code hooks.json}; in {@code config.toml} the MCP server, the owner's trust in exactly these hooks, and no terminals
 * for commands, because what is typed into a running one asks no hook.
 *
 * <p>The client runs a hook only when {@code config.toml} holds the digest of its definition, under the place where it stands in
 * {@code hooks.json}. A hook that moved or changed is skipped without a word, which {@link #faults} finds.
 */
public final class CodexConnection extends Connection {
    /** Hooks whose failure must stop the client. */
    private static final List<String> GATES = List.of("UserPromptSubmit", "PreToolUse", "PreCompact");

    private static final List<String> REPORTS =
            List.of("SessionStart", "PostToolUse", "Stop", "SubagentStop", "SessionEnd");

    /** Seconds. */
    private static final int TIMEOUT = 60;

    /** The client cuts longer ones down to this, and then the digest is another. */
    private static final int END_TIMEOUT = 3;

    private static final String SERVER = "mcp_servers.mirror";
    private static final String NO_TERMINALS = "unified_exec_tty = false";

    private final HookGroups hooks;

    public CodexConnection(Home home, Path launcher, FileStore files) {
        this(home, launcher, files, PATIENCE);
    }

    CodexConnection(Home home, Path launcher, FileStore files, Duration patience) {
        super(home, launcher, files, patience, "codex");
        hooks = new HookGroups(Stream.concat(GATES.stream(), REPORTS.stream()).toList(), this::group, quoted(shim()));
    }

    @Override
    public String title() {
        return "Codex";
    }

    @Override
    public String measured() {
        return "0.169.0";
    }

    @Override
    Dialect dialect() {
        return new CodexDialect();
    }

    @Override
    public List<String> caveats() {
        return List.of(
                "Codex's own web search runs at the vendor and asks no hook; docs/clients/codex.md says what else does not");
    }

    @Override
    public List<Change> plan(Scope scope) throws IOException, Refused {
        if (scope.project() != null) {
            throw new Refused("Codex is connected for all projects or for none: leave --project away");
        }
        Path codex = folder(scope);
        Path hooksFile = codex.resolve("hooks.json");
        Path configFile = codex.resolve("config.toml");
        ObjectNode settings = JsonSettings.read(hooksFile);
        hooks.put(settings, hooksFile);
        byte[] before = existing(configFile);
        byte[] after = with(configFile, before == null ? new byte[0] : before, tables(hooksFile, settings));
        return Stream.of(JsonSettings.change(hooksFile, settings), new Change(configFile, before, after))
                .filter(Change::changes)
                .toList();
    }

    private byte[] with(Path file, byte[] before, Map<String, List<String>> tables) throws Refused {
        TomlTables toml = TomlTables.parse(file, before);
        if (toml.holds(tables, NO_TERMINALS)) {
            return before;
        }
        TomlTables own = toml.without();
        for (String name : List.of("hooks.state", "mcp_servers", SERVER, "features")) {
            String fault = own.conflict(name, name.equals(SERVER));
            if (fault != null) {
                throw new Refused(file + " " + fault + "; correct it first, nothing was changed");
            }
        }
        return own.with(
                        "written by 'mirror connect codex'; 'mirror disconnect codex' takes it out",
                        tables,
                        "features",
                        NO_TERMINALS)
                .bytes();
    }

    /** Which of Mirror's hooks the installed client would run, by its own word. */
    @Override
    public List<String> ask(Scope scope) {
        List<String> notes = new ArrayList<>();
        Path codex = folder(scope);
        ObjectNode hello = Json.object().put("id", 1).put("method", "initialize");
        hello.putObject("params").putObject("clientInfo").put("name", "mirror").put("version", Core.VERSION);
        ObjectNode list = Json.object().put("id", 2).put("method", "hooks/list");
        list.putObject("params").putArray("cwds").add(codex.toString());
        String input = hello + "\n" + Json.object().put("method", "initialized") + "\n" + list + "\n";
        InstalledClient.line(
                        List.of(name(), "app-server"),
                        Map.of("CODEX_HOME", codex.toString()),
                        input,
                        line -> line.startsWith("{\"id\":2,"))
                .ifPresent(line -> untrusted(line, notes));
        return notes;
    }

    /**
     * Of which events the client would not run Mirror's hook, by its own word.
     *
     * @param answer what it says to {@code hooks/list} for one folder
     */
    public Set<String> unheeded(JsonNode answer) {
        Set<String> missing = new LinkedHashSet<>(hooks.events());
        for (JsonNode hook : answer.at("/result/data/0/hooks")) {
            if (hook.path("trustStatus").asString("").equals("trusted")
                    && hook.path("enabled").asBoolean(false)) {
                missing.removeIf(
                        event -> hook.path("command").asString("").equals(command(event, GATES.contains(event))));
            }
        }
        return missing;
    }

    private void untrusted(String answer, List<String> notes) {
        Set<String> missing;
        try {
            missing = unheeded(Json.MAPPER.readTree(answer));
        } catch (JacksonException e) {
            return; // An answer that is none says nothing.
        }
        if (!missing.isEmpty()) {
            notes.add("the installed Codex would NOT run Mirror's hooks for " + String.join(", ", missing)
                    + ": open it, type /hooks and trust them, or disconnect");
        }
    }

    private static Path folder(Scope scope) {
        return folder(scope.user(), scope.folders().get("codex"));
    }

    private static Path folder(Path user, @Nullable String folder) {
        return folder == null ? user.resolve(".codex") : Path.of(folder);
    }

    @Override
    public Path settings(Path user, @Nullable String folder) {
        return folder(user, folder).resolve("hooks.json");
    }

    /** Mirror's own tables in {@code config.toml}, by their names. */
    private Map<String, List<String>> tables(Path hooksFile, ObjectNode settings) {
        Map<String, List<String>> tables = new LinkedHashMap<>();
        tables.put(
                SERVER,
                List.of(
                        "command = " + TomlTables.string(launcher.toString()),
                        "args = [\"mcp\"]",
                        "env = { MIRROR_HOME = " + TomlTables.string(home.root().toString()) + " }",
                        // The gate asks before each of its tools; headless the client would refuse them all.
                        "default_tools_approval_mode = \"approve\""));
        for (String event : hooks.events()) {
            String key = hooksFile + ":" + label(event) + ":" + hooks.position(settings, event) + ":0";
            tables.put(
                    "hooks.state." + TomlTables.string(key),
                    List.of("trusted_hash = " + TomlTables.string(trust(event, group(event)))));
        }
        return tables;
    }

    private ObjectNode group(String event) {
        ObjectNode group = Json.object();
        group.putArray("hooks")
                .addObject()
                .put("type", "command")
                .put("command", command(event, GATES.contains(event)))
                .put("timeout", timeout(event));
        return group;
    }

    private int timeout(String event) {
        return switch (event) {
            case "PreToolUse" -> (int) patience.toSeconds();
            case "SessionEnd" -> END_TIMEOUT;
            default -> TIMEOUT;
        };
    }

    /** The event as the client spells it where it keeps trust. */
    private static String label(String event) {
        return event.replaceAll("(?<=.)([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    }

    /** The digest by which the client knows a hook again: of its canonical JSON, with all defaults written out. */
    static String trust(String event, ObjectNode group) {
        var hook = group.path("hooks").path(0);
        ObjectNode canonical = Json.object().put("event_name", label(event));
        canonical
                .putArray("hooks")
                .addObject()
                .put("async", false)
                .put("command", hook.path("command").asString())
                .put("timeout", hook.path("timeout").asInt())
                .put("type", "command");
        return "sha256:"
                + AtomicFiles.digest(Json.MAPPER.writeValueAsString(canonical).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    byte[] without(Path file, byte[] bytes) throws Refused {
        if (holdsHooks(file)) {
            ObjectNode json = JsonSettings.parse(file, bytes);
            ObjectNode all = json.deepCopy();
            hooks.remove(json);
            return json.equals(all) ? bytes : JsonSettings.render(json, bytes);
        }
        return TomlTables.parse(file, bytes).without().bytes();
    }

    @Override
    boolean isBlank(Path file, byte[] bytes) throws Refused {
        return holdsHooks(file)
                ? JsonSettings.parse(file, bytes).isEmpty()
                : new String(bytes, StandardCharsets.UTF_8).isBlank();
    }

    @Override
    boolean holdsHooks(Path file) {
        return String.valueOf(file.getFileName()).equals("hooks.json");
    }

    @Override
    boolean mayReplaceServer(Path folder) throws IOException {
        byte[] bytes = bytes(folder.resolve(".codex/config.toml"));
        return bytes != null && new String(bytes, StandardCharsets.UTF_8).contains("mirror");
    }

    @Override
    public List<String> faults(String file) {
        List<String> faults = new ArrayList<>();
        try {
            for (Path hooksFile : connected()) {
                if (holdsHooks(hooksFile)) {
                    faults.addAll(faults(hooksFile));
                }
            }
        } catch (IOException | Refused e) {
            faults.add(String.valueOf(e.getMessage()));
        }
        return faults;
    }

    private List<String> faults(Path hooksFile) throws IOException, Refused {
        ObjectNode settings = JsonSettings.read(hooksFile);
        List<String> missing = hooks.lacking(settings);
        if (!missing.isEmpty()) {
            return List.of(hooksFile + " lacks Mirror's hooks for " + String.join(", ", missing) + "; " + reconnect());
        }
        Path configFile = hooksFile.resolveSibling("config.toml");
        byte[] config = existing(configFile);
        TomlTables toml = TomlTables.parse(configFile, config == null ? new byte[0] : config);
        List<String> faults = new ArrayList<>();
        if (!toml.holds(tables(hooksFile, settings), NO_TERMINALS)) {
            faults.add(configFile + " lacks Mirror's server, its trust in the hooks, or '" + NO_TERMINALS + "'; "
                    + reconnect());
        }
        for (String off : List.of("hooks = false", "codex_hooks = false")) {
            if (toml.says("features", off)) {
                faults.add(configFile + " says " + off + ", which switches Mirror's hooks off");
            }
        }
        return faults;
    }
}
