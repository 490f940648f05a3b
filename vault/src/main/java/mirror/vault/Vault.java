package mirror.vault;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import mirror.bus.AtomicFiles;
import mirror.vault.ChunkIndex.Near;
import mirror.vault.DisposableIndex.Stored;
import mirror.vault.Hit.Mark;
import mirror.vault.NoteIndex.Entry;
import mirror.vault.SearchRequest.By;
import mirror.vault.VaultFiles.Stamp;
import mirror.vault.embed.Embeddings;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Matches;
import org.apache.lucene.search.MatchesIterator;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Weight;
import org.jspecify.annotations.Nullable;

/**
 * A folder of Markdown notes, searchable and linked. Reading it changes nothing in it. Thread-safe: any number of threads ask, and those
 * that bring it up to date wait for each other.
 */
public final class Vault implements Closeable {
    /** Files beyond this size are linked to and not read. */
    private static final long LARGEST = 16 << 20;

    /** Of a long walk so many notes can be found first, then twice as many, and so on. */
    private static final int SHOWN = 1_000;

    private static final Duration COMMIT = Duration.ofSeconds(5);

    private final Path root;
    private final VaultFiles files;
    private final NoteIndex index;
    private final @Nullable SemanticIndex semantic;
    private final Links links = new Links();
    private final InstantSource clock;
    /** What is indexed, by path. */
    private final Map<String, Known> known = new ConcurrentHashMap<>();

    private final Map<String, String> unreadable = new ConcurrentHashMap<>();
    private final AtomicInteger pending = new AtomicInteger();
    private volatile boolean loaded;
    private volatile boolean stopped;
    private volatile @Nullable Instant reconciled;
    private Instant committed;

    /** What is known of an indexed note. */
    record Known(Stamp stamp, String sha256, String fault) {}

    private Vault(Path root, VaultFiles files, NoteIndex index, @Nullable SemanticIndex semantic, InstantSource clock) {
        this.root = root;
        this.files = files;
        this.index = index;
        this.semantic = semantic;
        this.clock = clock;
        this.committed = clock.instant();
    }

    /**
     * Opens a vault as far as it was indexed before; {@link #reconcile} brings it up to date.
     *
     * @param index folder for the index, outside the vault; one that does not fit is made anew. What notes mean is kept in a folder beside it.
     * @param embeddings by which notes are found by what they mean, or null for words alone; closed with the vault
     * @throws IOException when the vault cannot be read or the index not be written
     */
    public static Vault open(Path root, Path index, InstantSource clock, @Nullable Embeddings embeddings)
            throws IOException {
        if (!Files.isDirectory(root)) {
            throw new NoSuchFileException(root.toString(), null, "is not a folder");
        }
        if (index.toAbsolutePath().normalize().startsWith(root.toAbsolutePath().normalize())) {
            throw new IllegalArgumentException("the index " + index + " must not lie in the vault " + root);
        }
        VaultFiles files = new VaultFiles(root);
        NoteIndex notes = NoteIndex.open(index);
        try {
            SemanticIndex semantic = embeddings == null ? null : SemanticIndex.open(files, chunks(index), embeddings);
            return new Vault(root, files, notes, semantic, clock);
        } catch (IOException | RuntimeException e) {
            notes.close();
            throw e;
        }
    }

    /** Where an index keeps what its notes mean. */
    private static Path chunks(Path index) {
        return index.resolveSibling(index.getFileName() + "-chunks");
    }

    private void whole() {
        if (!loaded) {
            load();
        }
    }

    /** Reads what the index holds of the notes beside their words. A search needs none of it, so it can come first. */
    private synchronized void load() {
        if (loaded) {
            return;
        }
        Map<String, Entry> entries = index.entries();
        links.files(entries.keySet());
        entries.forEach((path, entry) -> {
            known.put(
                    path,
                    new Known(entry.stamp(), entry.sha256(), entry.outline().fault()));
            links.put(path, entry.outline().links());
        });
        loaded = true;
    }

    /**
     * What a walk through the whole vault found.
     *
     * @param unreadable why, by path
     */
    public record Report(int notes, int added, int changed, int removed, Map<String, String> unreadable) {}

    /** Walks through the vault and brings the index up to date. */
    public synchronized Report reconcile() throws IOException {
        load();
        Map<String, Stamp> there = new HashMap<>();
        Map<String, String> faults = new TreeMap<>();
        files.walk(there::put, (path, e) -> faults.put(path, reason(e)));
        links.files(there.keySet());
        List<String> gone = known.keySet().stream()
                .filter(path -> !there.containsKey(path))
                // What could not be entered is not gone.
                .filter(path -> faults.keySet().stream().noneMatch(path::startsWith))
                .toList();
        List<Map.Entry<String, Stamp>> due = there.entrySet().stream()
                .filter(file -> isNote(file.getKey(), file.getValue()) && !isKnown(file.getKey(), file.getValue()))
                .sorted(Map.Entry.comparingByKey())
                .toList();
        unreadable.keySet().retainAll(there.keySet());
        unreadable.putAll(faults);
        int all = due.size() + gone.size();
        pending.set(all);
        AtomicInteger added = new AtomicInteger();
        AtomicInteger changed = new AtomicInteger();
        for (String path : gone) {
            drop(path);
        }
        // Each thread takes the next note when it is done with one: notes are of very different sizes, and the large
        // ones stand together.
        AtomicInteger next = new AtomicInteger();
        IntStream.range(0, Runtime.getRuntime().availableProcessors())
                .parallel()
                .forEach(_ -> {
                    for (int i = next.getAndIncrement(); i < due.size() && !stopped; i = next.getAndIncrement()) {
                        String path = due.get(i).getKey();
                        boolean isNew = !known.containsKey(path);
                        if (take(path, due.get(i).getValue())) {
                            (isNew ? added : changed).incrementAndGet();
                        }
                        if (isShowing(all - pending.decrementAndGet())) {
                            show();
                        }
                    }
                });
        linksOfGoneAttachments(there.keySet());
        index.refresh();
        if (!due.isEmpty() || !gone.isEmpty()) {
            commit();
        }
        if (!stopped) {
            pending.set(0);
            reconciled = clock.instant();
            if (semantic != null) {
                semantic.compare(known);
            }
        }
        return new Report(known.size(), added.get(), changed.get(), gone.size(), Map.copyOf(unreadable));
    }

    /** Ever more rarely: what is shown is a piece of the index of its own, and pieces are put together again later. */
    private static boolean isShowing(int done) {
        return done % SHOWN == 0 && Integer.bitCount(done / SHOWN) == 1;
    }

    private void show() {
        try {
            index.refresh();
        } catch (IOException e) {
            // The walk's own end says so if it lasts.
        }
    }

    private void linksOfGoneAttachments(Collection<String> there) {
        for (String path : links.paths()) {
            if (!there.contains(path)) {
                links.remove(path);
            }
        }
    }

    private static boolean isNote(String path, Stamp stamp) {
        return path.regionMatches(true, path.length() - 3, ".md", 0, 3) && stamp.size() <= LARGEST;
    }

    private boolean isKnown(String path, Stamp stamp) {
        Known before = known.get(path);
        return before != null && before.stamp.equals(stamp);
    }

    /** Looks at some files again, because something said that they changed. Unknown and outside ones are no error. */
    public synchronized void look(Collection<String> paths) throws IOException {
        load();
        pending.addAndGet(paths.size());
        try {
            for (String path : paths) {
                Stamp stamp = stamp(path);
                if (stamp == null) {
                    drop(path);
                } else if (!isNote(path, stamp)) {
                    links.add(path);
                } else if (!isKnown(path, stamp)) {
                    links.add(path);
                    take(path, stamp);
                    tell(path);
                }
                pending.decrementAndGet();
            }
        } finally {
            index.refresh();
        }
        if (clock.instant().isAfter(committed.plus(COMMIT))) {
            commit();
        }
    }

    private void tell(String path) {
        Known note = known.get(path);
        if (semantic != null && note != null) {
            semantic.changed(path, note.stamp, note.sha256);
        }
    }

    private @Nullable Stamp stamp(String path) {
        try {
            return files.stamp(path);
        } catch (IOException e) {
            return null;
        }
    }

    /** @return whether its content is another than before */
    private boolean take(String path, Stamp stamp) {
        try {
            byte[] bytes = Files.readAllBytes(files.file(path));
            String sha256 = AtomicFiles.digest(bytes);
            String text = NoteText.of(bytes);
            Note parsed = NoteParser.parse(text);
            Note note = parsed.fault().isEmpty() && !NoteText.isExact(bytes)
                    ? parsed.withFault("is not UTF-8; what is no character of it cannot be found")
                    : parsed;
            Known before = known.get(path);
            index.put(path, stamp, sha256, note, text);
            links.put(path, note.links());
            known.put(path, new Known(stamp, sha256, note.fault()));
            unreadable.remove(path);
            return before == null || !before.sha256.equals(sha256);
        } catch (IOException e) {
            unreadable.put(path, reason(e));
            return false;
        }
    }

    private void drop(String path) throws IOException {
        links.remove(path);
        unreadable.remove(path);
        if (known.remove(path) != null) {
            if (semantic != null) {
                semantic.gone(path);
            }
            index.remove(path);
        }
    }

    private static String reason(IOException e) {
        return e instanceof NoSuchFileException ? "is gone" : e.getClass().getSimpleName() + ": " + e.getMessage();
    }

    private void commit() throws IOException {
        index.commit();
        committed = clock.instant();
    }

    // ---- questions

    /**
     * How up to date answers are.
     *
     * @param notes that can be found
     * @param pending notes that are known to have changed and cannot be found as they are now
     * @param unembedded notes that cannot be found by what they mean now; 0 where that is off
     * @param trouble why notes are found by their words alone, or empty
     * @param reconciled when the whole vault was last walked through, or null when it was not since the start
     */
    public record Freshness(
            int notes,
            int pending,
            int unembedded,
            String trouble,
            @Nullable Instant reconciled) {}

    /**
     * What was found.
     *
     * @param by what it was found by; another than was asked for where that could not be
     * @param total notes that match, at least
     */
    public record Answer(List<Hit> hits, By by, long total, Freshness freshness) {}

    public Freshness freshness() {
        return new Freshness(
                index.size(),
                pending.get(),
                semantic == null ? 0 : semantic.pending(),
                semantic == null ? "" : semantic.trouble(),
                reconciled);
    }

    /** Texts that were given to the embedding model since the vault was opened. */
    public long embedded() {
        return semantic == null ? 0 : semantic.embedded();
    }

    /** Waits until all that is known to have changed can be found by what it means. */
    public void settleMeanings() throws InterruptedException {
        if (semantic != null) {
            semantic.settle();
        }
    }

    /** A hit, and the text that it was read from. */
    record Found(Hit hit, String text) {}

    private record Founds(List<Found> notes, By by, long total) {}

    /** The notes that answer best. Each hit was read from the file as it is now. */
    public Answer search(SearchRequest request) throws IOException {
        Founds found = find(request);
        return new Answer(found.notes.stream().map(Found::hit).toList(), found.by, found.total, freshness());
    }

    private Founds find(SearchRequest request) throws IOException {
        BooleanQuery words = Queries.words(request.text());
        // The model knows English; beside words of another language its word would be noise.
        boolean isMeant =
                request.by() == By.MEANING || (request.by() == By.BOTH && !Language.isForeign(request.text()));
        SemanticIndex meanings = isMeant && Queries.says(request.text()) ? semantic : null;
        return index.search(searcher -> {
            Ranking ranking = new Ranking(searcher, words, request);
            Ranking.Result meant = meanings == null ? null : meant(ranking, request.by(), meanings);
            Ranking.Result found = meant == null ? ranking.byWords() : meant;
            Weight places = searcher.createWeight(searcher.rewrite(words), ScoreMode.COMPLETE_NO_SCORES, 1);
            List<Found> notes = new ArrayList<>();
            for (Ranking.Ranked each : found.notes()) {
                Found note = read(searcher, places, each);
                if (note != null) {
                    notes.add(note);
                }
            }
            return new Founds(notes, meant == null ? By.WORDS : request.by(), found.total());
        });
    }

    /** Notes that are read for an answer. */
    private static final int READ = 8;

    /**
     * What the notes say to a question, each sentence as it stands in its note.
     *
     * @param shown which notes may be read for it
     * @param limit of sentences
     */
    public Reply ask(String question, Predicate<Hit> shown, int limit) throws IOException {
        Founds found = find(SearchRequest.of(question, By.BOTH, READ));
        List<Found> notes =
                found.notes.stream().filter(each -> shown.test(each.hit)).toList();
        Asking asking = new Asking(question, found.by == By.WORDS ? null : semantic);
        return new Reply(asking.answer(notes, limit), freshness());
    }

    /** Null when what notes mean cannot be asked now; the freshness of the answer says why. */
    private static Ranking.@Nullable Result meant(Ranking ranking, By by, SemanticIndex semantic) {
        try {
            return by == By.MEANING ? ranking.byMeaning(semantic) : ranking.byBoth(semantic);
        } catch (IOException e) {
            semantic.fail(e);
            return null;
        }
    }

    private @Nullable Found read(IndexSearcher searcher, Weight places, Ranking.Ranked found) throws IOException {
        Stored stored = Stored.of(searcher, found.document());
        Entry entry = NoteIndex.entry(stored);
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(files.file(entry.path()));
        } catch (NoSuchFileException e) {
            return null;
        }
        String text = NoteText.of(bytes);
        String sha256 = AtomicFiles.digest(bytes);
        boolean same = sha256.equals(entry.sha256());
        // Offsets of another text would mark anything.
        List<Mark> marks = same ? marks(places.matches(stored.leaf(), stored.number())) : List.of();
        Near near = found.near();
        Mark chunk = near != null && near.sha256().equals(sha256) ? new Mark(near.start(), near.end()) : null;
        Passage passage = Passage.of(text, marks, chunk);
        Note outline = same ? entry.outline() : NoteParser.parse(text);
        Hit hit = new Hit(
                entry.path(),
                outline.headingAt(passage.first()),
                passage.first(),
                passage.last(),
                sha256,
                outline.sensitivity(),
                found.score(),
                passage.text(),
                passage.marks());
        return new Found(hit, text);
    }

    private static List<Mark> marks(@Nullable Matches matches) throws IOException {
        List<Mark> marks = new ArrayList<>();
        MatchesIterator each = matches == null ? null : matches.getMatches(NoteIndex.BODY);
        while (each != null && marks.size() < 1_000 && each.next()) {
            marks.add(new Mark(each.startOffset(), each.endOffset()));
        }
        return marks;
    }

    /**
     * Notes that name a note without linking to it: its title or one of its aliases, as it stands.
     *
     * @param path of the note that is named
     */
    public List<Hit> mentions(String path, int limit) throws IOException {
        Set<String> linking =
                links().to(path).stream().map(Links.Resolved::source).collect(Collectors.toSet());
        List<String> names = new ArrayList<>(List.of(NoteIndex.title(path)));
        names.addAll(index.entry(path).map(entry -> entry.outline().aliases()).orElse(List.of()));
        List<Hit> found = new ArrayList<>();
        for (String name : names) {
            // A quotation mark would end the phrase.
            String phrase = "\"" + name.replace('"', ' ') + "\"";
            for (Hit hit : search(SearchRequest.of(phrase, SearchRequest.MOST)).hits()) {
                boolean told = hit.path().equals(path)
                        || linking.contains(hit.path())
                        || hit.marks().isEmpty();
                if (!told && found.stream().noneMatch(other -> other.path().equals(hit.path()))) {
                    found.add(hit);
                }
            }
        }
        return found.stream().limit(limit).toList();
    }

    /** Who links to whom. */
    public Links links() {
        whole();
        return links;
    }

    /** What is wrong with notes, by path: front matter that is no YAML, text that is no UTF-8, files that cannot be read. */
    public Map<String, String> faults() {
        whole();
        Map<String, String> faults = new TreeMap<>(unreadable);
        known.forEach((path, note) -> {
            if (!note.fault.isEmpty()) {
                faults.putIfAbsent(path, note.fault);
            }
        });
        return faults;
    }

    /** All notes as they were read last, by path. */
    public List<Noted> notes() {
        List<Noted> notes = new ArrayList<>();
        index.each(entry -> notes.add(new Noted(
                entry.path(),
                entry.sha256(),
                Instant.EPOCH.plus(entry.stamp().modified(), ChronoUnit.MICROS),
                entry.outline().properties())));
        notes.sort(Comparator.comparing(Noted::path));
        return notes;
    }

    /** A note's bytes as they are now. */
    public byte[] read(String path) throws IOException {
        if (stamp(path) == null) {
            throw new NoSuchFileException(path, null, "is no note of the vault");
        }
        return Files.readAllBytes(files.file(path));
    }

    public Path root() {
        return root;
    }

    /** Ends a walk that is under way early; what it has read by then is kept. */
    void stop() {
        stopped = true;
    }

    @Override
    public synchronized void close() throws IOException {
        if (semantic != null) {
            semantic.close();
        }
        index.close();
    }
}
