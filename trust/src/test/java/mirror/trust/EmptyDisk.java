package mirror.trust;

import java.nio.file.Path;
import mirror.trust.shell.PathResolver;

/**
 * A person at work in a git repository, on a disk that has nothing else.
 *
 * @param repository the one git repository
 */
record EmptyDisk(Path repository) implements PathResolver {
    @Override
    public Path resolve(Path path) {
        return path.normalize();
    }

    @Override
    public boolean isDirectory(Path path) {
        return false;
    }

    @Override
    public boolean isGitRepository(Path path) {
        return path.equals(repository);
    }
}
