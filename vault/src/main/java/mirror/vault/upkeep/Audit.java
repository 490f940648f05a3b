package mirror.vault.upkeep;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import mirror.vault.Links.Resolved;
import mirror.vault.Noted;
import mirror.vault.Vault;
import mirror.vault.change.Change;
import mirror.vault.change.Change.Kind;
import org.jspecify.annotations.Nullable;

/**
 * How a vault is, in one report. Looks only.
 *
 * @param faults what is wrong with notes, by path
 * @param broken links that lead nowhere
 * @param orphans notes that nobody links to and that link to nobody; no fault in itself
 * @param conflicts notes that hold the other version of a note, and wait for the owner to put both together
 * @param standing changes of Mirror's that were not taken back; no fault in itself
 * @param changedSince notes that Mirror wrote and somebody else changed or removed since, and which of both; no fault in itself
 */
public record Audit(
        int notes,
        Map<String, String> faults,
        List<Resolved> broken,
        List<String> orphans,
        List<Review.Due> overdue,
        Duplicates.Found duplicates,
        List<String> conflicts,
        int standing,
        Map<String, String> changedSince) {
    /** Mirror's own, and those of a well-known program that keeps folders alike. */
    private static final Pattern CONFLICT =
            Pattern.compile("\\(conflict \\d{4}-\\d{2}-\\d{2} \\d{4}\\)(?: \\d+)?\\.[^/]*$|\\.sync-conflict-\\d{8}-");

    /** @param changes newest first */
    public static Audit of(Vault vault, List<Change> changes, Limits limits, LocalDate today) {
        List<Noted> notes = vault.notes();
        Map<String, String> digests = notes.stream().collect(Collectors.toMap(Noted::path, Noted::sha256));
        return new Audit(
                notes.size(),
                vault.faults(),
                vault.links().broken(),
                vault.links().orphans(),
                Review.queue(notes, limits, today),
                Duplicates.find(notes, vault::read),
                conflicts(digests.keySet(), changes),
                (int) changes.stream()
                        .filter(change -> !change.undone() && change.kind() != Kind.RESTORED)
                        .count(),
                changedSince(digests, changes));
    }

    private static List<String> conflicts(Set<String> paths, List<Change> changes) {
        Set<String> conflicts = new TreeSet<>();
        paths.stream().filter(path -> CONFLICT.matcher(path).find()).forEach(conflicts::add);
        changes.stream()
                .filter(change -> change.kind() == Kind.CONFLICT && !change.undone())
                .map(Change::path)
                .filter(paths::contains)
                .forEach(conflicts::add);
        return List.copyOf(conflicts);
    }

    /** Follows what Mirror wrote through its moves, and holds it against what is there. */
    private static Map<String, String> changedSince(Map<String, String> digests, List<Change> changes) {
        Map<String, @Nullable String> left = new LinkedHashMap<>();
        for (Change change : changes.reversed()) {
            String from = change.from();
            if (from == null || change.kind() == Kind.CONFLICT) {
                left.put(change.path(), change.after());
                continue;
            }
            for (String path : new ArrayList<>(left.keySet())) {
                if (path.equals(from) || path.startsWith(from + "/")) {
                    left.put(change.path() + path.substring(from.length()), left.remove(path));
                }
            }
        }
        Map<String, String> changed = new TreeMap<>();
        left.forEach((path, digest) -> {
            String now = digests.get(path);
            if (digest != null && path.endsWith(".md") && !path.startsWith("/") && !digest.equals(now)) {
                changed.put(path, now == null ? "gone" : "changed");
            }
        });
        return changed;
    }

    /** How much of each kind there is that only the owner can settle; empty when nothing is. */
    public Map<String, Integer> needs() {
        Map<String, Integer> needs = new LinkedHashMap<>();
        Map<String, Integer> all = new HashMap<>();
        all.put("faults", faults.size());
        all.put("broken", broken.size());
        all.put("overdue", overdue.size());
        all.put("duplicates", duplicates.groups().size());
        all.put("conflicts", conflicts.size());
        for (String name : List.of("conflicts", "faults", "broken", "duplicates", "overdue")) {
            int count = all.getOrDefault(name, 0);
            if (count > 0) {
                needs.put(name, count);
            }
        }
        return needs;
    }
}
