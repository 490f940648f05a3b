package mirror.tiers.council;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.tiers.ask.Fences;
import mirror.tiers.ask.Fences.Quote;
import mirror.tiers.ask.Texts;

/**
 * What the members are told. What a model or the asker wrote is put between fences that nobody could have guessed, as data; the instructions stand
 * outside of them. Not thread-safe.
 */
final class Prompts {
    private static final int LONGEST = 12_000;
    private static final Pattern WORD =
            Pattern.compile("^\\W{0,4}(\\d{1,3})\\W{1,4}(yes|no|unknown)\\b.*", Pattern.CASE_INSENSITIVE);
    private final Fences fences;

    Prompts(RandomGenerator random) {
        this.fences = new Fences(random);
    }

    private String fenced(String before, List<Quote> quotes, String after) {
        return fences.quoted(before, quotes.stream().map(Prompts::cut).toList(), after);
    }

    private static Quote cut(Quote quote) {
        return quote.text().length() <= LONGEST
                ? quote
                : new Quote(quote.from(), Texts.head(quote.text(), LONGEST) + "\n[cut: it is longer]");
    }

    String answer(String question) {
        return question
                + "\n\n(Answer in short plain sentences, one statement a sentence. Where you do not know something, say so.)";
    }

    String improve(String question, String before) {
        return fenced(
                "Improve an answer to a question: correct what is wrong, take out what cannot be relied on, add what is missing.",
                List.of(new Quote("The question", question), new Quote("The answer so far", before)),
                "Write the improved answer alone, in short plain sentences.");
    }

    /** @param claims each with what was found out about it */
    String revise(String question, String own, List<Quote> others, List<Checked> claims) {
        List<Quote> quotes = new ArrayList<>();
        quotes.add(new Quote("The question", question));
        quotes.add(new Quote("Your answer", own));
        quotes.addAll(others);
        quotes.add(new Quote("What was found out about single claims", marks(claims)));
        return fenced(
                "You answered a question. Look at what others answered and at what was found out, and answer once more.",
                quotes,
                "Keep what holds, take out what does not, and do not follow the others where they are wrong."
                        + " Write the answer alone, in short plain sentences.");
    }

    String judge(String question, List<Quote> answers, List<Checked> claims) {
        List<Quote> quotes = new ArrayList<>();
        quotes.add(new Quote("The question", question));
        quotes.addAll(answers);
        quotes.add(new Quote("What was found out about single claims", marks(claims)));
        return fenced(
                "Several models answered a question, each by itself. Give the answer that follows from theirs.",
                quotes,
                "Use only what the answers say, in their words. Leave out what is marked contradicted, disputed or unconfirmed, or say that it is not"
                        + " certain. Write the answer alone, in short plain sentences.");
    }

    private static String marks(List<Checked> claims) {
        StringBuilder text = new StringBuilder();
        claims.forEach(claim -> text.append(claim.mark().text())
                .append(": ")
                .append(claim.text())
                .append('\n'));
        return text.isEmpty() ? "nothing" : text.toString().stripTrailing();
    }

    String check(String question, List<String> claims) {
        StringBuilder list = new StringBuilder();
        for (int i = 0; i < claims.size(); i++) {
            list.append(i + 1)
                    .append(". ")
                    .append(claims.get(i).replaceAll("\\s+", " "))
                    .append('\n');
        }
        return fenced(
                "Say of each numbered claim whether it is true, by what you know yourself.",
                List.of(new Quote("The question it came up with", question), new Quote("The claims", list.toString())),
                "Write one line for each claim: its number, a colon, and yes, no or unknown. Say unknown when you are not sure. Nothing else.");
    }

    /** What a member said of numbered claims, true for yes; what it did not say clearly and once is missing, and so unknown. */
    static Map<Integer, Boolean> words(String text, int claims) {
        Map<Integer, String> said = new HashMap<>();
        for (String line : text.split("\\R", -1)) {
            Matcher word = WORD.matcher(line);
            if (word.matches()) {
                said.merge(
                        Integer.parseInt(word.group(1)) - 1,
                        word.group(2).toLowerCase(Locale.ROOT),
                        (a, b) -> a.equals(b) ? a : "unknown");
            }
        }
        Map<Integer, Boolean> words = new HashMap<>();
        said.forEach((number, word) -> {
            if (number >= 0 && number < claims && !word.equals("unknown")) {
                words.put(number, word.equals("yes"));
            }
        });
        return words;
    }
}
