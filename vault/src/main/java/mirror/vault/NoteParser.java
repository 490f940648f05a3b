package mirror.vault;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.vault.Note.Heading;
import mirror.vault.Note.Kind;
import mirror.vault.Note.Link;

/**
 * Reads a note as Obsidian does: one pass over the lines, in which code, comments and HTML comments hide what stands in them. Takes
 * any text in time linear in its length. Not thread-safe; one for each note.
 *
 * @see <a href="https://help.obsidian.md/syntax">Obsidian Flavored Markdown</a>
 */
public final class NoteParser {
    private static final Pattern HEADING = Pattern.compile(" {0,3}(#{1,6})(?:[ \\t](.*))?");
    private static final Pattern CLOSING = Pattern.compile("(?:^|[ \\t])#+$");
    private static final Pattern BLOCK = Pattern.compile("(?:^|\\s)\\^([A-Za-z0-9-]+)\\s*$");
    private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*:.*", Pattern.DOTALL);
    private static final Pattern WIKI = Pattern.compile("!?\\[\\[([^\\[\\]]+)]]");
    private static final Pattern LIST = Pattern.compile("\\s*(?:[-*+]|\\d{1,9}[.)])(?:\\s.*)?");
    private static final Pattern UNDERLINE = Pattern.compile(" {0,3}(=+|-+)[ \\t]*");
    private static final int SUBPATH = 500;

    private final Set<String> tags = new LinkedHashSet<>();
    private final List<Heading> headings = new ArrayList<>();
    private final Set<String> blocks = new LinkedHashSet<>();
    private final List<Link> links = new ArrayList<>();
    private FrontMatter front = FrontMatter.NONE;
    private String fence = "";
    private boolean comment;
    private boolean html;
    private boolean list;
    private boolean blank = true;
    private boolean fresh = true;
    private boolean indented;
    private String paragraph = "";

    private NoteParser() {}

    /** @param text of the whole note, without a byte order mark */
    public static Note parse(String text) {
        NoteParser parser = new NoteParser();
        Lines lines = Lines.of(text);
        int body = lines.body();
        parser.front(text, lines, body);
        for (int i = body; i < lines.count(); i++) {
            parser.line(lines.line(i), i + 1);
        }
        return parser.note();
    }

    private Note note() {
        List<String> aliases = front.all("aliases", "alias");
        for (String text : front.all("tags", "tag")) {
            for (String tag : text.split("[,\\s]+", -1)) {
                addTag(tag.startsWith("#") ? tag.substring(1) : tag);
            }
        }
        return new Note(
                List.copyOf(aliases),
                List.copyOf(tags),
                List.copyOf(headings),
                Set.copyOf(blocks),
                List.copyOf(links),
                front.values(),
                front.fault());
    }

    private void front(String text, Lines lines, int body) {
        if (body == 0) {
            return;
        }
        front = FrontMatter.parse(text.substring(lines.start(1), lines.start(body - 1)));
        for (int i = 1; i < body - 1; i++) {
            Matcher wiki = WIKI.matcher(lines.line(i));
            while (wiki.find()) {
                wiki(wiki.group(1), Kind.WIKI, i + 1);
            }
        }
    }

    private void line(String line, int number) {
        String bare = unquoted(line);
        if (!fence.isEmpty()) {
            if (closes(bare)) {
                fence = "";
            }
            return;
        }
        boolean empty = bare.isBlank();
        boolean deep = line.startsWith("    ") || line.startsWith("\t");
        if (!comment && !html) {
            String opening = opening(bare);
            if (!opening.isEmpty()) {
                fence = opening;
                paragraph = "";
                blank = false;
                return;
            }
            indented = deep && !empty && !list && (blank || indented);
            if (indented) {
                return;
            }
            if (!empty && !deep) {
                list = LIST.matcher(bare).matches();
            }
            heading(bare, number);
            if (line.indexOf('^') >= 0) {
                Matcher block = BLOCK.matcher(line);
                if (block.find()) {
                    blocks.add(block.group(1));
                }
            }
        }
        blank = empty;
        inline(line, number);
    }

    private void heading(String bare, int number) {
        Matcher heading = bare.indexOf('#') >= 0 && bare.length() < 4096 ? HEADING.matcher(bare) : null;
        if (heading != null && heading.matches()) {
            String text = heading.group(2) == null ? "" : heading.group(2).strip();
            headings.add(new Heading(
                    heading.group(1).length(),
                    CLOSING.matcher(text).replaceFirst("").strip(),
                    number));
            paragraph = "";
            fresh = true;
            return;
        }
        if (!paragraph.isEmpty() && UNDERLINE.matcher(bare).matches()) {
            headings.add(new Heading(bare.stripLeading().startsWith("=") ? 1 : 2, paragraph, number - 1));
            paragraph = "";
        } else {
            boolean plain = !bare.isBlank() && !list && bare.length() < 500 && bare.indexOf('|') < 0;
            // Only a paragraph of one line is looked at: a longer one before a rule is more often meant as a rule.
            paragraph = plain && fresh ? bare.strip() : "";
        }
        fresh = bare.isBlank();
    }

    /** A line less the marks of quotations, in which code may stand too. */
    private static String unquoted(String line) {
        String rest = line;
        while (rest.stripLeading().startsWith(">")) {
            rest = rest.stripLeading().substring(1);
            if (rest.startsWith(" ")) {
                rest = rest.substring(1);
            }
            if (rest.length() > 4096) {
                return rest;
            }
        }
        return rest;
    }

    /** The fence that a line opens, or empty. */
    private static String opening(String line) {
        String text = line.stripLeading();
        if (LIST.matcher(text).matches()) {
            text = text.substring(text.indexOf(' ') + 1).stripLeading();
        }
        if (!text.startsWith("```") && !text.startsWith("~~~")) {
            return "";
        }
        int length = 3;
        while (length < text.length() && text.charAt(length) == text.charAt(0)) {
            length++;
        }
        // An info string with a backtick makes it a code span.
        return text.charAt(0) == '`' && text.indexOf('`', length) >= 0 ? "" : text.substring(0, length);
    }

    private boolean closes(String line) {
        String text = line.strip();
        return text.startsWith(fence) && text.chars().allMatch(c -> c == fence.charAt(0));
    }

    // ---- within a line

    private void inline(String line, int number) {
        Ahead ends = new Ahead(line);
        for (int i = 0; i < line.length(); ) {
            if (comment) {
                int end = line.indexOf("%%", i);
                comment = end < 0;
                i = end < 0 ? line.length() : end + 2;
            } else if (html) {
                int end = line.indexOf("-->", i);
                html = end < 0;
                i = end < 0 ? line.length() : end + 3;
            } else {
                i = token(line, i, number, ends);
            }
        }
    }

    /** @return where the next token starts */
    private int token(String line, int i, int number, Ahead ends) {
        return switch (line.charAt(i)) {
            case '\\' -> i + 2;
            case '`' -> code(line, i, ends);
            case '%' -> {
                comment = line.startsWith("%%", i);
                yield comment ? i + 2 : i + 1;
            }
            case '<' -> {
                html = line.startsWith("<!--", i);
                yield html ? i + 4 : i + 1;
            }
            case '[' -> link(line, i, number, ends);
            case '#' -> tag(line, i);
            default -> i + 1;
        };
    }

    private static int code(String line, int i, Ahead ends) {
        int length = run(line, i);
        if (!ends.open.contains(length)) {
            for (int at = line.indexOf('`', i + length); at >= 0; ) {
                int other = run(line, at);
                if (other == length) {
                    return at + length;
                }
                at = line.indexOf('`', at + other);
            }
            ends.open.add(length);
        }
        return i + length;
    }

    private static int run(String line, int from) {
        int end = from;
        while (end < line.length() && line.charAt(end) == '`') {
            end++;
        }
        return end - from;
    }

    private int link(String line, int i, int number, Ahead ends) {
        boolean embed = i > 0 && line.charAt(i - 1) == '!';
        if (line.startsWith("[[", i)) {
            int end = ends.of("]]", i + 2);
            int inner = ends.of("[[", i + 2);
            if (end < 0) {
                return i + 2;
            }
            if (inner >= 0 && inner < end) {
                return i + 1;
            }
            wiki(line.substring(i + 2, end), embed ? Kind.EMBED : Kind.WIKI, number);
            return end + 2;
        }
        int middle = ends.of("](", i + 1);
        int inner = ends.of("[", i + 1);
        if (middle < 0 || (inner >= 0 && inner < middle && !line.startsWith("![", inner - 1))) {
            return i + 1;
        }
        int end = destination(line, middle + 2);
        if (end < 0) {
            return i + 1;
        }
        markdown(line.substring(middle + 2, end).strip(), embed, number);
        // The text of a link may hold an image; its own link is found on the way.
        return inner >= 0 && inner < middle ? i + 1 : end + 1;
    }

    /** Where the parenthesis of a destination closes, or -1. */
    private static int destination(String line, int from) {
        int depth = 0;
        int limit = Math.min(line.length(), from + 4096);
        for (int i = from; i < limit; i++) {
            char c = line.charAt(i);
            if (c == '\\') {
                i++;
            } else if (c == '<' && i == from) {
                int close = line.indexOf('>', i);
                if (close < 0 || close >= limit) {
                    return -1;
                }
                i = close;
            } else if (c == '(') {
                depth++;
            } else if (c == ')' && depth-- == 0) {
                return i;
            }
        }
        return -1;
    }

    private void wiki(String text, Kind kind, int line) {
        int bar = text.indexOf('|');
        String target = bar < 0 ? text : text.substring(0, bar);
        // In a table the bar is escaped.
        add(bar > 0 && target.endsWith("\\") ? target.substring(0, target.length() - 1) : target, kind, line);
    }

    private void markdown(String destination, boolean embed, int line) {
        String text = destination;
        if (text.startsWith("<") && text.indexOf('>') > 0) {
            text = text.substring(1, text.indexOf('>'));
        } else {
            int title = text.indexOf(" \"");
            text = title < 0 ? text : text.substring(0, title).strip();
        }
        if (text.isEmpty() || SCHEME.matcher(text).matches() || text.startsWith("//")) {
            return;
        }
        try {
            text = URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            // A percent sign of its own is just that.
        }
        add(text, embed ? Kind.EMBED : Kind.MARKDOWN, line);
    }

    private void add(String text, Kind kind, int line) {
        String clean = Normalizer.normalize(text.replace('\u00a0', ' '), Normalizer.Form.NFC)
                .strip();
        int hash = clean.indexOf('#');
        String target = hash < 0 ? clean : clean.substring(0, hash).strip();
        String subpath = hash < 0 ? "" : clean.substring(hash + 1).strip();
        if (!target.isEmpty() || !subpath.isEmpty()) {
            links.add(new Link(kind, target, subpath.substring(0, Math.min(SUBPATH, subpath.length())), line));
        }
    }

    private int tag(String line, int i) {
        if (i > 0 && !Character.isWhitespace(line.charAt(i - 1))) {
            return i + 1;
        }
        int end = i + 1;
        while (end < line.length() && isOfTag(line.charAt(end))) {
            end++;
        }
        addTag(line.substring(i + 1, end));
        return Math.max(end, i + 1);
    }

    private static boolean isOfTag(char c) {
        return Character.isLetterOrDigit(c)
                || c == '_'
                || c == '-'
                || c == '/'
                || Character.isSurrogate(c)
                || Character.getType(c) == Character.OTHER_SYMBOL
                || Character.getType(c) == Character.NON_SPACING_MARK;
    }

    /** A tag needs something that is no digit. */
    private void addTag(String tag) {
        String clean = tag.endsWith("/") ? tag.substring(0, tag.length() - 1) : tag;
        if (!clean.isEmpty()
                && clean.length() <= 200
                && !clean.chars().allMatch(c -> (c >= '0' && c <= '9') || c == '/')) {
            tags.add(Normalizer.normalize(clean, Normalizer.Form.NFC));
        }
    }

    /** Finds what closes something, and remembers it: else a line of nothing but brackets would cost the square of its length. */
    private static final class Ahead {
        private final String line;
        private final Map<String, Integer> next = new HashMap<>();
        /** Lengths of backtick runs that nothing closes any more. */
        private final Set<Integer> open = new HashSet<>();

        Ahead(String line) {
            this.line = line;
        }

        /** @param from never less than in the call before with the same text */
        int of(String what, int from) {
            Integer known = next.get(what);
            if (known != null && (known < 0 || known >= from)) {
                return known;
            }
            int found = line.indexOf(what, from);
            next.put(what, found);
            return found;
        }
    }
}
