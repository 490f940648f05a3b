package mirror.surface.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mirror.surface.hook.GeminiConnection;

/**
 * Gemini CLI without a terminal: {@code gemini --output-format stream-json} with the prompt on standard input. Its own approvals are off,
 * because headless it offers no tool that would need one: before each tool its hook asks Mirror.
 */
public final class GeminiRunner extends HeadlessRunner {
    private static final Set<String> OWN = Set.of(
            "NODE_EXTRA_CA_CERTS",
            "GEMINI_API_KEY",
            "GOOGLE_API_KEY",
            "GOOGLE_GEMINI_BASE_URL",
            "GOOGLE_GENAI_USE_VERTEXAI",
            "GOOGLE_GENAI_USE_GCA",
            "GOOGLE_CLOUD_PROJECT",
            "GOOGLE_CLOUD_LOCATION",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "GEMINI_MODEL",
            "GEMINI_TELEMETRY_ENABLED");

    private final GeminiConnection connection;
    private final Path managed;
    private final InstantSource clock;

    /**
     * @param user the person's home folder
     * @param managed folder of the machine-wide settings, which can switch a user's hooks off
     * @param environment the daemon's own
     */
    public GeminiRunner(
            GeminiConnection connection,
            Path user,
            Path managed,
            Map<String, String> environment,
            InstantSource clock) {
        super(connection, user, "GEMINI_CLI_HOME", OWN, environment);
        this.connection = connection;
        this.managed = managed;
        this.clock = clock;
    }

    @Override
    List<String> doubts(Task task) throws IOException {
        List<String> faults = new ArrayList<>();
        for (Path settings : List.of(
                managed.resolve("system-defaults.json"),
                managed.resolve("settings.json"),
                task.cwd().resolve(".gemini").resolve("settings.json"))) {
            if (Files.exists(settings)) {
                faults.addAll(connection.faults(settings.toString()));
            }
        }
        if (task.prompt().stripLeading().startsWith("/")) {
            faults.add(
                    "Gemini CLI takes a prompt that begins with / for a command of its own, and such a command can run"
                            + " programs without asking; begin with a word");
        }
        return faults;
    }

    @Override
    List<String> arguments(Task task) {
        List<String> arguments = new ArrayList<>(List.of("--output-format", "stream-json", "--approval-mode", "yolo"));
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
        Path chats = settings(task).getFirst().resolveSibling("tmp");
        return new GeminiStream(new GeminiChats(chats, clock.instant()));
    }
}
