package mirror.vault;

import java.io.IOException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.document.LongPoint;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.DisjunctionMaxQuery;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.PhraseQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.SynonymQuery;
import org.apache.lucene.search.TermInSetQuery;
import org.apache.lucene.search.TermQuery;
import org.jspecify.annotations.Nullable;

/** What a person asks, as the index is asked. Any text is a query; there is no syntax to get wrong. */
final class Queries {
    private static final Pattern PART = Pattern.compile("(-?)(?:\"([^\"]*)\"|(\\S+))");
    private static final int WORDS = 64;
    private static final float TIE = 0.2f;

    /** A word in a name says more about a note than one in its text. */
    private static final Map<String, Float> FIELDS =
            Map.of(NoteIndex.TITLE, 2.0f, NoteIndex.ALIAS, 2.0f, NoteIndex.HEADING, 1.3f, NoteIndex.BODY, 1.0f);

    private Queries() {}

    /** The words alone, which give the score and the places. */
    static BooleanQuery words(String text) throws IOException {
        BooleanQuery.Builder query = new BooleanQuery.Builder();
        Matcher part = PART.matcher(text);
        boolean wanted = false;
        for (int i = 0; i < WORDS && part.find(); i++) {
            boolean not = part.group(1).equals("-");
            boolean phrase = part.group(2) != null;
            for (Query each : phrase ? phrase(part.group(2)) : word(part.group(3))) {
                query.add(each, not ? Occur.MUST_NOT : phrase ? Occur.MUST : Occur.SHOULD);
                wanted |= !not;
            }
        }
        if (!wanted) {
            query.add(MatchAllDocsQuery.INSTANCE, Occur.MUST);
        }
        return query.build();
    }

    /** Whether the text names a word or phrase that shall occur; without one there is nothing to rank by. */
    static boolean says(String text) {
        return PART.matcher(text)
                .results()
                .anyMatch(part -> part.group(1).isEmpty() && !part.group().equals("\"\""));
    }

    /** The words, within the limits that the request sets. */
    static Query limited(Query words, SearchRequest request) {
        BooleanQuery.Builder query = new BooleanQuery.Builder().add(words, Occur.MUST);
        Query limits = limits(request);
        return (limits == null ? query : query.add(limits, Occur.FILTER)).build();
    }

    /** What the words say of these notes, also of those in which none of them occurs; phrases and exclusions hold. */
    static Query scored(BooleanQuery words, Collection<String> paths) {
        BooleanQuery.Builder query = new BooleanQuery.Builder();
        words.clauses().forEach(query::add);
        query.add(new BoostQuery(MatchAllDocsQuery.INSTANCE, 0), Occur.SHOULD);
        query.add(
                new TermInSetQuery(
                        NoteIndex.PATH,
                        paths.stream().map(DisposableIndex::bytes).toList()),
                Occur.FILTER);
        return query.build();
    }

    /** The limits that the request sets, or null when there are none. */
    static @Nullable Query limits(SearchRequest request) {
        BooleanQuery.Builder query = new BooleanQuery.Builder();
        if (!request.folder().isEmpty()) {
            query.add(term(NoteIndex.FOLDER, LinkResolver.fold(trimmed(request.folder()))), Occur.FILTER);
        }
        for (String tag : request.tags()) {
            String name = tag.startsWith("#") ? tag.substring(1) : tag;
            query.add(term(NoteIndex.TAG, LinkResolver.fold(trimmed(name))), Occur.FILTER);
        }
        request.properties()
                .forEach((name, value) ->
                        query.add(term(NoteIndex.PROPERTY, NoteIndex.property(name, value)), Occur.FILTER));
        LocalDate since = request.since();
        LocalDate until = request.until();
        if (since != null || until != null) {
            query.add(
                    LongPoint.newRangeQuery(
                            NoteIndex.DATE,
                            since == null ? Long.MIN_VALUE : since.toEpochDay(),
                            until == null ? Long.MAX_VALUE : until.toEpochDay()),
                    Occur.FILTER);
        }
        BooleanQuery limits = query.build();
        return limits.clauses().isEmpty() ? null : limits;
    }

    private static String trimmed(String path) {
        return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    private static TermQuery term(String field, String text) {
        return new TermQuery(new Term(field, text));
    }

    /** One query for each word that the index makes of what a person wrote together. */
    private static List<Query> word(String text) throws IOException {
        List<Query> words = new ArrayList<>();
        List<String> plain = tokens(Language.NONE.analyzer(), text);
        for (String token : plain) {
            Set<String> forms = forms(token);
            List<Query> fields = new ArrayList<>();
            FIELDS.forEach((field, boost) -> {
                SynonymQuery.Builder same = new SynonymQuery.Builder(field);
                forms.forEach(form -> same.addTerm(new Term(field, form)));
                fields.add(new BoostQuery(same.build(), boost));
            });
            words.add(new DisjunctionMaxQuery(fields, TIE));
        }
        return words;
    }

    /** Words that only ask. */
    private static final Set<String> ASKING = Set.of(
            "what", "when", "where", "which", "who", "whom", "whose", "why", "how", "do", "does", "did", "can", "could",
            "should", "would", "will", "were", "has", "had", "there", "at", "by", "an", "a", "i", "we", "my", "our",
            "me", "its", "was", "wie", "wer", "wann", "wo", "warum", "welche", "ich", "mein", "meine");

    /** The forms of each word of a question that says what it is about. */
    static List<Set<String>> content(String question) throws IOException {
        List<Set<String>> words = new ArrayList<>();
        for (String token : new LinkedHashSet<>(tokens(Language.NONE.analyzer(), question))) {
            if (!ASKING.contains(token) && !Language.isCommon(token)) {
                words.add(forms(token));
            }
        }
        return words;
    }

    /** Every form in which the words of a text may stand in the index. */
    static Set<String> forms(String text) throws IOException {
        Set<String> forms = new LinkedHashSet<>(tokens(Language.NONE.analyzer(), text));
        for (Language language : Language.ALL) {
            forms.addAll(tokens(language.analyzer(), text));
        }
        return forms;
    }

    private static List<Query> phrase(String text) throws IOException {
        List<String> tokens = tokens(Language.NONE.analyzer(), text);
        if (tokens.isEmpty()) {
            return List.of();
        }
        List<Query> fields = new ArrayList<>();
        FIELDS.forEach((field, boost) ->
                fields.add(new BoostQuery(new PhraseQuery(field, tokens.toArray(String[]::new)), boost)));
        return List.of(new DisjunctionMaxQuery(fields, TIE));
    }

    private static List<String> tokens(Analyzer analyzer, String text) throws IOException {
        List<String> tokens = new ArrayList<>();
        try (TokenStream stream = analyzer.tokenStream("query", text)) {
            CharTermAttribute term = stream.addAttribute(CharTermAttribute.class);
            stream.reset();
            while (stream.incrementToken()) {
                tokens.add(term.toString());
            }
            stream.end();
        }
        return tokens;
    }
}
