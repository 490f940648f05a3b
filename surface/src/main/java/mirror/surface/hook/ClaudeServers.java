package mirror.surface.hook;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;
import mirror.bus.Draft;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.NoteSigner;
import mirror.bus.Projector;
import mirror.trust.Action;
import mirror.trust.Check;
import mirror.trust.KnownTools;
import mirror.trust.Policy;
import mirror.trust.TrustException;
import mirror.trust.Verdict;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Where the tools of MCP servers come from, as far as the client's own files say: {@code mcpServers} of {@code ~/.claude.json}, of its
 * entry for the project, and of every {@code .mcp.json} from the project up. A server that is defined otherwise than when it was first
 * used, or a second time by another file, is asked about until the owner confirms it with {@code mirror trust tool}. A server that
 * takes Mirror's name and is not Mirror is blocked.
 *
 * <p>What cannot be seen from the files: the descriptions of the tools ({@link ToolWatch} sees those of relayed servers), the program
 * behind an unchanged command, and servers of plugins and {@code --mcp-config}.
 *
 * <p>A file is read again when it changed; a call of another tool than MCP's costs nothing. Thread-safe.
 */
public final class ClaudeServers implements Check {
    private static final int MAX_BYTES = 32 * 1024 * 1024;
    private static final int MAX_SERVERS = 1_000;
    private static final int MAX_NAME = 128;
    private static final int MAX_FILES = 512;
    private static final String MIRROR = "mirror";

    private final KnownTools known;
    private final ClaudeFolders folders;
    private final Home home;
    private final Path launcher;
    private final IntSupplier port;
    private final NoteSigner device;
    private final ToolWatch relayed;
    private final Map<Path, Content> read = new ConcurrentHashMap<>();

    /** @param folder the folder that a definition of the state file is for, or null for all */
    private record Server(@Nullable Path folder, boolean ours, KnownTools.Definition definition) {}

    private record Content(Object stamp, List<Server> servers) {}

    /**
     * @param launcher what starts Mirror's own server
     * @param port of Mirror's own server over HTTP
     * @param device makes the digests of definitions
     */
    public ClaudeServers(
            KnownTools known, ClaudeFolders folders, Home home, Path launcher, IntSupplier port, NoteSigner device) {
        this.known = known;
        this.folders = folders;
        this.home = home;
        this.launcher = launcher;
        this.port = port;
        this.device = device;
        this.relayed = new ToolWatch(known, device);
    }

    /** The tools of servers that are reached through {@code mirror mcp guard}. */
    public ToolWatch relayed() {
        return relayed;
    }

    @Override
    public Optional<Policy.Match> check(Action action, Policy.Match sofar) {
        if (!isMine(action)) {
            return Optional.empty();
        }
        List<Server> servers;
        try {
            servers = of(action.tool(), action.cwd(), action.project());
        } catch (IOException | TrustException e) {
            return ask("unreadable-tools", "Mirror cannot see where this tool comes from: " + e.getMessage());
        }
        if (action.tool().startsWith("mcp__" + MIRROR + "__")) {
            return own(servers);
        }
        for (Server server : servers) {
            String fault = fault(server.definition);
            if (fault != null) {
                return ask(
                        "changed-tool",
                        fault + "; to confirm it, run 'mirror trust tool " + server.definition.server() + "' in "
                                + action.project());
            }
        }
        return Optional.empty();
    }

    /** The servers of other clients stand in their files; {@link MirrorServers} knows Mirror's own among them. */
    private static boolean isMine(Action action) {
        return action.tool().startsWith("mcp__") && !Connections.OTHERS.contains(action.actor());
    }

    private static Optional<Policy.Match> ask(String rule, String reason) {
        return Optional.of(new Policy.Match(Verdict.ASK, rule, reason));
    }

    private static Optional<Policy.Match> own(List<Server> servers) {
        for (Server server : servers) {
            if (!server.ours) {
                return Optional.of(new Policy.Match(
                        Verdict.BLOCK,
                        "false-mirror",
                        "the server 'mirror' of " + server.definition.source()
                                + " is not Mirror's own; remove it there or give it another name"));
            }
        }
        return servers.isEmpty()
                ? ask(
                        "false-mirror",
                        "no file that Mirror knows of defines the server 'mirror', so it may be another's")
                : Optional.empty();
    }

    /** What speaks against a definition, or null. */
    private @Nullable String fault(KnownTools.Definition now) {
        KnownTools.Known before = known.get(now.server(), now.source()).orElse(null);
        if (before != null) {
            return before.digest().equals(now.digest())
                    ? null
                    : "the tool server '" + now.server() + "' in " + now.source() + " was changed: "
                            + difference(before.fields(), now.shown());
        }
        if (known.isFirst(now)) {
            return null;
        }
        KnownTools.Known other = known.named(now.server()).getFirst();
        return "the tool server '" + now.server() + "' is defined a second time, in " + now.source()
                + ", otherwise than in " + other.source() + ": " + difference(other.fields(), now.shown());
    }

    /** The fields that differ, and for the telling ones how. */
    private static String difference(JsonNode old, JsonNode now) {
        List<String> fields = new ArrayList<>();
        for (String field : List.of("command", "args", "url")) {
            if (!old.path(field).equals(now.path(field))) {
                fields.add(field + " was " + clip(old.path(field)) + " and is " + clip(now.path(field)));
            }
        }
        java.util.TreeSet<String> names = new java.util.TreeSet<>(old.propertyNames());
        names.addAll(now.propertyNames());
        names.removeAll(Set.of("command", "args", "url"));
        for (String field : names) {
            if (!old.path(field).equals(now.path(field)) && fields.size() < 8) {
                fields.add(clip(field) + " is another");
            }
        }
        return fields.isEmpty() ? "a value that is kept out of the log is another" : String.join(", ", fields);
    }

    private static String clip(JsonNode node) {
        return node.isMissingNode() ? "absent" : clip(node.toString());
    }

    private static String clip(String text) {
        return text.length() <= 120 ? text : text.substring(0, 120) + "\u2026";
    }

    /**
     * Remembers the servers of an action that are used for the first time. Before the gate decides: the check only compares.
     */
    void observe(Projector projector, Action action) {
        if (!isMine(action)) {
            return;
        }
        try {
            for (Server server : of(action.tool(), action.cwd(), action.project())) {
                if (!server.ours && known.isFirst(server.definition)) {
                    projector.record(known.seen(server.definition));
                }
            }
        } catch (IOException | TrustException e) {
            // The check finds the same and asks.
        }
    }

    /**
     * The definitions that stand behind a server now.
     *
     * @param name of the server or of one of its tools
     */
    public List<KnownTools.Definition> definitions(String name, Path cwd, Path project) throws IOException {
        String tool = name.startsWith("mcp__") ? name : "mcp__" + normal(name) + "__";
        return of(tool, cwd, project).stream().map(Server::definition).toList();
    }

    /** The event by which the owner confirms a definition. */
    public Draft trusted(KnownTools.Definition definition) {
        return known.trusted(definition);
    }

    private List<Server> of(String tool, Path cwd, Path project) throws IOException {
        Set<Path> above = ClaudeFolders.above(cwd, project);
        List<Server> servers = new ArrayList<>();
        for (Path state : folders.states()) {
            servers.addAll(content(state));
        }
        for (Path folder : above) {
            servers.addAll(content(folder.resolve(".mcp.json")));
        }
        return servers.stream()
                .filter(server -> tool.startsWith("mcp__" + server.definition.server() + "__"))
                .filter(server -> server.folder == null || above.contains(server.folder))
                .toList();
    }

    private List<Server> content(Path file) throws IOException {
        if (!Files.exists(file)) {
            read.remove(file);
            return List.of();
        }
        Object stamp = Files.readAttributes(file, "unix:dev,ino,size,ctime,lastModifiedTime");
        Content content = read.get(file);
        if (content == null || !content.stamp.equals(stamp)) {
            if (read.size() >= MAX_FILES) {
                read.clear();
            }
            content = new Content(stamp, parse(file));
            read.put(file, content);
        }
        return content.servers;
    }

    private List<Server> parse(Path file) throws IOException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MAX_BYTES + 1);
        }
        if (bytes.length > MAX_BYTES) {
            throw new TrustException(file + " is larger than " + MAX_BYTES / 1024 / 1024 + " MB");
        }
        JsonNode json;
        try {
            json = bytes.length == 0 ? Json.object() : Json.MAPPER.readTree(bytes);
        } catch (JacksonException e) {
            throw new TrustException(file + " is not sound JSON", e);
        }
        List<Server> servers = new ArrayList<>();
        add(servers, null, file.toString(), json.path("mcpServers"));
        for (Map.Entry<String, JsonNode> project : json.path("projects").properties()) {
            if (project.getValue().has("mcpServers")) {
                Path folder;
                try {
                    folder = Path.of(project.getKey()).toAbsolutePath().normalize();
                } catch (InvalidPathException e) {
                    continue; // No session can be in a folder that cannot be named.
                }
                add(servers, folder, file + " for " + folder, project.getValue().path("mcpServers"));
            }
        }
        return List.copyOf(servers);
    }

    private void add(List<Server> servers, @Nullable Path folder, String source, JsonNode entries) {
        for (Map.Entry<String, JsonNode> entry : entries.properties()) {
            if (servers.size() >= MAX_SERVERS) {
                throw new TrustException(source + " defines more than " + MAX_SERVERS + " servers");
            }
            servers.add(new Server(
                    folder,
                    isOurs(entry.getValue()),
                    KnownTools.Definition.of(normal(entry.getKey()), source, entry.getValue(), device)));
        }
    }

    /** Exactly what {@code mirror connect} writes, or Mirror's own address: one more variable could start something else. */
    private boolean isOurs(JsonNode server) {
        String type = server.path("type").asString("stdio");
        if (type.equals("http")) {
            return server.path("url").asString("").equals("http://127.0.0.1:" + port.getAsInt() + "/mcp");
        }
        JsonNode env = server.path("env");
        return type.equals("stdio")
                && server.path("command").asString("").equals(launcher.toString())
                && server.path("args").equals(Json.array().add("mcp"))
                && (env.isMissingNode()
                        || env.isEmpty()
                        || env.equals(
                                Json.object().put("MIRROR_HOME", home.root().toString())));
    }

    /** As the client spells a server's name in its tools' names. */
    private static String normal(String name) {
        String normal = name.replaceAll("[^A-Za-z0-9_-]", "_");
        return normal.length() <= MAX_NAME ? normal : normal.substring(0, MAX_NAME);
    }
}
