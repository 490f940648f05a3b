package mirror.continuity;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Texts as the words they consist of, letters and figures in lower case, for finding those that say the same. */
public final class Words {
    private static final Pattern NOT_WORD = Pattern.compile("[^\\p{L}\\p{N}]+");

    private Words() {}

    /** The words, each once and sorted; the set is the caller's to change. */
    public static Set<String> of(String text) {
        Set<String> words = new TreeSet<>();
        NOT_WORD.splitAsStream(text.toLowerCase(Locale.ROOT)).forEach(words::add);
        words.remove("");
        return words;
    }

    /** How many words both have. */
    public static int shared(Set<String> one, Set<String> other) {
        Set<String> both = new HashSet<>(one);
        both.retainAll(other);
        return both.size();
    }

    /** Share of the words of either that both have, from 0 to 1; figures count, so that 3 is not 5. Not for two empty sets. */
    static double alike(Set<String> one, Set<String> other) {
        int both = shared(one, other);
        return (double) both / (one.size() + other.size() - both);
    }
}
