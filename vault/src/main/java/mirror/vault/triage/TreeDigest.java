package mirror.vault.triage;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import mirror.bus.AtomicFiles;

/** One digest for all files of a folder: of the list that {@code sha256sum} would print for them, by path. */
final class TreeDigest {
    private TreeDigest() {}

    /** Lower-case hex SHA-256; no link is followed, and none counts. */
    static String of(Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(folder)) {
            files = walk.filter(path -> Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS))
                    .sorted()
                    .toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        StringBuilder list = new StringBuilder();
        for (Path file : files) {
            try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
                list.append(AtomicFiles.digest(in))
                        .append("  ")
                        .append(folder.relativize(file).toString().replace('\\', '/'))
                        .append('\n');
            }
        }
        return AtomicFiles.digest(list.toString().getBytes(StandardCharsets.UTF_8));
    }
}
