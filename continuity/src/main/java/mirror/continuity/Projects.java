package mirror.continuity;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What counts as one project: the git work tree around a folder, or the folder itself. The home is no project, and nothing around it:
 * people keep their dotfiles in git, and a session in {@code ~/notes} does not own {@code ~/.ssh}.
 *
 * @param user the person's home folder
 */
public record Projects(Path user) {
    /** The project that {@code cwd} lies in. */
    public Path of(Path cwd) {
        Path start = cwd.toAbsolutePath().normalize();
        for (Path folder = start; folder != null && !user.startsWith(folder); folder = folder.getParent()) {
            if (Files.exists(folder.resolve(".git"))) {
                return folder;
            }
        }
        return start;
    }

    /** The path as seen from the project, when it lies there. */
    static String within(String path, String project) {
        return path.startsWith(project + "/") ? path.substring(project.length() + 1) : path;
    }

    static String name(String project) {
        Path name = Path.of(project).getFileName();
        return name == null ? project : name.toString();
    }
}
