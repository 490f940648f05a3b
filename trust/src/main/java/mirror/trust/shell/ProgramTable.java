package mirror.trust.shell;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What programs do with their arguments, as data. A line is {@code names | operands | options | consequences}; a name may have
 * subcommands after it, and the longest name that fits counts.
 *
 * <p>Operands, in order; {@code *} after a kind repeats it, {@code ?a,b:kind} leaves it away when option a or b is given:
 * {@code r} read, {@code w} written, {@code d} deleted, {@code s} plain text, {@code u} address on the network, {@code h} host,
 * {@code f} code in a file, {@code q} database statement, {@code as} assignment, {@code cmd} command line in words, {@code sh}
 * shell code in words.
 *
 * <p>Options {@code kind=name,name}: {@code v} has a value that is only text, {@code o} may have one attached, {@code r} reads it,
 * {@code w} writes it, {@code 2} and {@code 3} have two values of which 3 reads the second, {@code d} deletes it, {@code u} address, {@code x} shell code, {@code c} working directory, {@code q}
 * database statement, {@code l} loads it as code, {@code y} is code that is not read, {@code g} a git setting.
 *
 * <p>Consequences {@code verb argument [if option,…]… [unless option,…]}, separated by semicolons; a condition may also be
 * {@code #0} (that many operands), {@code #+} (some), {@code =text} (an operand is), {@code ^text} (starts with), {@code ~text}
 * (contains). Verbs: {@code recursive} deletes go deep; {@code inplace} operands are written too; {@code consume} operands are
 * deleted too; {@code read}, {@code write}, {@code delete} a path ({@code .}, {@code ~/…}, {@code /…}); {@code lose} and
 * {@code change} a path of the repository; {@code machine}, {@code opaque} with their text; {@code publish}, {@code publish!}
 * (irreversible); {@code net} a host; {@code elevate}; {@code out} what is printed; {@code single} long options have one dash;
 * {@code special} code that understands more than a table can say.
 *
 * <p>A program that is in no line is ordinary work: it is only run. A line must never claim less than the program does.
 */
final class ProgramTable {
    private static final Pattern BAR = Pattern.compile(" \\| ");
    private static final Pattern BLANK = Pattern.compile(" ");
    private static final Pattern COMMA = Pattern.compile(",");
    private static final Pattern VERSION = Pattern.compile("[-.]?[0-9]+(\\.[0-9]+)*$");
    private static final ProgramTable STANDARD = new ProgramTable(List.of(
            FileRows.TEXT,
            WrapperRows.TEXT,
            NetworkRows.TEXT,
            GitRows.TEXT,
            PackageRows.TEXT,
            MachineRows.TEXT,
            CodeRows.TEXT));

    private final Map<String, Spec> rows = new HashMap<>();
    private final Set<String> parents = new HashSet<>();

    private ProgramTable(List<String> texts) {
        for (String text : texts) {
            text.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .forEach(this::add);
        }
    }

    static ProgramTable standard() {
        return STANDARD;
    }

    private void add(String line) {
        List<String> columns = BAR.splitAsStream(line + " ").toList();
        if (columns.size() < 3 || columns.size() > 4) {
            throw new IllegalStateException("program table: " + line);
        }
        Spec spec = Spec.parse(columns.get(1), columns.get(2), columns.size() > 3 ? columns.get(3) : "");
        List<String> keys = List.of("");
        for (String word : BLANK.splitAsStream(columns.get(0).strip()).toList()) {
            List<String> longer = new ArrayList<>();
            for (String key : keys) {
                for (String name : COMMA.splitAsStream(word).toList()) {
                    longer.add(key.isEmpty() ? name : key + " " + name);
                }
            }
            keys = longer;
        }
        for (String key : keys) {
            if (rows.put(key, spec) != null) {
                throw new IllegalStateException("program table: twice " + key);
            }
            for (int at = key.lastIndexOf(' '); at > 0; at = key.lastIndexOf(' ', at - 1)) {
                parents.add(key.substring(0, at));
            }
        }
    }

    @Nullable
    Spec row(String key) {
        return rows.get(key);
    }

    /** Whether some row is for a subcommand of this one. */
    boolean hasSubcommands(String key) {
        return parents.contains(key);
    }

    /** The name a program has in the table: no directory, no {@code .exe}, no version as in {@code python3.12}. */
    String name(String written) {
        String name = written.substring(written.lastIndexOf('/') + 1);
        if (name.toLowerCase(Locale.ROOT).endsWith(".exe")) {
            name = name.substring(0, name.length() - 4);
        }
        if (isKnown(name)) {
            return name;
        }
        // GNU's tools beside others of the same name: grm, gfind, gsed.
        if (name.startsWith("g") && isKnown(name.substring(1))) {
            return name.substring(1);
        }
        String lower = name.toLowerCase(Locale.ROOT);
        String bare = VERSION.matcher(lower).replaceFirst("");
        return isKnown(lower) ? lower : isKnown(bare) ? bare : name;
    }

    private boolean isKnown(String name) {
        return rows.containsKey(name) || parents.contains(name);
    }
}
