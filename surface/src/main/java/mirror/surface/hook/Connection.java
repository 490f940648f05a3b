package mirror.surface.hook;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
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
import mirror.trust.Verdict;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Puts Mirror's hooks and MCP server into one client's own settings, and takes them out again.
 *
 * <p>What stands in the files is the owner's: a file that cannot be understood is refused and left alone; the original bytes are kept in
 * {@code backups/} before anything is written. Taking out gives back exactly those bytes when the file is still the one that was
 * written, and otherwise removes Mirror's entries and nothing else, because what was added meanwhile is the owner's too.
 */
public abstract class Connection implements SettingsGuard {
    /** How long a client waits for the gate. It lets an action through when a hook is late, so this is beyond all of the shim's deadlines. */
    static final Duration PATIENCE = Duration.ofSeconds(1_300);

    final Home home;
    final Path launcher;
    final Duration patience;
    private final FileStore files;
    private final String name;

    /**
     * @param patience how long the client is to wait for the gate
     * @param name what a person types, and the name of the hook client's file
     */
    Connection(Home home, Path launcher, FileStore files, Duration patience, String name) {
        this.home = home;
        this.launcher = launcher;
        this.files = files;
        this.patience = patience;
        this.name = name;
    }

    /**
     * Whose settings are meant.
     *
     * @param user the person's home folder
     * @param folders values of the variables by which clients find their settings elsewhere, by the client's name
     * @param project the project that the connection is for, or null for all
     */
    public record Scope(
            Path user,
            Map<String, String> folders,
            @Nullable Path project) {}

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

    /** What a person types. */
    public final String name() {
        return name;
    }

    /** The client's own name, for a person. */
    public abstract String title();

    /** What this client does not make possible, one sentence each; printed when it is connected. */
    public List<String> caveats() {
        return List.of();
    }

    /** The version of the client that Mirror was measured against. */
    public abstract String measured();

    /**
     * Asks the client that is on the path which of the hooks that were written it would run. Starts the client, and may take seconds.
     *
     * @return what the owner should know, one sentence each; empty when all is well, and when no client is on the path or it cannot tell
     */
    public List<String> ask(Scope scope) {
        return List.of();
    }

    abstract Dialect dialect();

    /** The name that the client's events carry. */
    public final String actor() {
        return dialect().client();
    }

    /** What the hook client prints at a verdict, in the client's words. Mirror never prints an ASK; a probe does. */
    public final HookReply reply(Verdict verdict, String reason) {
        return switch (verdict) {
            case ALLOW -> dialect().allow(reason);
            case ASK -> dialect().ask(reason);
            case BLOCK -> dialect().deny(reason);
        };
    }

    /** A call of the client's shell as its hook would report it, less session and folder; for drills. */
    public final ObjectNode shellCall(String command) {
        return dialect().shellCall(command);
    }

    /** The hook client's path. */
    public final Path shim() {
        return home.root().resolve("hooks").resolve(name);
    }

    // ---- connect

    /** What connecting would change; empty when the scope is connected already. */
    public abstract List<Change> plan(Scope scope) throws IOException, Refused;

    /** The bytes less Mirror's entries; the same array where there are none. */
    abstract byte[] without(Path file, byte[] bytes) throws Refused;

    /** Whether nothing stands in the bytes that a person could have written. */
    abstract boolean isBlank(Path file, byte[] bytes) throws Refused;

    /** The program that the client's hooks run, and who may change it: the owner alone. */
    Shim script() throws IOException {
        return Shim.shell(name, home);
    }

    /**
     * The settings file of a person's that gets the hooks.
     *
     * @param user the person's home folder
     * @param folder where the client's settings are instead, or null
     */
    public abstract Path settings(Path user, @Nullable String folder);

    /** Makes the planned changes: all of them, or none. */
    public final void apply(List<Change> changes) throws IOException, Refused {
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

    private void writeShim() throws IOException {
        Shim script = script();
        files.write(FileWrite.derived(shim(), script.text())
                .by("owner")
                .within(home.root())
                .mode(PosixFilePermissions.fromString(script.mode())));
    }

    /** Whether the shim is the one that was written. */
    public final boolean shimIntact() throws IOException {
        return AtomicFiles.matchesDigest(shim());
    }

    /**
     * Puts Mirror's server into a client's {@code mcpServers}.
     *
     * @param holder what has that object, or gets it
     * @throws Refused when another server has its name
     */
    final void putServer(ObjectNode holder, ObjectNode server, Path file) throws Refused {
        ObjectNode servers = JsonSettings.object(holder, "mcpServers", file);
        if (servers.has("mirror") && !isServer(servers.get("mirror"))) {
            throw new Refused(file + " has another MCP server named 'mirror'; rename or remove it first");
        }
        servers.set("mirror", server);
    }

    /** Takes it out again, and only it. */
    final void removeServer(ObjectNode holder) {
        if (holder.get("mcpServers") instanceof ObjectNode servers && isServer(servers.path("mirror"))) {
            servers.remove("mirror");
            if (servers.isEmpty()) {
                holder.remove("mcpServers");
            }
        }
    }

    /** Whether an MCP server is this Mirror's. */
    boolean isServer(JsonNode server) {
        return server.path("env")
                .path("MIRROR_HOME")
                .asString("")
                .equals(home.root().toString());
    }

    // ---- disconnect

    /** What disconnecting would change; empty when nothing is connected. */
    public final List<Change> planRemoval() throws IOException, Refused {
        List<Change> changes = new ArrayList<>();
        for (JsonNode record : records()) {
            Path file = Path.of(record.path("file").asString());
            byte[] now = bytes(file);
            byte[] original = record.hasNonNull("original")
                    ? Base64.getDecoder().decode(record.path("original").asString())
                    : null;
            if (now != null
                    && !AtomicFiles.digest(now).equals(record.path("written").asString())) {
                byte[] rest = without(file, now);
                if (isBlank(file, rest) && original == null) {
                    changes.add(new Change(file, now, null));
                } else if (!Arrays.equals(rest, now)) {
                    changes.add(new Change(file, now, rest));
                }
            } else if (now != null) {
                changes.add(new Change(file, now, original));
            }
        }
        return changes;
    }

    public final void applyRemoval(List<Change> changes) throws IOException {
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
    public final List<Path> connected() throws IOException {
        return records().stream()
                .map(record -> Path.of(record.path("file").asString()))
                .toList();
    }

    /** The settings files that have the hooks, for a person. */
    public final String settings() throws IOException {
        return connected().stream().filter(this::holdsHooks).map(Path::toString).collect(Collectors.joining(", "));
    }

    /** Whether a connected file is one that has the hooks. */
    abstract boolean holdsHooks(Path file);

    /** Whether a folder's own settings may put another server in the place of Mirror's. */
    boolean mayReplaceServer(Path folder) throws IOException {
        return false;
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
                JsonNode record = Json.MAPPER.readTree(Files.readAllBytes(file));
                // The first client's records did not say whose they are.
                if (record.path("client").asString("claude").equals(name)) {
                    records.add(record);
                }
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
            json = Json.object().put("file", change.file.toString()).put("client", name);
            if (change.before != null) {
                json.put("original", Base64.getEncoder().encodeToString(without(change.file, change.before)));
            }
        }
        json.put("written", AtomicFiles.digest(Objects.requireNonNull(change.after)));
        files.write(FileWrite.bare(record, Json.MAPPER.writeValueAsString(json)));
    }

    static byte @Nullable [] bytes(Path file) throws IOException {
        return Files.exists(file) ? Files.readAllBytes(file) : null;
    }

    /** The bytes of a settings file, or null where there is none; a link that leads nowhere is the owner's to correct. */
    static byte @Nullable [] existing(Path file) throws IOException, Refused {
        byte[] bytes = bytes(file);
        if (bytes == null && Files.isSymbolicLink(file)) {
            throw new Refused(file + " is a link to " + Files.readSymbolicLink(file)
                    + ", which does not exist; correct it first, nothing was changed");
        }
        return bytes;
    }

    /** A word for the shell. */
    static String quoted(Path path) {
        return "'" + path.toString().replace("'", "'\\''") + "'";
    }

    /**
     * The command of an event's hook.
     *
     * @param gate whether the client lets an action through when the hook cannot even be started: then the shell itself says no
     */
    final String command(String event, boolean gate) {
        return quoted(shim()) + " " + event
                + (gate ? " || sh -c 'echo \"Mirror: nothing runs without its gate\" >&2; exit 2'" : "");
    }

    String reconnect() {
        return "'mirror connect " + name + "' puts them back";
    }
}
