package mirror.tiers.council;

import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The claims of a text are its sentences, and whether a sentence says a claim is decided by its words alone, the same way each time.
 *
 * <p>A sentence <em>says</em> a claim when the claim's words stand in it in their order, and both have the same words that turn or bound a
 * meaning (not, may, only, if …). Words between them add to a claim and do not change it; articles do not count. The rule errs on one
 * side: two sentences that mean the same in other words are two claims, each said by one model, and then the models are asked. It must never be
 * the other way round, because a claim that counts as said twice is not looked into.
 */
final class Claims {
    private static final int LEAST_WORDS = 3;

    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]+(?:['\u2019.,:/-][\\p{L}\\p{N}]+)*");
    private static final Pattern FENCE = Pattern.compile("(?ms)^\\s*(```|~~~).*?(?:^\\s*\\1\\s*$|\\z)");
    private static final Pattern MARK = Pattern.compile("^\\s*(?:[-*+>|#]+\\s+|\\d{1,3}[.)]\\s+)*");
    private static final Pattern STYLE = Pattern.compile("[*_`]{1,3}(?=\\S)|(?<=\\S)[*_`]{1,3}");

    private static final Set<String> ARTICLES =
            Set.of("the", "a", "an", "der", "die", "das", "den", "dem", "ein", "eine", "einen", "einem", "einer");

    private static final Set<String> NEGATIONS = Set.of(
            "not", "no", "never", "none", "cannot", "neither", "nor", "without", "nicht", "kein", "keine", "nie",
            "ohne");

    private static final Set<String> BOUNDS = Set.of(
            "may",
            "might",
            "could",
            "would",
            "should",
            "maybe",
            "perhaps",
            "possibly",
            "probably",
            "likely",
            "unlikely",
            "if",
            "unless",
            "only",
            "except",
            "when",
            "until",
            "almost",
            "nearly",
            "about",
            "some",
            "few",
            "most",
            "many",
            "false",
            "wrong",
            "incorrect",
            "untrue",
            "myth",
            "claim",
            "claims",
            "said",
            "says",
            "supposedly",
            "allegedly",
            "vielleicht",
            "nur",
            "wenn",
            "falls");

    private static final Map<String, String> NUMBERS = Map.ofEntries(
            Map.entry("zero", "0"),
            Map.entry("one", "1"),
            Map.entry("two", "2"),
            Map.entry("three", "3"),
            Map.entry("four", "4"),
            Map.entry("five", "5"),
            Map.entry("six", "6"),
            Map.entry("seven", "7"),
            Map.entry("eight", "8"),
            Map.entry("nine", "9"),
            Map.entry("ten", "10"),
            Map.entry("eleven", "11"),
            Map.entry("twelve", "12"));

    private Claims() {}

    /** The words of a sentence: those that count, in order; the numbers among them; and those that turn or bound it, sorted. */
    private record Words(List<String> all, List<String> numbers, List<String> negations, List<String> bounds) {
        static Words of(String sentence) {
            List<String> all = new ArrayList<>();
            List<String> numbers = new ArrayList<>();
            List<String> negations = new ArrayList<>();
            List<String> bounds = new ArrayList<>();
            Matcher word = WORD.matcher(sentence.toLowerCase(Locale.ROOT));
            while (word.find()) {
                String each = word.group().replace('\u2019', '\'');
                if (each.endsWith("n't")) {
                    negations.add("not");
                    each = each.substring(0, each.length() - 3);
                }
                each = NUMBERS.getOrDefault(each, each);
                if (ARTICLES.contains(each) || each.isEmpty()) {
                    continue;
                }
                if (NEGATIONS.contains(each)) {
                    negations.add(each);
                } else if (BOUNDS.contains(each)) {
                    bounds.add(each);
                } else if (Character.isDigit(each.charAt(0))) {
                    String number = each.replaceAll("(?<=\\d),(?=\\d{3})", "");
                    numbers.add(number);
                    all.add(number);
                } else {
                    all.add(stem(each));
                }
            }
            negations.sort(null);
            bounds.sort(null);
            return new Words(all, numbers, negations, bounds);
        }

        private static String stem(String word) {
            return word.length() > 3 && word.endsWith("s") && !word.endsWith("ss")
                    ? word.substring(0, word.length() - 1)
                    : word;
        }

        List<String> withoutNumbers() {
            return all.stream().filter(word -> !numbers.contains(word)).toList();
        }
    }

    /**
     * The sentences of an answer that claim something: no questions, headings, code, or a few words that say nothing.
     *
     * @param most the first so many
     */
    static List<String> of(String answer, int most) {
        List<String> claims = new ArrayList<>();
        for (String block : FENCE.matcher(answer).replaceAll("\n").split("\\R", -1)) {
            if (block.strip().startsWith("#")) {
                continue;
            }
            String line = STYLE.matcher(MARK.matcher(block).replaceFirst("")).replaceAll("");
            BreakIterator breaks = BreakIterator.getSentenceInstance(Locale.ROOT);
            breaks.setText(line);
            int start = breaks.first();
            for (int end = breaks.next(); end != BreakIterator.DONE; end = breaks.next()) {
                String sentence = line.substring(start, end).strip();
                start = end;
                if (isClaim(sentence) && !claims.contains(sentence)) {
                    if (claims.size() == most) {
                        return claims;
                    }
                    claims.add(sentence);
                }
            }
        }
        return claims;
    }

    private static boolean isClaim(String sentence) {
        return !sentence.endsWith("?")
                && !sentence.endsWith(":")
                && Words.of(sentence).all.size() >= LEAST_WORDS;
    }

    /** Whether {@code sentence} says {@code claim}, and perhaps more. */
    static boolean says(String sentence, String claim) {
        Words said = Words.of(sentence);
        Words claimed = Words.of(claim);
        return !claimed.all.isEmpty()
                && said.negations.equals(claimed.negations)
                && said.bounds.equals(claimed.bounds)
                && isWithin(claimed.all, said.all);
    }

    /** Whether {@code sentence} says what {@code claim} does of other numbers, or with one more or less "not". */
    static boolean contradicts(String sentence, String claim) {
        Words said = Words.of(sentence);
        Words claimed = Words.of(claim);
        List<String> bare = claimed.withoutNumbers();
        if (bare.size() < 2 || !said.bounds.equals(claimed.bounds) || !isWithin(bare, said.withoutNumbers())) {
            return false;
        }
        boolean others = !claimed.numbers.isEmpty()
                && !said.numbers.isEmpty()
                && claimed.numbers.stream().noneMatch(said.numbers::contains);
        boolean same = isWithin(claimed.numbers, said.numbers);
        boolean turned = Math.abs(said.negations.size() - claimed.negations.size()) == 1;
        return said.negations.equals(claimed.negations) ? others : turned && same;
    }

    private static boolean isWithin(List<String> few, List<String> many) {
        int at = 0;
        for (String word : many) {
            if (at < few.size() && few.get(at).equals(word)) {
                at++;
            }
        }
        return at == few.size();
    }
}
