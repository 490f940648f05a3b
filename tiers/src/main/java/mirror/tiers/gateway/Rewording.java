package mirror.tiers.gateway;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What two questions must have in common beyond their meaning for a model, so that one may be taken for a rewording of the other. A
 * distance between vectors cannot tell "enable" from "disable" or 15 from 50, so it never decides alone: the marks of both, which are the
 * words that turn a sentence, names, numbers and everything that looks exact, must be the same in the same order, and their other
 * words, too, but for one at most. Plain English of one line alone is compared; anything else is never a rewording. Immutable, pure.
 *
 * @param marks in their order
 * @param words the others in theirs
 */
record Rewording(List<String> marks, List<String> words) {
    private static final int SHORTEST = 12;
    private static final int LONGEST = 400;

    /** Letters, digits and the signs of a plain sentence; no quotes, code, lists or other scripts. */
    private static final Pattern PLAIN =
            Pattern.compile("(?:[A-Za-z0-9 .,!?%$-]|(?<=[A-Za-z])'(?=[A-Za-z])){" + SHORTEST + "," + LONGEST + "}");

    private static final Pattern ENDS = Pattern.compile("[.,!?]+$");
    private static final Pattern SENTENCE = Pattern.compile(".*[.!?]");

    /** Words without which a question is the same, and that may stand anywhere. */
    private static final Set<String> EMPTY = words("""
            a an the is are am be do does please kindly hi hello hey thanks thank you me my i we us our tell give say let know explain
            what what's which can could just really so then that this it its there of for
            """);

    /** Words that turn a sentence, and those of which the opposite is as near as a synonym. */
    private static final Set<String> TURNS = words("""
            no not cannot never none nothing nobody neither nor without except but unless if only all any some every each both either more less
            most least fewer many much few than before after since until till during while from to into onto in out on off up down over
            under above below between through against with by at as first last next previous prior old new older newer older oldest newest
            minimum maximum min max largest smallest biggest highest lowest best worst better worse always sometimes often rarely usually
            should must may might will would shall was were did had has have been being why who whom whose where when how or and
            enable start stop begin end open close add remove create delete drop install increase decrease raise lower buy sell
            push pull upload download allow deny block lock mount show hide send receive accept reject borrow lend teach learn win
            lose rise fall love hate safe dangerous legal true false left right north south east west hot cold positive negative male female
            man woman boy girl mother father child adult cause prevent keep break build destroy hire fire pass fail gain loss profit
            asset credit debit debt income cost public private local remote internal external inner outer import export encode decode
            compress extract connect attach merge split reset undo redo revert restore save load read write print input output client server
            master slave source target parent front back top bottom long short tall wide narrow thick thin fast slow early late light
            heavy dark bright hard soft strong weak rich poor young dry wet full empty high low near far inside outside
            yesterday today tomorrow now morning evening night day week month year hour minute second daily weekly monthly annual
            """);

    /** Beginnings that turn a word into its opposite. */
    private static final Pattern OPPOSITE = Pattern.compile(
            "(un|dis|in|im|ir|il|non|de|anti|mis|re|pre|post|over|under|sub|super|hyper|hypo|inter|intra|up|down|ex|en).{3,}");

    Rewording {
        marks = List.copyOf(marks);
        words = List.copyOf(words);
    }

    private static Set<String> words(String list) {
        return Set.copyOf(new HashSet<>(List.of(list.strip().split("\\s+", -1))));
    }

    /** What is to be compared of a question; empty when it is not plain enough. */
    static Optional<Rewording> of(String question) {
        String text = question.strip();
        if (!PLAIN.matcher(text).matches()) {
            return Optional.empty();
        }
        List<String> marks = new ArrayList<>();
        List<String> words = new ArrayList<>();
        boolean begins = true;
        for (String token : text.split(" +", -1)) {
            String word = ENDS.matcher(token).replaceFirst("");
            String lower = word.toLowerCase(Locale.ROOT);
            if (!word.isEmpty() && !EMPTY.contains(lower)) {
                if (isMark(word, lower)) {
                    marks.add(begins ? lower : word);
                } else {
                    words.add(lower);
                }
            }
            begins = SENTENCE.matcher(token).matches();
        }
        return Optional.of(new Rewording(marks, words));
    }

    private static boolean isMark(String word, String lower) {
        return TURNS.contains(lower)
                || word.length() == 1
                || !word.chars().allMatch(Character::isLetter)
                || OPPOSITE.matcher(lower).matches()
                // A name; the first word of a sentence is written large in any case, and may be one.
                || !word.equals(lower);
    }

    /** Whether nothing says that they differ; what they mean is not looked at here. */
    boolean mayBe(Rewording other) {
        return marks.equals(other.marks) && areNear(words, other.words);
    }

    /** Whether one list of words, or of their digests, becomes the other by changing, adding or leaving out one. */
    static boolean areNear(List<String> one, List<String> other) {
        int most = Math.max(one.size(), other.size());
        int least = Math.min(one.size(), other.size());
        int before = 0;
        while (before < least && one.get(before).equals(other.get(before))) {
            before++;
        }
        int after = 0;
        while (after < least - before && one.get(one.size() - 1 - after).equals(other.get(other.size() - 1 - after))) {
            after++;
        }
        return before + after >= most - 1;
    }
}
