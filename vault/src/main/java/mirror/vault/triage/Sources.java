package mirror.vault.triage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import mirror.bus.AtomicFiles;
import mirror.vault.triage.Entry.Obstacle;
import mirror.vault.triage.Entry.Place;

/** Looks at what lies in the places where things are dropped. Reads names, sizes and times, follows no link, changes nothing. */
final class Sources {
    /** A dropped folder with more than this is not taken: looking at it every time would cost more than moving it by hand. */
    private static final int MOST = 100_000;

    private static final int DEEPEST = 100;

    private Sources() {}

    /** All that lies directly in the folder, by name; nothing when there is no such folder. */
    static List<Entry> entries(Place place, Path folder) throws IOException {
        List<Path> paths = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
            stream.forEach(paths::add);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        paths.sort(null);
        List<Entry> entries = new ArrayList<>();
        for (Path path : paths) {
            try {
                if (place == Place.ROOT && !attributes(path).isRegularFile()) {
                    // The vault's folders are the owner's order, and to look at them would be to walk the whole vault.
                    continue;
                }
                entries.add(entry(place, path));
            } catch (NoSuchFileException e) {
                // It went while it was looked at.
            }
        }
        return entries;
    }

    /** @throws NoSuchFileException when there is nothing any more */
    static Entry entry(Place place, Path path) throws IOException {
        BasicFileAttributes seen = attributes(path);
        Tree tree = new Tree(path);
        Obstacle obstacle;
        try {
            tree.add(path, seen, 0);
            obstacle = tree.obstacle;
        } catch (IOException | UncheckedIOException e) {
            if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                throw new NoSuchFileException(path.toString());
            }
            obstacle = new Obstacle.Unfit("it cannot be read: " + e.getMessage());
        }
        String name = String.valueOf(path.getFileName());
        if (name.codePoints().anyMatch(Names::isHostile)) {
            obstacle = new Obstacle.Unfit("its name has control characters or backslashes; give it another");
        } else if (Names.isUnfinished(name)) {
            obstacle = new Obstacle.Unfinished("its name says that it is hidden or not finished");
        }
        Instant modified =
                tree.modified.equals(Instant.MIN) ? seen.lastModifiedTime().toInstant() : tree.modified;
        return new Entry(place, path, seen.isDirectory(), tree.bytes, tree.files, modified, tree.stamp(), obstacle);
    }

    private static BasicFileAttributes attributes(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }

    /** What is found below one entry. */
    private static final class Tree {
        private final Path top;
        private final MessageDigest digest = AtomicFiles.sha256();
        private Obstacle obstacle = new Obstacle.None();
        private Instant modified = Instant.MIN;
        private long bytes;
        private long files;
        private int all;

        Tree(Path top) {
            this.top = top;
        }

        void add(Path path, BasicFileAttributes seen, int depth) throws IOException {
            String name = top.relativize(path).toString();
            Instant time = seen.lastModifiedTime().toInstant();
            // A folder's own time says nothing that the names in it do not say, and a copy of it has another.
            if (!seen.isDirectory() && time.isAfter(modified)) {
                modified = time;
            }
            String line = name + "\0" + kind(seen) + "\0"
                    + (seen.isDirectory()
                            ? "\n"
                            : seen.size() + "\0" + seen.lastModifiedTime().to(TimeUnit.MICROSECONDS) + "\n");
            digest.update(line.getBytes(StandardCharsets.UTF_8));
            if (++all > MOST || depth > DEEPEST) {
                obstacle = new Obstacle.Unfit("it holds more than " + MOST + " files or " + DEEPEST + " levels");
                return;
            }
            if (seen.isDirectory()) {
                List<Path> below = new ArrayList<>();
                try (DirectoryStream<Path> stream = Files.newDirectoryStream(path)) {
                    stream.forEach(below::add);
                } catch (DirectoryIteratorException e) {
                    throw e.getCause();
                }
                below.sort(null);
                for (Path each : below) {
                    if (all > MOST) {
                        return;
                    }
                    add(each, attributes(each), depth + 1);
                }
            } else if (seen.isRegularFile()) {
                files++;
                bytes += seen.size();
                String last = String.valueOf(path.getFileName());
                if (obstacle instanceof Obstacle.None && !last.startsWith(".") && Names.isUnfinished(last)) {
                    obstacle = new Obstacle.Unfinished("in it " + name + " is not finished, as its name says");
                }
            } else {
                String what = seen.isSymbolicLink() ? "a link" : "neither file nor folder";
                obstacle = new Obstacle.Unfit(
                        depth == 0 ? "it is " + what : "in it " + name + " is " + what + ", and such are not taken in");
            }
        }

        private static char kind(BasicFileAttributes seen) {
            return seen.isDirectory() ? 'd' : seen.isRegularFile() ? 'f' : seen.isSymbolicLink() ? 'l' : 'o';
        }

        String stamp() {
            return HexFormat.of().formatHex(digest.digest()).substring(0, 32);
        }
    }
}
