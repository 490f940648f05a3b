package mirror.trust.shell;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The real disk. A name that cannot be read (missing, no permission) is kept as written, because what does not exist yet cannot
 * be a link either; it never fails and never writes.
 */
record DiskPaths() implements PathResolver {
    /** As many links as Linux follows before it gives up. */
    private static final int MAX_HOPS = 40;

    @Override
    public Path resolve(Path path) {
        return resolve(path, 0);
    }

    private static Path resolve(Path path, int hops) {
        Path done = path.getRoot();
        if (done == null) {
            return path.normalize();
        }
        for (Path name : path) {
            done = switch (name.toString()) {
                case ".", "" -> done;
                case ".." -> done.getParent() == null ? done : done.getParent();
                default -> follow(done.resolve(name), hops);
            };
        }
        return done;
    }

    /** A link may lead to a name that does not exist yet, through further links: writing to it creates the name over there. */
    private static Path follow(Path path, int hops) {
        if (hops >= MAX_HOPS || !Files.isSymbolicLink(path)) {
            return path;
        }
        try {
            return resolve(path.resolveSibling(Files.readSymbolicLink(path)), hops + 1);
        } catch (IOException unreadable) {
            return path;
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
