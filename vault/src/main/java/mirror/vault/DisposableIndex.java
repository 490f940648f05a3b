package mirror.vault;

import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.lucene.index.BinaryDocValues;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.SearcherManager;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.LockObtainFailedException;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;

/**
 * A Lucene index that can be made again from files: one of another schema, and one that is damaged, is thrown away when it is opened.
 * Thread-safe.
 */
final class DisposableIndex implements Closeable {
    private final Directory directory;
    private final IndexWriter writer;
    private final SearcherManager searchers;
    private final String schema;

    private DisposableIndex(Directory directory, IndexWriter writer, String schema) throws IOException {
        this.directory = directory;
        this.writer = writer;
        this.searchers = new SearcherManager(writer, null);
        this.schema = schema;
    }

    /**
     * @param folder of the index's own; what is there of another schema or damaged is deleted
     * @param schema another one whenever the same files would be indexed differently
     * @param config a new one at each call
     */
    static DisposableIndex open(Path folder, String schema, Supplier<IndexWriterConfig> config) throws IOException {
        Files.createDirectories(folder);
        try {
            return open(folder, schema, config.get(), false);
        } catch (LockObtainFailedException e) {
            throw new IOException("another program has the index " + folder + " open; end it first", e);
        } catch (IOException | IllegalArgumentException e) {
            clear(folder);
            return open(folder, schema, config.get(), true);
        }
    }

    private static DisposableIndex open(Path folder, String schema, IndexWriterConfig config, boolean anew)
            throws IOException {
        Directory directory = new MMapDirectory(folder);
        try {
            boolean fits = !anew
                    && DirectoryReader.indexExists(directory)
                    && schema(directory).equals(schema);
            config.setOpenMode(fits ? IndexWriterConfig.OpenMode.APPEND : IndexWriterConfig.OpenMode.CREATE);
            config.setCommitOnClose(true);
            IndexWriter writer = new IndexWriter(directory, config);
            writer.setLiveCommitData(Map.of("schema", schema).entrySet());
            return new DisposableIndex(directory, writer, schema);
        } catch (IOException | RuntimeException e) {
            directory.close();
            throw e;
        }
    }

    private static String schema(Directory directory) throws IOException {
        try (DirectoryReader reader = DirectoryReader.open(directory)) {
            return reader.getIndexCommit().getUserData().getOrDefault("schema", "");
        }
    }

    /** Deletes an index that nobody has open. */
    static void clear(Path folder) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        }
    }

    IndexWriter writer() {
        return writer;
    }

    /** Makes what was written visible to searches. */
    void refresh() throws IOException {
        searchers.maybeRefreshBlocking();
    }

    /** Makes what was written survive. */
    void commit() throws IOException {
        writer.setLiveCommitData(Map.of("schema", schema).entrySet());
        writer.commit();
    }

    @Override
    public void close() throws IOException {
        searchers.close();
        writer.close();
        directory.close();
    }

    /** Work with a searcher. */
    interface Use<T extends @Nullable Object> {
        T with(IndexSearcher searcher) throws IOException;
    }

    <T extends @Nullable Object> T search(Use<T> use) throws IOException {
        IndexSearcher searcher = searchers.acquire();
        try {
            return use.with(searcher);
        } finally {
            searchers.release(searcher);
        }
    }

    static BytesRef bytes(String text) {
        return new BytesRef(text.getBytes(StandardCharsets.UTF_8));
    }

    /** What the documents of a segment hold. Opening a field costs more than reading a value, so each is opened once. */
    static final class Columns {
        final LeafReaderContext leaf;
        private final Map<String, Optional<BinaryDocValues>> bytes = new HashMap<>();
        private final Map<String, Optional<NumericDocValues>> numbers = new HashMap<>();

        Columns(LeafReaderContext leaf) {
            this.leaf = leaf;
        }

        @Nullable
        BinaryDocValues bytes(String field) throws IOException {
            Optional<BinaryDocValues> known = bytes.get(field);
            if (known == null) {
                known = Optional.ofNullable(leaf.reader().getBinaryDocValues(field));
                bytes.put(field, known);
            }
            return known.orElse(null);
        }

        @Nullable
        NumericDocValues numbers(String field) throws IOException {
            Optional<NumericDocValues> known = numbers.get(field);
            if (known == null) {
                known = Optional.ofNullable(leaf.reader().getNumericDocValues(field));
                numbers.put(field, known);
            }
            return known.orElse(null);
        }
    }

    /** A document as long as its searcher is held. Of one thread, which reads the documents of a segment in their order. */
    static final class Stored {
        private final Columns columns;
        private final int number;

        Stored(Columns columns, int number) {
            this.columns = columns;
            this.number = number;
        }

        /** @param document as a searcher numbers it */
        static Stored of(IndexSearcher searcher, int document) {
            var leaves = searcher.getIndexReader().leaves();
            LeafReaderContext leaf = leaves.get(ReaderUtil.subIndex(document, leaves));
            return new Stored(new Columns(leaf), document - leaf.docBase);
        }

        /** A document that has the term. */
        static Optional<Stored> first(IndexSearcher searcher, Term term) throws IOException {
            ScoreDoc[] found = searcher.search(new TermQuery(term), 1).scoreDocs;
            return found.length == 0 ? Optional.empty() : Optional.of(of(searcher, found[0].doc));
        }

        /** Hears of documents. */
        interface Each {
            void hear(Stored document) throws IOException;
        }

        /** All documents, in no order. */
        static void each(IndexSearcher searcher, Each each) throws IOException {
            for (LeafReaderContext leaf : searcher.getIndexReader().leaves()) {
                Columns columns = new Columns(leaf);
                Bits live = leaf.reader().getLiveDocs();
                for (int i = 0; i < leaf.reader().maxDoc(); i++) {
                    if (live == null || live.get(i)) {
                        each.hear(new Stored(columns, i));
                    }
                }
            }
        }

        /** The segment that it is in. */
        LeafReaderContext leaf() {
            return columns.leaf;
        }

        /** Within the segment. */
        int number() {
            return number;
        }

        /** A field's bytes; none when it has none. */
        byte[] bytes(String field) throws IOException {
            BytesRef value = value(field);
            return value == null
                    ? new byte[0]
                    : Arrays.copyOfRange(value.bytes, value.offset, value.offset + value.length);
        }

        /** A field's text; empty when it has none. */
        String text(String field) throws IOException {
            BytesRef value = value(field);
            return value == null ? "" : value.utf8ToString();
        }

        private @Nullable BytesRef value(String field) throws IOException {
            BinaryDocValues values = columns.bytes(field);
            return values != null && values.advanceExact(number) ? values.binaryValue() : null;
        }

        /** A field's number; 0 when it has none. */
        long number(String field) throws IOException {
            NumericDocValues values = columns.numbers(field);
            return values != null && values.advanceExact(number) ? values.longValue() : 0;
        }
    }
}
