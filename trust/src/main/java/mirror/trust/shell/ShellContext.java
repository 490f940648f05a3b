package mirror.trust.shell;

import java.nio.file.Path;
import java.util.Map;

/**
 * What is known of the shell before the command starts.
 *
 * @param cwd the absolute directory it starts in
 * @param environment the variables whose value is known. A name that is missing here is unknown, which is not the same as
 *     empty: pass at least {@code HOME}, {@code USER}, {@code PATH} and {@code TMPDIR}
 * @param paths what is known of the disk
 */
public record ShellContext(Path cwd, Map<String, String> environment, PathResolver paths) {
    public ShellContext {
        environment = Map.copyOf(environment);
        if (!cwd.isAbsolute()) {
            throw new IllegalArgumentException("cwd must be absolute: " + cwd);
        }
    }
}
