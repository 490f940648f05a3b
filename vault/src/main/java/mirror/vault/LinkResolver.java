package mirror.vault;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which file a link means, by Obsidian's rules (measured on its 1.13; its API calls this the best match for a link path): names are
 * compared without case, {@code .md} may be left away, aliases mean nothing. A bare name that several files have means the one in or
 * below the folder of the linking note, then the one with the shortest path. Not thread-safe.
 */
final class LinkResolver {
    private static final Comparator<String> SHORTEST =
            Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder());

    /** Paths as they are on disk, by folded name of the file. */
    private final Map<String, List<File>> byName = new HashMap<>();

    private record File(String path, String folded) {}

    /** How names are compared. */
    static String fold(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
    }

    static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** The folder of a path, without a slash; empty for the root. */
    static String folder(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    void add(String path) {
        List<File> files = byName.computeIfAbsent(fold(name(path)), _ -> new ArrayList<>(1));
        // Two files may differ in nothing but case; which one is meant must not depend on which came first.
        int at = Collections.binarySearch(files, new File(path, ""), Comparator.comparing(File::path));
        files.add(at < 0 ? -at - 1 : at, new File(path, fold(path)));
    }

    void remove(String path) {
        byName.computeIfPresent(fold(name(path)), (_, files) -> {
            files.removeIf(file -> file.path.equals(path));
            return files.isEmpty() ? null : files;
        });
    }

    /** The folded file names of which one decides what the target means: a change of their files may change it. */
    static List<String> names(String target) {
        String name = fold(name(target));
        return name.indexOf('.') >= 0 ? List.of(name, name + ".md") : List.of(name + ".md");
    }

    /**
     * The file, or null when there is none.
     *
     * @param target path or name as in the link, without heading and block; empty for the source itself
     * @param source path of the note that has the link
     */
    @Nullable
    String resolve(String target, String source) {
        if (target.isEmpty()) {
            return source;
        }
        String wanted = fold(target);
        List<File> files = wanted.indexOf('.', wanted.lastIndexOf('/') + 1) >= 0 ? byName.get(name(wanted)) : null;
        if (files == null) {
            wanted = wanted + ".md";
            files = byName.get(name(wanted));
        }
        if (files == null) {
            return null;
        }
        if (wanted.indexOf('/') < 0 && files.size() == 1) {
            return files.getFirst().path;
        }
        String folder = fold(folder(source));
        if (wanted.startsWith("./") || wanted.startsWith("../")) {
            wanted = relative(wanted, folder);
        } else if (wanted.startsWith("/")) {
            wanted = wanted.substring(1);
        }
        for (File file : files) {
            if (file.folded.equals(wanted)) {
                return file.path;
            }
        }
        return target.startsWith("/") ? null : best(files, wanted, folder);
    }

    private static @Nullable String best(Collection<File> files, String wanted, String folder) {
        String near = null;
        String far = null;
        for (File file : files) {
            if (file.folded.endsWith(wanted)) {
                if (file.folded.startsWith(folder)) {
                    near = near == null || SHORTEST.compare(file.path, near) < 0 ? file.path : near;
                } else {
                    far = far == null || SHORTEST.compare(file.path, far) < 0 ? file.path : far;
                }
            }
        }
        return near == null ? far : near;
    }

    private static String relative(String target, String folder) {
        String rest = target.startsWith("./../") ? target.substring(2) : target;
        String base = folder;
        if (rest.startsWith("./")) {
            rest = rest.substring(2);
        }
        while (rest.startsWith("../")) {
            rest = rest.substring(3);
            base = folder(base);
        }
        return base.isEmpty() ? rest : base + "/" + rest;
    }
}
