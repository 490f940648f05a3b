package mirror.surface.cli;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One call of a command, as the shell made it.
 *
 * @param args what follows the command's name
 * @param cwd folder it was called in
 * @param user the caller's home folder
 * @param claudeConfig value of CLAUDE_CONFIG_DIR, or null
 * @param color whether the caller's terminal wants colours
 * @param width columns of the terminal
 * @param caller process that waits for the answer, or null when it cannot be seen from here
 */
public record Call(
        List<String> args,
        Path cwd,
        Path user,
        @Nullable String claudeConfig,
        boolean color,
        int width,
        @Nullable ProcessHandle caller) {
    /** Whether nobody waits for more output: a command that follows something ends then. False when that is not known. */
    boolean abandoned() {
        return caller != null && !caller.isAlive();
    }
}
