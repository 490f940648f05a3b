package mirror.trust.claims;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import mirror.trust.TrustException;
import org.jspecify.annotations.Nullable;

/**
 * Finds claims: a scanner over the shown text that goes forward only and looks around each number a bounded distance. A number alone is
 * no claim; it becomes one by a unit of measure, a counted noun, a product before it, or the form of a version. Dates, times, ports,
 * numbers of lines, sections, issues and standards are none, and neither is a requirement ({@code JDK 25 or later}).
 *
 * <p>One use, one thread.
 */
final class ClaimFinder {
    /** Texts for people have fewer; one with more is not looked through, and what is not looked through is not published. */
    static final int MOST = 20_000;

    private static final int NEAR = 48;
    private static final int SENTENCE = 200;

    private static final Set<String> NUMBERED = Set.of(
            "line",
            "lines",
            "port",
            "page",
            "pages",
            "chapter",
            "section",
            "sections",
            "figure",
            "table",
            "step",
            "rfc",
            "issue",
            "pr",
            "event",
            "phase",
            "stage",
            "part",
            "appendix",
            "rule",
            "row",
            "column",
            "item",
            "no",
            "exit",
            "code",
            "status",
            "error",
            "level",
            "option",
            "question",
            "day",
            "week",
            "version",
            "sha");
    private static final Set<String> STANDARDS = Set.of(
            "http",
            "tls",
            "ssl",
            "oauth",
            "openapi",
            "iso",
            "ieee",
            "apache",
            "cc",
            "by",
            "gpl",
            "lgpl",
            "agpl",
            "mpl",
            "unicode",
            "posix",
            "semver",
            "wcag",
            "html",
            "css",
            "ecma",
            "usb",
            "pcie",
            "bluetooth",
            "ipv",
            "section",
            "chapter",
            "figure",
            "table",
            "part",
            "jsr",
            "jep",
            "pep",
            "rfc",
            "yaml",
            "json",
            "xml",
            "mcp",
            "utf",
            "licence",
            "license",
            "cloudevents",
            "resp");
    private static final Set<String> PRODUCTS = Set.of(
            "java",
            "jdk",
            "openjdk",
            "temurin",
            "node",
            "nodejs",
            "python",
            "postgresql",
            "postgres",
            "ubuntu",
            "debian",
            "windows",
            "macos",
            "fedora",
            "redis",
            "maven",
            "gradle",
            "go",
            "rust",
            "ruby",
            "php",
            "linux",
            "kernel",
            "docker",
            "kubernetes",
            "android",
            "ios",
            "alpine",
            "git",
            "curl",
            "typescript",
            "react",
            "sqlite",
            "mysql");
    private static final Set<String> BRANDS = Set.of(
            "intel",
            "amd",
            "apple",
            "nvidia",
            "ryzen",
            "epyc",
            "xeon",
            "threadripper",
            "geforce",
            "rtx",
            "gtx",
            "radeon",
            "snapdragon",
            "graviton",
            "gpt",
            "claude",
            "gemini",
            "llama",
            "mistral",
            "qwen",
            "deepseek",
            "grok",
            "gemma");
    private static final Set<String> COMPARED = Set.of(
            "faster", "slower", "more", "less", "fewer", "smaller", "larger", "bigger", "quicker", "cheaper", "better",
            "as", "lower", "higher");
    private static final Set<String> STOPS = Set.of(
            "of", "and", "or", "to", "in", "on", "for", "with", "the", "a", "an", "is", "are", "was", "were", "as",
            "at", "by", "from", "per", "that", "which", "then", "than", "if");
    private static final Set<String> LATER =
            Set.of("later", "newer", "above", "higher", "greater", "up", "upwards", "compatible");
    private static final Set<String> REQUIRES =
            Set.of("require", "requires", "required", "need", "needs", "needed", "minimum", "install", "supports");

    private final String raw;
    private final String text;
    private final List<Claim> claims = new ArrayList<>();
    private Prose.Block block;
    private int sentenceFrom;
    private int sentenceTo;
    private boolean estimate;
    private int counted;
    private int line = 1;
    private int lineStart;

    private ClaimFinder(String raw, Prose prose) {
        this.raw = raw;
        this.text = prose.shown();
        this.block = new Prose.Block(0, 0, Set.of(), false);
    }

    /**
     * All claims of the text, in order.
     *
     * @throws TrustException when there are more than {@value #MOST}
     */
    static List<Claim> find(String raw, boolean html) {
        Prose prose = html ? Prose.html(raw) : Prose.markdown(raw);
        ClaimFinder finder = new ClaimFinder(raw, prose);
        prose.blocks().forEach(finder::scan);
        return finder.claims;
    }

    private void scan(Prose.Block next) {
        block = next;
        sentenceTo = next.start();
        int i = next.start();
        while (i < next.end()) {
            char c = text.charAt(i);
            if (isDigit(c)) {
                i = number(i);
            } else if (Character.isLetter(c)) {
                i = word(i);
            } else {
                i++;
            }
        }
    }

    // ---- models, and words that hold digits

    private int word(int start) {
        int end = wordEnd(start);
        String word = text.substring(start, Math.min(end, start + 40));
        // v1.2.3
        if ((word.startsWith("v") || word.startsWith("V")) && word.length() > 1 && isDigit(word.charAt(1))) {
            int stop = run(start + 1);
            String number = text.substring(start + 1, stop);
            if (number.indexOf('.') > 0 && number.indexOf(',') < 0) {
                stop = suffix(stop);
                version(start, stop, productBefore(start), text.substring(start + 1, stop));
                return stop;
            }
        }
        if (!block.output() && BRANDS.contains(brand(word)) && !word.equalsIgnoreCase("amd64")) {
            int stop = model(start, end);
            if (stop > 0) {
                add(start, stop, new Claim.Model(tokens(text.substring(start, stop))));
                return stop;
            }
        }
        return end;
    }

    private static String brand(String word) {
        int end = 0;
        while (end < word.length() && Character.isLetter(word.charAt(end))) {
            end++;
        }
        return word.substring(0, end).toLowerCase(Locale.ROOT);
    }

    /** Ends a name after its last part with a digit; -1 when it has none, as in "Claude Code" or "Apple". */
    private int model(int start, int first) {
        int last = text.substring(start, first).chars().anyMatch(Character::isDigit) ? first : -1;
        int at = first;
        for (int parts = 0; parts < 5; parts++) {
            int from = at;
            if (from < block.end() && (text.charAt(from) == ' ' || text.charAt(from) == '-')) {
                from++;
            }
            int end = from;
            while (end < block.end()
                    && (Character.isLetterOrDigit(text.charAt(end)) || (text.charAt(end) == '.' && digitAt(end + 1)))) {
                end++;
            }
            if (end == from) {
                break;
            }
            String part = text.substring(from, Math.min(end, from + 40));
            boolean digits = part.chars().anyMatch(Character::isDigit);
            if (!digits && !Character.isUpperCase(part.charAt(0))) {
                break;
            }
            if (digits) {
                if (unitAfter(end)) {
                    break;
                }
                last = end;
            }
            at = end;
        }
        return last;
    }

    /** Whether a number that ends here measures something, and is no part of a name. */
    private boolean unitAfter(int end) {
        int from = skip(end);
        int to = letters(from);
        return to > from && Units.measure(text.substring(from, to)).isPresent();
    }

    static Set<String> tokens(String name) {
        Set<String> tokens = new HashSet<>();
        for (String part : name.toLowerCase(Locale.ROOT)
                .replace("(r)", " ")
                .replace("(tm)", " ")
                .split("[^a-z0-9.]+", -1)) {
            if (!part.isEmpty()) {
                tokens.add(part);
            }
        }
        return tokens;
    }

    // ---- numbers

    private int number(int start) {
        int end = run(start);
        if (end - start > 24 || isNumberOfSomething(start)) {
            return past(end);
        }
        String run = text.substring(start, end);
        char next = end < block.end() ? text.charAt(end) : ' ';
        if ((next == ':' || next == '/') && digitAt(end + 1)) {
            return past(end);
        }
        if (next == '-' && digitAt(end + 1)) {
            int second = run(end + 1);
            if (second < block.end() && text.charAt(second) == '-' && digitAt(second + 1)) {
                return past(end);
            }
        }
        if (run.chars().filter(c -> c == '.').count() > 1 && Figure.of(run).isEmpty()) {
            int stop = suffix(end);
            if (run.chars().filter(c -> c == '.').count() == 2 && run.indexOf(',') < 0) {
                version(start, stop, productBefore(start), text.substring(start, stop));
            }
            return stop;
        }
        Figure low = Figure.of(run).orElse(null);
        if (low == null) {
            return past(end);
        }
        Figure high = low;
        int stop = end;
        boolean plusMinus = false;
        int between = skip(end);
        int after = separator(between);
        if (after > between && digitAt(skip(after))) {
            int from = skip(after);
            int to = run(from);
            Optional<Figure> second = Figure.of(text.substring(from, Math.min(to, from + 25)));
            if (second.isPresent()) {
                plusMinus = text.charAt(between) == '\u00b1';
                high = second.get();
                stop = to;
            }
        }
        Quantity quantity = unit(stop, high.readings().getFirst());
        if (quantity != null) {
            amount(start, quantity.end, low, high, plusMinus, quantity);
            return quantity.end;
        }
        int named = productVersion(start, end, run);
        return named > 0 ? named : past(end);
    }

    /** A unit that was found, and where it ends. */
    private record Quantity(Units.Unit unit, double multiple, int end) {}

    private @Nullable Quantity unit(int at, double number) {
        double multiple = 1;
        int from = at;
        boolean glued = from < block.end() && Character.isLetter(text.charAt(from));
        if (!glued) {
            from = skip(from);
            if (from == at && from < block.end() && text.charAt(from) == '-' && !digitAt(from + 1)) {
                from++;
            }
        }
        int to = letters(from);
        String word = text.substring(from, to);
        if (glued && to < block.end() && isDigit(text.charAt(to))) {
            return null;
        }
        double suffix = word.isEmpty() ? 0 : Units.multiple(word);
        if ((suffix > 0 && (glued || word.length() > 1)) || (glued && word.equals("B") && follows(to, "parameters"))) {
            multiple = suffix > 0 ? suffix : 1e9;
            if (to < block.end() && text.charAt(to) == '/') {
                from = to;
            } else {
                from = skip(to);
            }
            to = letters(from);
            word = text.substring(from, to);
        }
        Quantity rate = rate(word, to, multiple);
        if (rate != null) {
            return rate;
        }
        Units.Unit measure = word.isEmpty() ? null : Units.measure(word).orElse(null);
        if (measure != null && isMeant(word, glued, number, to)) {
            return new Quantity(measure, multiple, to);
        }
        if (word.equals("times") && COMPARED.contains(wordAt(skip(to)))) {
            return new Quantity(new Units.Unit("ratio", 1), multiple, to);
        }
        return block.output() ? null : count(from, number * multiple, multiple);
    }

    private @Nullable Quantity rate(String word, int to, double multiple) {
        int period = -1;
        if (to < block.end() && text.charAt(to) == '/') {
            period = to + 1;
        } else {
            int per = skip(to);
            if (wordAt(per).equals("per")) {
                period = skip(per + 3);
            }
        }
        if (period < 0) {
            return null;
        }
        int end = letters(period);
        Units.Unit unit = end == period ? null : Units.per(word, text.substring(period, end));
        return unit == null ? null : new Quantity(unit, multiple, end);
    }

    /** {@code 1990s}, {@code 1920 x 1080} and {@code 2 x the fun} are no measures. */
    private boolean isMeant(String word, boolean glued, double number, int to) {
        return switch (word) {
            case "s" -> !(glued && number >= 1000 && number <= 2100);
            case "x", "\u00d7" -> {
                int next = skip(to);
                yield !digitAt(next) && !(next < block.end() && text.charAt(next) == '(');
            }
            // "a 32-byte key" is a form, not a size that somebody measured.
            case "byte" -> text.charAt(to - 5) != '-';
            case "W", "B" -> glued || text.charAt(to - 2) == ' ';
            default -> true;
        };
    }

    /** Up to three words on, the first plural that is counted, else the first word that is. */
    private @Nullable Quantity count(int from, double number, double multiple) {
        int at = from;
        Quantity first = null;
        for (int i = 0; i < 3; i++) {
            int to = letters(at);
            String word = text.substring(at, Math.max(at, to));
            if (word.isEmpty() || STOPS.contains(word)) {
                break;
            }
            Quantity rate = rate(word, to, multiple);
            if (rate != null) {
                return rate;
            }
            String lower = word.toLowerCase(Locale.ROOT);
            boolean plural = !Units.singular(lower).equals(lower);
            if (Units.isCount(lower, number)) {
                Quantity found = new Quantity(Units.count(lower), multiple, to);
                if (plural) {
                    return found;
                }
                first = first == null ? found : first;
            } else if (plural) {
                break;
            }
            if (to >= block.end() || (text.charAt(to) != ' ' && text.charAt(to) != '-' && text.charAt(to) != '\n')) {
                break;
            }
            at = to + 1;
        }
        return first;
    }

    private void amount(int start, int end, Figure low, Figure high, boolean plusMinus, Quantity quantity) {
        String before = before(start);
        boolean about = endsWith(
                before,
                "about",
                "around",
                "roughly",
                "approximately",
                "nearly",
                "almost",
                "circa",
                "some",
                "~",
                "\u2248");
        boolean most = endsWith(
                before,
                "at most",
                "under",
                "below",
                "less than",
                "fewer than",
                "up to",
                "within",
                "<",
                "\u2264",
                "no more than",
                "not more than");
        boolean least = endsWith(before, "at least", "over", "above", "more than", ">", "\u2265", "no less than");
        List<Claim.Range> ranges = new ArrayList<>();
        for (int i = 0; i < Math.min(low.readings().size(), high.readings().size()); i++) {
            double from = low.readings().get(i);
            double to = high.readings().get(i);
            double lowest = from - low.slack(from, about);
            double highest = to + high.slack(to, about);
            if (plusMinus) {
                lowest = from - to;
                highest = from + to;
            }
            for (double factor : quantity.unit.factors()) {
                double scale = factor * quantity.multiple;
                ranges.add(new Claim.Range(
                        most ? Double.NEGATIVE_INFINITY : lowest * scale,
                        least ? Double.POSITIVE_INFINITY : highest * scale));
            }
        }
        add(start, end, new Claim.Amount(quantity.unit.dimension(), ranges));
    }

    // ---- versions

    private int productVersion(int start, int end, String run) {
        if (block.output() || run.indexOf(',') >= 0) {
            return -1;
        }
        String product = productBefore(start);
        boolean dotted = run.indexOf('.') > 0;
        String before = lastWord(before(start));
        boolean said = before.equals("version") || before.equals("release");
        if ((said && dotted) || PRODUCTS.contains(product) || (dotted && !product.isEmpty())) {
            version(start, end, product, run);
            return end;
        }
        return -1;
    }

    private void version(int start, int end, String product, String number) {
        if (block.output() || STANDARDS.contains(product)) {
            return;
        }
        String after =
                text.substring(end, Math.min(block.end(), end + NEAR)).strip().toLowerCase(Locale.ROOT);
        boolean later = after.startsWith("+")
                || ((after.startsWith("or ") || after.startsWith("and ")) && LATER.contains(nthWord(after, 1)));
        boolean required = false;
        for (String word : before(start).split("[^a-z]+", -1)) {
            required |= REQUIRES.contains(word);
        }
        if (!later && !required) {
            add(start, end, new Claim.Version(product, number));
        }
    }

    /** The capitalised or known word right before, in lower case; that before "version", "release" or "v" when it is one of those. */
    private String productBefore(int start) {
        int end = start;
        for (int i = 0; i < 2; i++) {
            int stop = end;
            while (stop > block.start()
                    && start - stop < NEAR
                    && (text.charAt(stop - 1) == ' ' || text.charAt(stop - 1) == '-')) {
                stop--;
            }
            int from = stop;
            while (from > block.start() && stop - from < 30 && Character.isLetterOrDigit(text.charAt(from - 1))) {
                from--;
            }
            if (from == stop) {
                return "";
            }
            String word = text.substring(from, stop);
            String lower = word.toLowerCase(Locale.ROOT);
            if (lower.equals("version") || lower.equals("release") || lower.equals("v")) {
                end = from;
                continue;
            }
            boolean capital = Character.isUpperCase(word.charAt(0));
            boolean named = capital && (word.length() > 3 || !isSentenceStart(from));
            return named || (PRODUCTS.contains(lower) && !lower.equals("go")) ? lower : "";
        }
        return "";
    }

    private boolean isSentenceStart(int from) {
        String before = text.substring(Math.max(block.start(), from - 3), from).strip();
        return before.isEmpty() || before.endsWith(".");
    }

    // ---- what stands around

    /** Whether the number names a place or a thing: line 12, #7, §3, :7717, sha-256, x86. */
    private boolean isNumberOfSomething(int start) {
        if (start == block.start()) {
            return false;
        }
        char prev = text.charAt(start - 1);
        if (prev == '/') {
            // docs/0006 is a name; s/3 ms/12 ms/ is what sed will write.
            return !unitAfter(run(start));
        }
        if (Character.isLetterOrDigit(prev) || "#\u00a7:@_$\u20ac\u00a3^.,=".indexOf(prev) >= 0) {
            return true;
        }
        if (prev == '-' && start - 2 >= block.start() && Character.isLetterOrDigit(text.charAt(start - 2))) {
            // "Ubuntu-24.04" would be a version; "sha-256" and "C-3" are names.
            return true;
        }
        String word = lastWord(before(start));
        return NUMBERED.contains(word) && !word.equals("version");
    }

    private String before(int start) {
        return text.substring(Math.max(block.start(), start - NEAR), start)
                .toLowerCase(Locale.ROOT)
                .strip();
    }

    private static boolean endsWith(String before, String... words) {
        for (String word : words) {
            if (before.endsWith(word)
                    && (!Character.isLetter(word.charAt(0))
                            || before.length() == word.length()
                            || !Character.isLetter(before.charAt(before.length() - word.length() - 1)))) {
                return true;
            }
        }
        return false;
    }

    private static String lastWord(String before) {
        int from = before.length();
        while (from > 0 && Character.isLetter(before.charAt(from - 1))) {
            from--;
        }
        return before.substring(from);
    }

    private static String nthWord(String text, int n) {
        String[] words = text.split("[^a-z]+", n + 3);
        return words.length > n ? words[n] : "";
    }

    private String wordAt(int from) {
        return text.substring(Math.min(from, block.end()), letters(from)).toLowerCase(Locale.ROOT);
    }

    private boolean follows(int at, String word) {
        return wordAt(skip(at)).equals(word);
    }

    /** The end of a run of digits and separators that has a digit last. */
    private int run(int start) {
        int at = start;
        while (at < block.end()) {
            char c = text.charAt(at);
            if (isDigit(c) || ((c == '.' || c == ',' || Figure.isGroup(c)) && digitAt(at + 1))) {
                at++;
            } else {
                break;
            }
        }
        return at;
    }

    /** Past the rest of a word, a date or a time, so that its parts are not taken for numbers. */
    private int past(int end) {
        int at = end;
        while (at < block.end()
                && (Character.isLetterOrDigit(text.charAt(at))
                        || ((text.charAt(at) == '-' || text.charAt(at) == ':' || text.charAt(at) == '/')
                                && digitAt(at + 1)))) {
            at++;
        }
        return at;
    }

    /** Past {@code -rc.1} or {@code +build}. */
    private int suffix(int end) {
        int at = end;
        if (at + 1 < block.end()
                && (text.charAt(at) == '-' || text.charAt(at) == '+')
                && Character.isLetterOrDigit(text.charAt(at + 1))) {
            at++;
            while (at < block.end()
                    && at - end < 40
                    && (Character.isLetterOrDigit(text.charAt(at)) || (text.charAt(at) == '.' && digitAt(at + 1)))) {
                at++;
            }
        }
        return at;
    }

    private int separator(int at) {
        if (at >= block.end()) {
            return at;
        }
        char c = text.charAt(at);
        if (c == '-' || c == '\u2013' || c == '\u2014' || c == '\u2026' || c == '\u00b1') {
            return at + 1;
        }
        return text.startsWith("to ", at) ? at + 2 : at;
    }

    /** Past white space, with at most one line feed in it. */
    private int skip(int at) {
        int feeds = 0;
        int to = at;
        while (to < block.end()
                && to - at < NEAR
                && (Character.isWhitespace(text.charAt(to)) || Figure.isGroup(text.charAt(to)))) {
            if (text.charAt(to) == '\n' && ++feeds > 1) {
                return at;
            }
            to++;
        }
        return to;
    }

    private int letters(int from) {
        int to = from;
        while (to < block.end()
                && to - from < 40
                && (Character.isLetter(text.charAt(to)) || text.charAt(to) == '%' || text.charAt(to) == '\u00d7')) {
            to++;
            if (text.charAt(to - 1) == '%' || text.charAt(to - 1) == '\u00d7') {
                break;
            }
        }
        return to;
    }

    private int wordEnd(int from) {
        int to = from;
        while (to < block.end() && Character.isLetterOrDigit(text.charAt(to))) {
            to++;
        }
        return to;
    }

    private boolean digitAt(int at) {
        return at < block.end() && isDigit(text.charAt(at));
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    // ---- the claim

    private void add(int start, int end, Claim.What what) {
        if (claims.size() == MOST) {
            throw new TrustException("the text has more than " + MOST + " statements with figures; split it");
        }
        sentence(start);
        while (counted < start) {
            if (text.charAt(counted) == '\n') {
                line++;
                lineStart = counted + 1;
            }
            counted++;
        }
        String around = text.substring(Math.max(sentenceFrom, start - SENTENCE), Math.min(sentenceTo, end + SENTENCE));
        claims.add(new Claim(
                line,
                start - lineStart + 1,
                single(raw.substring(start, end)),
                single(around),
                estimate,
                block.context(),
                what));
    }

    /** Moves on to the sentence that holds the offset; a sentence ends with a mark before white space and a capital letter. */
    private void sentence(int at) {
        while (sentenceTo <= at) {
            sentenceFrom = sentenceTo;
            int i = sentenceFrom;
            while (i < block.end()) {
                char c = text.charAt(i++);
                if ((c == '.' || c == '!' || c == '?') && i < block.end() && Character.isWhitespace(text.charAt(i))) {
                    int next = skip(i);
                    if (next < block.end()
                            && Character.isUpperCase(text.charAt(next))
                            && !text.startsWith("ESTIMATE", next)) {
                        break;
                    }
                }
            }
            sentenceTo = i;
            estimate = raw.substring(sentenceFrom, sentenceTo).contains("ESTIMATE");
        }
    }

    private static String single(String text) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = Character.isWhitespace(text.charAt(i)) ? ' ' : text.charAt(i);
            if (c != ' ' || (!out.isEmpty() && out.charAt(out.length() - 1) != ' ')) {
                out.append(c);
            }
        }
        return out.toString().strip();
    }
}
