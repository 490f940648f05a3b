package mirror.vault;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.bus.Json;
import mirror.vault.DisposableIndex.Stored;
import mirror.vault.DisposableIndex.Use;
import mirror.vault.Note.Heading;
import mirror.vault.Note.Kind;
import mirror.vault.Note.Link;
import mirror.vault.VaultFiles.Stamp;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.document.BinaryDocValuesField;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.document.LongPoint;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.ConcurrentMergeScheduler;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.Term;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The Lucene index of a vault: one document for each note. Thread-safe.
 */
final class NoteIndex implements Closeable {
    /** Raised whenever the same note would be indexed differently. */
    private static final String SCHEMA = "2";

    static final String PATH = "path";
    static final String FOLDER = "folder";
    static final String TAG = "tag";
    static final String PROPERTY = "property";
    static final String DATE = "date";
    static final String TITLE = "title";
    static final String ALIAS = "alias";
    static final String HEADING = "heading";
    static final String BODY = "body";
    private static final String STAMP = "stamp.";
    static final String SHA256 = "sha256";
    private static final String OUTLINE = "outline";
    static final String NAME = "name";

    private static final Pattern DAY = Pattern.compile("(\\d{4}-\\d{2}-\\d{2}).*", Pattern.DOTALL);
    private static final FieldType OFFSETS = new FieldType(TextField.TYPE_NOT_STORED);
    private static final int TEXT = 4 << 20;

    /** By which a note's age is told; the other properties are searched for and not kept. */
    private static final Set<String> KEPT = Set.of("type", "verified", "created", "date");

    private static final int VALUES = 20;
    private static final int VALUE = 200;

    /** Of titles, aliases and headings, which are too short to tell their language. */
    static final Language SHORT = Language.ENGLISH;

    static {
        OFFSETS.setIndexOptions(IndexOptions.DOCS_AND_FREQS_AND_POSITIONS_AND_OFFSETS);
        OFFSETS.freeze();
    }

    private final DisposableIndex index;

    private NoteIndex(DisposableIndex index) {
        this.index = index;
    }

    /** What the index holds of a note. */
    record Entry(String path, Stamp stamp, String sha256, Note outline) {}

    /** @param folder of the index's own; what is there of another schema or damaged is deleted */
    static NoteIndex open(Path folder) throws IOException {
        return new NoteIndex(DisposableIndex.open(folder, SCHEMA, NoteIndex::config));
    }

    private static IndexWriterConfig config() {
        ConcurrentMergeScheduler merges = new ConcurrentMergeScheduler();
        merges.setMaxMergesAndThreads(3, 1);
        return new IndexWriterConfig(SHORT.analyzer()).setRAMBufferSizeMB(32).setMergeScheduler(merges);
    }

    // ---- writing

    void put(String path, Stamp stamp, String sha256, Note note, String text) throws IOException {
        Document document = new Document();
        document.add(new StringField(PATH, path, Field.Store.NO));
        document.add(new BinaryDocValuesField(NAME, DisposableIndex.bytes(path)));
        document.add(new BinaryDocValuesField(SHA256, DisposableIndex.bytes(sha256)));
        document.add(new BinaryDocValuesField(OUTLINE, DisposableIndex.bytes(outline(note))));
        document.add(new NumericDocValuesField(STAMP + "size", stamp.size()));
        document.add(new NumericDocValuesField(STAMP + "modified", stamp.modified()));
        document.add(new NumericDocValuesField(STAMP + "changed", stamp.changed()));
        filters(document, path, stamp, note);
        Language language = Language.of(text);
        document.add(new TextField(TITLE, title(path), Field.Store.NO));
        note.aliases().forEach(alias -> document.add(new TextField(ALIAS, alias, Field.Store.NO)));
        note.headings().forEach(heading -> document.add(new TextField(HEADING, heading.text(), Field.Store.NO)));
        try (TokenStream body =
                language.analyzer().tokenStream(BODY, text.substring(0, Math.min(text.length(), TEXT)))) {
            document.add(new Field(BODY, body, OFFSETS));
            index.writer().updateDocument(new Term(PATH, path), document);
        }
    }

    /** Adds what a note is limited by. */
    static void filters(Document document, String path, Stamp stamp, Note note) {
        document.add(new LongPoint(DATE, date(note, stamp).toEpochDay()));
        for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
            document.add(new StringField(FOLDER, LinkResolver.fold(path.substring(0, slash)), Field.Store.NO));
        }
        for (String tag : note.tags()) {
            String folded = LinkResolver.fold(tag);
            for (int slash = folded.indexOf('/'); slash >= 0; slash = folded.indexOf('/', slash + 1)) {
                document.add(new StringField(TAG, folded.substring(0, slash), Field.Store.NO));
            }
            document.add(new StringField(TAG, folded, Field.Store.NO));
        }
        note.properties()
                .forEach((name, values) -> values.forEach(
                        value -> document.add(new StringField(PROPERTY, property(name, value), Field.Store.NO))));
    }

    /** How a property is looked up. Long values are no names of anything. */
    static String property(String name, String value) {
        String text = LinkResolver.fold(name) + '\0' + LinkResolver.fold(value);
        return text.substring(0, Math.min(text.length(), 1_000));
    }

    /** The name of a note, as a person says it. */
    static String title(String path) {
        String name = LinkResolver.name(path);
        return name.regionMatches(true, name.length() - 3, ".md", 0, 3) ? name.substring(0, name.length() - 3) : name;
    }

    private static LocalDate date(Note note, Stamp stamp) {
        for (String name : List.of("date", "created", "updated", "modified")) {
            for (Map.Entry<String, List<String>> property : note.properties().entrySet()) {
                if (!property.getKey().equalsIgnoreCase(name)
                        || property.getValue().isEmpty()) {
                    continue;
                }
                Matcher day = DAY.matcher(property.getValue().getFirst());
                if (day.matches()) {
                    try {
                        return LocalDate.parse(day.group(1));
                    } catch (DateTimeException e) {
                        // No day of any calendar; the file's own counts.
                    }
                }
            }
        }
        return Instant.EPOCH
                .plus(stamp.modified(), ChronoUnit.MICROS)
                .atZone(ZoneOffset.UTC)
                .toLocalDate();
    }

    void remove(String path) throws IOException {
        index.writer().deleteDocuments(new Term(PATH, path));
    }

    /** Makes what was written visible to searches. */
    void refresh() throws IOException {
        index.refresh();
    }

    /** Makes what was written survive. */
    void commit() throws IOException {
        index.commit();
    }

    @Override
    public void close() throws IOException {
        index.close();
    }

    // ---- reading

    <T> T search(Use<T> use) throws IOException {
        return index.search(use);
    }

    /** What is held of a document. */
    static Entry entry(Stored document) throws IOException {
        return new Entry(
                document.text(NAME),
                new Stamp(
                        document.number(STAMP + "size"),
                        document.number(STAMP + "modified"),
                        document.number(STAMP + "changed")),
                document.text(SHA256),
                outline(document.text(OUTLINE)));
    }

    /** What is indexed of one note. */
    Optional<Entry> entry(String path) throws IOException {
        return search(searcher -> {
            Optional<Stored> found = Stored.first(searcher, new Term(PATH, path));
            return found.isEmpty() ? Optional.empty() : Optional.of(entry(found.get()));
        });
    }

    /** Everything that is indexed, by path. */
    Map<String, Entry> entries() {
        Map<String, Entry> entries = new TreeMap<>();
        each(entry -> entries.put(entry.path, entry));
        return entries;
    }

    /** One after the other, in no order: all of them at once are large. */
    void each(Consumer<Entry> use) {
        read(searcher -> {
            Stored.each(searcher, document -> use.accept(entry(document)));
            return true;
        });
    }

    /** Notes that a search sees. */
    int size() {
        return read(searcher -> searcher.getIndexReader().numDocs());
    }

    private <T> T read(Use<T> use) {
        try {
            return search(use);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- what is kept of a note beside its words

    private static String outline(Note note) {
        ObjectNode json = Json.object();
        if (!note.aliases().isEmpty()) {
            note.aliases().forEach(json.putArray("a")::add);
        }
        if (!note.tags().isEmpty()) {
            note.tags().forEach(json.putArray("t")::add);
        }
        if (!note.blocks().isEmpty()) {
            note.blocks().forEach(json.putArray("b")::add);
        }
        if (!note.headings().isEmpty()) {
            var headings = json.putArray("h");
            note.headings()
                    .forEach(each -> headings.addArray()
                            .add(each.level())
                            .add(each.text())
                            .add(each.line()));
        }
        if (!note.links().isEmpty()) {
            var links = json.putArray("l");
            note.links()
                    .forEach(each -> links.addArray()
                            .add(each.kind().name())
                            .add(each.target())
                            .add(each.subpath())
                            .add(each.line()));
        }
        if (!note.fault().isEmpty()) {
            json.put("f", note.fault());
        }
        if (!note.sensitivity().isEmpty()) {
            json.put("s", note.sensitivity());
        }
        ObjectNode kept = Json.object();
        note.properties().forEach((name, values) -> {
            String key = name.toLowerCase(Locale.ROOT);
            if (KEPT.contains(key)) {
                var array = kept.putArray(key);
                values.stream()
                        .limit(VALUES)
                        .map(value -> value.substring(0, Math.min(VALUE, value.length())))
                        .forEach(array::add);
            }
        });
        if (!kept.isEmpty()) {
            json.set("p", kept);
        }
        return Json.MAPPER.writeValueAsString(json);
    }

    private static Note outline(String text) {
        JsonNode json = Json.MAPPER.readTree(text);
        List<Heading> headings = new ArrayList<>();
        for (JsonNode each : json.path("h")) {
            headings.add(new Heading(
                    each.path(0).asInt(),
                    each.path(1).asString(""),
                    each.path(2).asInt()));
        }
        List<Link> links = new ArrayList<>();
        for (JsonNode each : json.path("l")) {
            links.add(new Link(
                    Kind.valueOf(each.path(0).asString("")),
                    each.path(1).asString(""),
                    each.path(2).asString(""),
                    each.path(3).asInt()));
        }
        return new Note(
                texts(json.path("a")),
                texts(json.path("t")),
                headings,
                Set.copyOf(texts(json.path("b"))),
                links,
                properties(json),
                json.path("f").asString(""));
    }

    private static Map<String, List<String>> properties(JsonNode json) {
        Map<String, List<String>> properties = new HashMap<>();
        if (json.has("s")) {
            properties.put("sensitivity", List.of(json.path("s").asString("")));
        }
        json.path("p").forEachEntry((name, values) -> properties.put(name, texts(values)));
        return properties;
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(each -> texts.add(each.asString("")));
        return texts;
    }
}
