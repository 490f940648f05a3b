package mirror.trust.shell;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The real disk. A name that cannot be read (missing, no permission) is kept as written, because what does not exist yet cannot
 * be a link either; it never fails and never writes.
 */
record DiskPaths() implements PathResolver {
    @Override
    public Path resolve(Path path) {
        Path done = path.getRoot();
        if (done == null) {
            return path.normalize();
        }
        for (Path name : path) {
            done = switch (name.toString()) {
                case ".", "" -> done;
                case ".." -> done.getParent() == null ? done : done.getParent();
                default -> follow(done.resolve(name));
            };
        }
        return done;
    }

    private static Path follow(Path path) {
        if (!Files.isSymbolicLink(path)) {
            return path;
        }
        try {
            return path.toRealPath();
        } catch (IOException missingTarget) {
            try {
                return path.resolveSibling(Files.readSymbolicLink(path)).normalize();
            } catch (IOException unreadable) {
                return path;
            }
        }
    }

    @Override
    public boolean isDirectory(Path path) {
        return Files.isDirectory(path);
    }

    @Override
    public boolean isGitRepository(Path path) {
        return Files.exists(path.resolve(".git"));
    }
}
