package mirror.trust.shell;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Words with a place for an item, as {@code find -exec}, {@code xargs -I} and {@code parallel} fill them. */
final class Templates {
    static final Map<String, Character> XARGS = Map.ofEntries(
            Map.entry("I", 'v'),
            Map.entry("n", 'v'),
            Map.entry("P", 'v'),
            Map.entry("L", 'v'),
            Map.entry("s", 'v'),
            Map.entry("d", 'v'),
            Map.entry("E", 'v'),
            Map.entry("a", 'r'),
            Map.entry("J", 'v'),
            Map.entry("R", 'v'),
            Map.entry("i", 'o'),
            Map.entry("e", 'o'),
            Map.entry("l", 'o'),
            Map.entry("replace", 'o'),
            Map.entry("max-args", 'v'),
            Map.entry("max-procs", 'v'),
            Map.entry("max-lines", 'o'),
            Map.entry("delimiter", 'v'),
            Map.entry("arg-file", 'r'),
            Map.entry("max-chars", 'v'),
            Map.entry("eof", 'o'),
            Map.entry("process-slot-var", 'v'));
    private static final Pattern BLANKS = Pattern.compile("\\s+");

    private Templates() {}

    /** The word with every {@code mark} replaced. */
    static Value fill(Value word, String mark, Value item) {
        Value filled = Value.EMPTY;
        for (Value.Chunk chunk : word.chunks()) {
            if (!(chunk instanceof Value.Text(String text))) {
                filled = filled.plus(new Value(List.of(chunk)));
                continue;
            }
            int from = 0;
            for (int at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, from)) {
                filled = filled.plus(Value.of(text.substring(from, at))).plus(item);
                from = at + mark.length();
            }
            filled = filled.plus(Value.of(text.substring(from)));
        }
        return filled;
    }

    /** The words that a program reads as arguments from its input. */
    static List<Value> items(@Nullable Value stdin) {
        if (stdin == null) {
            return List.of();
        }
        String text = stdin.known();
        List<Value> items = new ArrayList<>();
        if (text == null) {
            boolean list = stdin.chunks().size() == 1;
            items.add(list ? stdin : new Value(List.of(new Value.Unknown(stdin.shown(), stdin.remote(), List.of()))));
        } else if (text.length() < 20_000 && text.chars().noneMatch(c -> c == '\'' || c == '"' || c == '\\')) {
            BLANKS.splitAsStream(text).filter(word -> !word.isEmpty()).forEach(word -> items.add(Value.of(word)));
        } else {
            items.add(Value.unknown("$(stdin)"));
        }
        return items;
    }

    /** The items of an {@code xargs} that takes each line as it is: {@code -I}, {@code -d}, {@code -0}. */
    static List<Value> lines(@Nullable Value stdin, boolean newlines) {
        String text = stdin == null ? null : stdin.known();
        if (text == null || !newlines || text.chars().anyMatch(c -> c == '\'' || c == '"' || c == '\\')) {
            return text == null ? items(stdin) : List.of(Value.unknown("$(stdin)"));
        }
        return text.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .map(Value::of)
                .toList();
    }
}
