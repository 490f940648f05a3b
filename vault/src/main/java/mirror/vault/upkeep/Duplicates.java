package mirror.vault.upkeep;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import mirror.vault.Noted;

/**
 * Notes that say the same, and notes that are versions of each other.
 *
 * <p>Comparing every note with every other is out of the question for 51,000 of them. Each note's {@linkplain Shingles set of word
 * runs} is therefore reduced to {@value #BANDS} × {@value #ROWS} minimal values under as many hash functions (MinHash: two sets agree in
 * one of them with just the probability of their similarity <em>s</em> [1]), of which {@value #ROWS} together make the key of a band.
 * Two notes are compared when they share a band, which happens with probability 1 − (1 − s<sup>6</sup>)<sup>32</sup> [2]: all but
 * 3·10⁻¹¹ of the pairs with s = 0.9, all but 6·10⁻⁵ of those with 0.8, and 2 % of those with 0.3. The comparison itself is exact, so no
 * pair below the threshold is ever told of. The hash functions are fixed, so the same notes give the same answer.
 *
 * <p>Names propose pairs as well ({@link VersionName}), for which a lower threshold holds: versions drift apart. Pairs make groups; what
 * two members of a group have in common directly may be less than what joined them, so each is shown with its similarity to the newest.
 *
 * <p>Memory: 256 bytes for each note, and a bounded number of sets that were read last. [1] Broder, On the resemblance and containment
 * of documents, 1997. [2] Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, chapter 3.
 */
public final class Duplicates {
    /** From here on notes that are named alike by nobody are told of. */
    public static final double SIMILAR = 0.8;

    /** From here on notes whose names are those of versions belong together. */
    public static final double VERSIONS = 0.3;

    private static final int BANDS = 32;
    private static final int ROWS = 6;
    private static final int INDEX_BITS = 20;

    /** Exact comparisons, after which the rest is left out and said to be. */
    private static final int MOST = 500_000;

    /** 64-bit hashes that are kept of the sets read last: 32 MB. */
    private static final int KEPT = 4_000_000;

    private static final long[] FUNCTIONS = new long[2 * BANDS * ROWS];

    static {
        for (int i = 0; i < FUNCTIONS.length; i++) {
            FUNCTIONS[i] = Shingles.mix(i) | 1;
        }
    }

    /** Gives a note's bytes. */
    public interface Reader {
        byte[] read(String path) throws IOException;
    }

    public enum Kind {
        /** Their names say so, and their texts do not contradict. */
        VERSIONS,
        /** Their texts are the same, or nearly. */
        SIMILAR
    }

    /** @param similarity to the newest of the group */
    public record Member(String path, Instant modified, double similarity) {}

    /**
     * Notes that belong together.
     *
     * @param similarity the lowest of those that joined them
     * @param members newest first
     */
    public record Group(Kind kind, double similarity, List<Member> members) {
        public List<String> paths() {
            return members.stream().map(Member::path).toList();
        }
    }

    /** @param isComplete false when there was so much alike that not all of it was compared */
    public record Found(List<Group> groups, boolean isComplete) {}

    private final List<Noted> notes;
    private final Reader reader;
    private final int[] parent;
    private final double[] joined;
    private final boolean[] named;
    private final Set<Long> apart = new HashSet<>();
    private final Map<Integer, Shingles> kept = new LinkedHashMap<>(16, 0.75f, true);
    private long keptHashes;
    private int comparisons;

    private Duplicates(List<Noted> notes, Reader reader) {
        this.notes = notes.stream().sorted(Comparator.comparing(Noted::path)).toList();
        this.reader = reader;
        this.parent = new int[notes.size()];
        this.joined = new double[notes.size()];
        this.named = new boolean[notes.size()];
        Arrays.setAll(parent, i -> i);
        Arrays.fill(joined, 1);
    }

    /** All groups, the most alike first. A note that is gone or cannot be read is in none. */
    public static Found find(List<Noted> notes, Reader reader) {
        if (notes.size() >= 1 << INDEX_BITS) {
            throw new IllegalArgumentException("more than " + (1 << INDEX_BITS) + " notes");
        }
        Duplicates all = new Duplicates(notes, reader);
        long[][] bands = all.bands();
        all.byName();
        all.byText(bands);
        return new Found(all.groups(), all.comparisons < MOST);
    }

    // ---- candidates

    /** The keys of each note's bands; null for a note without words. */
    private long[][] bands() {
        long[][] bands = new long[notes.size()][];
        for (int i = 0; i < bands.length; i++) {
            Shingles shingles = read(notes.get(i).path());
            if (!shingles.isEmpty()) {
                bands[i] = bands(shingles);
            }
        }
        return bands;
    }

    private static long[] bands(Shingles shingles) {
        long[] least = new long[BANDS * ROWS];
        Arrays.fill(least, Long.MAX_VALUE);
        for (long hash : shingles.hashes()) {
            for (int f = 0; f < least.length; f++) {
                // Multiply-add on mixed input; the upper bits are the good ones.
                long value = (hash * FUNCTIONS[2 * f] + FUNCTIONS[2 * f + 1]) >>> 1;
                if (value < least[f]) {
                    least[f] = value;
                }
            }
        }
        long[] keys = new long[BANDS];
        for (int f = 0; f < least.length; f++) {
            keys[f / ROWS] = Shingles.mix(keys[f / ROWS] * 31 + least[f]);
        }
        return keys;
    }

    private void byText(long[][] bands) {
        for (int band = 0; band < BANDS; band++) {
            long[] keys = new long[bands.length];
            int count = 0;
            for (int i = 0; i < bands.length; i++) {
                if (bands[i] != null) {
                    keys[count++] = (bands[i][band] << INDEX_BITS) | i;
                }
            }
            Arrays.sort(keys, 0, count);
            int start = 0;
            for (int at = 1; at <= count; at++) {
                if (at == count || keys[at] >>> INDEX_BITS != keys[start] >>> INDEX_BITS) {
                    compareAll(keys, start, at);
                    start = at;
                }
            }
        }
    }

    private void compareAll(long[] keys, int from, int to) {
        int mask = (1 << INDEX_BITS) - 1;
        for (int i = from + 1; i < to; i++) {
            for (int j = from; j < i; j++) {
                compare((int) keys[i] & mask, (int) keys[j] & mask, SIMILAR, false);
            }
        }
    }

    private void byName() {
        Map<String, List<Integer>> bases = new TreeMap<>();
        for (int i = 0; i < notes.size(); i++) {
            String base = VersionName.of(notes.get(i).path()).base();
            bases.computeIfAbsent(base, _ -> new ArrayList<>()).add(i);
        }
        for (List<Integer> each : bases.values()) {
            boolean isMarked = each.stream()
                    .anyMatch(i -> VersionName.of(notes.get(i).path()).mark() != VersionName.Mark.NONE);
            if (isMarked) {
                List<Integer> ordered = newestFirst(each);
                for (int i = 1; i < ordered.size(); i++) {
                    compare(ordered.get(i), ordered.get(i - 1), VERSIONS, true);
                }
            }
        }
    }

    // ---- comparing

    private void compare(int one, int other, double threshold, boolean isByName) {
        int a = root(one);
        int b = root(other);
        long pair = ((long) Math.min(one, other) << INDEX_BITS) | Math.max(one, other);
        if (a == b || comparisons >= MOST || (!isByName && apart.contains(pair))) {
            return;
        }
        comparisons++;
        double similarity = shingles(one).similarity(shingles(other));
        if (similarity < threshold) {
            apart.add(pair);
            return;
        }
        parent[Math.max(a, b)] = Math.min(a, b);
        joined[Math.min(a, b)] = Math.min(similarity, Math.min(joined[a], joined[b]));
        named[Math.min(a, b)] = isByName || named[a] || named[b];
    }

    private int root(int of) {
        int at = of;
        while (parent[at] != at) {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        return at;
    }

    private Shingles shingles(int note) {
        Shingles known = kept.get(note);
        if (known != null) {
            return known;
        }
        Shingles read = read(notes.get(note).path());
        kept.put(note, read);
        keptHashes += read.hashes().length;
        var oldest = kept.entrySet().iterator();
        while (keptHashes > KEPT && kept.size() > 2) {
            keptHashes -= oldest.next().getValue().hashes().length;
            oldest.remove();
        }
        return read;
    }

    private Shingles read(String path) {
        try {
            return Shingles.of(reader.read(path));
        } catch (IOException e) {
            return new Shingles(new long[0]);
        }
    }

    // ---- the answer

    private List<Group> groups() {
        Map<Integer, List<Integer>> members = new HashMap<>();
        for (int i = 0; i < notes.size(); i++) {
            members.computeIfAbsent(root(i), _ -> new ArrayList<>()).add(i);
        }
        List<Group> groups = new ArrayList<>();
        members.forEach((root, group) -> {
            if (group.size() > 1) {
                List<Integer> ordered = newestFirst(group);
                Shingles newest = shingles(ordered.getFirst());
                List<Member> shown = ordered.stream()
                        .map(i -> new Member(
                                notes.get(i).path(),
                                notes.get(i).modified(),
                                i.equals(ordered.getFirst()) ? 1 : shingles(i).similarity(newest)))
                        .toList();
                groups.add(new Group(named[root] ? Kind.VERSIONS : Kind.SIMILAR, joined[root], shown));
            }
        });
        groups.sort(Comparator.comparingDouble(Group::similarity)
                .reversed()
                .thenComparing(group -> group.members().getFirst().path()));
        return groups;
    }

    private List<Integer> newestFirst(List<Integer> some) {
        List<Noted> ordered = newestFirstOf(some.stream().map(notes::get).toList());
        Map<String, Integer> places = new HashMap<>();
        some.forEach(i -> places.put(notes.get(i).path(), i));
        return ordered.stream().map(note -> places.getOrDefault(note.path(), 0)).toList();
    }

    /** By what their names say where these are all versions or all days of one thing; else by when they were written. */
    static List<Noted> newestFirstOf(List<Noted> some) {
        Map<String, VersionName> names = new HashMap<>();
        some.forEach(note -> names.put(note.path(), VersionName.of(note.path())));
        boolean isOneThing =
                names.values().stream().map(VersionName::base).distinct().count() == 1;
        long marks = names.values().stream()
                .map(VersionName::mark)
                .filter(mark -> mark != VersionName.Mark.NONE)
                .distinct()
                .count();
        boolean isCopy = names.values().stream().anyMatch(name -> name.mark() == VersionName.Mark.COPY);
        Comparator<Noted> byTime =
                Comparator.comparing(Noted::modified).reversed().thenComparing(Noted::path);
        Comparator<Noted> byRank = (a, b) -> Arrays.compare(
                names.getOrDefault(b.path(), VersionName.of("")).rank(),
                names.getOrDefault(a.path(), VersionName.of("")).rank());
        return some.stream()
                .sorted(isOneThing && marks == 1 && !isCopy ? byRank.thenComparing(byTime) : byTime)
                .toList();
    }
}
