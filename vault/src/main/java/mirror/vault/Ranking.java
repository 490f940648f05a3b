package mirror.vault;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import mirror.vault.ChunkIndex.Near;
import mirror.vault.DisposableIndex.Stored;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopDocs;
import org.jspecify.annotations.Nullable;

/**
 * Which notes answer best: by their words, by what they mean, or by both. Both is the sum of two numbers from 0 to 1, each known for
 * every note in question: the cosine of its nearest chunk, and its BM25 score as a share of the best one's. Such a sum keeps how far
 * notes are apart, which a sum of ranks throws away.
 *
 * @see <a href="https://arxiv.org/abs/2210.11934">Bruch, Gai and Ingber, An Analysis of Fusion Functions for Hybrid Retrieval (2023)</a>
 */
final class Ranking {
    /** The weight of meaning; chosen on the development half of SciFact. */
    private static final double MEANING = 0.6;

    /** Notes and chunks of each kind that are compared. */
    private static final int CANDIDATES = 100;

    /** Among notes that have the words, one without any must mean something like the question. */
    private static final double LEAST = 0.25;

    private final IndexSearcher searcher;
    private final BooleanQuery words;
    private final SearchRequest request;

    Ranking(IndexSearcher searcher, BooleanQuery words, SearchRequest request) {
        this.searcher = searcher;
        this.words = words;
        this.request = request;
    }

    /** @param near the note's chunk that answers, when the note was compared by meaning */
    record Ranked(int document, double score, @Nullable Near near) {}

    /**
     * Best first.
     *
     * @param total notes that match, at least
     */
    record Result(List<Ranked> notes, long total) {}

    Result byWords() throws IOException {
        TopDocs found = searcher.search(Queries.limited(words, request), request.limit());
        List<Ranked> notes = new ArrayList<>();
        for (ScoreDoc each : found.scoreDocs) {
            notes.add(new Ranked(each.doc, each.score, null));
        }
        return new Result(notes, found.totalHits.value());
    }

    Result byMeaning(SemanticIndex semantic) throws IOException {
        Map<String, Near> near = nearest(semantic, semantic.question(request.text()));
        return best(byPath(searcher.search(Queries.scored(words, near.keySet()), near.size())), near, 1);
    }

    Result byBoth(SemanticIndex semantic) throws IOException {
        byte[] question = semantic.question(request.text());
        Map<String, Near> near = nearest(semantic, question);
        TopDocs found = searcher.search(Queries.limited(words, request), count());
        Map<String, ScoreDoc> scored = byPath(found);
        List<String> others = without(near.keySet(), scored.keySet());
        near.putAll(semantic.of(without(scored.keySet(), near.keySet()), question));
        scored.putAll(byPath(searcher.search(Queries.scored(words, others), Math.max(1, others.size()))));
        Result best = best(scored, near, MEANING);
        return new Result(best.notes, Math.max(best.total, found.totalHits.value()));
    }

    private int count() {
        return Math.max(CANDIDATES, request.limit());
    }

    private Map<String, Near> nearest(SemanticIndex semantic, byte[] question) throws IOException {
        return semantic.nearest(question, Queries.limits(request), count());
    }

    private static List<String> without(Collection<String> paths, Collection<String> others) {
        return paths.stream().filter(path -> !others.contains(path)).toList();
    }

    private Map<String, ScoreDoc> byPath(TopDocs found) throws IOException {
        Map<String, ScoreDoc> byPath = new HashMap<>();
        for (ScoreDoc each : found.scoreDocs) {
            byPath.put(Stored.of(searcher, each.doc).text(NoteIndex.NAME), each);
        }
        return byPath;
    }

    private Result best(Map<String, ScoreDoc> scored, Map<String, Near> near, double weight) {
        double most =
                scored.values().stream().mapToDouble(each -> each.score).max().orElse(0);
        List<Ranked> notes = new ArrayList<>();
        scored.forEach((path, each) -> {
            Near chunk = near.get(path);
            double cosine = chunk == null ? 0 : Math.max(0, chunk.cosine());
            double share = most > 0 ? each.score / most : 0;
            if (weight == 1 || share > 0 || cosine >= LEAST) {
                notes.add(new Ranked(each.doc, weight * cosine + (1 - weight) * share, chunk));
            }
        });
        notes.sort(Comparator.comparingDouble(Ranked::score).reversed().thenComparingInt(Ranked::document));
        return new Result(notes.subList(0, Math.min(request.limit(), notes.size())), notes.size());
    }
}
