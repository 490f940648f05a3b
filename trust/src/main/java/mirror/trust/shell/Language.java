package mirror.trust.shell;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What the names of a scripting language do. {@code calls} maps a full name to an action of {@link CodeActions}; {@code harmless}
 * are names that only compute or print. Whatever is in neither is not understood.
 */
record Language(String name, Map<String, String> calls, Set<String> harmless) {
    private static final Pattern BLANKS = Pattern.compile("\\s+");
    private static final Map<String, Language> ALL = Map.of(
            "python", parse("python", PythonNames.CALLS, PythonNames.HARMLESS),
            "node", parse("node", NodeNames.CALLS, NodeNames.HARMLESS),
            "perl", parse("perl", OtherNames.PERL_CALLS, OtherNames.PERL),
            "ruby", parse("ruby", OtherNames.RUBY_CALLS, OtherNames.RUBY),
            "php", parse("php", OtherNames.PHP_CALLS, OtherNames.PHP));

    static Language of(String name) {
        Language language = ALL.get(name);
        if (language == null) {
            throw new IllegalArgumentException("no such language: " + name);
        }
        return language;
    }

    private static Language parse(String name, String calls, String harmless) {
        Map<String, String> actions = new HashMap<>();
        for (String line : calls.lines().toList()) {
            List<String> words = BLANKS.splitAsStream(line.strip()).toList();
            for (String call : words.subList(Math.min(1, words.size()), words.size())) {
                actions.put(call, words.getFirst());
            }
        }
        Set<String> names = new HashSet<>(BLANKS.splitAsStream(harmless.strip()).toList());
        return new Language(name, Map.copyOf(actions), Set.copyOf(names));
    }

    boolean is(String other) {
        return name.equals(other);
    }

    /** Whether the full name, or a module or class it is in, is harmless as a whole ({@code json.*}). */
    boolean isHarmless(String full) {
        if (harmless.contains(full)) {
            return true;
        }
        for (int dot = full.lastIndexOf('.'); dot > 0; dot = full.lastIndexOf('.', dot - 1)) {
            if (harmless.contains(full.substring(0, dot) + ".*")) {
                return true;
            }
        }
        return false;
    }
}
