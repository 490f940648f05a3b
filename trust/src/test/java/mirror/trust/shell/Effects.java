package mirror.trust.shell;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mirror.trust.Effect;

/** A shell on a disk that exists only here: home {@code /home/ada}, a repository in {@code /home/ada/work}. */
final class Effects {
    static final Path CWD = Path.of("/home/ada/work");

    private static final Set<String> DIRECTORIES =
            Set.of("/", "/etc", "/tmp", "/home", "/home/ada", "/home/ada/work", "/home/ada/work/src");

    private static final PathResolver DISK = new PathResolver() {
        @Override
        public Path resolve(Path path) {
            Path plain = path.normalize();
            return plain.startsWith("/home/ada/link")
                    ? Path.of("/srv/data").resolve(Path.of("/home/ada/link").relativize(plain))
                    : plain;
        }

        @Override
        public boolean isDirectory(Path path) {
            return DIRECTORIES.contains(path.toString());
        }

        @Override
        public boolean isGitRepository(Path path) {
            return path.equals(CWD);
        }
    };

    static final ShellContext CONTEXT = new ShellContext(
            CWD,
            Map.of("HOME", "/home/ada", "USER", "ada", "TMPDIR", "/tmp", "PATH", "/usr/local/bin:/usr/bin:/bin"),
            DISK);

    private Effects() {}

    static List<Effect> of(String command) {
        return ShellEffects.of(command, CONTEXT);
    }

    /** The effects besides that programs run. */
    static List<Effect> beyondRunning(String command) {
        return of(command).stream()
                .filter(effect -> !(effect instanceof Effect.Run))
                .toList();
    }

    static Effect read(String path) {
        return new Effect.Read(Path.of(path));
    }

    static Effect write(String path) {
        return new Effect.Write(Path.of(path));
    }

    static Effect delete(String path) {
        return new Effect.Delete(Path.of(path), false);
    }

    static Effect deleteAll(String path) {
        return new Effect.Delete(Path.of(path), true);
    }

    static boolean isOpaque(String command) {
        return of(command).stream().anyMatch(Effect.Opaque.class::isInstance);
    }

    /** Whether an owner would want to be asked: something is lost, changed for good, handed out or not understood. */
    static boolean isAlarming(List<Effect> effects) {
        boolean elevates = effects.stream().anyMatch(Effect.Elevate.class::isInstance);
        boolean changes = effects.stream()
                .anyMatch(effect -> !(effect instanceof Effect.Run)
                        && !(effect instanceof Effect.Read)
                        && !(effect instanceof Effect.Elevate));
        return (elevates && changes) || effects.stream().anyMatch(Effects::isAlarming);
    }

    private static boolean isAlarming(Effect effect) {
        return switch (effect) {
            case Effect.Delete(Path path, boolean recursive) -> (recursive && !isTemporary(path)) || isAbove(path);
            case Effect.Write(Path path) -> (path.startsWith("/dev") && !path.startsWith("/dev/shm")) || isAbove(path);
            case Effect.Publish(String what, boolean irreversible) -> irreversible;
            case Effect.Opaque opaque -> true;
            case Effect.RemoteCode code -> true;
            case Effect.Machine machine -> true;
            default -> false;
        };
    }

    private static boolean isTemporary(Path path) {
        return path.startsWith("/tmp") || path.startsWith("/var/tmp");
    }

    private static boolean isAbove(Path path) {
        return CWD.startsWith(path) && !path.equals(CWD);
    }
}
