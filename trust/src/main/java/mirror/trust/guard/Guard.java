package mirror.trust.guard;

import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mirror.bus.AtomicFiles;

/**
 * Looks for what a text asks an assistant to do against its owner. It does not compare with known attacks: the words of a sentence are
 * reduced to what they can mean ({@link Concept}), and a find is a {@link Mechanism}, such as "command to disregard + what came before +
 * rules". The text is read in every way in which its disguises can be undone ({@link Unveiler}); strings of single letters, and of letters
 * without blanks, are cut into the words they hold.
 *
 * <p>Who describes an attack is not attacking: a short quotation in a sentence that speaks of examples, patterns and detectors counts
 * little. Words decide, not understanding; a paraphrase with none of the known words is not found. Of other languages than English only the
 * words that matter most are known ({@link Glossary}). So no decision may rest on a clean report: what comes from outside is untrusted whatever this says.
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

    /** A word behind one of these names something and commands nothing. */
    private static final List<String> ARTICLES = List.of("a", "an", "the", "this", "your", "our", "each", "my", "its");

    /** Agents that are programs or people of another kind. */
    private static final List<String> OTHER_AGENTS = List.of(
            "build",
            "user",
            "ssh",
            "gpg",
            "mail",
            "java",
            "monitoring",
            "estate",
            "travel",
            "key",
            "backup",
            "network");

    private static final List<String> SELVES = List.of("this is the ", "i am the ", "we are the ", "here is the ");

    private static final Set<String> ABOVE =
            Set.of("words", "text", "everything", "instructions", "message", "content", "sentences");

    /** Hidden files that hold what opens doors. */
    private static final Set<String> HOME_FILES = Set.of(
            "ssh", "aws", "npmrc", "netrc", "gnupg", "kube", "pypirc", "config", "env", "pgpass", "azure", "docker");

    private static final List<String> FRAMES = List.of(
            "<|im_start|>system",
            "<|im_start|>user",
            "<|im_start|>assistant",
            "<|start_header_id|>system",
            "<|start_header_id|>user",
            "<start_of_turn>user",
            "<start_of_turn>model",
            "<<sys>>",
            "<system-reminder>",
            "</function_results>",
            "</tool_result>",
            "</tool_response>",
            "<function_calls>",
            "<invoke name=",
            "<tool_call>",
            "<|channel|>");

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
        private final boolean anyOrder;
        private boolean veiled;

        Scan(Unveiler.Reading reading, Map<String, Found> found) {
            this.anyOrder = reading.layer().endsWith(Unveiler.GLOSSED);
            this.layer = reading.layer();
            this.text = reading.text();
            this.found = found;
        }

        void run() {
            beacons();
            frames();
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
                    } else if (c == '.'
                            && at + 1 < text.length()
                            && isDigit(text.charAt(at + 1))
                            && n > 0
                            && number(at)) {
                        add(Concept.ADDRESS.bit(), at);
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
                    || (c == '\n' && (next == '\n' || next == '\r'))
                    || (c == '\n' && item(at + 1))
                    || (c == '>' && at > 1 && text.charAt(at - 1) == '-' && text.charAt(at - 2) == '-');
        }

        /** Whether a line is a member of a list or a field with its value, which no sentence crosses. */
        private boolean item(int line) {
            int at = line;
            while (at < text.length() && at - line < 40 && text.charAt(at) == ' ') {
                at++;
            }
            if (at < text.length() && (text.charAt(at) == '-' || text.charAt(at) == '*' || text.charAt(at) == '#')) {
                return true;
            }
            int key = at;
            while (at < text.length()
                    && at - key < 40
                    && (isLetter(text.charAt(at)) || "._-\"".indexOf(text.charAt(at)) >= 0)) {
                at++;
            }
            if (at == key) {
                return false;
            }
            while (at < text.length() && at - line < 80 && text.charAt(at) == ' ') {
                at++;
            }
            return at < text.length() && (text.charAt(at) == '=' || text.charAt(at) == ':');
        }

        private int word(int from) {
            int spaced = spaced(from);
            if (spaced > from) {
                veiled = true;
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
            add(context(meaning, from, end) | role(from, end) | address(from, end), from);
            return end;
        }

        /** What the signs and words next to a word make of it. */
        private long context(long plain, int from, int end) {
            long meaning = plain;
            if ((meaning & Concept.AGENT.bit()) != 0) {
                if (text.startsWith(".md", end)) {
                    return Concept.AGENTFILE.bit();
                }
                if (OTHER_AGENTS.stream().anyMatch(other -> before(from, other))) {
                    return 0;
                }
                char next = end < text.length() ? text.charAt(end) : ' ';
                boolean blank = end + 1 < text.length() && text.charAt(end + 1) == ' ';
                boolean named = n <= 4 && (before(from, "to") || before(from, "dear"));
                if (named || (blank && ((next == ':' && !before(from, "for")) || (next == ',' && n <= 2)))) {
                    meaning |= Concept.CALLED.bit();
                }
            }
            if ((meaning & Concept.SECRET.bit()) != 0 && n > 0 && end - from < 6 && before(from, "public")) {
                meaning &= ~Concept.SECRET.bit();
            }
            if (from > 0 && text.charAt(from - 1) == '.' && HOME_FILES.contains(text.substring(from, end))) {
                meaning |= Concept.SECRET.bit();
            }
            if ((from > 0 && text.charAt(from - 1) == '.')
                    || (end + 1 < text.length() && text.charAt(end) == '.' && isLetter(text.charAt(end + 1)))) {
                // A part of a host's name speaks of nothing.
                meaning &= ~Concept.MENTION.bit();
            }
            if (end - from == 2 && text.startsWith("as if nothing", from)) {
                meaning |= Concept.HUSH.bit();
            }
            if (text.startsWith(" above", end) && ABOVE.contains(text.substring(from, end))) {
                meaning |= Concept.SYSTEM.bit();
            } else if (end - from == 5
                    && text.startsWith("above", from)
                    && ABOVE.stream().anyMatch(word -> before(from, word))) {
                meaning |= Concept.PROMPT.bit();
            }
            char sign = from > 0 ? text.charAt(from - 1) : ' ';
            if ((end < text.length() && text.charAt(end) == '(')
                    || sign == '-'
                    || sign == '@'
                    || ARTICLES.stream().anyMatch(article -> before(from, article))) {
                meaning &= ~Concept.COMMAND.bit();
            }
            if (text.startsWith("secrets.", from)) {
                return 0;
            }
            if (SELVES.stream().anyMatch(self -> text.startsWith(self, from) && speaks(from + self.length()))) {
                meaning |= Concept.SELF.bit();
            }
            if (end - from == 4
                    && (text.startsWith("from now on", from)
                            || text.startsWith("from here on", from)
                            || text.startsWith("from this moment", from))) {
                meaning |= Concept.NOW.bit() | Concept.FOREVER.bit();
            }
            return meaning;
        }

        private boolean before(int from, String word) {
            int at = from - 1 - word.length();
            return at >= 0 && text.startsWith(word, at) && (at == 0 || !isLetter(text.charAt(at - 1)));
        }

        /** Whether a title ends a clause: "this is the user, …" and not "this is the user guide". */
        private boolean speaks(int from) {
            int end = from;
            while (end < text.length() && end - from < 16 && isLetter(text.charAt(end))) {
                end++;
            }
            return text.startsWith(" team", end)
                    || text.startsWith(" again", end)
                    || text.startsWith(" speaking", end)
                    || text.startsWith(" of this machine", end)
                    || (end < text.length() && ",.:!".indexOf(text.charAt(end)) >= 0 && LETTERS > end - from);
        }

        /** Three numbers more, parted by dots, after the dot at {@code at}: an address of the network. */
        private boolean number(int at) {
            int dots = 0;
            int i = at;
            while (i < text.length() && i - at < 13 && (isDigit(text.charAt(i)) || text.charAt(i) == '.')) {
                dots += text.charAt(i++) == '.' ? 1 : 0;
            }
            return dots == 3;
        }

        /** Turns of a conversation or calls of tools that a text only pretends to hold, in the notation of the models. */
        private void frames() {
            for (String frame : FRAMES) {
                for (int at = text.indexOf(frame), k = 0; at >= 0 && k < 8; at = text.indexOf(frame, at + 1), k++) {
                    char before = at == 0 ? '\n' : text.charAt(at - 1);
                    boolean told = "`'\"".indexOf(before) >= 0;
                    if (!told) {
                        Finding finding = new Finding(Family.ROLE_INJECTION, 0.6, "forged-frame", layer, span(frame));
                        found.putIfAbsent("frame", new Found(finding, false));
                    }
                }
            }
            int human = text.indexOf("\n\nhuman:");
            if (human >= 0 && text.indexOf("\n\nassistant:", human) > 0) {
                found.putIfAbsent(
                        "frame",
                        new Found(
                                new Finding(Family.ROLE_INJECTION, 0.55, "forged-frame", layer, span("human")), false));
            }
        }

        private static String span(String text) {
            return AtomicFiles.digest(text.getBytes(StandardCharsets.UTF_8)).substring(0, 16);
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
            boolean person =
                    (word.equals("user") || word.equals("owner") || word.equals("operator") || word.equals("developer"))
                            && before(from, "the")
                            && text.startsWith(":", end);
            if (person) {
                return Concept.ROLE.bit();
            }
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

        private static final List<String> HIDING = List.of(
                "<!--",
                "<div style=\"display:none",
                "<span style=\"display:none",
                "<div hidden",
                "<p hidden",
                "<span hidden");

        private boolean hides(int at) {
            if (HIDING.stream().anyMatch(start -> text.startsWith(start, at))) {
                return true;
            }
            String tag = text.substring(at, Math.min(text.length(), at + 80));
            int close = tag.indexOf('>');
            return close > 0
                    && (tag.substring(0, close).replace(" ", "").contains("display:none")
                            || tag.substring(0, close).replace(" ", "").contains("font-size:0")
                            || tag.substring(0, close).replace(" ", "").contains("visibility:hidden"));
        }

        /** The tags by which models' conversations are written. */
        private void tag(int at) {
            if (text.charAt(at) == '<' && hides(at)) {
                sentence(at);
                begin = at;
                add(Concept.HIDDEN.bit(), at);
                return;
            }
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
            // Who has said that he speaks as somebody says the next sentence as that one too.
            long spoken = n > 0 && n <= 12 ? union & (Concept.ROLE.bit() | Concept.SELF.bit()) : 0;
            n = 0;
            union = 0;
            mentions = 0;
            if (spoken != 0) {
                add(Concept.ROLE.bit(), end);
            }
            veiled = false;
        }

        private void find(Mechanism mechanism, int end) {
            long[] slots = mechanism.slots();
            for (int first = 0; first < n; first++) {
                if (anyOrder ? !fills(words[first], slots) : (words[first] & slots[0]) == 0) {
                    continue;
                }
                int last = Math.min(n, first + mechanism.window() + (anyOrder ? 4 : 0));
                int at = first;
                int verb = -1;
                int open = (1 << slots.length) - 1;
                for (int next = first; next < last && open != 0; next++) {
                    int slot = slot(words[next], slots, open);
                    if (slot >= 0) {
                        verb = slot == mechanism.verb() ? next : verb;
                        open &= ~(1 << slot);
                        at = next;
                    }
                }
                if (open == 0) {
                    report(mechanism, first, at, verb, end);
                }
            }
        }

        private static boolean fills(long word, long[] slots) {
            for (long slot : slots) {
                if ((word & slot) != 0) {
                    return true;
                }
            }
            return false;
        }

        /** The slot that a word takes: the next one, or where the order tells nothing any that is open; -1 for none. */
        private int slot(long word, long[] slots, int open) {
            if (!anyOrder) {
                int slot = Integer.numberOfTrailingZeros(open);
                return (word & slots[slot]) != 0 ? slot : -1;
            }
            for (int slot = slots.length - 1; slot >= 0; slot--) {
                if ((open & (1 << slot)) != 0 && (word & slots[slot]) != 0) {
                    return slot;
                }
            }
            return -1;
        }

        /** Whether a word before the verb says that it is none of the reader's: "users can …", "we send …", "to send …". */
        private boolean told(int verb) {
            if (before(starts[verb], "to") && (verb < 2 || (words[verb - 2] & Concept.MUST.bit()) == 0)) {
                return true;
            }
            boolean subject =
                    verb > 0 && (words[verb - 1] & (Concept.AGENT.bit() | Concept.USER.bit() | Concept.NOW.bit())) != 0;
            for (int i = verb - 1; i >= Math.max(0, verb - (subject ? 3 : 2)); i--) {
                if ((words[i] & Concept.MODAL.bit()) != 0) {
                    return true;
                }
            }
            return false;
        }

        private void report(Mechanism mechanism, int first, int last, int verb, int end) {
            double score = mechanism.score();
            if (verb >= 0 && !anyOrder) {
                if ((words[verb] & Concept.COMMAND.bit()) == 0) {
                    score *= 0.5;
                }
                if ((verb > 0 && (words[verb - 1] & Concept.NO.bit()) != 0)
                        || (verb > 1 && (words[verb - 2] & Concept.NO.bit()) != 0)) {
                    score *= 0.6;
                }
                if (mechanism.verb() <= 1 && told(verb)) {
                    score *= 0.5;
                }
            }
            // Who spaces letters out hides something; the order of another language tells less.
            score = veiled
                    ? Math.min(0.95, score * 1.2)
                    : anyOrder ? score * ((union & Concept.MODAL.bit()) == 0 ? 0.9 : 0.55) : score;
            boolean about = aboutAttacks(first, last);
            boolean quoted = about && quoted(starts[last], starts[last]);
            if (quoted) {
                score *= 0.4;
            } else if (about) {
                score *= anyOrder ? 0.5 : 0.8;
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
