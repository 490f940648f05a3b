package mirror.trust.guard;

import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import mirror.bus.AtomicFiles;

/**
 * Looks for what a text asks an assistant to do against its owner. It does not compare with known attacks: the words of a sentence are
 * reduced to what they can mean ({@link Concept}), and a find is a {@link Mechanism}, such as "command to disregard + what came before +
 * rules". The text is read in every way in which its disguises can be undone ({@link Unveiler}); strings of single letters, and of letters
 * without blanks, are cut into the words they hold.
 *
 * <p>Who describes an attack is not attacking: a short quotation in a sentence that speaks of examples, patterns and detectors counts
 * little. Words decide, not understanding; a paraphrase with none of the known words is not found, and a text in another language than
 * English neither. So no decision may rest on a clean report: what comes from outside is untrusted whatever this says.
 *
 * <p>Time is linear in the text, of which the first and the last {@value #HALF} characters are read. Never throws. Thread-safe, without
 * state.
 */
public final class Guard {
    /** From here on a text counts as an attempt. */
    public static final double FLAG = 0.5;

    /** From here on hardly anything else explains the text. */
    public static final double HIGH = 0.85;

    private static final int HALF = 128 * 1024;
    private static final int FINDINGS = 32;
    private static final int SENTENCE = 400;
    private static final int QUOTATION = 120;
    private static final int LETTERS = 24;

    /**
     * What was found in a text.
     *
     * @param findings strongest first; of each mechanism the strongest
     * @param score 0 … 1; several families together count for more than each
     */
    public record Report(List<Finding> findings, double score) {
        public Report {
            findings = List.copyOf(findings);
        }

        public boolean flagged() {
            return score >= FLAG;
        }

        public boolean high() {
            return score >= HIGH;
        }

        /** The family of the strongest finding, or {@code ""}. */
        public String family() {
            return findings.isEmpty() ? "" : findings.getFirst().family().text();
        }
    }

    /** @param quoted whether it was a quotation in a sentence about such things */
    private record Found(Finding finding, boolean quoted) {}

    public Report examine(String text) {
        String bounded = text.length() <= 2 * HALF
                ? text
                : text.substring(0, HALF) + "\n\n" + text.substring(text.length() - HALF);
        Map<String, Found> found = new HashMap<>();
        for (Unveiler.Reading reading : Unveiler.readings(bounded)) {
            new Scan(reading, found).run();
        }
        List<Finding> findings = found.values().stream()
                .map(Found::finding)
                .sorted(Comparator.comparingDouble(Finding::score)
                        .reversed()
                        .thenComparing(Finding::mechanism)
                        .thenComparing(Finding::layer))
                .limit(FINDINGS)
                .toList();
        return new Report(findings, score(found.values()));
    }

    private static double score(Iterable<Found> all) {
        Map<Family, Double> best = new EnumMap<>(Family.class);
        double quoted = 0;
        for (Found found : all) {
            if (found.quoted) {
                quoted = Math.max(quoted, found.finding.score());
            } else {
                best.merge(found.finding.family(), found.finding.score(), Math::max);
            }
        }
        double none = 1;
        for (double score : best.values()) {
            none *= 1 - score;
        }
        return Math.max(quoted, Math.round((1 - none) * 1000) / 1000.0);
    }

    /** One pass over one reading. */
    private static final class Scan {
        private final String layer;
        private final String text;
        private final Map<String, Found> found;

        private long[] words = new long[64];
        private int[] starts = new int[64];
        private int n;
        private long union;
        private int mentions;
        private int begin;

        Scan(Unveiler.Reading reading, Map<String, Found> found) {
            this.layer = reading.layer();
            this.text = reading.text();
            this.found = found;
        }

        void run() {
            beacons();
            int at = 0;
            while (at < text.length()) {
                char c = text.charAt(at);
                if (isLetter(c) || isDigit(c)) {
                    at = word(at);
                } else {
                    if (ends(at)) {
                        sentence(at);
                        begin = at + 1;
                    } else if (c == '<' || c == '[') {
                        tag(at);
                    }
                    at++;
                }
            }
            sentence(text.length());
        }

        /** A full stop, or an empty line; a line's end alone may be within a sentence. */
        private boolean ends(int at) {
            char c = text.charAt(at);
            char next = at + 1 < text.length() ? text.charAt(at + 1) : '\n';
            return n >= SENTENCE
                    || ((c == '.' || c == '!' || c == '?')
                            && (next == ' ' || next == '\n' || next == '\r' || next == '"'))
                    || (c == '\n' && (next == '\n' || next == '\r'));
        }

        private int word(int from) {
            int spaced = spaced(from);
            if (spaced > from) {
                cut(letters(from, spaced), from);
                return spaced;
            }
            int end = from;
            while (end < text.length() && isLetter(text.charAt(end))) {
                end++;
            }
            if (end == from) {
                while (end < text.length() && isDigit(text.charAt(end))) {
                    end++;
                }
                return end;
            }
            if (end - from >= LETTERS) {
                int run = end;
                while (run < text.length() && (isLetter(text.charAt(run)) || isDigit(text.charAt(run)))) {
                    run++;
                }
                cut(letters(from, run), from);
                return run;
            }
            long meaning = Lexicon.WORDS.meaning(text, from, end);
            if (isApostropheT(end)) {
                meaning |= Concept.NO.bit();
                end += 2;
            }
            add(meaning | role(from, end) | address(from, end), from);
            return end;
        }

        private boolean isApostropheT(int at) {
            return at + 1 < text.length()
                    && text.charAt(at) == '\''
                    && text.charAt(at + 1) == 't'
                    && (at + 2 == text.length() || !isLetter(text.charAt(at + 2)));
        }

        /** Where a string of at least eight single letters parted by the same few signs ends, or {@code from}. */
        private int spaced(int from) {
            if (from > 0 && isLetter(text.charAt(from - 1))) {
                return from;
            }
            int at = from;
            int count = 0;
            int end = from;
            while (at < text.length() && (isLetter(text.charAt(at)) || isDigit(text.charAt(at)))) {
                if (at + 1 < text.length() && (isLetter(text.charAt(at + 1)) || isDigit(text.charAt(at + 1)))) {
                    break;
                }
                count++;
                end = at + 1;
                int gap = at + 1;
                while (gap < text.length()
                        && gap - at <= 6
                        && !isLetter(text.charAt(gap))
                        && !isDigit(text.charAt(gap))) {
                    gap++;
                }
                at = gap;
            }
            return count >= 8 ? end : from;
        }

        private String letters(int from, int to) {
            StringBuilder out = new StringBuilder(to - from);
            for (int i = from; i < to; i++) {
                if (isLetter(text.charAt(i))) {
                    out.append(text.charAt(i));
                }
            }
            return out.toString();
        }

        /** Takes the known words out of a string of letters; what lies between counts as about one word for five letters. */
        private void cut(String letters, int from) {
            int gap = 0;
            for (int i = 0; i < letters.length(); ) {
                int length = Lexicon.WORDS.longest(letters, i);
                if (length == 0) {
                    gap++;
                    i++;
                    if (gap % 5 == 0) {
                        add(0, from);
                    }
                    continue;
                }
                gap = 0;
                add(Lexicon.WORDS.meaning(letters, i, i + length), from);
                i += length;
                if (n >= SENTENCE) {
                    sentence(from);
                }
            }
        }

        /** {@code system:} or {@code assistant:} where a turn begins: after a line's start or a bracket, not after a word. */
        private long role(int from, int end) {
            String word = end - from <= 9 ? text.substring(from, end) : "";
            if (!word.equals("system") && !word.equals("assistant") && !word.equals("developer")) {
                return 0;
            }
            int after = end;
            while (after < text.length() && after - end < 12 && " ]*_#|>".indexOf(text.charAt(after)) >= 0) {
                after++;
            }
            if (after >= text.length() || text.charAt(after) != ':') {
                return 0;
            }
            int before = from - 1;
            while (before >= 0 && from - before < 12 && " *_#".indexOf(text.charAt(before)) >= 0) {
                before--;
            }
            return before < 0 || "\n\r]>-[<|\"'.;:!}".indexOf(text.charAt(before)) >= 0 ? Concept.ROLE.bit() : 0;
        }

        /** The tags by which models' conversations are written. */
        private void tag(int at) {
            for (String tag : List.of(
                    "<|im_start|>",
                    "<|system|>",
                    "<|start_header_id|>",
                    "<<sys>>",
                    "[inst]",
                    "[/inst]",
                    "<system>",
                    "</system>",
                    "[system]",
                    "<system-reminder>",
                    "<instructions>",
                    "[system message]",
                    "<|assistant|>",
                    "</user>",
                    "</tool_result>",
                    "</function_results>")) {
                if (text.startsWith(tag, at)) {
                    add(Concept.ROLE.bit(), at);
                    return;
                }
            }
        }

        /** {@code name@host.tld}, {@code http://}, {@code www.}: the word before tells. */
        private long address(int from, int end) {
            boolean mail = end + 1 < text.length() && text.charAt(end) == '@' && isLetter(text.charAt(end + 1));
            boolean link = text.startsWith("://", end) || (end - from == 3 && text.startsWith("www.", from));
            return mail || link ? Concept.ADDRESS.bit() : 0;
        }

        private void add(long meaning, int at) {
            if (n == words.length) {
                words = java.util.Arrays.copyOf(words, n * 2);
                starts = java.util.Arrays.copyOf(starts, n * 2);
            }
            words[n] = meaning;
            starts[n++] = at;
            union |= meaning;
            mentions += mention(meaning);
        }

        private void sentence(int end) {
            if (union != 0) {
                for (Mechanism mechanism : Mechanism.ALL) {
                    if (mechanism.possible(union)) {
                        find(mechanism, end);
                    }
                }
            }
            n = 0;
            union = 0;
            mentions = 0;
        }

        private void find(Mechanism mechanism, int end) {
            for (int first = 0; first < n; first++) {
                if ((words[first] & mechanism.slots()[0]) == 0) {
                    continue;
                }
                int at = first;
                int slot = 1;
                for (int next = first + 1;
                        next < Math.min(n, first + mechanism.window()) && slot < mechanism.slots().length;
                        next++) {
                    if ((words[next] & mechanism.slots()[slot]) != 0) {
                        at = next;
                        slot++;
                    }
                }
                if (slot == mechanism.slots().length) {
                    report(mechanism, first, at, end);
                }
            }
        }

        private void report(Mechanism mechanism, int first, int last, int end) {
            double score = mechanism.score();
            if (mechanism.command()) {
                if ((words[first] & Concept.COMMAND.bit()) == 0) {
                    score *= 0.5;
                }
                if ((first > 0 && (words[first - 1] & Concept.NO.bit()) != 0)
                        || (first > 1 && (words[first - 2] & Concept.NO.bit()) != 0)) {
                    score *= 0.6;
                }
            }
            boolean about = aboutAttacks(first, last);
            boolean quoted = about && quoted(starts[last], starts[last]);
            if (quoted) {
                score *= 0.4;
            } else if (about) {
                score *= 0.75;
            }
            if (score < 0.3) {
                return;
            }
            String key = mechanism.family() + mechanism.name();
            Found known = found.get(key);
            double rounded = Math.round(score * 1000) / 1000.0;
            if (known == null || known.finding.score() < rounded) {
                String span = AtomicFiles.digest(text.substring(begin, Math.min(end, text.length()))
                                .getBytes(StandardCharsets.UTF_8))
                        .substring(0, 16);
                found.put(
                        key,
                        new Found(new Finding(mechanism.family(), rounded, mechanism.name(), layer, span), quoted));
            }
        }

        /** Words around the find, not within it, that speak of attacks as a subject. */
        private boolean aboutAttacks(int first, int last) {
            int within = 0;
            for (int i = first; i <= last; i++) {
                within += mention(words[i]);
            }
            return mentions > within;
        }

        private static int mention(long word) {
            return (word & Concept.MENTION.bit()) == 0 ? 0 : 1;
        }

        private boolean quoted(int from, int to) {
            for (int i = from - 1; i >= Math.max(begin, from - QUOTATION); i--) {
                char c = text.charAt(i);
                boolean open = (c == '"' || c == '`' || c == '\'') && (i == 0 || !isLetter(text.charAt(i - 1)));
                if (open) {
                    for (int k = to + 1; k < Math.min(text.length(), i + QUOTATION); k++) {
                        if (text.charAt(k) == c && (k + 1 == text.length() || !isLetter(text.charAt(k + 1)))) {
                            return true;
                        }
                    }
                    return false;
                }
            }
            return false;
        }

        /** An image whose address carries something: showing the answer sends it. */
        private void beacons() {
            for (int at = text.indexOf("](http"); at >= 0; at = text.indexOf("](http", at + 1)) {
                // Looked at within bounds, so that many beginnings without an end cost no more than linear time.
                String alt = text.substring(Math.max(0, at - 200), at);
                String link = text.substring(at, Math.min(text.length(), at + 1000));
                int query = link.indexOf('?');
                int equals = link.indexOf('=', query);
                int close = link.indexOf(')');
                if (!alt.contains("![") || query < 0 || equals < query || close < equals) {
                    continue;
                }
                String host = link.substring(0, query);
                if (!host.contains("badge") && !host.contains("shields.io")) {
                    String span = AtomicFiles.digest(link.substring(0, close).getBytes(StandardCharsets.UTF_8))
                            .substring(0, 16);
                    Finding finding = new Finding(Family.EXFILTRATION, 0.6, "image-beacon", layer, span);
                    found.putIfAbsent("beacon", new Found(finding, false));
                }
            }
        }

        private static boolean isLetter(char c) {
            return c >= 'a' && c <= 'z';
        }

        private static boolean isDigit(char c) {
            return c >= '0' && c <= '9';
        }
    }
}
