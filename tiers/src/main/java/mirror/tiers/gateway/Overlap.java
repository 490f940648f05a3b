package mirror.tiers.gateway;

/**
 * Finds where what a second provider says repeats the end of what a first one said, and cuts that off, while it comes in pieces.
 *
 * <p>What it begins with is held back as long as it could still be a repetition: the places of the first text from which it has been
 * the same so far are kept, and the last of them to reach the text's end wins, so that the longest repetition is cut. Ambiguous is
 * what is short, because words begin alike, and what repeats itself every few characters, such as a ruler of dashes, because nobody
 * can say how much of it was meant. Both stay. White space is cut however short: providers go on from a text without the white space at its end,
 * and say that again.
 *
 * <p>Holds at most {@value #LOOK} characters. One thread.
 */
final class Overlap {
    /** So far back a repetition may begin. */
    static final int LOOK = 32 * 1024;

    private static final int PERIOD = 4;

    private final String told;
    private final int least;
    private final int white;
    private final StringBuilder held = new StringBuilder();
    private int[] alive;
    private int count;
    private int best;
    private boolean decided;

    /**
     * @param told what was said before
     * @param least a repetition has this many characters, or is all that was said
     */
    Overlap(String told, int least) {
        String tail = told.length() > LOOK ? told.substring(told.length() - LOOK) : told;
        this.told = tail;
        this.least = least;
        this.white = tail.length() - tail.stripTrailing().length();
        this.alive = new int[tail.length()];
        for (int at = 0; at < tail.length(); at++) {
            if (mayCount(tail.length() - at)) {
                alive[count++] = at;
            }
        }
        this.decided = count == 0;
    }

    private boolean mayCount(int length) {
        return length <= white || length >= least || (length == told.length() && length >= PERIOD);
    }

    /** What of this piece, and of what was held back, is new; empty while that is not known. */
    String add(String piece) {
        if (decided) {
            return piece;
        }
        for (int i = 0; i < piece.length() && count > 0; i++) {
            step(piece.charAt(i), held.length() + i);
        }
        held.append(piece);
        return count == 0 ? rest() : "";
    }

    /** Keeps the places where this is the next character; {@code at} is its place in what comes. */
    private void step(char next, int at) {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            int from = alive[i];
            if (told.charAt(from + at) != next) {
                continue;
            }
            int length = told.length() - from;
            if (at + 1 < length) {
                alive[kept++] = from;
            } else if (length <= white || !repeatsItself(from)) {
                best = Math.max(best, length);
            }
        }
        count = kept;
    }

    private boolean repeatsItself(int from) {
        int length = told.length() - from;
        for (int period = 1; period <= PERIOD && 2 * period <= length; period++) {
            int at = from + period;
            while (at < told.length() && told.charAt(at) == told.charAt(at - period)) {
                at++;
            }
            if (at == told.length()) {
                return true;
            }
        }
        return false;
    }

    /** What was held back and is new, as no more comes. */
    String rest() {
        if (decided) {
            return "";
        }
        decided = true;
        alive = new int[0];
        count = 0;
        return held.substring(Math.min(best, held.length()));
    }
}
