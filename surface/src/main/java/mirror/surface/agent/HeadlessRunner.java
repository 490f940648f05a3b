package mirror.surface.agent;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mirror.surface.hook.Connection;
import mirror.surface.hook.InstalledClient;

/**
 * What all clients have in common: the look at the gate before the start, and a start in which neither the prompt nor a key shows in a
 * list of processes. The prompt goes over standard input, and of the daemon's environment only what the client needs goes with it.
 */
abstract class HeadlessRunner implements AgentRunner {
    private static final Duration GRACE = Duration.ofSeconds(5);

    /** What is passed on to each client: how it finds itself, the person and the network. */
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
            "SSL_CERT_FILE");

    private final Connection connection;
    private final Path user;
    private final String folder;
    private final Set<String> own;
    private final Map<String, String> environment;

    /**
     * @param user the person's home folder
     * @param folder variable that leads the client to other settings
     * @param own what is passed on to this client beside: its account, and what the person wants it not to do; nothing that switches
     *     hooks off
     * @param environment the daemon's own
     */
    HeadlessRunner(Connection connection, Path user, String folder, Set<String> own, Map<String, String> environment) {
        this.connection = connection;
        this.user = user;
        this.folder = folder;
        this.own = own;
        this.environment = Map.copyOf(environment);
    }

    @Override
    public final String name() {
        return connection.name();
    }

    @Override
    public final String client() {
        return connection.actor();
    }

    @Override
    public final List<String> faults(Task task) {
        List<String> faults = new ArrayList<>();
        try {
            if (Collections.disjoint(connection.connected(), settings(task))) {
                return List.of(connection.title() + " is not connected to Mirror; run 'mirror connect " + name() + "'");
            }
            if (!connection.shimIntact()) {
                faults.add("the hook client " + connection.shim()
                        + " is not the one that Mirror wrote; run 'mirror connect " + name() + "'");
            }
            faults.addAll(connection.faults(""));
            if (faults.isEmpty()) {
                faults.addAll(doubts(task));
            }
        } catch (IOException e) {
            faults.add("whether " + connection.title() + " would ask Mirror cannot be told: " + e.getMessage());
        }
        return faults.stream().distinct().toList();
    }

    @Override
    public final Run start(Task task, String mark) throws IOException {
        ProcessBuilder builder = program(task, arguments(task));
        builder.environment().put(ProcessTree.VARIABLE, mark);
        return new Run(builder.start(), mark, protocol(task), GRACE);
    }

    /** The files of which one has to have the hooks. */
    List<Path> settings(Task task) {
        return List.of(connection.settings(
                user, task.config() == null ? null : task.config().toString()));
    }

    /** What else would take the gate out of this task, each as a sentence; asked when the connection itself is sound. */
    abstract List<String> doubts(Task task) throws IOException;

    abstract List<String> arguments(Task task);

    abstract AgentProtocol protocol(Task task);

    /** The client's program, ready to be started where the task is to be done. */
    final ProcessBuilder program(Task task, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(executable().toString()));
        command.addAll(arguments);
        Map<String, String> variables = new HashMap<>(environment);
        variables.keySet().removeIf(name -> !PASSED.contains(name) && !own.contains(name));
        if (task.config() != null) {
            variables.put(folder, task.config().toString());
        }
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(task.cwd().toFile());
        builder.environment().clear();
        builder.environment().putAll(variables);
        return builder;
    }

    private Path executable() throws IOException {
        return InstalledClient.program(environment, name())
                .orElseThrow(() -> new IOException("there is no '" + name()
                        + "' on the PATH that Mirror was started with; install " + connection.title()
                        + ", or start Mirror again where it can be found"));
    }
}
