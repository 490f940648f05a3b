package mirror.surface.hook;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import mirror.bus.FileStore;
import mirror.bus.Home;

/** The clients that Mirror can be put into, in the order in which a person is told of them. Immutable; thread-safe. */
public final class Connections {
    /** Actors of the clients that are not Claude Code. */
    static final Set<String> OTHERS =
            Set.of(new CodexDialect().client(), new GeminiDialect().client(), new OpenCodeDialect().client());

    private final ClaudeConnection claude;
    private final List<Connection> all;

    /** @param launcher what starts Mirror's MCP server */
    public Connections(Home home, Path launcher, FileStore files) {
        this(home, launcher, files, Connection.PATIENCE);
    }

    /** @param patience how long clients are to wait for the gate, if they give up at all */
    public Connections(Home home, Path launcher, FileStore files, Duration patience) {
        claude = new ClaudeConnection(home, launcher, files, patience);
        all = List.of(
                claude,
                new CodexConnection(home, launcher, files, patience),
                new GeminiConnection(home, launcher, files, patience),
                new OpenCodeConnection(home, launcher, files));
    }

    public List<Connection> all() {
        return all;
    }

    public ClaudeConnection claude() {
        return claude;
    }

    /** By the name that a person types, such as {@code codex}. */
    public Optional<Connection> named(String name) {
        return all.stream().filter(connection -> connection.name().equals(name)).findFirst();
    }
}
