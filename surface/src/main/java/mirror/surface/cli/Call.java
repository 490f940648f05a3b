package mirror.surface.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One call of a command, as the shell made it.
 *
 * @param args what follows the command's name
 * @param cwd folder it was called in
 * @param user the caller's home folder
 * @param folders where clients keep their settings when that is not below the home folder, by the client's name
 * @param color whether the caller's terminal wants colours
 * @param width columns of the terminal
 * @param caller process that waits for the answer, or null when it cannot be seen from here
 */
public record Call(
        List<String> args,
        Path cwd,
        Path user,
        Map<String, String> folders,
        boolean color,
        int width,
        @Nullable ProcessHandle caller) {
    /** By which variables clients are told of other folders. */
    private static final Map<String, String> VARIABLES = Map.of(
            "claude",
            "CLAUDE_CONFIG_DIR",
            "codex",
            "CODEX_HOME",
            "gemini",
            "GEMINI_CLI_HOME",
            "opencode",
            "XDG_CONFIG_HOME");

    /**
     * The folders that an environment names.
     *
     * @param environment variables by their names, or by the clients' names as the launcher sends them
     */
    public static Map<String, String> folders(Map<String, String> environment) {
        Map<String, String> folders = new HashMap<>();
        VARIABLES.forEach((client, variable) -> {
            String folder = environment.getOrDefault(client, environment.getOrDefault(variable, ""));
            if (!folder.isEmpty()) {
                folders.put(client, folder);
            }
        });
        return folders;
    }

    /** A path as the person wrote it, seen from where the call was made; that place itself when it is empty. */
    Path path(String name) {
        try {
            return cwd.resolve(name);
        } catch (InvalidPathException e) {
            throw CliException.usage("'" + Style.plain(name) + "' is not a path");
        }
    }

    /** Whether nobody waits for more output: a command that follows something ends then. False when that is not known. */
    boolean abandoned() {
        return caller != null && !caller.isAlive();
    }
}
