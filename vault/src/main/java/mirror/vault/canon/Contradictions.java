package mirror.vault.canon;

import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which claims cannot both be true, as far as their form shows it: they give the same key another value, they differ in nothing but
 * numbers, or one denies the other. What only a reader sees is disputed by hand. Pure.
 */
final class Contradictions {
    private static final Pattern NUMBER = Pattern.compile("\\d+(?:[.,:/-]\\d+)*");
    private static final Set<String> DENIALS = Set.of(
            "not", "no", "never", "none", "cannot", "isn't", "doesn't", "don't", "won't", "wasn't", "aren't", "nicht",
            "kein", "keine", "keinen", "nie");
    /** Words that a denial brings along. */
    private static final Set<String> HELPERS = Set.of("do", "does", "did", "is", "are", "was", "will", "can");

    private Contradictions() {}

    /** Why the two contradict each other, or empty. */
    static String between(Claim one, Claim other) {
        if (one.id().equals(other.id()) || !fold(one.about()).equals(fold(other.about()))) {
            return "";
        }
        if (!one.key().isEmpty() && fold(one.key()).equals(fold(other.key()))) {
            return fold(one.value()).equals(fold(other.value())) ? "" : "another value of '" + one.key() + "'";
        }
        String first = fold(one.says());
        String second = fold(other.says());
        if (!first.equals(second) && masked(first).equals(masked(second))) {
            return "the same sentence with another number";
        }
        boolean denies = denies(first);
        return denies != denies(second) && core(first).equals(core(second)) ? "one denies the other" : "";
    }

    private static String fold(String text) {
        return text.toLowerCase(Locale.ROOT).replaceAll("[\\s.!?]+", " ").strip();
    }

    private static String masked(String text) {
        return NUMBER.matcher(text).replaceAll("0");
    }

    private static boolean denies(String text) {
        return Arrays.stream(text.split(" ", -1)).anyMatch(DENIALS::contains);
    }

    private static String core(String text) {
        StringBuilder core = new StringBuilder();
        for (String word : text.split(" ", -1)) {
            if (!DENIALS.contains(word) && !HELPERS.contains(word)) {
                // "needs" and "does not need" differ by an ending.
                core.append(word.endsWith("s") ? word.substring(0, word.length() - 1) : word)
                        .append(' ');
            }
        }
        return core.toString();
    }
}
