package mirror.surface.agent;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mirror.bus.Json;
import mirror.surface.hook.CodexConnection;
import mirror.surface.hook.InstalledClient;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Codex without a terminal: {@code codex app-server}, the protocol that its own editors use. {@code codex exec --json} was tried first
 * and hides what Mirror needs: its results have other ids than the calls that its hooks report, and it tells tokens only at the end,
 * those of an earlier session among them.
 *
 * <p>The client says itself which hooks it would run in a folder, all layers of its settings considered; it is asked before each start.
 */
public final class CodexRunner extends HeadlessRunner {
    private static final Set<String> OWN = Set.of(
            "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORGANIZATION", "OPENAI_PROJECT", "CODEX_CA_CERTIFICATE");

    /**
     * What a start says over all settings of person and project: hooks, no typing into running commands, and none of the tools that run
     * at the vendor, where no hook is asked.
     */
    private static final List<String> ARGUMENTS = List.of(
            "app-server",
            "-c",
            "features.hooks=true",
            "-c",
            "features.unified_exec_tty=false",
            "-c",
            "features.image_generation=false",
            "-c",
            "web_search=\"disabled\"");

    private final CodexConnection connection;

    /**
     * @param user the person's home folder
     * @param environment the daemon's own
     */
    public CodexRunner(CodexConnection connection, Path user, Map<String, String> environment) {
        super(connection, user, "CODEX_HOME", OWN, environment);
        this.connection = connection;
    }

    /** What machine-wide settings force on it, and whatever else its hooks depend on, only the client knows. */
    @Override
    List<String> doubts(Task task) throws IOException {
        Map<Integer, JsonNode> answers = ask(task);
        JsonNode hooks = answers.get(CodexStream.HOOKS);
        JsonNode config = answers.get(CodexStream.CONFIG);
        if (hooks == null || config == null) {
            return List.of("the installed Codex does not say which hooks it would run (Mirror knows "
                    + connection.measured() + "), so it is not relied on");
        }
        List<String> faults = new ArrayList<>();
        Set<String> unheeded = connection.unheeded(hooks);
        if (!unheeded.isEmpty()) {
            faults.add("Codex would not run Mirror's hooks for " + String.join(", ", unheeded) + " in " + task.cwd());
        }
        if (config.at("/result/config/features/unified_exec_tty").asBoolean(true)) {
            faults.add("Codex's settings force unified_exec_tty: what is typed into a terminal would pass no gate");
        }
        return faults;
    }

    private Map<Integer, JsonNode> ask(Task task) throws IOException {
        Map<Integer, JsonNode> answers = new HashMap<>();
        var _ = InstalledClient.line(program(task, ARGUMENTS), CodexStream.questions(task.cwd()), line -> {
            try {
                JsonNode answer = Json.MAPPER.readTree(line);
                if (answer.has("result")) {
                    answers.put(answer.path("id").asInt(0), answer);
                }
            } catch (JacksonException e) {
                // Not of the protocol, and so no answer.
            }
            return answers.containsKey(CodexStream.HOOKS) && answers.containsKey(CodexStream.CONFIG);
        });
        return answers;
    }

    @Override
    List<String> arguments(Task task) {
        return ARGUMENTS;
    }

    @Override
    AgentProtocol protocol(Task task) {
        return new CodexStream(task);
    }
}
