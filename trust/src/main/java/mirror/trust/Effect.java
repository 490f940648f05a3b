package mirror.trust;

import java.nio.file.Path;
import java.util.List;

/**
 * What an action would really do, whatever tool it goes through: the gate judges effects and never tool names, so the same
 * effect meets the same rule through an editor tool, {@code tee}, {@code sh -c} or an MCP server.
 *
 * <p>Paths are absolute and normalised, and symbolic links are resolved as far as the path exists. An analysis that does not
 * understand something must say so with {@link Opaque}; leaving an effect out is the one mistake it must never make. Values are
 * immutable.
 */
public sealed interface Effect {
    /** Bytes of the file, or names in the directory, reach the agent. */
    record Read(Path path) implements Effect {}

    /** The file or directory is created, or its content or metadata changes. */
    record Write(Path path) implements Effect {}

    /**
     * Content is lost for good: the file is removed, or work that no commit holds is discarded.
     *
     * @param recursive everything below {@code path} goes too
     */
    record Delete(Path path, boolean recursive) implements Effect {}

    /** A program starts with these arguments; {@code argv[0]} is its name as written. */
    record Run(List<String> argv) implements Effect {
        public Run {
            argv = List.copyOf(argv);
        }
    }

    /**
     * Bytes leave for, or come from, a network host.
     *
     * @param host lower-case host name or address without port; {@code *} when it cannot be told which
     */
    record Egress(String host) implements Effect {}

    /**
     * Something becomes visible to others: a push, a package release, a posted comment.
     *
     * @param what the channel and target, such as {@code git origin main} or {@code npm}
     * @param irreversible it replaces what others may hold (force push) or cannot be taken back (package release)
     */
    record Publish(String what, boolean irreversible) implements Effect {}

    /** What follows runs with the rights of another user. */
    record Elevate(String user) implements Effect {}

    /** Code from outside the machine is executed unseen, such as {@code curl … | sh}. */
    record RemoteCode(String source) implements Effect {}

    /** The running system changes outside any file: processes killed, services, mounts, power, kernel, schedules. */
    record Machine(String what) implements Effect {}

    /** The memory scope of the owner's notes. */
    String VAULT = "vault";

    /** A memory scope is read or written. */
    record Memory(String scope, boolean write) implements Effect {}

    /** A tool whose effects are its own, such as one of an MCP server that is not ours. */
    record Tool(String name) implements Effect {}

    /** Part of the action could not be understood; {@code why} is one clause for the owner. */
    record Opaque(String why) implements Effect {}
}
