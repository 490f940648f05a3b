package mirror.vault.triage;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import mirror.vault.Note;
import mirror.vault.NoteParser;
import mirror.vault.NoteText;

/**
 * What rules may ask of an entry's bytes.
 *
 * @param type by the first bytes; empty for a folder
 * @param text of a text file in lower case, its first 1 MiB; otherwise empty
 * @param properties of a note's front matter, names in lower case; otherwise empty
 * @param tags of a note in lower case, without the number sign; otherwise empty
 */
record Content(String type, String text, Map<String, List<String>> properties, List<String> tags) {
    /** How much a text is searched. */
    static final int TEXT = 1 << 20;

    /** How much is read when no rule asks for words: enough for any front matter. */
    static final int HEAD = 64 << 10;

    static final Content FOLDER = new Content("", "", Map.of(), List.of());

    /**
     * Reads the first bytes of a file.
     *
     * @param note whether its name says that it is one
     */
    static Content read(Path file, boolean note, int bytes) throws IOException {
        byte[] head;
        try (InputStream in = Files.newInputStream(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            head = in.readNBytes(bytes);
        }
        return of(head, note);
    }

    static Content of(byte[] head, boolean note) {
        String type = MediaType.of(head);
        if (!type.startsWith("text/") && !type.equals("image/svg+xml")) {
            return new Content(type, "", Map.of(), List.of());
        }
        String text = NoteText.of(head);
        String lower = text.toLowerCase(Locale.ROOT);
        if (!note) {
            return new Content(type, lower, Map.of(), List.of());
        }
        Note parsed = NoteParser.parse(text);
        Map<String, List<String>> properties = new java.util.LinkedHashMap<>();
        parsed.properties()
                .forEach((name, values) -> properties.putIfAbsent(name.toLowerCase(Locale.ROOT), List.copyOf(values)));
        return new Content(
                type,
                lower,
                properties,
                parsed.tags().stream().map(tag -> tag.toLowerCase(Locale.ROOT)).toList());
    }

    boolean isText() {
        return type.startsWith("text/");
    }
}
