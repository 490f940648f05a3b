package mirror.vault;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;

/**
 * A note's properties. YAML where it is YAML; what is not is read line by line, so that a forgotten quotation mark hides nothing, and
 * the fault is told. Nothing is ever written.
 *
 * @param values by name as written, each flat
 * @param fault what is wrong, or empty
 */
record FrontMatter(Map<String, List<String>> values, String fault) {
    static final FrontMatter NONE = new FrontMatter(Map.of(), "");

    private static final Pattern PAIR = Pattern.compile("([\\p{L}\\p{N}_][^:#\\[\\]{}]{0,80}):(?:\\s+(.*))?");
    private static final Pattern ITEM = Pattern.compile("\\s*-\\s+(.*)");

    private static LoadSettings settings(String text) {
        return LoadSettings.builder()
                .setAllowDuplicateKeys(false)
                // {{title}} in a template is one, and Obsidian takes it.
                .setAllowNonScalarKeys(true)
                .setMaxAliasesForCollections(10)
                .setCodePointLimit(1 << 20)
                // The reader fails on a character of two halves that lies across the end of its buffer.
                .setBufferSize(Math.max(1_024, text.length() + 1))
                .build();
    }

    /** @param text what stands between the two lines of dashes */
    static FrontMatter parse(String text) {
        Map<String, List<String>> plain = PlainFrontMatter.read(text);
        return plain == null ? yaml(text) : new FrontMatter(plain, "");
    }

    static FrontMatter yaml(String text) {
        try {
            Object loaded = new Load(settings(text)).loadFromString(text);
            if (loaded == null) {
                return NONE;
            }
            if (loaded instanceof Map<?, ?> map) {
                Map<String, List<String>> values = new LinkedHashMap<>();
                map.forEach((key, value) -> values.put(String.valueOf(key), flat(value)));
                return new FrontMatter(values, "");
            }
            return new FrontMatter(lenient(text), "the front matter is not a list of 'name: value' lines");
        } catch (MarkedYamlEngineException e) {
            String line = e.getProblemMark()
                    .map(mark -> "line " + (mark.getLine() + 2) + ": ")
                    .orElse("");
            return new FrontMatter(lenient(text), line + String.valueOf(e.getProblem()));
        } catch (RuntimeException e) {
            return new FrontMatter(lenient(text), String.valueOf(e.getMessage()));
        } catch (StackOverflowError e) {
            return new FrontMatter(lenient(text), "the front matter is nested too deeply");
        }
    }

    private static List<String> flat(Object value) {
        List<String> flat = new ArrayList<>();
        if (value instanceof List<?> list) {
            list.forEach(each -> flat.add(String.valueOf(each)));
        } else if (value != null) {
            flat.add(String.valueOf(value));
        }
        return flat;
    }

    private static Map<String, List<String>> lenient(String text) {
        Map<String, List<String>> values = new LinkedHashMap<>();
        List<String> last = new ArrayList<>();
        for (String line : text.split("\\R", -1)) {
            Matcher pair = PAIR.matcher(line);
            Matcher item = ITEM.matcher(line);
            if (pair.matches()) {
                last = values.computeIfAbsent(pair.group(1).strip(), _ -> new ArrayList<>());
                String value = pair.group(2) == null ? "" : pair.group(2).strip();
                if (value.startsWith("[") && value.endsWith("]") && !value.startsWith("[[")) {
                    for (String each : value.substring(1, value.length() - 1).split(",", -1)) {
                        add(last, each);
                    }
                } else {
                    add(last, value);
                }
            } else if (item.matches()) {
                add(last, item.group(1));
            }
        }
        return values;
    }

    private static void add(List<String> values, String text) {
        String value = text.strip();
        if (isWithin(value, "\"") || isWithin(value, "'")) {
            value = value.substring(1, value.length() - 1);
        }
        if (!value.isEmpty()) {
            values.add(value);
        }
    }

    private static boolean isWithin(String value, String mark) {
        return value.length() > 1 && value.startsWith(mark) && value.endsWith(mark);
    }

    /** The values of the properties with one of these names, whatever their case. */
    List<String> all(String... names) {
        List<String> found = new ArrayList<>();
        values.forEach((name, list) -> {
            if (List.of(names).contains(name.toLowerCase(Locale.ROOT))) {
                found.addAll(list);
            }
        });
        return found;
    }
}
