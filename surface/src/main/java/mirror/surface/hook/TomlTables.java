package mirror.surface.hook;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mirror.surface.hook.Connection.Refused;
import org.jspecify.annotations.Nullable;

/**
 * A TOML file as lines under table headers, which is all that is needed to add tables and take them out again. What Mirror wrote ends
 * in {@code # mirror}: the client rewrites the file and may put its own tables between Mirror's, so no pair of marks encloses them.
 *
 * <p>It is no parser: names in headers are compared as written, less blanks. Strings over several lines are passed over. Immutable.
 */
final class TomlTables {
    private static final String MARK = "# mirror";
    private static final String NOTE = "# mirror: ";

    /** @param table name of the table that the line is in, empty before the first; of a header its own */
    private record Line(String text, String table, boolean header, boolean inString) {
        boolean marked() {
            return !inString && text.stripTrailing().endsWith(MARK);
        }

        /** The statement without Mirror's mark. */
        String statement() {
            String all = text.strip();
            return all.endsWith(MARK)
                    ? all.substring(0, all.length() - MARK.length()).strip()
                    : all;
        }
    }

    private final List<Line> lines;

    private TomlTables(List<Line> lines) {
        this.lines = lines;
    }

    /** @throws Refused for bytes that are not text */
    static TomlTables parse(Path file, byte[] bytes) throws Refused {
        try {
            return of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException e) {
            throw new Refused(file + " is not UTF-8 text; correct it first, nothing was changed");
        }
    }

    private static TomlTables of(String text) {
        List<Line> lines = new ArrayList<>();
        String table = "";
        String open = "";
        int from = 0;
        while (from < text.length()) {
            int end = text.indexOf('\n', from);
            String line = text.substring(from, end < 0 ? text.length() : end + 1);
            from += line.length();
            boolean inString = !open.isEmpty();
            String stripped = line.strip();
            boolean header = !inString && stripped.startsWith("[");
            if (header) {
                table = name(stripped);
            }
            lines.add(new Line(line, table, header, inString));
            open = open(line, open);
        }
        return new TomlTables(List.copyOf(lines));
    }

    /** The name between the brackets of a header, which may be followed by a comment. */
    private static String name(String header) {
        String inner = header.startsWith("[[") ? header.substring(2) : header.substring(1);
        StringBuilder name = new StringBuilder();
        char quote = 0;
        for (int i = 0; i < inner.length(); i++) {
            char c = inner.charAt(i);
            if (quote == 0 && c == ']') {
                break;
            }
            if (quote == 0 && (c == '"' || c == '\'')) {
                quote = c;
            } else if (c == quote && (c == '\'' || inner.charAt(i - 1) != '\\')) {
                quote = 0;
            }
            if (quote != 0 || !Character.isWhitespace(c)) {
                name.append(c);
            }
        }
        return name.toString();
    }

    /** The delimiter of the string over several lines that is open after this line; empty when none is. */
    private static String open(String line, String before) {
        String open = before;
        for (int i = 0; i + 2 < line.length(); i++) {
            String three = line.substring(i, i + 3);
            if (open.isEmpty() && line.charAt(i) == '#') {
                break;
            }
            if ((three.equals("\"\"\"") || three.equals("'''")) && (open.isEmpty() || open.equals(three))) {
                open = open.isEmpty() ? three : "";
                i += 2;
            }
        }
        return open;
    }

    /** A basic string. */
    static String string(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < 0x20 || c == 0x7f) {
                out.append("\\u%04X".formatted((int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }

    byte[] bytes() {
        StringBuilder out = new StringBuilder();
        lines.forEach(line -> out.append(line.text));
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** The statements of each table that Mirror marked. */
    private Map<String, List<String>> ours() {
        Map<String, List<String>> ours = new HashMap<>();
        boolean in = false;
        for (Line line : lines) {
            if (line.header) {
                in = line.marked();
                if (in) {
                    ours.put(line.table, new ArrayList<>());
                }
            } else if (in && !line.statement().isEmpty() && !line.statement().startsWith("#")) {
                ours.getOrDefault(line.table, new ArrayList<>()).add(line.statement());
            }
        }
        return ours;
    }

    /** Whether Mirror's tables stand here exactly so, no other of its tables, and the statement somewhere in {@code features}. */
    boolean holds(Map<String, List<String>> tables, String statement) {
        Map<String, List<String>> ours = ours();
        ours.remove("features");
        return ours.equals(tables) && says("features", statement);
    }

    /** Whether a table holds a statement, whoever wrote it. */
    boolean says(String table, String statement) {
        return lines.stream()
                .anyMatch(line -> !line.inString
                        && !line.header
                        && line.table.equals(table)
                        && line.statement().replaceFirst("\\s*#.*", "").equals(statement));
    }

    /** The same file less what Mirror wrote, and less the empty line before it. */
    TomlTables without() {
        List<Line> rest = new ArrayList<>();
        boolean ours = false;
        Set<String> marked = ours().keySet();
        for (Line line : lines) {
            if (line.header) {
                // What the client put below one of Mirror's tables makes no sense without it.
                ours = line.marked() || marked.stream().anyMatch(name -> line.table.startsWith(name + "."));
                if (ours && line.table.equals("features") && hasOthers("features")) {
                    ours = false;
                    rest.add(new Line("[features]\n", line.table, true, false));
                    continue;
                }
            }
            boolean note = !line.inString && line.text.startsWith(NOTE);
            if (note && !rest.isEmpty() && rest.getLast().text.isBlank()) {
                rest.removeLast();
            }
            if (!ours && !note && !line.marked()) {
                rest.add(line);
            }
        }
        return of(new TomlTables(rest).text());
    }

    private String text() {
        return new String(bytes(), StandardCharsets.UTF_8);
    }

    private boolean hasOthers(String table) {
        return lines.stream()
                .anyMatch(line -> line.table.equals(table) && !line.header && !line.marked() && !line.text.isBlank());
    }

    /**
     * Why tables of this name or below it cannot be added at the end, or null when they can.
     *
     * @param whole whether the table itself would be added
     */
    @Nullable
    String conflict(String name, boolean whole) {
        String first = name.contains(".") ? name.substring(0, name.indexOf('.')) : name;
        String last = name.substring(name.lastIndexOf('.') + 1);
        for (Line line : lines) {
            if (line.inString) {
                continue;
            }
            if (line.header) {
                String table = line.table.replace("\"", "").replace("'", "");
                if (whole && (table.equals(name) || table.startsWith(name + "."))) {
                    return "defines [" + name + "] already";
                }
                continue;
            }
            String key = line.text.strip().replace("\"", "").replace("'", "");
            if (line.table.isEmpty() && key.matches(java.util.regex.Pattern.quote(first) + "\\s*[.=].*")) {
                return "sets '" + first + "' in one line, where no table can be added to it";
            }
            if (name.equals(line.table + "." + last)
                    && key.matches(java.util.regex.Pattern.quote(last) + "\\s*[.=].*")) {
                return "sets '" + name + "' in one line, where no table can be added to it";
            }
            if (line.table.equals("features") && key.matches("unified_exec_tty\\s*=\\s*(?!false).*")) {
                return "sets features.unified_exec_tty: what is typed into a terminal would pass no gate";
            }
        }
        return null;
    }

    /**
     * The same file with these tables at its end, and one statement in a table that may be the owner's.
     *
     * @param note for a person who reads the file
     */
    TomlTables with(String note, Map<String, List<String>> tables, String shared, String statement) {
        StringBuilder out = new StringBuilder();
        boolean said = says(shared, statement);
        for (Line line : lines) {
            out.append(line.text);
            if (!said && line.header && line.table.equals(shared)) {
                out.append(line.text.endsWith("\n") ? "" : "\n")
                        .append(statement)
                        .append(" " + MARK + "\n");
                said = true;
            }
        }
        if (!out.isEmpty()) {
            out.append(out.charAt(out.length() - 1) == '\n' ? "\n" : "\n\n");
        }
        out.append(NOTE).append(note).append('\n');
        if (!said) {
            out.append("[" + shared + "] " + MARK + "\n").append(statement).append(" " + MARK + "\n");
        }
        tables.forEach((name, statements) -> {
            out.append("[" + name + "] " + MARK + "\n");
            statements.forEach(each -> out.append(each).append('\n'));
        });
        return of(out.toString());
    }
}
