package mirror.trust;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One thing that a lease allows, written {@code kind:target}: {@code write:/srv/site}, {@code run:git}, {@code egress:example.org}.
 *
 * <p>A path stands for itself and everything below it, by whole names: {@code /a/b} does not cover {@code /a/bc}. Everything else
 * is compared as it is written. The target {@code *} is any. A kind covers itself; {@code delete-tree} covers {@code delete} and
 * {@code publish-for-good} covers {@code publish} as well; {@code subscribe} lets its holder hear what is published ({@code topic/NAME}). There is no term for "everything", so what is not understood, foreign code
 * and other users' rights are covered only by terms that name these kinds.
 *
 * @param kind see {@link #KINDS}
 * @param target never empty
 */
record LeaseTerm(String kind, String target) {
    static final String ANY = "*";

    static final Set<String> PATH_KINDS = Set.of("read", "write", "delete", "delete-tree");

    static final Set<String> KINDS = Set.of(
            "read",
            "write",
            "delete",
            "delete-tree",
            "run",
            "egress",
            "publish",
            "publish-for-good",
            "subscribe",
            "elevate",
            "remote-code",
            "machine",
            "memory-read",
            "memory-write",
            "tool",
            "opaque");

    private static final int LONGEST = 1_024;

    /** What must be allowed for {@code effect} to happen. */
    static LeaseTerm of(Effect effect) {
        return switch (effect) {
            case Effect.Read(Path path) -> new LeaseTerm("read", path.toString());
            case Effect.Write(Path path) -> new LeaseTerm("write", path.toString());
            case Effect.Delete(Path path, boolean recursive) ->
                new LeaseTerm(recursive ? "delete-tree" : "delete", path.toString());
            case Effect.Run run ->
                new LeaseTerm("run", run.argv().isEmpty() ? "" : run.argv().getFirst());
            case Effect.Egress(String host) -> new LeaseTerm("egress", host);
            case Effect.Publish(String what, boolean irreversible) ->
                new LeaseTerm(irreversible ? "publish-for-good" : "publish", what);
            case Effect.Elevate(String user) -> new LeaseTerm("elevate", user);
            case Effect.RemoteCode(String source) -> new LeaseTerm("remote-code", source);
            case Effect.Machine(String what) -> new LeaseTerm("machine", what);
            case Effect.Memory(String scope, boolean write) ->
                new LeaseTerm(write ? "memory-write" : "memory-read", scope);
            case Effect.Tool(String name) -> new LeaseTerm("tool", name);
            case Effect.Opaque(String why) -> new LeaseTerm("opaque", why);
        };
    }

    /** Splits without judging; {@link #fault} judges. */
    static LeaseTerm parse(String text) {
        int colon = text.indexOf(':');
        return colon < 0 ? new LeaseTerm(text, "") : new LeaseTerm(text.substring(0, colon), text.substring(colon + 1));
    }

    /** What is wrong with it, or null when nothing is. */
    @Nullable
    String fault() {
        if (!KINDS.contains(kind)) {
            return "the effect '" + clip(this.toString()) + "' is not kind:target with a kind of "
                    + String.join(", ", KINDS.stream().sorted().toList());
        }
        if (target.isEmpty() || target.length() > LONGEST || !isPlain(target)) {
            return "the effect '" + clip(this.toString()) + "' needs a target of at most " + LONGEST
                    + " plain characters, or '*' for any";
        }
        if (PATH_KINDS.contains(kind) && !target.equals(ANY) && path(target) == null) {
            return "the effect '" + clip(this.toString())
                    + "' needs an absolute path without '.' and '..', or '*' for any";
        }
        return null;
    }

    /** Whether text can stand in a lease: no control characters, no half surrogate pairs. */
    static boolean isPlain(String text) {
        return text.codePoints().noneMatch(c -> Character.isISOControl(c) || (c >= 0xD800 && c <= 0xDFFF));
    }

    private static String clip(String text) {
        return text.length() <= 80 ? text : text.substring(0, 80) + "\u2026";
    }

    /** Whether whoever may do this may do {@code other}. An empty target is nothing, and nothing covers it. */
    boolean covers(LeaseTerm other) {
        return !other.target.isEmpty() && coversKind(other.kind) && coversTarget(other.target);
    }

    private boolean coversKind(String other) {
        return kind.equals(other)
                || (kind.equals("delete-tree") && other.equals("delete"))
                || (kind.equals("publish-for-good") && other.equals("publish"));
    }

    private boolean coversTarget(String other) {
        if (target.equals(ANY) || target.equals(other)) {
            return true;
        }
        if (!PATH_KINDS.contains(kind) && !kind.startsWith("memory-")) {
            return false;
        }
        Path mine = path(target);
        Path its = path(other);
        return mine != null && its != null && its.startsWith(mine);
    }

    private static @Nullable Path path(String text) {
        try {
            Path path = Path.of(text);
            return path.isAbsolute()
                            && path.normalize().equals(path)
                            && path.toString().equals(text)
                    ? path
                    : null;
        } catch (InvalidPathException e) {
            return null;
        }
    }

    @Override
    public String toString() {
        return target.isEmpty() ? kind : kind + ":" + target;
    }
}
