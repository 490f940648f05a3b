package mirror.vault;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import mirror.vault.Reply.Cited;
import mirror.vault.Sentences.Sentence;
import mirror.vault.Vault.Found;
import mirror.vault.embed.Embedder;
import org.jspecify.annotations.Nullable;

/**
 * Answers a question with sentences of the notes, never with others. A sentence is as good as the share of the question's words that it
 * has and, where there is a model, as it is near in meaning. Where none is good enough there is no answer: not to know is better
 * than to guess.
 */
final class Asking {
    /** Lines around a hit that are read. */
    private static final int AROUND = 6;

    /** Sentences that are compared by meaning. */
    private static final int COMPARED = 60;

    private static final double MEANING = 0.6;
    /** What a sentence must reach. */
    private static final double LEAST = 0.45;

    private static final double LEAST_OF_WORDS = 0.6;

    private final String question;
    private final List<Set<String>> words;
    private final @Nullable SemanticIndex semantic;

    Asking(String question, @Nullable SemanticIndex semantic) throws IOException {
        this.question = question;
        this.words = Queries.content(question);
        this.semantic = semantic;
    }

    List<Cited> answer(List<Found> notes, int limit) throws IOException {
        List<Cited> found = new ArrayList<>();
        Set<String> said = new HashSet<>();
        byte[] meant = semantic == null ? null : semantic.question(question);
        int compared = 0;
        for (Found note : notes) {
            Hit hit = note.hit();
            String text = note.text();
            Lines lines = Lines.of(text);
            Note outline = NoteParser.parse(text);
            int first = Math.max(lines.body(), hit.first() - 1 - AROUND);
            int last = Math.min(lines.count() - 1, hit.last() - 1 + AROUND);
            for (Sentence each : Sentences.of(text, lines, first, last)) {
                String quote = text.substring(each.start(), each.end());
                if (!said.add(quote.replaceAll("\\s+", " "))) {
                    continue;
                }
                double score = score(quote, compared++ < COMPARED ? meant : null);
                if (score > 0) {
                    int line = lines.at(each.start()) + 1;
                    found.add(new Cited(
                            quote,
                            hit.path(),
                            outline.headingAt(line),
                            line,
                            lines.at(each.end() - 1) + 1,
                            hit.sha256(),
                            hit.sensitivity(),
                            score));
                }
            }
        }
        found.sort(Comparator.comparingDouble(Cited::score).reversed());
        return found.subList(0, Math.min(limit, found.size()));
    }

    /** From 0 to 1; 0 when it does not answer. */
    private double score(String quote, byte @Nullable [] meant) throws IOException {
        Set<String> tokens = Queries.forms(quote);
        long known = words.stream()
                .filter(forms -> forms.stream().anyMatch(tokens::contains))
                .count();
        double share = words.isEmpty() ? 0 : (double) known / words.size();
        if (semantic == null || meant == null) {
            return share >= LEAST_OF_WORDS ? share : 0;
        }
        double cosine = Math.max(0, Embedder.cosine(meant, semantic.question(quote)));
        double score = MEANING * cosine + (1 - MEANING) * share;
        return score >= LEAST ? Math.min(1, score) : 0;
    }
}
