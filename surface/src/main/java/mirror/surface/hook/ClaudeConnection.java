package mirror.surface.hook;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import mirror.bus.AtomicFiles;
import mirror.bus.FileStore;
import mirror.bus.FileWrite;
import mirror.bus.Home;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.Separators;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Puts Mirror's hooks and MCP server into Claude Code's own settings, and takes them out again.
 *
 * <p>What stands in the files is the owner's: a file that is not a JSON object is refused and left alone; the original bytes are kept
 * in {@code backups/} before anything is written. Taking out gives back exactly those bytes when the file is still the one that was
 * written, and otherwise removes Mirror's entries and nothing else, because what was added meanwhile is the owner's too.
 */
public final class ClaudeConnection implements SettingsGuard {
    /** Hooks whose failure must stop the client. */
    private static final List<String> GATES = List.of("UserPromptSubmit", "PreToolUse", "PreCompact", "ConfigChange");

    private static final List<String> REPORTS = List.of(
            "SessionStart", "PostToolUse", "PostToolUseFailure", "Stop", "StopFailure", "SubagentStop", "SessionEnd");

    /** Seconds. The client lets an action through when a hook is late, so this is beyond all of the shim's own deadlines. */
    private static final int PERMISSION_TIMEOUT = 1_300;

    private static final int TIMEOUT = 60;

    private static final JsonMapper EXACT = Json.MAPPER
            .rebuild()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private final Home home;
    private final Path launcher;
    private final FileStore files;

    public ClaudeConnection(Home home, Path launcher, FileStore files) {
        this.home = home;
        this.launcher = launcher;
        this.files = files;
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

    /** One file as it is and as it would be; null where there is none. */
    public record Change(Path file, byte @Nullable [] before, byte @Nullable [] after) {
        boolean changes() {
            return !Arrays.equals(before, after);
        }

        /** Unified diff for a person. */
        public String diff() {
            List<String> old = lines(before);
            var patch = DiffUtils.diff(old, lines(after));
            return String.join(
                            "\n",
                            UnifiedDiffUtils.generateUnifiedDiff(
                                    before == null ? "/dev/null" : file.toString(),
                                    after == null ? "/dev/null" : file.toString(),
                                    old,
                                    patch,
                                    3))
                    + "\n";
        }

        private static List<String> lines(byte @Nullable [] bytes) {
            return bytes == null
                    ? List.of()
                    : new String(bytes, StandardCharsets.UTF_8).lines().toList();
        }
    }

    /** The settings cannot be changed; the message says which file, why, and what to do. */
    public static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        Refused(String message) {
            super(message);
        }
    }

    /** The hook client's path. */
    public Path shim() {
        return home.root().resolve("hooks").resolve("claude");
    }

    // ---- connect

    /** What connecting would change; empty when the target is connected already. */
    public List<Change> plan(Target target) throws IOException, Refused {
        ObjectNode settings = read(target.settings);
        if (!lackingHooks(settings).isEmpty()) {
            removeHooks(settings);
            addHooks(settings, target.settings);
        }
        ObjectNode state = read(target.state);
        ObjectNode servers = object(scope(state, target, target.state), "mcpServers", target.state);
        if (servers.has("mirror") && !isOurs(servers.get("mirror"))) {
            throw new Refused(target.state + " has another MCP server named 'mirror'; rename or remove it first");
        }
        ObjectNode server = servers.putObject("mirror").put("type", "stdio").put("command", launcher.toString());
        server.putArray("args").add("mcp");
        server.putObject("env").put("MIRROR_HOME", home.root().toString());
        return Stream.of(change(target.settings, settings), change(target.state, state))
                .filter(Change::changes)
                .toList();
    }

    /** Makes the planned changes: all of them, or none. */
    public void apply(List<Change> changes) throws IOException, Refused {
        writeShim();
        List<Change> done = new ArrayList<>();
        List<Change> recorded = new ArrayList<>();
        try {
            for (Change change : changes) {
                Path record = record(change.file);
                recorded.add(new Change(record, bytes(record), null));
                remember(change);
                put(change.file, change.after, FileWrite.Care.KEPT);
                done.add(change);
            }
        } catch (IOException | Refused e) {
            for (Change change : done.reversed()) {
                put(change.file, change.before, FileWrite.Care.KEPT);
            }
            for (Change record : recorded.reversed()) {
                put(record.file, record.before, FileWrite.Care.BARE);
            }
            if (records().isEmpty()) {
                removeShim();
            }
            throw e;
        }
    }

    private void addHooks(ObjectNode settings, Path file) throws Refused {
        ObjectNode hooks = object(settings, "hooks", file);
        for (String event : Stream.concat(GATES.stream(), REPORTS.stream()).toList()) {
            ArrayNode list;
            if (hooks.get(event) instanceof ArrayNode array) {
                list = array;
            } else if (hooks.has(event)) {
                throw new Refused(file + ": hooks." + event + " is not a list; correct it first");
            } else {
                list = hooks.putArray(event);
            }
            list.add(group(event));
        }
    }

    /** The entry of one event: no matcher, so that it is asked about every tool. */
    private ObjectNode group(String event) {
        ObjectNode group = Json.object();
        ObjectNode hook = group.putArray("hooks")
                .addObject()
                .put("type", "command")
                .put("command", command(event))
                .put("timeout", event.equals("PreToolUse") ? PERMISSION_TIMEOUT : TIMEOUT);
        if (GATES.contains(event)) {
            hook.put("onFailure", "block");
        }
        return group;
    }

    private String command(String event) {
        return "'" + shim().toString().replace("'", "'\\''") + "' " + event;
    }

    private void writeShim() throws IOException {
        try (var in = ClaudeConnection.class.getResourceAsStream("claude-hook.sh")) {
            String script = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
                    .replace("@SOCKET@", home.socket().toString().replace("'", "'\\''"));
            files.write(FileWrite.derived(shim(), script)
                    .by("owner")
                    .within(home.root())
                    .mode(PosixFilePermissions.fromString("rwx------")));
        }
    }

    /** Whether the shim is the one that was written. */
    public boolean shimIntact() throws IOException {
        return AtomicFiles.matchesDigest(shim());
    }

    // ---- disconnect

    /** What disconnecting would change; empty when nothing is connected. */
    public List<Change> planRemoval() throws IOException, Refused {
        List<Change> changes = new ArrayList<>();
        for (JsonNode record : records()) {
            Path file = Path.of(record.path("file").asString());
            byte[] now = bytes(file);
            byte[] original = record.hasNonNull("original")
                    ? Base64.getDecoder().decode(record.path("original").asString())
                    : null;
            if (now != null
                    && !AtomicFiles.digest(now).equals(record.path("written").asString())) {
                ObjectNode json = read(file);
                ObjectNode before = json.deepCopy();
                removeHooks(json);
                removeServers(json);
                if (json.isEmpty() && original == null) {
                    changes.add(new Change(file, now, null));
                } else if (!json.equals(before)) {
                    changes.add(new Change(file, now, render(json, now)));
                }
            } else if (now != null) {
                changes.add(new Change(file, now, original));
            }
        }
        return changes;
    }

    public void applyRemoval(List<Change> changes) throws IOException {
        for (Change change : changes) {
            put(change.file, change.after, FileWrite.Care.KEPT);
        }
        for (JsonNode record : records()) {
            put(record(Path.of(record.path("file").asString())), null, FileWrite.Care.BARE);
        }
        removeShim();
    }

    private void removeShim() throws IOException {
        put(shim(), null, FileWrite.Care.DERIVED);
    }

    private void put(Path file, byte @Nullable [] bytes, FileWrite.Care care) throws IOException {
        files.write(new FileWrite(file, bytes, care, "owner", null, null, null, null));
    }

    /** The files that are connected now. */
    public List<Path> connected() throws IOException {
        return records().stream()
                .map(record -> Path.of(record.path("file").asString()))
                .toList();
    }

    /** The settings files that have the hooks, for a person. */
    public String settings() throws IOException {
        return connected().stream()
                .filter(ClaudeConnection::holdsHooks)
                .map(Path::toString)
                .collect(Collectors.joining(", "));
    }

    private static boolean holdsHooks(Path file) {
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
        List<String> missing = lackingHooks(read(file));
        return missing.isEmpty()
                ? List.of()
                : List.of(file + " lacks Mirror's hooks for " + String.join(", ", missing)
                        + "; 'mirror connect claude' puts them back");
    }

    /** Events whose entry is not exactly the one that was written: a matcher, another time-out or {@code async} disarms it. */
    private List<String> lackingHooks(ObjectNode settings) {
        JsonNode hooks = settings.path("hooks");
        return Stream.concat(GATES.stream(), REPORTS.stream())
                .filter(event -> hooks.path(event).valueStream().noneMatch(group -> group.equals(group(event))))
                .toList();
    }

    private static List<String> disabled(Path file) throws IOException, Refused {
        return read(file).path("disableAllHooks").asBoolean(false)
                ? List.of(file + " sets disableAllHooks")
                : List.of();
    }

    // ---- files

    private Path record(Path file) {
        return home.backups()
                .resolve(AtomicFiles.digest(file.toString().getBytes(StandardCharsets.UTF_8))
                                .substring(0, 16) + ".json");
    }

    private List<JsonNode> records() throws IOException {
        if (!Files.isDirectory(home.backups())) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(home.backups())) {
            List<JsonNode> records = new ArrayList<>();
            for (Path file :
                    files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
                records.add(Json.MAPPER.readTree(Files.readAllBytes(file)));
            }
            return records;
        }
    }

    /**
     * The first original stays the original while the file is as Mirror wrote it. Once the owner has changed it, the original is what
     * the owner has now, less Mirror's entries.
     */
    private void remember(Change change) throws IOException, Refused {
        Path record = record(change.file);
        ObjectNode json;
        if (Files.exists(record)
                && Json.MAPPER.readTree(Files.readAllBytes(record)) instanceof ObjectNode known
                && change.before != null
                && AtomicFiles.digest(change.before)
                        .equals(known.path("written").asString(""))) {
            json = known;
        } else {
            json = Json.object().put("file", change.file.toString());
            byte[] original = withoutOurs(change);
            if (original != null) {
                json.put("original", Base64.getEncoder().encodeToString(original));
            }
        }
        json.put("written", AtomicFiles.digest(Objects.requireNonNull(change.after)));
        files.write(FileWrite.bare(record, Json.MAPPER.writeValueAsString(json)));
    }

    /** What the owner had: the very bytes where nothing in them is Mirror's. */
    private byte @Nullable [] withoutOurs(Change change) throws IOException, Refused {
        if (change.before == null) {
            return null;
        }
        ObjectNode json = parse(change.file, change.before);
        ObjectNode all = json.deepCopy();
        removeHooks(json);
        removeServers(json);
        return json.equals(all) ? change.before : render(json, change.before);
    }

    private static byte @Nullable [] bytes(Path file) throws IOException {
        return Files.exists(file) ? Files.readAllBytes(file) : null;
    }

    private static ObjectNode read(Path file) throws IOException, Refused {
        byte[] bytes = bytes(file);
        if (bytes == null && Files.isSymbolicLink(file)) {
            throw new Refused(file + " is a link to " + Files.readSymbolicLink(file)
                    + ", which does not exist; correct it first, nothing was changed");
        }
        return bytes == null ? Json.object() : parse(file, bytes);
    }

    private static ObjectNode parse(Path file, byte[] bytes) throws Refused {
        if (bytes.length == 0) {
            return Json.object();
        }
        try {
            if (EXACT.readTree(bytes) instanceof ObjectNode object) {
                return object;
            }
        } catch (JacksonException e) {
            throw new Refused(file + " is not valid JSON (line "
                    + (e.getLocation() == null
                            ? "?"
                            : String.valueOf(e.getLocation().getLineNr()))
                    + "); correct it first, nothing was changed");
        }
        throw new Refused(file + " is not a JSON object; correct it first, nothing was changed");
    }

    private static Change change(Path file, ObjectNode json) throws IOException, Refused {
        byte[] before = bytes(file);
        boolean same = before != null && before.length > 0 && json.equals(read(file));
        return new Change(file, before, same ? before : render(json, before));
    }

    /** Two spaces, one entry a line, as the client writes it; a final line feed where there was one. */
    private static byte[] render(ObjectNode json, byte @Nullable [] before) {
        DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
        var printer = new DefaultPrettyPrinter(
                        Separators.createDefaultInstance().withObjectNameValueSpacing(Separators.Spacing.AFTER))
                .withObjectIndenter(indenter)
                .withArrayIndenter(indenter);
        String text = EXACT.writer().with(printer).writeValueAsString(json);
        boolean newline = before == null || before.length == 0 || before[before.length - 1] == '\n';
        return (newline ? text + "\n" : text).getBytes(StandardCharsets.UTF_8);
    }

    private static ObjectNode object(ObjectNode parent, String key, Path file) throws Refused {
        if (!parent.has(key)) {
            return parent.putObject(key);
        }
        if (parent.get(key) instanceof ObjectNode object) {
            return object;
        }
        throw new Refused(file + ": '" + key + "' is not an object; correct it first");
    }

    private static ObjectNode scope(ObjectNode state, Target target, Path file) throws Refused {
        return target.project == null
                ? state
                : object(object(state, "projects", file), target.project.toString(), file);
    }

    private boolean isOurs(JsonNode server) {
        return server.path("command").asString("").equals(launcher.toString())
                || server.path("env")
                        .path("MIRROR_HOME")
                        .asString("")
                        .equals(home.root().toString());
    }

    private void removeHooks(ObjectNode settings) {
        if (!(settings.get("hooks") instanceof ObjectNode hooks)) {
            return;
        }
        boolean removed = false;
        for (Map.Entry<String, JsonNode> event : List.copyOf(hooks.properties())) {
            if (event.getValue() instanceof ArrayNode groups && removeOurs(groups)) {
                removed = true;
                if (groups.isEmpty()) {
                    hooks.remove(event.getKey());
                }
            }
        }
        if (removed && hooks.isEmpty()) {
            settings.remove("hooks");
        }
    }

    /** Whether anything was removed. */
    private boolean removeOurs(ArrayNode groups) {
        boolean any = false;
        for (int i = groups.size() - 1; i >= 0; i--) {
            boolean removed = false;
            if (groups.get(i).path("hooks") instanceof ArrayNode hooks) {
                for (int j = hooks.size() - 1; j >= 0; j--) {
                    if (hooks.get(j)
                            .path("command")
                            .asString("")
                            .startsWith(command("").strip())) {
                        hooks.remove(j);
                        removed = true;
                    }
                }
                if (removed && hooks.isEmpty()) {
                    groups.remove(i);
                }
            }
            any |= removed;
        }
        return any;
    }

    private void removeServers(ObjectNode state) {
        removeServer(state);
        for (JsonNode project : state.path("projects")) {
            if (project instanceof ObjectNode object) {
                removeServer(object);
            }
        }
    }

    private void removeServer(ObjectNode scope) {
        if (scope.get("mcpServers") instanceof ObjectNode servers
                && servers.has("mirror")
                && isOurs(servers.get("mirror"))) {
            servers.remove("mirror");
            if (servers.isEmpty()) {
                scope.remove("mcpServers");
            }
        }
    }
}
