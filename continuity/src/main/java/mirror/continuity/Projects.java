package mirror.continuity;

import java.nio.file.Files;
import java.nio.file.Path;

/** What counts as one project: the git work tree around a folder, or the folder itself. */
public final class Projects {
    private Projects() {}

    public static Path of(Path cwd) {
        Path start = cwd.toAbsolutePath().normalize();
        for (Path folder = start; folder != null; folder = folder.getParent()) {
            if (Files.exists(folder.resolve(".git"))) {
                return folder;
            }
        }
        return start;
    }

    static String name(String project) {
        Path name = Path.of(project).getFileName();
        return name == null ? project : name.toString();
    }
}
