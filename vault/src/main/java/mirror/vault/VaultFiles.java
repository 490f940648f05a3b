package mirror.vault;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The files of a vault. Folders whose name starts with a dot are not the owner's notes. A link is followed as far as it stays in the
 * vault, and each folder is entered once, so a loop of links ends; what lies outside is not read, whoever made the link.
 */
final class VaultFiles {
    private final Path root;
    private final Path real;

    VaultFiles(Path root) throws IOException {
        this.root = root;
        this.real = root.toRealPath();
    }

    /**
     * By what a change of a file is noticed. The change time cannot be set by a program that keeps the modification time.
     *
     * @param modified of the content, in microseconds since 1970
     * @param changed of the file, likewise; 0 where the system does not tell
     */
    record Stamp(long size, long modified, long changed) {}

    /**
     * Hears of every file, with its path from the root in '/', in no order.
     *
     * @param unreadable hears of what could not be entered or looked at
     */
    void walk(BiConsumer<String, Stamp> found, BiConsumer<String, IOException> unreadable) {
        Set<Object> entered = new HashSet<>();
        try {
            entered.add(key(real, attributes(real)));
        } catch (IOException e) {
            unreadable.accept("", e);
            return;
        }
        walk(root, "", entered, found, unreadable);
    }

    private void walk(
            Path folder,
            String prefix,
            Set<Object> entered,
            BiConsumer<String, Stamp> found,
            BiConsumer<String, IOException> unreadable) {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                String name = String.valueOf(entry.getFileName());
                if (name.startsWith(".")) {
                    continue;
                }
                String path = prefix + name;
                try {
                    Map<String, Object> seen = look(entry);
                    if (seen == null) {
                        continue;
                    }
                    if (Boolean.TRUE.equals(seen.get("isDirectory"))) {
                        if (entered.add(key(entry, seen))) {
                            walk(entry, path + "/", entered, found, unreadable);
                        }
                    } else if (Boolean.TRUE.equals(seen.get("isRegularFile"))) {
                        found.accept(path, stamp(seen));
                    }
                } catch (IOException e) {
                    unreadable.accept(path, e);
                }
            }
        } catch (IOException e) {
            unreadable.accept(prefix, e);
        } catch (DirectoryIteratorException e) {
            unreadable.accept(prefix, e.getCause());
        }
    }

    private static Object key(Path folder, Map<String, Object> seen) throws IOException {
        Object key = seen.get("fileKey");
        return key == null ? folder.toRealPath() : key;
    }

    /** Null for a link that leads out of the vault or nowhere. */
    private @Nullable Map<String, Object> look(Path entry) throws IOException {
        Map<String, Object> seen = attributes(entry, LinkOption.NOFOLLOW_LINKS);
        if (!Boolean.TRUE.equals(seen.get("isSymbolicLink"))) {
            return seen;
        }
        return Files.exists(entry) && entry.toRealPath().startsWith(real) ? attributes(entry) : null;
    }

    /** The stamp of one file, or null when there is none, it is hidden, or it lies outside. */
    @Nullable
    Stamp stamp(String path) throws IOException {
        for (Path part : Path.of(path)) {
            if (part.toString().startsWith(".")) {
                return null;
            }
        }
        Path file = root.resolve(path);
        if (!Files.isRegularFile(file) || !file.toRealPath().startsWith(real)) {
            return null;
        }
        return stamp(attributes(file));
    }

    Path file(String path) {
        return root.resolve(path);
    }

    private static Map<String, Object> attributes(Path file, LinkOption... options) throws IOException {
        try {
            return Files.readAttributes(
                    file, "unix:size,lastModifiedTime,ctime,isDirectory,isRegularFile,isSymbolicLink,fileKey", options);
        } catch (UnsupportedOperationException e) {
            return Files.readAttributes(
                    file, "size,lastModifiedTime,isDirectory,isRegularFile,isSymbolicLink,fileKey", options);
        }
    }

    private static Stamp stamp(Map<String, Object> seen) {
        return new Stamp(
                seen.get("size") instanceof Long size ? size : 0,
                micros(seen.get("lastModifiedTime")),
                micros(seen.get("ctime")));
    }

    private static long micros(@Nullable Object time) {
        return time instanceof FileTime at ? at.to(java.util.concurrent.TimeUnit.MICROSECONDS) : 0;
    }
}
