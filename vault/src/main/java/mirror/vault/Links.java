package mirror.vault;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import mirror.vault.Note.Link;
import org.jspecify.annotations.Nullable;

/** Who links to whom. Kept resolved: a file that comes or goes resolves again only the links that its name may decide. Thread-safe. */
public final class Links {
    private final LinkResolver resolver = new LinkResolver();
    private final Set<String> files = new HashSet<>();
    private final Map<String, Source> sources = new HashMap<>();
    /** Paths of the sources, by the path of what they link to. */
    private final Map<String, Set<String>> backlinks = new HashMap<>();
    /** Paths of the sources whose links a file of this folded name may decide. */
    private final Map<String, Set<String>> interested = new HashMap<>();

    private static final class Source {
        private final List<Link> links;
        private final @Nullable String[] targets;

        Source(List<Link> links) {
            this.links = links;
            this.targets = new String[links.size()];
        }
    }

    /**
     * A link and where it leads.
     *
     * @param source path of the note that has it
     * @param target path, or null when there is no such file
     */
    public record Resolved(
            String source, Link link, @Nullable String target) {}

    /** Takes in many files at once, before any link. */
    synchronized void files(Collection<String> paths) {
        for (String path : paths) {
            if (files.add(path)) {
                resolver.add(path);
            }
        }
    }

    /** A file is there: a note or anything else that can be linked to. */
    synchronized void add(String path) {
        if (files.add(path)) {
            resolver.add(path);
            again(path);
        }
    }

    /** A file is gone, with its links. */
    synchronized void remove(String path) {
        drop(path);
        if (files.remove(path)) {
            resolver.remove(path);
            again(path);
        }
    }

    /** What a note links to, in place of what it linked to before. */
    synchronized void put(String path, List<Link> links) {
        drop(path);
        if (links.isEmpty()) {
            return;
        }
        Source source = new Source(links);
        sources.put(path, source);
        for (Link link : links) {
            for (String name : LinkResolver.names(link.target())) {
                interested.computeIfAbsent(name, _ -> new HashSet<>(2)).add(path);
            }
        }
        resolve(path, source, new HashMap<>());
    }

    private void drop(String path) {
        Source source = sources.remove(path);
        if (source == null) {
            return;
        }
        for (int i = 0; i < source.targets.length; i++) {
            forget(backlinks, source.targets[i], path);
            for (String name : LinkResolver.names(source.links.get(i).target())) {
                forget(interested, name, path);
            }
        }
    }

    private static void forget(Map<String, Set<String>> map, @Nullable String key, String path) {
        if (key != null) {
            map.computeIfPresent(key, (_, set) -> {
                set.remove(path);
                return set.isEmpty() ? null : set;
            });
        }
    }

    private void again(String path) {
        String name = LinkResolver.fold(LinkResolver.name(path));
        // Notes of one folder have the same answer to the same words: with a name of hundreds of files that is the
        // difference.
        Map<String, String> known = new HashMap<>();
        for (String source : interested.getOrDefault(name, Set.of())) {
            Source links = sources.get(source);
            if (links != null) {
                for (@Nullable String target : links.targets) {
                    forget(backlinks, target, source);
                }
                resolve(source, links, known);
            }
        }
    }

    private void resolve(String path, Source source, Map<String, String> known) {
        String folder = LinkResolver.folder(path);
        for (int i = 0; i < source.targets.length; i++) {
            String target = source.links.get(i).target();
            String found = target.isEmpty()
                    ? path
                    : known.computeIfAbsent(folder + '\0' + target, _ -> orNone(resolver.resolve(target, path)));
            source.targets[i] = found.isEmpty() ? null : found;
            if (!found.isEmpty() && !found.equals(path)) {
                backlinks.computeIfAbsent(found, _ -> new HashSet<>(2)).add(path);
            }
        }
    }

    private static String orNone(@Nullable String target) {
        return target == null ? "" : target;
    }

    // ---- questions

    /** The links of a note, in its order. */
    public synchronized List<Resolved> of(String path) {
        Source source = sources.get(path);
        if (source == null) {
            return List.of();
        }
        List<Resolved> all = new ArrayList<>();
        for (int i = 0; i < source.targets.length; i++) {
            all.add(new Resolved(path, source.links.get(i), source.targets[i]));
        }
        return all;
    }

    /** The links of others to a file, by path of the source. */
    public synchronized List<Resolved> to(String path) {
        List<Resolved> all = new ArrayList<>();
        for (String source : new TreeSet<>(backlinks.getOrDefault(path, Set.of()))) {
            of(source).stream().filter(link -> path.equals(link.target)).forEach(all::add);
        }
        return all;
    }

    /** How many notes link to a file. */
    public synchronized int countTo(String path) {
        return backlinks.getOrDefault(path, Set.of()).size();
    }

    /** Links that lead nowhere, by path of the source. */
    public synchronized List<Resolved> broken() {
        List<Resolved> all = new ArrayList<>();
        for (String source : new TreeSet<>(sources.keySet())) {
            of(source).stream().filter(link -> link.target == null).forEach(all::add);
        }
        return all;
    }

    /** Notes that nothing links to and that link to nothing that is there. */
    public synchronized List<String> orphans() {
        return files.stream()
                .filter(path -> path.endsWith(".md") && !backlinks.containsKey(path))
                .filter(path -> of(path).stream().allMatch(link -> link.target == null || link.target.equals(path)))
                .sorted()
                .toList();
    }

    /** Which notes are linked to which, each pair once: the graph. */
    public synchronized Map<String, Set<String>> graph() {
        Map<String, Set<String>> graph = new TreeMap<>();
        sources.forEach((path, source) -> {
            Set<String> targets = new LinkedHashSet<>();
            for (@Nullable String target : source.targets) {
                if (target != null && !target.equals(path)) {
                    targets.add(target);
                }
            }
            if (!targets.isEmpty()) {
                graph.put(path, Collections.unmodifiableSet(targets));
            }
        });
        return graph;
    }

    /** The file that a name as in a link means, seen from the root, or null. */
    public synchronized @Nullable String find(String target) {
        return files.contains(target) ? target : resolver.resolve(target, "");
    }

    synchronized List<String> paths() {
        return List.copyOf(files);
    }
}
