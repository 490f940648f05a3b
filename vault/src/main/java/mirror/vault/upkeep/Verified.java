package mirror.vault.upkeep;

import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.vault.Note;
import mirror.vault.NoteParser;
import mirror.vault.NoteText;

/**
 * Writes {@code verified: <day>} into a note's front matter and changes no other byte: order, comments, line ends and what is no UTF-8
 * stay. What it would write is read again before it is given back, so a front matter in which the line means something else (flow
 * style, a text over several lines) is refused and never guessed at.
 */
public final class Verified {
    private static final String NAME = "verified";
    private static final String BOM = "\u00ef\u00bb\u00bf";
    private static final Pattern PAIR =
            Pattern.compile("(?i)(verified[ \\t]*:)([ \\t]*)(\"[^\"]*\"|'[^']*'|[^#\"'][^#]*?|)([ \\t]*|[ \\t]+#.*)");

    private Verified() {}

    /** The note cannot be marked without a guess; the message says why. */
    public static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        Refused(String message) {
            super(message);
        }
    }

    public static byte[] on(byte[] note, LocalDate day) throws Refused {
        if (note.length > 1 && ((note[0] & 0xff) == 0xfe || (note[0] & 0xff) == 0xff)) {
            throw new Refused("it is UTF-16; save it as UTF-8");
        }
        Note before = parse(note);
        if (!before.fault().isEmpty()) {
            throw new Refused("its front matter is faulty (" + before.fault() + "); correct that first");
        }
        // One character for each byte, so that every byte comes through.
        String text = new String(note, StandardCharsets.ISO_8859_1);
        byte[] marked = mark(text, day.toString()).getBytes(StandardCharsets.ISO_8859_1);
        Note after = parse(marked);
        if (!after.fault().isEmpty()
                || !others(after).equals(others(before))
                || !values(after).equals(List.of(day.toString()))
                || !NoteText.body(NoteText.of(marked)).equals(NoteText.body(NoteText.of(note)))) {
            throw new Refused("its front matter is written in a way in which 'verified' cannot be set without changing"
                    + " something else; write 'verified: " + day + "' into it yourself");
        }
        return marked;
    }

    private static Note parse(byte[] note) {
        return NoteParser.parse(NoteText.of(note));
    }

    private static String mark(String text, String day) {
        String bom = text.startsWith(BOM) ? BOM : "";
        String rest = text.substring(bom.length());
        int firstEnd = end(rest, 0);
        String lineEnd = firstEnd == rest.length() ? "\n" : rest.substring(firstEnd, next(rest, firstEnd));
        String whole = "---" + lineEnd + NAME + ": " + day + lineEnd + "---" + lineEnd;
        if (!isDashes(rest.substring(0, firstEnd))) {
            return bom + whole + rest;
        }
        for (int start = next(rest, firstEnd); start < rest.length(); ) {
            int end = end(rest, start);
            String line = rest.substring(start, end);
            Matcher pair = PAIR.matcher(line);
            if (pair.matches()) {
                String space = pair.group(2).isEmpty() ? " " : pair.group(2);
                return bom
                        + rest.substring(0, start)
                        + pair.group(1)
                        + space
                        + day
                        + pair.group(4)
                        + rest.substring(end);
            }
            if (isDashes(line)) {
                return bom + rest.substring(0, start) + NAME + ": " + day + lineEnd + rest.substring(start);
            }
            start = next(rest, end);
        }
        return bom + whole + rest;
    }

    private static boolean isDashes(String line) {
        return line.stripTrailing().equals("---");
    }

    private static int end(String text, int from) {
        int at = from;
        while (at < text.length() && text.charAt(at) != '\n' && text.charAt(at) != '\r') {
            at++;
        }
        return at;
    }

    private static int next(String text, int end) {
        return text.startsWith("\r\n", end) ? end + 2 : Math.min(end + 1, text.length());
    }

    private static Map<String, List<String>> others(Note note) {
        Map<String, List<String>> others = new LinkedHashMap<>(note.properties());
        others.keySet().removeIf(NAME::equalsIgnoreCase);
        return others;
    }

    private static List<String> values(Note note) {
        return note.properties().entrySet().stream()
                .filter(each -> each.getKey().equalsIgnoreCase(NAME))
                .flatMap(each -> each.getValue().stream())
                .toList();
    }
}
