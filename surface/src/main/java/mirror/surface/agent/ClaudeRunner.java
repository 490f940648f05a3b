package mirror.surface.agent;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mirror.bus.Json;
import mirror.surface.hook.ClaudeConnection;
import tools.jackson.core.JacksonException;

/**
 * Claude Code without a terminal: {@code claude -p} with {@code stream-json} both ways. The prompt goes over standard input, and of the
 * daemon's environment only what the client needs goes with it, so that neither shows in a list of processes.
 */
public final class ClaudeRunner implements AgentRunner {
    private static final Duration GRACE = Duration.ofSeconds(5);

    /**
     * What is passed on: how the client finds itself, the person, the network and its account, and what the person wants it not to do.
     * Nothing that switches hooks off is among it.
     */
    private static final Set<String> PASSED = Set.of(
            "PATH",
            "HOME",
            "USER",
            "LOGNAME",
            "SHELL",
            "LANG",
            "LC_ALL",
            "TZ",
            "TMPDIR",
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "NO_PROXY",
            "http_proxy",
            "https_proxy",
            "no_proxy",
            "SSL_CERT_FILE",
            "NODE_EXTRA_CA_CERTS",
            "ANTHROPIC_API_KEY",
            "ANTHROPIC_AUTH_TOKEN",
            "ANTHROPIC_BASE_URL",
            "ANTHROPIC_MODEL",
            "CLAUDE_CODE_OAUTH_TOKEN",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
            "CLAUDE_CODE_MAX_RETRIES",
            "DISABLE_TELEMETRY",
            "DISABLE_ERROR_REPORTING",
            "DISABLE_AUTOUPDATER");

    private final ClaudeConnection connection;
    private final Path user;
    private final Path managed;
    private final Map<String, String> environment;

    /**
     * @param user the person's home folder
     * @param managed folder of the machine-wide settings, which can switch a user's hooks off
     * @param environment the daemon's own
     */
    public ClaudeRunner(ClaudeConnection connection, Path user, Path managed, Map<String, String> environment) {
        this.connection = connection;
        this.user = user;
        this.managed = managed;
        this.environment = Map.copyOf(environment);
    }

    @Override
    public String name() {
        return "claude";
    }

    @Override
    public String client() {
        return "claude-code";
    }

    @Override
    public List<String> faults(Task task) {
        List<String> faults = new ArrayList<>();
        try {
            String config = task.config() == null ? null : task.config().toString();
            List<Path> connected = connection.connected();
            Path local = task.cwd().resolve(".claude").resolve("settings.local.json");
            if (!connected.contains(ClaudeConnection.Target.user(user, config).settings())
                    && !connected.contains(local)) {
                faults.add("Claude Code is not connected to Mirror; run 'mirror connect claude'");
                return faults;
            }
            if (!connection.shimIntact()) {
                faults.add("the hook client " + connection.shim()
                        + " is not the one that Mirror wrote; run 'mirror connect claude'");
            }
            faults.addAll(connection.faults(""));
            for (Path folder = task.cwd(); folder != null; folder = folder.getParent()) {
                for (String name : List.of("settings.json", "settings.local.json")) {
                    Path settings = folder.resolve(".claude").resolve(name);
                    // Those that are connected were looked at above.
                    if (Files.exists(settings) && !connected.contains(settings)) {
                        faults.addAll(connection.faults(settings.toString()));
                    }
                }
            }
            faults.addAll(managedFaults());
        } catch (IOException e) {
            faults.add("the settings of Claude Code cannot be read: " + e.getMessage());
        }
        return faults.stream().distinct().toList();
    }

    private List<String> managedFaults() throws IOException {
        List<Path> files = new ArrayList<>(List.of(managed.resolve("managed-settings.json")));
        Path folder = managed.resolve("managed-settings.d");
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> more = Files.newDirectoryStream(folder, "*.json")) {
                more.forEach(files::add);
            }
        }
        List<String> faults = new ArrayList<>();
        for (Path file : files) {
            try {
                if (Files.exists(file)
                        && Json.MAPPER
                                .readTree(Files.readAllBytes(file))
                                .path("allowManagedHooksOnly")
                                .asBoolean(false)) {
                    faults.add(file + " sets allowManagedHooksOnly, which switches Mirror's hooks off");
                }
            } catch (JacksonException e) {
                faults.add(file + " is not valid JSON");
            }
        }
        return faults;
    }

    @Override
    public Run start(Task task, String mark) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                executable().toString(),
                "-p",
                "--input-format",
                "stream-json",
                "--output-format",
                "stream-json",
                "--verbose"));
        if (task.model() != null) {
            command.addAll(List.of("--model", task.model()));
        }
        if (task.resume() != null) {
            command.addAll(List.of("--resume", task.resume()));
        }
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(task.cwd().toFile());
        Map<String, String> variables = new HashMap<>(environment);
        variables.keySet().retainAll(PASSED);
        variables.put(ProcessTree.VARIABLE, mark);
        if (task.config() != null) {
            variables.put("CLAUDE_CONFIG_DIR", task.config().toString());
        }
        builder.environment().clear();
        builder.environment().putAll(variables);
        return new Run(builder.start(), mark, new ClaudeStream(), GRACE);
    }

    /** Only absolute folders count: in a relative one stands what the agent's project put there. */
    private Path executable() throws IOException {
        String path = environment.getOrDefault("PATH", "");
        for (String folder : path.split(":", -1)) {
            Path candidate = Path.of(folder).resolve("claude");
            if (candidate.isAbsolute() && Files.isRegularFile(candidate) && Files.isExecutable(candidate)) {
                return candidate;
            }
        }
        throw new IOException(
                "there is no 'claude' on the PATH that Mirror was started with; install Claude Code, or start Mirror"
                        + " again where it can be found");
    }
}
