package mirror.vault;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mirror.vault.DisposableIndex.Columns;
import mirror.vault.DisposableIndex.Stored;
import mirror.vault.VaultFiles.Stamp;
import mirror.vault.embed.Chunker.Chunk;
import mirror.vault.embed.Embedder;
import org.apache.lucene.document.BinaryDocValuesField;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.KnnByteVectorField;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.ByteVectorValues;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.KnnVectorValues.DocIndexIterator;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.TieredMergePolicy;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.KnnByteVectorQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.TermInSetQuery;
import org.apache.lucene.search.Weight;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of all notes with their vectors, in a Lucene index of its own, and each vector once more under the key of its text, where
 * it outlives the note: a note that moves or comes back is not embedded again. Thread-safe for questions; one thread writes.
 */
final class ChunkIndex implements Closeable {
    /** Raised whenever the same note would be indexed differently; another model is another schema. */
    private static final String SCHEMA = "1 " + Embedder.MODEL;

    private static final String VECTOR = "vector";
    private static final String KEY = "key";
    private static final String KEPT = "kept";
    private static final String START = "start";
    private static final String END = "end";

    /** Bounds what a merge needs of memory: the graph of a segment is built in the heap. */
    private static final double SEGMENT_MEGABYTES = 64;

    private final DisposableIndex index;
    /** Kept vectors that the searcher does not see yet. */
    private final Map<BytesRef, byte[]> fresh = new HashMap<>();

    private ChunkIndex(DisposableIndex index) {
        this.index = index;
    }

    /**
     * The chunk of a note that is nearest to a question.
     *
     * @param sha256 of the note as it was taken apart
     * @param start index of the chunk's first character in the note's text
     * @param end index after its last
     * @param cosine of the angle between chunk and question
     */
    record Near(String path, String sha256, int start, int end, double cosine) {}

    /** @param folder of the index's own; what is there of another schema or damaged is deleted */
    static ChunkIndex open(Path folder) throws IOException {
        return new ChunkIndex(DisposableIndex.open(folder, SCHEMA, ChunkIndex::config));
    }

    private static IndexWriterConfig config() {
        TieredMergePolicy merges = new TieredMergePolicy();
        merges.setMaxMergedSegmentMB(SEGMENT_MEGABYTES);
        return new IndexWriterConfig().setRAMBufferSizeMB(16).setMergePolicy(merges);
    }

    // ---- writing

    /** @param vectors of the chunks, in their order */
    void put(String path, Stamp stamp, String sha256, Note note, List<Chunk> chunks, List<byte[]> vectors)
            throws IOException {
        List<Document> documents = new ArrayList<>();
        for (int i = 0; i < Math.max(1, chunks.size()); i++) {
            Document document = new Document();
            document.add(new StringField(NoteIndex.PATH, path, Field.Store.NO));
            document.add(new BinaryDocValuesField(NoteIndex.NAME, DisposableIndex.bytes(path)));
            document.add(new BinaryDocValuesField(NoteIndex.SHA256, DisposableIndex.bytes(sha256)));
            // A note that says nothing has a document without a vector, by which it is known to be done.
            if (i < chunks.size()) {
                NoteIndex.filters(document, path, stamp, note);
                document.add(new NumericDocValuesField(START, chunks.get(i).start()));
                document.add(new NumericDocValuesField(END, chunks.get(i).end()));
                document.add(new KnnByteVectorField(VECTOR, vectors.get(i), VectorSimilarityFunction.DOT_PRODUCT));
            }
            documents.add(document);
        }
        index.writer().updateDocuments(new Term(NoteIndex.PATH, path), documents);
    }

    void remove(String path) throws IOException {
        index.writer().deleteDocuments(new Term(NoteIndex.PATH, path));
    }

    /** The vector that was once kept under a key, or null. */
    byte @Nullable [] kept(byte[] key) throws IOException {
        byte[] known = fresh.get(new BytesRef(key));
        return known != null
                ? known
                : index.search(searcher -> {
                    Optional<Stored> found = Stored.first(searcher, new Term(KEY, new BytesRef(key)));
                    return found.isEmpty() ? null : found.get().bytes(KEPT);
                });
    }

    void keep(byte[] key, byte[] vector) throws IOException {
        Document document = new Document();
        document.add(new StringField(KEY, new BytesRef(key), Field.Store.NO));
        document.add(new BinaryDocValuesField(KEPT, new BytesRef(vector)));
        index.writer().updateDocument(new Term(KEY, new BytesRef(key)), document);
        fresh.put(new BytesRef(key), vector);
    }

    /** Makes what was written visible to questions. */
    void refresh() throws IOException {
        index.refresh();
        fresh.clear();
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

    /** Digest of each note that was taken apart, by path. */
    Map<String, String> notes() throws IOException {
        return index.search(searcher -> {
            Map<String, String> notes = new HashMap<>();
            Stored.each(searcher, document -> {
                String path = document.text(NoteIndex.NAME);
                if (!path.isEmpty() && !notes.containsKey(path)) {
                    notes.put(path, document.text(NoteIndex.SHA256));
                }
            });
            return notes;
        });
    }

    /**
     * The notes that are nearest to a question, each with its nearest chunk.
     *
     * @param limits what the notes must be, or null
     * @param count of chunks that are looked at
     */
    Map<String, Near> nearest(byte[] question, @Nullable Query limits, int count) throws IOException {
        return index.search(searcher -> {
            Map<String, Near> nearest = new HashMap<>();
            Query query = new KnnByteVectorQuery(VECTOR, question, count, limits);
            for (ScoreDoc each : searcher.search(query, count).scoreDocs) {
                // Lucene's score of two vectors of bytes, taken back to the sum of products.
                double product = (each.score - 0.5) * Embedder.DIMENSIONS * (1 << 15);
                add(nearest, near(Stored.of(searcher, each.doc), Embedder.cosineOf(product)));
            }
            return nearest;
        });
    }

    /** How near some notes are to a question, each with its nearest chunk. */
    Map<String, Near> of(Collection<String> paths, byte[] question) throws IOException {
        return index.search(searcher -> {
            Map<String, Near> near = new HashMap<>();
            Query query = new TermInSetQuery(
                    NoteIndex.PATH, paths.stream().map(DisposableIndex::bytes).toList());
            Weight weight = searcher.createWeight(searcher.rewrite(query), ScoreMode.COMPLETE_NO_SCORES, 1);
            for (LeafReaderContext leaf : searcher.getIndexReader().leaves()) {
                ByteVectorValues vectors = leaf.reader().getByteVectorValues(VECTOR);
                Scorer scorer = vectors == null ? null : weight.scorer(leaf);
                if (vectors == null || scorer == null) {
                    continue;
                }
                Columns columns = new Columns(leaf);
                Bits live = leaf.reader().getLiveDocs();
                DocIdSetIterator documents = scorer.iterator();
                DocIndexIterator places = vectors.iterator();
                for (int document = documents.nextDoc();
                        document != DocIdSetIterator.NO_MORE_DOCS;
                        document = documents.nextDoc()) {
                    int at = places.docID() < document ? places.advance(document) : places.docID();
                    if (at == document && (live == null || live.get(document))) {
                        byte[] vector = vectors.vectorValue(places.index());
                        add(near, near(new Stored(columns, document), Embedder.cosine(question, vector)));
                    }
                }
            }
            return near;
        });
    }

    private static void add(Map<String, Near> best, Near near) {
        best.merge(near.path, near, (one, other) -> one.cosine >= other.cosine ? one : other);
    }

    private static Near near(Stored document, double cosine) throws IOException {
        return new Near(
                document.text(NoteIndex.NAME),
                document.text(NoteIndex.SHA256),
                (int) document.number(START),
                (int) document.number(END),
                cosine);
    }
}
