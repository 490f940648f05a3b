package mirror.vault;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.LowerCaseFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.cjk.CJKBigramFilter;
import org.apache.lucene.analysis.de.GermanLightStemFilter;
import org.apache.lucene.analysis.en.PorterStemFilter;
import org.apache.lucene.analysis.es.SpanishLightStemFilter;
import org.apache.lucene.analysis.fr.FrenchLightStemFilter;
import org.apache.lucene.analysis.it.ItalianLightStemFilter;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.apache.lucene.analysis.pt.PortugueseLightStemFilter;
import org.apache.lucene.analysis.standard.StandardTokenizer;
import org.jspecify.annotations.Nullable;

/**
 * Languages whose words are brought back to their stems, and which of them a text is in: the one most of whose commonest words occur.
 * Every word is indexed as it stands too, so a wrong guess hides nothing.
 */
final class Language {
    static final Language NONE = new Language("", null);
    static final Language ENGLISH = new Language(
            "the of and to in is that for it with as was on be are this from or you have", PorterStemFilter::new);
    static final List<Language> ALL = List.of(
            NONE,
            ENGLISH,
            new Language(
                    "der die und das den von zu mit ist des auf für im dem nicht eine sich auch als wird",
                    GermanLightStemFilter::new),
            new Language(
                    "le la les des et du une est dans que pour qui sur au par pas plus avec ce sont",
                    FrenchLightStemFilter::new),
            new Language(
                    "el los las y del que en una por con para es se lo como más su al son esta",
                    SpanishLightStemFilter::new),
            new Language(
                    "il che di della per con non una del sono le alla più nel è gli anche da come dei",
                    ItalianLightStemFilter::new),
            new Language(
                    "o os as que do da em um uma para com não dos no na por mais é se ao",
                    PortugueseLightStemFilter::new));

    /** Of each common word the languages that have it, by their places in the list of all. */
    private static final Map<String, int[]> COMMON = new HashMap<>();

    private static final int[] NOWHERE = {};

    static {
        for (int i = 0; i < ALL.size(); i++) {
            for (String word : ALL.get(i).common) {
                int[] before = COMMON.getOrDefault(word, NOWHERE);
                int[] all = Arrays.copyOf(before, before.length + 1);
                all[before.length] = i;
                COMMON.put(word, all);
            }
        }
    }

    private static final int WORDS = 200;
    private static final int START = 4_000;

    private final Set<String> common;
    private final Analyzer analyzer;

    private Language(String common, @Nullable UnaryOperator<TokenStream> stem) {
        this.common = Set.of(common.split(" ", -1));
        this.analyzer = new Words(stem);
    }

    /** Takes words apart as the index holds them. Thread-safe. */
    Analyzer analyzer() {
        return analyzer;
    }

    /** Whether a word is so common in one of the languages that it says nothing. */
    static boolean isCommon(String word) {
        return COMMON.containsKey(word);
    }

    /**
     * Whether a question is in another language than English, as far as its words show: mostly letters that English has not, or two or
     * more of another language's commonest words and fewer of English.
     */
    static boolean isForeign(String question) {
        long letters = question.codePoints().filter(Character::isLetter).count();
        long ascii = question.codePoints()
                .filter(c -> c < 128 && Character.isLetter(c))
                .count();
        List<String> words = List.of(question.toLowerCase(Locale.ROOT).split("[^\\p{L}]+", -1));
        long english = words.stream().filter(ENGLISH.common::contains).count();
        return ascii * 2 < letters
                || ALL.stream().anyMatch(language -> {
                    long common =
                            words.stream().filter(language.common::contains).count();
                    return common > 1 && common > english;
                });
    }

    /** The language of a text, by its start; English where no language's words are common, which does no harm to other words. */
    static Language of(String text) {
        int[] found = new int[ALL.size()];
        int words = 0;
        int end = Math.min(text.length(), START);
        for (int from = 0; from < end && words < WORDS; words++) {
            while (from < end && !Character.isLetter(text.charAt(from))) {
                from++;
            }
            int to = from;
            while (to < end && Character.isLetter(text.charAt(to))) {
                to++;
            }
            // The commonest words are short.
            if (to - from > 0 && to - from < 7) {
                String word = text.substring(from, to).toLowerCase(Locale.ROOT);
                for (int number : COMMON.getOrDefault(word, NOWHERE)) {
                    found[number]++;
                }
            }
            from = to;
        }
        Language best = ENGLISH;
        int most = Math.max(2, words / 25);
        for (int i = 0; i < found.length; i++) {
            if (found[i] > most) {
                best = ALL.get(i);
                most = found[i];
            }
        }
        return best;
    }

    private static final class Words extends Analyzer {
        private final @Nullable UnaryOperator<TokenStream> stem;

        Words(@Nullable UnaryOperator<TokenStream> stem) {
            // The body's words are still being read while those of the title are.
            super(PER_FIELD_REUSE_STRATEGY);
            this.stem = stem;
        }

        @Override
        protected TokenStreamComponents createComponents(String field) {
            StandardTokenizer tokenizer = new StandardTokenizer();
            TokenStream words = new CJKBigramFilter(new ASCIIFoldingFilter(new LowerCaseFilter(tokenizer)));
            return new TokenStreamComponents(tokenizer, stem == null ? words : WordAndStem.of(words, stem));
        }
    }
}
