package mirror.trust.shell;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mirror.trust.shell.CodeActions.Argument;
import mirror.trust.shell.CodeLexer.Kind;
import mirror.trust.shell.CodeLexer.Token;
import org.jspecify.annotations.Nullable;

/**
 * Reads a snippet of Python or JavaScript for the calls it makes. Imports and plain assignments are followed by name; a call is
 * carried out when its name is known and its arguments are literal, passed over when its name is known to be harmless, and
 * otherwise the snippet is not understood. It is a scanner, not an interpreter: the order of statements and all conditions are
 * ignored, so everything that is written counts as done.
 */
final class CallScanner {
    private static final int MAX_TOKENS = 20_000;
    private static final int MAX_NESTING = 60;
    /** How far back the start of a statement is looked for. */
    private static final int LINE = 400;

    private static final Set<String> KEYWORDS = Words.of("""
            if elif while for in and or not return with assert yield await lambda is else except raise del print case match
            switch catch function typeof of new throw void instanceof async do try class def pass const let var delete from
            import as global nonlocal break continue finally export default extends super this self None True False null
            undefined true false
            """);
    private static final Set<String> DYNAMIC = Words.of("""
            eval exec compile __import__ getattr setattr delattr globals locals vars breakpoint Function constructor binding
            dlopen runInContext runInThisContext runInNewContext import_module run_path run_module mainModule globalThis
            Reflect Proxy __builtins__ builtins pickle marshal ctypes cffi importlib runpy imp vm _load createRequire codeop
            pty multiprocessing atexit gc types modules settrace setprofile process_binding wasi worker_threads cluster
            inspector repl v8
            """);
    private static final Set<String> FINE_DUNDERS = Words.of("""
            __name__ __version__ __file__ __main__ __doc__ __init__ __str__ __repr__ __len__ __path__ __dirname __filename
            __eq__ __hash__ __iter__ __enter__ __exit__
            """);
    private static final Set<String> METHODS = Words.of("""
            append extend insert pop sort reverse index count copy clear keys values items get update setdefault split
            rsplit splitlines join strip lstrip rstrip upper lower title capitalize startswith endswith find rfind format
            encode decode isdigit isalpha isspace isnumeric zfill ljust rjust center partition rpartition group groups
            groupdict findall finditer match search sub fullmatch add discard union intersection difference issubset read
            readline readlines write writelines close flush seek tell json text strftime isoformat timestamp total_seconds
            date time hexdigest digest most_common writerow writerows writeheader map filter reduce forEach push shift
            unshift slice splice concat includes indexOf lastIndexOf trim trimEnd trimStart toUpperCase toLowerCase toString
            toFixed padStart padEnd repeat replaceAll charAt charCodeAt codePointAt localeCompare some every findIndex flat
            flatMap fill entries has set then catch finally test toISOString getTime getFullYear toLocaleString
            toLocaleDateString getMonth getDate at substring substr matchAll startsWith endsWith next on once end
            setEncoding pipe_ raise_for_status tolist mean sum min max reshape expandtabs casefold swapcase translate
            maketrans is_file is_dir exists with_suffix relative_to as_posix absolute isidentifier removeprefix removesuffix
            fromkeys total elements lastgroup span start isupper islower bit_length fetchall fetchone commit cursor year
            toSorted reduceRight flatten localtime setUTCHours getElementById toJSON valueOf byteLength isoweekday head tail describe info groupby value_counts sort_values
            """);
    private static final Map<String, String> PATH_METHODS = Map.ofEntries(
            Map.entry("unlink", "delete"),
            Map.entry("rmdir", "delete"),
            Map.entry("write_text", "write"),
            Map.entry("write_bytes", "write"),
            Map.entry("touch", "write"),
            Map.entry("mkdir", "write"),
            Map.entry("chmod", "write"),
            Map.entry("read_text", "read"),
            Map.entry("read_bytes", "read"),
            Map.entry("iterdir", "read"),
            Map.entry("glob", "read"),
            Map.entry("rglob", "read"),
            Map.entry("stat", "read"),
            Map.entry("symlink_to", "write"),
            Map.entry("exists", "none"),
            Map.entry("is_file", "none"),
            Map.entry("is_dir", "none"),
            Map.entry("resolve", "none"),
            Map.entry("home", "none"),
            Map.entry("cwd", "none"));

    private final Language language;
    private final List<Token> tokens;
    private final CodeActions actions;
    /** Name in the snippet to the full name of what it stands for. */
    private final Map<String, String> names = new HashMap<>();
    /** Variables that hold one literal string. */
    private final Map<String, String> constants = new HashMap<>();
    /** Variables that hold the path object of a literal. */
    private final Map<String, String> pathObjects = new HashMap<>();

    private final Set<String> defined = new HashSet<>();
    private final Set<String> assigned = new HashSet<>();
    private final int[] partner;
    private int deepest;

    CallScanner(Language language, String code, CodeActions actions) {
        this.language = language;
        this.tokens = new CodeLexer(language, code).tokens();
        this.actions = actions;
        this.partner = partners();
    }

    private int[] partners() {
        int[] partners = new int[tokens.size()];
        java.util.ArrayDeque<Integer> open = new java.util.ArrayDeque<>();
        for (int i = 0; i < partners.length; i++) {
            partners[i] = -1;
            Token token = tokens.get(i);
            if (token.is("(") || token.is("[") || token.is("{")) {
                open.push(i);
                deepest = Math.max(deepest, open.size());
            } else if ((token.is(")") || token.is("]") || token.is("}")) && !open.isEmpty()) {
                int start = open.pop();
                partners[start] = i;
                partners[i] = start;
            }
        }
        return partners;
    }

    void scan() {
        if (tokens.size() > MAX_TOKENS || deepest > MAX_NESTING) {
            actions.opaque("more code than is read");
            return;
        }
        declarations();
        for (int i = 0; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            if (token.is("\\")) {
                actions.opaque("a name with escapes");
            } else if (token.kind() == Kind.STRING && !token.plain()) {
                interpolated(token.text());
            } else if (token.kind() == Kind.NAME) {
                i = chain(i);
            } else if (token.is("(") && i > 0) {
                calledResult(i);
            }
        }
    }

    private Token at(int i) {
        return i >= 0 && i < tokens.size() ? tokens.get(i) : new Token(Kind.LINE, "", true);
    }

    private boolean name(int i, String text) {
        return at(i).kind() == Kind.NAME && at(i).text().equals(text);
    }

    /** Imports, definitions and assignments, wherever they stand. */
    private void declarations() {
        for (int i = 0; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            if (token.kind() != Kind.NAME) {
                continue;
            }
            switch (token.text()) {
                case "import" -> imports(i);
                case "from" -> fromImport(i);
                case "def", "function", "class" -> {
                    if (at(i + 1).kind() == Kind.NAME) {
                        defined.add(at(i + 1).text());
                    }
                }
                case "as" -> {
                    if (at(i + 1).kind() == Kind.NAME && !at(i - 1).is("}")) {
                        assigned.add(at(i + 1).text());
                    }
                }
                default -> assignment(i);
            }
        }
    }

    private void imports(int i) {
        if (language.is("node")) {
            nodeImport(i);
            return;
        }
        if (fromBefore(i)) {
            return;
        }
        int at = i + 1;
        while (at(at).kind() == Kind.NAME) {
            StringBuilder module = new StringBuilder(at(at).text());
            String root = at(at).text();
            at++;
            while (at(at).is(".") && at(at + 1).kind() == Kind.NAME) {
                module.append('.').append(at(at + 1).text());
                at += 2;
            }
            if (name(at, "as")) {
                names.put(at(at + 1).text(), module.toString());
                at += 2;
            } else {
                names.put(root, root);
            }
            if (!at(at).is(",")) {
                return;
            }
            at++;
        }
    }

    private boolean fromBefore(int i) {
        for (int b = i - 1; b >= 0 && b > i - LINE && at(b).kind() != Kind.LINE && !at(b).is(";"); b--) {
            if (name(b, "from")) {
                return true;
            }
        }
        return false;
    }

    private void fromImport(int i) {
        if (language.is("node")) {
            return;
        }
        StringBuilder module = new StringBuilder();
        int at = i + 1;
        while ((at(at).kind() == Kind.NAME && !at(at).text().equals("import")) || at(at).is(".")) {
            module.append(at(at).text());
            at++;
        }
        if (!name(at, "import")) {
            return;
        }
        at++;
        at += at(at).is("(") ? 1 : 0;
        if (at(at).is("*")) {
            if (!language.isHarmless(module + ".x")) {
                actions.opaque("from " + module + " import *");
            }
            return;
        }
        while (at(at).kind() == Kind.NAME
                || (at(at).kind() == Kind.LINE && at(at + 1).kind() == Kind.NAME)) {
            at += at(at).kind() == Kind.LINE ? 1 : 0;
            String full = module + "." + at(at).text();
            String local = at(at).text();
            at++;
            if (name(at, "as")) {
                local = at(at + 1).text();
                at += 2;
            }
            names.put(local, full);
            if (!at(at).is(",")) {
                return;
            }
            at++;
        }
    }

    /** {@code import x from 'm'}, {@code import * as x from 'm'}, {@code import { a as b } from 'm'}. */
    private void nodeImport(int i) {
        int from = i + 1;
        while (from < tokens.size() && !name(from, "from") && at(from).kind() != Kind.LINE && !at(from).is(";")) {
            from++;
        }
        if (!name(from, "from") || at(from + 1).kind() != Kind.STRING) {
            return;
        }
        String module = module(at(from + 1).text());
        boolean braces = false;
        for (int at = i + 1; at < from; at++) {
            braces |= at(at).is("{");
            if (at(at).kind() == Kind.NAME && !name(at, "as")) {
                boolean renamed = name(at + 1, "as");
                String local = renamed ? at(at + 2).text() : at(at).text();
                names.put(local, braces ? module + "." + at(at).text() : module);
                at += renamed ? 2 : 0;
            } else if (at(at).is("*") && name(at + 1, "as")) {
                names.put(at(at + 2).text(), module);
                at += 2;
            }
        }
    }

    private static String module(String name) {
        String bare = name.startsWith("node:") ? name.substring(5) : name;
        return bare.equals("fs/promises") || bare.equals("fs-extra") || bare.equals("graceful-fs") ? "fs" : bare;
    }

    private void assignment(int i) {
        if (!at(i + 1).is("=")
                || at(i + 2).is("=")
                || at(i - 1).is(".")
                || at(i + 2).is(">")) {
            return;
        }
        String variable = at(i).text();
        Token value = at(i + 2);
        boolean argument = insideCall(i);
        boolean again = !assigned.add(variable);
        boolean ends = at(i + 3).kind() == Kind.LINE || at(i + 3).is(";");
        if (again && !argument) {
            constants.remove(variable);
            pathObjects.remove(variable);
        } else if (value.kind() == Kind.STRING && value.plain() && ends && !argument) {
            constants.put(variable, value.text());
        }
        if (argument) {
            return;
        }
        if (name(i + 2, "require") && at(i + 3).is("(") && at(i + 4).kind() == Kind.STRING) {
            StringBuilder full = new StringBuilder(module(at(i + 4).text()));
            int at = i + 6;
            while (at(at).is(".") && at(at + 1).kind() == Kind.NAME) {
                full.append('.').append(at(at + 1).text());
                at += 2;
            }
            if (!at(at).is("(")) {
                names.put(variable, full.toString());
            }
        } else if (name(i + 2, "lambda") || (at(i + 2).is("(") && arrowAfter(i + 2)) || name(i + 2, "async")) {
            defined.add(variable);
        } else if (at(i + 2).kind() == Kind.NAME
                && at(i + 3).is("=")
                && at(i + 4).is(">")) {
            defined.add(variable);
        } else if (!again) {
            pathObject(variable, i + 2);
        }
    }

    private boolean insideCall(int i) {
        int depth = 0;
        for (int b = i - 1; b >= 0 && b > i - 400; b--) {
            Token token = at(b);
            depth += token.is(")") ? 1 : token.is("(") ? -1 : 0;
            if (depth < 0) {
                return at(b - 1).kind() == Kind.NAME
                        && !KEYWORDS.contains(at(b - 1).text());
            }
            if (depth == 0 && (token.is(";") || (token.kind() == Kind.LINE && language.is("python")))) {
                return false;
            }
        }
        return false;
    }

    private boolean arrowAfter(int open) {
        int close = partner[open];
        return close > 0 && at(close + 1).is("=") && at(close + 2).is(">");
    }

    /** {@code p = Path('x')}. */
    private void pathObject(String variable, int i) {
        int open = i;
        StringBuilder full = new StringBuilder();
        while (at(open).kind() == Kind.NAME || at(open).is(".")) {
            full.append(at(open).text());
            open++;
        }
        if (!at(open).is("(") || !"path".equals(language.calls().get(resolve(full.toString())))) {
            return;
        }
        List<Argument> arguments = arguments(open);
        int close = partner[open];
        boolean ends =
                close > 0 && (at(close + 1).kind() == Kind.LINE || at(close + 1).is(";"));
        if (ends && arguments.size() == 1 && arguments.getFirst().known()) {
            pathObjects.put(variable, arguments.getFirst().text());
        }
    }

    private String resolve(String chain) {
        int dot = chain.indexOf('.');
        String root = dot < 0 ? chain : chain.substring(0, dot);
        String full = names.getOrDefault(root, root) + (dot < 0 ? "" : chain.substring(dot));
        if (language.is("node")) {
            full = full.replace("fs.promises.", "fs.").replaceFirst("^node:", "");
            if (full.endsWith("Sync") && full.indexOf('.') > 0) {
                full = full.substring(0, full.length() - 4);
            }
        }
        return full;
    }

    /** Reads a dotted name and what is done with it; gives the index of its last token. */
    private int chain(int start) {
        if ((KEYWORDS.contains(at(start).text()) && !at(start + 1).is(".")) || isImportLine(start)) {
            if (name(start, "import") && at(start + 1).is("(")) {
                required(start + 1);
            }
            return start;
        }
        boolean method = at(start - 1).is(".") && !at(start - 2).is(".");
        StringBuilder text = new StringBuilder(at(start).text());
        int end = start;
        checkName(at(start).text());
        while (at(end + 1).is(".") && at(end + 2).kind() == Kind.NAME) {
            text.append('.').append(at(end + 2).text());
            end += 2;
            checkName(at(end).text());
        }
        boolean optional = at(end + 1).is("?") && at(end + 2).is(".");
        boolean call = at(end + 1).is("(") && !definition(start);
        String chain = text.toString();
        if (optional && at(end + 3).is("(")) {
            actions.opaque(chain + "?.()");
        }
        if (method) {
            if (call) {
                method(chain, start, end + 1);
            }
        } else if (call) {
            call(chain, end + 1);
        } else {
            reference(chain, end);
        }
        return end;
    }

    private boolean definition(int start) {
        return name(start - 1, "def") || name(start - 1, "function") || name(start - 1, "class");
    }

    private boolean isImportLine(int start) {
        for (int b = start - 1;
                b >= 0 && b > start - LINE && at(b).kind() != Kind.LINE && !at(b).is(";") && !at(b).is("=");
                b--) {
            if ((name(b, "import") && !at(b + 1).is("("))
                    || (name(b, "from") && language.is("python") && startsStatement(b))) {
                return true;
            }
        }
        return false;
    }

    private boolean startsStatement(int i) {
        return i == 0
                || at(i - 1).kind() == Kind.LINE
                || at(i - 1).is(";")
                || at(i - 1).is(":");
    }

    private void checkName(String name) {
        if (DYNAMIC.contains(name)
                || (name.startsWith("__") && !FINE_DUNDERS.contains(name))
                || !name.chars().allMatch(c -> c < 0x80)) {
            if (!language.isHarmless("importlib.metadata.version") || !name.equals("importlib")) {
                actions.opaque(name);
            }
        }
    }

    /** A name that is not called: harmless unless it hands on something that acts. */
    private void reference(String chain, int end) {
        String full = resolve(chain);
        boolean target = at(end + 1).is("=") && !at(end + 2).is("=");
        boolean module = names.containsKey(chain) && !target && !at(end + 1).is("[");
        if (module && !language.isHarmless(full) && !language.isHarmless(full + ".x")) {
            actions.opaque(full + " is passed on");
            return;
        }
        if (!target && language.calls().containsKey(full) && !full.equals("path") && !full.equals("open")) {
            actions.opaque(full + " is passed on");
        } else if (full.equals("open") && !target) {
            actions.opaque("open is passed on");
        } else if (full.equals("child_process")
                || (full.equals("subprocess") && chain.indexOf('.') < 0 && !target && !imported(end))) {
            actions.opaque(full + " is passed on");
        } else if (at(end + 1).is("[")
                && (names.containsKey(chain) || chain.matches("process|module|require|window|global"))) {
            String key = at(end + 2).text();
            boolean plain = at(end + 2).kind() == Kind.STRING && at(end + 3).is("]");
            if (!plain || language.calls().containsKey(resolve(chain + "." + key))) {
                actions.opaque(chain + "[…]");
            }
        }
    }

    private boolean imported(int i) {
        return name(i - 1, "import") || name(i - 1, "as") || at(i - 1).is(",");
    }

    private void call(String chain, int open) {
        String full = resolve(chain);
        String action = language.calls().get(full);
        String root = chain.indexOf('.') < 0 ? chain : chain.substring(0, chain.indexOf('.'));
        if (full.equals("require")) {
            required(open);
        } else if (action != null && action.equals("path")) {
            pathCall(open);
        } else if (action != null) {
            actions.perform(action, full, arguments(open), text(open));
        } else if (language.isHarmless(full) || defined.contains(chain) || KEYWORDS.contains(chain)) {
            return;
        } else if (chain.indexOf('.') > 0
                && !names.containsKey(root)
                && (assigned.contains(root) || isVariable(root))) {
            receiver(root, chain.substring(chain.lastIndexOf('.') + 1), open);
        } else if (chain.indexOf('.') > 0 && pathObjects.containsKey(root)) {
            receiver(root, chain.substring(chain.lastIndexOf('.') + 1), open);
        } else if (names.containsKey(root) && full.startsWith("pathlib.Path.")) {
            pathMethod(full.substring(13), null, open);
        } else {
            actions.opaque("a call of " + full);
        }
    }

    /** A lower-case name that was not imported: a loop variable, a parameter. */
    private boolean isVariable(String root) {
        return !language.calls().containsKey(root)
                && root.length() > 0
                && !Character.isUpperCase(root.charAt(0))
                && tokens.stream()
                        .anyMatch(token ->
                                token.kind() == Kind.NAME && token.text().equals(root))
                && !Set.of("os", "sys", "fs", "process", "child_process", "shutil", "subprocess", "module")
                        .contains(root);
    }

    private void required(int open) {
        List<Argument> arguments = arguments(open);
        if (arguments.size() != 1 || !arguments.getFirst().known()) {
            actions.opaque("a module whose name is computed");
            return;
        }
        String module = module(arguments.getFirst().text());
        checkName(module);
        int close = partner[open];
        StringBuilder full = new StringBuilder(module);
        int at = close + 1;
        while (at(at).is(".") && at(at + 1).kind() == Kind.NAME) {
            full.append('.').append(at(at + 1).text());
            at += 2;
        }
        if (close > 0 && at(at).is("(") && at > close + 1) {
            call(full.toString(), at);
        } else if (close > 0 && at(open - 2).is("=") && at(open - 3).is("}")) {
            destructured(open - 3, module);
        } else if (close > 0
                && language.calls().containsKey(resolve(full.toString()))
                && at > close + 1
                && !at(open - 2).is("=")) {
            actions.opaque(full + " is passed on");
        }
    }

    /** <code>const { rmSync: r } = require('fs')</code>: the names were not known in the first pass, so calls of them are. */
    private void destructured(int close, String module) {
        int open = partner[close];
        for (int i = Math.max(0, open + 1); i < close; i++) {
            if (at(i).kind() == Kind.NAME) {
                boolean renamed = at(i + 1).is(":");
                names.put(renamed ? at(i + 2).text() : at(i).text(), module + "." + at(i).text());
                i += renamed ? 2 : 0;
            }
        }
    }

    private void pathCall(int open) {
        List<Argument> arguments = arguments(open);
        int close = partner[open];
        if (close > 0
                && at(close + 1).is(".")
                && at(close + 2).kind() == Kind.NAME
                && at(close + 3).is("(")) {
            boolean literal = arguments.size() == 1 && arguments.getFirst().known();
            pathMethod(at(close + 2).text(), literal ? arguments.getFirst().text() : null, close + 3);
        }
    }

    private void pathMethod(String method, @Nullable String path, int open) {
        String action = PATH_METHODS.get(method);
        if (action == null) {
            if (method.equals("open")
                    || method.equals("rename")
                    || method.equals("replace")
                    || !METHODS.contains(method)) {
                if (method.equals("open") && path != null) {
                    List<Argument> all = new ArrayList<>(List.of(Argument.literal(path)));
                    all.addAll(arguments(open));
                    actions.perform("open", "open", all, text(open));
                } else {
                    actions.opaque("Path." + method);
                }
            }
        } else if (!action.equals("none")) {
            actions.perform(
                    action,
                    "Path." + method,
                    List.of(path == null ? Argument.UNKNOWN : Argument.literal(path)),
                    text(open));
        }
    }

    private void receiver(String variable, String method, int open) {
        String path = pathObjects.get(variable);
        if (path != null) {
            pathMethod(method, path, open);
        } else {
            plainMethod(method, open);
        }
    }

    /** A method on the result of a call, an index or a literal. */
    private void method(String chain, int start, int open) {
        String method = chain.substring(chain.lastIndexOf('.') + 1);
        if (at(start - 2).is(")") && partner[start - 2] > 0 && handledReceiver(partner[start - 2])) {
            return;
        }
        plainMethod(method, open);
    }

    /** Whether the call before was a path or module whose method was already carried out. */
    private boolean handledReceiver(int open) {
        int i = open - 1;
        StringBuilder chain = new StringBuilder();
        while (at(i).kind() == Kind.NAME || at(i).is(".")) {
            chain.insert(0, at(i).text());
            i--;
        }
        String full = resolve(chain.toString());
        return "path".equals(language.calls().get(full)) || full.equals("require");
    }

    private void plainMethod(String method, int open) {
        List<Argument> arguments = arguments(open);
        if (method.equals("execute") || method.equals("executescript")) {
            actions.statement(arguments.isEmpty() ? Argument.UNKNOWN : arguments.getFirst());
        } else if (method.equals("replace") && (arguments.size() > 1 || language.is("node"))) {
            return;
        } else if (method.equals("remove") && arguments.size() == 1 && language.is("python")) {
            return;
        } else if (!METHODS.contains(method)) {
            actions.opaque("a call of ." + method);
        }
    }

    /** {@code x()()}, {@code a[i]()}: what is called is computed; a function written in place was read already. */
    private void calledResult(int open) {
        Token before = at(open - 1);
        if (before.is("]") || before.is(")")) {
            int start = partner[open - 1];
            boolean inPlace = before.is(")")
                    && start >= 0
                    && !(at(start - 1).kind() == Kind.NAME
                            && !KEYWORDS.contains(at(start - 1).text()));
            boolean function = false;
            for (int i = Math.max(start, 0); i < open && inPlace; i++) {
                function |= name(i, "function")
                        || name(i, "lambda")
                        || (at(i).is("=") && at(i + 1).is(">"));
            }
            boolean grouping = start >= 0
                    && before.is(")")
                    && KEYWORDS.contains(at(start - 1).text());
            if (!function && !grouping) {
                actions.opaque("a call of something computed");
            }
        } else if (before.kind() == Kind.STRING) {
            actions.opaque("a call of something computed");
        }
    }

    /** Code inside a string that is computed is code. */
    private void interpolated(String text) {
        if (text.indexOf('(') >= 0 && text.indexOf('{') >= 0) {
            List<Token> inner = new CodeLexer(language, text).tokens();
            for (int i = 0; i < inner.size() - 1; i++) {
                if (inner.get(i).kind() == Kind.NAME && inner.get(i + 1).is("(")) {
                    String name = inner.get(i).text();
                    if (!METHODS.contains(name)
                            && !language.isHarmless(resolve(name))
                            && !defined.contains(name)
                            && !resolvedBefore(inner, i)) {
                        actions.opaque("a call of " + name + " inside a string");
                    }
                }
            }
        }
    }

    private boolean resolvedBefore(List<Token> inner, int i) {
        StringBuilder chain = new StringBuilder(inner.get(i).text());
        for (int b = i - 1; b > 0 && inner.get(b).is(".") && inner.get(b - 1).kind() == Kind.NAME; b -= 2) {
            chain.insert(0, inner.get(b - 1).text() + ".");
        }
        return language.isHarmless(resolve(chain.toString()));
    }

    private String text(int open) {
        StringBuilder text = new StringBuilder();
        for (int i = open + 1; i < partner[open]; i++) {
            text.append(at(i).kind() == Kind.STRING ? "'" + at(i).text() + "'" : at(i).text());
        }
        return text.toString();
    }

    private List<Argument> arguments(int open) {
        List<Argument> arguments = new ArrayList<>();
        int close = partner[open];
        if (close < 0) {
            return List.of(Argument.UNKNOWN);
        }
        int start = open + 1;
        for (int i = open + 1; i <= close; i++) {
            Token token = at(i);
            if (token.is("(") || token.is("[") || token.is("{")) {
                i = partner[i] < 0 ? close : partner[i];
                if (i < close) {
                    continue;
                }
            }
            if (i == close || at(i).is(",")) {
                if (i > start) {
                    arguments.add(argument(start, i));
                }
                start = i + 1;
            }
        }
        return arguments;
    }

    private Argument argument(int from, int to) {
        List<Token> own = tokens.subList(from, to).stream()
                .filter(token -> token.kind() != Kind.LINE)
                .toList();
        if (own.size() == 1) {
            Token token = own.getFirst();
            if (token.kind() == Kind.STRING && token.plain()) {
                return Argument.literal(token.text());
            }
            String constant = token.kind() == Kind.NAME ? constants.get(token.text()) : null;
            return constant == null ? Argument.UNKNOWN : Argument.literal(constant);
        }
        if (own.size() > 2
                && ((own.getFirst().is("[") && own.getLast().is("]"))
                        || (own.getFirst().is("(") && own.getLast().is(")")))) {
            List<Value> list = new ArrayList<>();
            for (Token token : own.subList(1, own.size() - 1)) {
                String constant = token.kind() == Kind.NAME ? constants.get(token.text()) : null;
                if (token.kind() == Kind.STRING && token.plain()) {
                    list.add(Value.of(token.text()));
                } else if (constant != null) {
                    list.add(Value.of(constant));
                } else if (!token.is(",")) {
                    return Argument.UNKNOWN;
                }
            }
            return new Argument(true, list.isEmpty() ? "" : list.getFirst().shown(), list);
        }
        return Argument.UNKNOWN;
    }
}
