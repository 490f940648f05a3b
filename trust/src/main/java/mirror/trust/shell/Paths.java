package mirror.trust.shell;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import mirror.trust.Effect;
import org.jspecify.annotations.Nullable;

/**
 * Turns an operand that names a file into effects. A pattern stands for the directory it is in; an unknown place in a name is
 * read as empty, which is the worst it is likely to be, and reported besides.
 */
final class Paths {
    /** What happens to the file. */
    enum Use {
        READ,
        WRITE,
        DELETE,
        DELETE_TREE
    }

    private static final Set<String> DEVICES = Words.of("""
            /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/stdin /dev/stdout /dev/stderr /dev/tty /dev/ptmx -
            """);

    private final Findings findings;
    private final PathResolver resolver;
    private final List<Alias> aliases = new ArrayList<>();

    Paths(Findings findings, PathResolver resolver) {
        this.findings = findings;
        this.resolver = resolver;
    }

    boolean isDirectory(Path path) {
        return resolver.isDirectory(path);
    }

    void touch(Value operand, State state, Use use) {
        if (operand.isEmpty() || operand.piped() != null || isDevice(operand.known())) {
            return;
        }
        if (operand.chunks().getFirst() instanceof Value.Unknown list
                && !list.under().isEmpty()
                && !operand.shown().contains("..")) {
            list.under().forEach(directory -> add(directory, use == Use.DELETE ? Use.DELETE_TREE : use));
            return;
        }
        StringBuilder text = new StringBuilder();
        boolean pattern = false;
        boolean unknown = false;
        for (Value.Chunk chunk : operand.chunks()) {
            switch (chunk) {
                case Value.Text(String piece) -> text.append(piece);
                case Value.Wild wild -> pattern = true;
                case Value.Unknown missing -> unknown = true;
                case Value.Pipe pipe -> unknown = true;
            }
            if (pattern) {
                break;
            }
            if (unknown && use == Use.READ && text.indexOf("/") >= 0) {
                pattern = true;
                unknown = false;
                break;
            }
        }
        String name = pattern ? text.substring(0, text.lastIndexOf("/") + 1) : text.toString();
        // A pattern in the middle may be followed by parents of the directory it is in.
        if (pattern && operand.shown().contains("/..")) {
            findings.opaque("a path leads through a pattern and back up: " + operand.shown());
        }
        if (unknown) {
            findings.opaque(verb(use) + " a path that is not known: " + operand.shown());
            if (name.isEmpty() || use == Use.READ) {
                return;
            }
        }
        Path path = at(name, state);
        if (path != null) {
            boolean link = (use == Use.DELETE || use == Use.DELETE_TREE) && !pattern && !name.endsWith("/");
            Path real = link ? entry(path) : resolver.resolve(path);
            if (use == Use.READ && isRaw(real, operand.shown())) {
                findings.opaque("reads the memory of a process or a disk: " + operand.shown());
            }
            boolean history = use != Use.READ && isGitOwn(real);
            if (history && use == Use.WRITE) {
                findings.opaque("writes what git keeps: " + real);
            }
            add(real, history && use == Use.DELETE ? Use.DELETE_TREE : use);
        }
    }

    static boolean isDevice(@Nullable String name) {
        return name != null && (DEVICES.contains(name) || name.startsWith("/dev/fd/") || name.startsWith("/dev/pts/"));
    }

    /** The host behind bash's {@code /dev/tcp/host/port}, or null. */
    static @Nullable String socketHost(Value name) {
        String lead = name.lead();
        if (!lead.startsWith("/dev/tcp/") && !lead.startsWith("/dev/udp/")) {
            return null;
        }
        int end = lead.indexOf('/', 9);
        return end < 0 ? "*" : lead.substring(9, end).toLowerCase(Locale.ROOT);
    }

    /** The file an operand names, links followed; null when that is not known. */
    @Nullable
    Path file(Value operand, State state) {
        String name = operand.known();
        if (name == null || name.isEmpty() || isDevice(name)) {
            return null;
        }
        Path path = pathOrNull(name, state);
        return path == null ? null : resolver.resolve(path);
    }

    /** The top of the work tree that {@code directory} is in, or the directory itself. */
    Path repository(Path directory) {
        for (Path at = directory; at != null; at = at.getParent()) {
            if (resolver.isGitRepository(at)) {
                return at;
            }
        }
        return directory;
    }

    /** From now on what happens below {@code name} happens to {@code target} too: it is a link, or was moved there. */
    void alias(Path name, Path target) {
        if (aliases.size() < 64) {
            aliases.add(new Alias(name, target));
        }
    }

    /** Whether the path lies where anybody may delete, so that moving something there is as good as deleting it. */
    boolean isTemporary(Path path, State state) {
        Value temp = state.variable("TMPDIR");
        String own = temp == null ? null : temp.known();
        return path.startsWith("/tmp")
                || path.startsWith("/var/tmp")
                || path.startsWith("/dev/shm")
                || (own != null && own.startsWith("/") && own.length() > 1 && path.startsWith(own));
    }

    void add(Path path, Use use) {
        if (use != Use.READ && isHardware(path)) {
            findings.add(new Effect.Machine("a device or kernel setting is written: " + path));
        }
        report(path, use);
        Path at = path;
        for (int i = aliases.size() - 1; i >= 0; i--) {
            Alias alias = aliases.get(i);
            if (at.startsWith(alias.name())) {
                at = alias.target().resolve(alias.name().relativize(at)).normalize();
                report(at, use);
            }
        }
    }

    /** Memory and variables of processes, and disks behind the file system: they hold everybody's secrets. */
    private static boolean isRaw(Path path, String written) {
        String name = path.toString();
        if (!name.startsWith("/proc") && !name.startsWith("/dev")) {
            return false;
        }
        return name.matches(
                        "/proc/.*/(environ|mem|maps|auxv)|/proc/kcore|/dev/(mem|kmem|port|disk|mapper|[shv]d[a-z]|nvme|rdisk|loop|dm-).*")
                || (name.startsWith("/proc") && written.matches(".*/(environ|mem)"));
    }

    /** What git keeps, besides what is made to be edited by hand; only git itself should write there. */
    private static boolean isGitOwn(Path path) {
        for (int i = 0; i < path.getNameCount(); i++) {
            if (path.getName(i).toString().equals(".git")) {
                String rest = path.subpath(i, path.getNameCount()).toString();
                return !rest.matches("\\.git/(info/.*|[A-Z_]+MSG|.*\\.lock|config|hooks(/.*)?)");
            }
        }
        return false;
    }

    private static boolean isHardware(Path path) {
        return (path.startsWith("/dev") && !path.startsWith("/dev/shm") && path.getNameCount() > 1)
                || path.startsWith("/proc")
                || path.startsWith("/sys")
                || path.startsWith("/boot");
    }

    private record Alias(Path name, Path target) {}

    private void report(Path path, Use use) {
        findings.add(
                switch (use) {
                    case READ -> new Effect.Read(path);
                    case WRITE -> new Effect.Write(path);
                    case DELETE -> new Effect.Delete(path, false);
                    case DELETE_TREE -> new Effect.Delete(path, true);
                });
    }

    void addResolved(Path path, Use use) {
        add(resolver.resolve(path), use);
    }

    /** Removing a link removes the link, not what it points to. */
    private Path entry(Path path) {
        Path name = path.getFileName();
        Path parent = path.getParent();
        if (name == null
                || parent == null
                || name.toString().equals("..")
                || name.toString().equals(".")) {
            return resolver.resolve(path);
        }
        return resolver.resolve(parent).resolve(name);
    }

    private @Nullable Path at(String name, State state) {
        Path path = pathOrNull(name, state);
        if (path == null) {
            findings.opaque("a path cannot be told: " + (name.isEmpty() ? "." : name)
                    + (state.cwd() == null ? " (the working directory is not known)" : ""));
        }
        return path;
    }

    private static @Nullable Path pathOrNull(String name, State state) {
        try {
            Path path = Path.of(name);
            Path cwd = state.cwd();
            return path.isAbsolute() ? path : cwd == null ? null : cwd.resolve(path);
        } catch (InvalidPathException invalid) {
            return null;
        }
    }

    private static String verb(Use use) {
        return switch (use) {
            case READ -> "reads";
            case WRITE -> "writes";
            case DELETE, DELETE_TREE -> "deletes";
        };
    }

    /** Directories that a listing of {@code operands} stays in, for {@link Value.Unknown#under}. */
    List<Path> under(List<Value> operands, State state) {
        Path cwd = state.cwd();
        if (operands.isEmpty()) {
            return cwd == null ? List.of() : List.of(resolver.resolve(cwd));
        }
        List<Path> roots = new ArrayList<>();
        for (Value operand : operands) {
            Value fixed = operand;
            if (!operand.isKnown()) {
                String lead = operand.lead();
                boolean pattern = operand.chunks().size() > (lead.isEmpty() ? 0 : 1) && !operand.hasUnknown();
                if (!pattern) {
                    return List.of();
                }
                fixed = Value.of(lead.contains("/") ? lead.substring(0, lead.lastIndexOf('/') + 1) : ".");
            }
            Path path = file(fixed, state);
            if (path == null) {
                return List.of();
            }
            roots.add(path);
        }
        return roots;
    }
}
