package mirror.vault.upkeep;

import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.vault.Lines;
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
        Lines lines = Lines.of(rest);
        String lineEnd = lines.count() == 1 ? "\n" : rest.substring(lines.end(0), lines.start(1));
        String entry = NAME + ": " + day;
        if (lines.body() == 0) {
            return bom + "---" + lineEnd + entry + lineEnd + "---" + lineEnd + rest;
        }
        int closing = lines.body() - 1;
        for (int i = 1; i < closing; i++) {
            Matcher pair = PAIR.matcher(lines.line(i));
            if (pair.matches()) {
                String space = pair.group(2).isEmpty() ? " " : pair.group(2);
                return bom
                        + rest.substring(0, lines.start(i))
                        + pair.group(1)
                        + space
                        + day
                        + pair.group(4)
                        + rest.substring(lines.end(i));
            }
        }
        int end = lines.start(closing);
        return bom + rest.substring(0, end) + entry + lineEnd + rest.substring(end);
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
