package mirror.surface.hook;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import mirror.trust.Action;

/**
 * Where Claude Code looks for what a call can start: the folders from the working directory and the project up to the root, and the
 * user's own. Immutable; thread-safe.
 */
public final class ClaudeFolders {
    private final Path user;
    private final ClaudeConnection connection;

    /** @param user the person's home folder */
    public ClaudeFolders(Path user, ClaudeConnection connection) {
        this.user = user;
        this.connection = connection;
    }

    /** The folders above the action, nearest first. */
    static Set<Path> above(Path cwd, Path project) {
        Set<Path> folders = new LinkedHashSet<>();
        for (Path start : List.of(cwd, project)) {
            for (Path folder = start.toAbsolutePath().normalize(); folder != null; folder = folder.getParent()) {
                folders.add(folder);
            }
        }
        return folders;
    }

    /** The user's state files: the usual one, and those of other configuration folders that Mirror was connected to. */
    Set<Path> states() throws IOException {
        Set<Path> states = new LinkedHashSet<>(List.of(user.resolve(".claude.json")));
        for (Path file : connection.connected()) {
            if (String.valueOf(file.getFileName()).equals(".claude.json")) {
                states.add(file);
            }
        }
        return states;
    }

    /** The user's own skills, those of projects not among them. */
    public List<Path> userSkills() throws IOException {
        List<Path> skills = new ArrayList<>();
        for (Path folder : configurations()) {
            Path all = folder.resolve("skills");
            if (Files.isDirectory(all)) {
                try (Stream<Path> found = Files.list(all)) {
                    found.filter(skill -> Files.isRegularFile(skill.resolve("SKILL.md")))
                            .sorted()
                            .forEach(skills::add);
                }
            }
        }
        return skills;
    }

    private Set<Path> configurations() throws IOException {
        Set<Path> folders = new LinkedHashSet<>(List.of(user.resolve(".claude")));
        for (Path file : connection.connected()) {
            Path parent = file.getParent();
            if (parent != null) {
                folders.add(parent);
            }
        }
        return folders;
    }

    /** Every place that may hold a skill or command of this name. */
    List<Path> skills(String name, Action action) throws IOException {
        Set<Path> folders = new LinkedHashSet<>();
        above(action.cwd(), action.project()).forEach(folder -> folders.add(folder.resolve(".claude")));
        folders.addAll(configurations());
        List<Path> places = new ArrayList<>();
        for (Path folder : folders) {
            places.add(folder.resolve("skills").resolve(name));
            places.add(folder.resolve("commands").resolve(name + ".md"));
        }
        return places;
    }
}
