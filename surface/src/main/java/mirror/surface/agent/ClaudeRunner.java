package mirror.surface.agent;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mirror.bus.Json;
import mirror.surface.hook.ClaudeConnection;
import tools.jackson.core.JacksonException;

/** Claude Code without a terminal: {@code claude -p} with {@code stream-json} both ways. */
public final class ClaudeRunner extends HeadlessRunner {
    private static final Set<String> OWN = Set.of(
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
    private final Path managed;

    /**
     * @param user the person's home folder
     * @param managed folder of the machine-wide settings, which can switch a user's hooks off
     * @param environment the daemon's own
     */
    public ClaudeRunner(ClaudeConnection connection, Path user, Path managed, Map<String, String> environment) {
        super(connection, user, "CLAUDE_CONFIG_DIR", OWN, environment);
        this.connection = connection;
        this.managed = managed;
    }

    @Override
    List<Path> settings(Task task) {
        List<Path> settings = new ArrayList<>(super.settings(task));
        settings.add(task.cwd().resolve(".claude").resolve("settings.local.json"));
        return settings;
    }

    @Override
    List<String> doubts(Task task) throws IOException {
        List<String> faults = new ArrayList<>();
        List<Path> connected = connection.connected();
        for (Path folder = task.cwd(); folder != null; folder = folder.getParent()) {
            for (String name : List.of("settings.json", "settings.local.json")) {
                Path settings = folder.resolve(".claude").resolve(name);
                // Those that are connected were looked at already.
                if (Files.exists(settings) && !connected.contains(settings)) {
                    faults.addAll(connection.faults(settings.toString()));
                }
            }
        }
        faults.addAll(managedFaults());
        return faults;
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
    List<String> arguments(Task task) {
        List<String> arguments = new ArrayList<>(
                List.of("-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"));
        if (task.model() != null) {
            arguments.addAll(List.of("--model", task.model()));
        }
        if (task.resume() != null) {
            arguments.addAll(List.of("--resume", task.resume()));
        }
        return arguments;
    }

    @Override
    AgentProtocol protocol(Task task) {
        return new ClaudeStream();
    }
}
