package mirror.vault;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import mirror.vault.VaultFiles.Stamp;
import mirror.vault.embed.Chunker.Chunk;
import mirror.vault.embed.Embedder;
import org.apache.lucene.document.BinaryDocValuesField;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.KnnByteVectorField;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.BinaryDocValues;
import org.apache.lucene.index.ByteVectorValues;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.KnnVectorValues.DocIndexIterator;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.TieredMergePolicy;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnByteVectorQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.SearcherManager;
import org.apache.lucene.search.TermInSetQuery;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.Weight;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.LockObtainFailedException;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of all notes with their vectors, in a Lucene index of its own, and each vector once more under the key of its text, where
 * it outlives the note: a note that moves or comes back is not embedded again. Disposable, as {@link NoteIndex} is. Thread-safe for
 * questions; one thread writes.
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

    private final Directory directory;
    private final IndexWriter writer;
    private final SearcherManager searchers;
    /** Kept vectors that the searcher does not see yet. */
    private final Map<BytesRef, byte[]> fresh = new HashMap<>();

    private ChunkIndex(Directory directory, IndexWriter writer) throws IOException {
        this.directory = directory;
        this.writer = writer;
        this.searchers = new SearcherManager(writer, null);
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
        Files.createDirectories(folder);
        try {
            return open(folder, false);
        } catch (LockObtainFailedException e) {
            throw new IOException("another program has the index " + folder + " open; end it first", e);
        } catch (IOException | IllegalArgumentException e) {
            NoteIndex.clear(folder);
            return open(folder, true);
        }
    }

    private static ChunkIndex open(Path folder, boolean anew) throws IOException {
        Directory directory = new MMapDirectory(folder);
        try {
            boolean fits = !anew
                    && DirectoryReader.indexExists(directory)
                    && NoteIndex.schema(directory).equals(SCHEMA);
            TieredMergePolicy merges = new TieredMergePolicy();
            merges.setMaxMergedSegmentMB(SEGMENT_MEGABYTES);
            IndexWriterConfig config = new IndexWriterConfig()
                    .setOpenMode(fits ? IndexWriterConfig.OpenMode.APPEND : IndexWriterConfig.OpenMode.CREATE)
                    .setRAMBufferSizeMB(16)
                    .setMergePolicy(merges)
                    .setCommitOnClose(true);
            IndexWriter writer = new IndexWriter(directory, config);
            writer.setLiveCommitData(Map.of("schema", SCHEMA).entrySet());
            return new ChunkIndex(directory, writer);
        } catch (IOException | RuntimeException e) {
            directory.close();
            throw e;
        }
    }

    // ---- writing

    /** @param vectors of the chunks, in their order */
    void put(String path, Stamp stamp, String sha256, Note note, List<Chunk> chunks, List<byte[]> vectors)
            throws IOException {
        List<Document> documents = new ArrayList<>();
        for (int i = 0; i < Math.max(1, chunks.size()); i++) {
            Document document = new Document();
            document.add(new StringField(NoteIndex.PATH, path, Field.Store.NO));
            document.add(new BinaryDocValuesField(NoteIndex.NAME, NoteIndex.bytes(path)));
            document.add(new BinaryDocValuesField(NoteIndex.SHA256, NoteIndex.bytes(sha256)));
            // A note that says nothing has a document without a vector, by which it is known to be done.
            if (i < chunks.size()) {
                NoteIndex.filters(document, path, stamp, note);
                document.add(new NumericDocValuesField(START, chunks.get(i).start()));
                document.add(new NumericDocValuesField(END, chunks.get(i).end()));
                document.add(new KnnByteVectorField(VECTOR, vectors.get(i), VectorSimilarityFunction.DOT_PRODUCT));
            }
            documents.add(document);
        }
        writer.updateDocuments(new Term(NoteIndex.PATH, path), documents);
    }

    void remove(String path) throws IOException {
        writer.deleteDocuments(new Term(NoteIndex.PATH, path));
    }

    /** The vector that was once kept under a key, or null. */
    byte @Nullable [] kept(byte[] key) throws IOException {
        byte[] known = fresh.get(new BytesRef(key));
        return known != null
                ? known
                : search(searcher -> {
                    ScoreDoc[] found = searcher.search(new TermQuery(new Term(KEY, new BytesRef(key))), 1).scoreDocs;
                    if (found.length == 0) {
                        return null;
                    }
                    LeafReaderContext leaf = NoteIndex.leaf(searcher, found[0].doc);
                    BinaryDocValues values = leaf.reader().getBinaryDocValues(KEPT);
                    if (values == null || !values.advanceExact(found[0].doc - leaf.docBase)) {
                        return null;
                    }
                    BytesRef bytes = values.binaryValue();
                    return Arrays.copyOfRange(bytes.bytes, bytes.offset, bytes.offset + bytes.length);
                });
    }

    void keep(byte[] key, byte[] vector) throws IOException {
        Document document = new Document();
        document.add(new StringField(KEY, new BytesRef(key), Field.Store.NO));
        document.add(new BinaryDocValuesField(KEPT, new BytesRef(vector)));
        writer.updateDocument(new Term(KEY, new BytesRef(key)), document);
        fresh.put(new BytesRef(key), vector);
    }

    /** Makes what was written visible to questions. */
    void refresh() throws IOException {
        searchers.maybeRefreshBlocking();
        fresh.clear();
    }

    /** Makes what was written survive. */
    void commit() throws IOException {
        writer.setLiveCommitData(Map.of("schema", SCHEMA).entrySet());
        writer.commit();
    }

    @Override
    public void close() throws IOException {
        searchers.close();
        writer.close();
        directory.close();
    }

    // ---- reading

    private <T extends @Nullable Object> T search(NoteIndex.Use<T> use) throws IOException {
        IndexSearcher searcher = searchers.acquire();
        try {
            return use.with(searcher);
        } finally {
            searchers.release(searcher);
        }
    }

    /** Digest of each note that was taken apart, by path. */
    Map<String, String> notes() throws IOException {
        return search(searcher -> {
            Map<String, String> notes = new HashMap<>();
            for (LeafReaderContext leaf : searcher.getIndexReader().leaves()) {
                Bits live = leaf.reader().getLiveDocs();
                for (int i = 0; i < leaf.reader().maxDoc(); i++) {
                    String path = live == null || live.get(i) ? NoteIndex.text(leaf, NoteIndex.NAME, i) : "";
                    if (!path.isEmpty() && !notes.containsKey(path)) {
                        notes.put(path, NoteIndex.text(leaf, NoteIndex.SHA256, i));
                    }
                }
            }
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
        return search(searcher -> {
            Map<String, Near> nearest = new HashMap<>();
            Query query = new KnnByteVectorQuery(VECTOR, question, count, limits);
            for (ScoreDoc each : searcher.search(query, count).scoreDocs) {
                LeafReaderContext leaf = NoteIndex.leaf(searcher, each.doc);
                // Lucene's score of two vectors of bytes, taken back to the sum of products.
                double product = (each.score - 0.5) * Embedder.DIMENSIONS * (1 << 15);
                add(nearest, near(leaf, each.doc - leaf.docBase, Embedder.cosineOf(product)));
            }
            return nearest;
        });
    }

    /** How near some notes are to a question, each with its nearest chunk. */
    Map<String, Near> of(Collection<String> paths, byte[] question) throws IOException {
        return search(searcher -> {
            Map<String, Near> near = new HashMap<>();
            Query query = new TermInSetQuery(
                    NoteIndex.PATH, paths.stream().map(NoteIndex::bytes).toList());
            Weight weight = searcher.createWeight(searcher.rewrite(query), ScoreMode.COMPLETE_NO_SCORES, 1);
            for (LeafReaderContext leaf : searcher.getIndexReader().leaves()) {
                ByteVectorValues vectors = leaf.reader().getByteVectorValues(VECTOR);
                Scorer scorer = vectors == null ? null : weight.scorer(leaf);
                if (vectors == null || scorer == null) {
                    continue;
                }
                Bits live = leaf.reader().getLiveDocs();
                DocIdSetIterator documents = scorer.iterator();
                DocIndexIterator places = vectors.iterator();
                for (int document = documents.nextDoc();
                        document != DocIdSetIterator.NO_MORE_DOCS;
                        document = documents.nextDoc()) {
                    int at = places.docID() < document ? places.advance(document) : places.docID();
                    if (at == document && (live == null || live.get(document))) {
                        byte[] vector = vectors.vectorValue(places.index());
                        add(near, near(leaf, document, Embedder.cosine(question, vector)));
                    }
                }
            }
            return near;
        });
    }

    private static void add(Map<String, Near> best, Near near) {
        best.merge(near.path, near, (one, other) -> one.cosine >= other.cosine ? one : other);
    }

    private static Near near(LeafReaderContext leaf, int document, double cosine) throws IOException {
        return new Near(
                NoteIndex.text(leaf, NoteIndex.NAME, document),
                NoteIndex.text(leaf, NoteIndex.SHA256, document),
                (int) NoteIndex.number(leaf, START, document),
                (int) NoteIndex.number(leaf, END, document),
                cosine);
    }
}
