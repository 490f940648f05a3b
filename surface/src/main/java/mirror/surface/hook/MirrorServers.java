package mirror.surface.hook;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import mirror.trust.Action;
import mirror.trust.Check;
import mirror.trust.Policy;
import mirror.trust.Verdict;

/**
 * Whether a tool that a client calls Mirror's is Mirror's, for clients other than Claude Code: their settings must be as connecting left
 * them, and no folder above the action may define another server of that name. What these clients know of other servers is not read;
 * their tools are asked about by the policy.
 *
 * <p>Reads the settings at each call of such a tool. Thread-safe.
 */
public final class MirrorServers implements Check {
    private final Connections connections;

    public MirrorServers(Connections connections) {
        this.connections = connections;
    }

    @Override
    public Optional<Policy.Match> check(Action action, Policy.Match sofar) {
        if (!action.tool().startsWith("mcp__mirror__") || !Connections.OTHERS.contains(action.actor())) {
            return Optional.empty();
        }
        for (Connection connection : connections.all()) {
            if (connection.actor().equals(action.actor())) {
                List<String> faults = faults(connection, action);
                return faults.isEmpty()
                        ? Optional.empty()
                        : Optional.of(new Policy.Match(
                                Verdict.ASK,
                                "false-mirror",
                                "this tool may be another's than Mirror's: " + String.join("; ", faults)));
            }
        }
        return Optional.empty();
    }

    private static List<String> faults(Connection connection, Action action) {
        List<String> faults = new ArrayList<>();
        try {
            List<Path> connected = connection.connected();
            if (connected.isEmpty()) {
                faults.add("Mirror was not connected to " + connection.title());
            }
            faults.addAll(connection.faults(""));
            Set<Path> above = ClaudeFolders.above(action.cwd(), action.project());
            for (Path folder : above) {
                boolean own = connected.stream()
                        .anyMatch(file -> file.getParent() != null
                                && folder.equals(file.getParent().getParent()));
                if (!own && connection.mayReplaceServer(folder)) {
                    faults.add("settings in " + folder + " name a server 'mirror'");
                }
            }
        } catch (IOException e) {
            faults.add("the settings cannot be read: " + e.getMessage());
        }
        return faults;
    }
}
