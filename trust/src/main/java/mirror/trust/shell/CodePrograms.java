package mirror.trust.shell;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mirror.trust.Effect;
import mirror.trust.shell.Paths.Use;

/**
 * Interpreters. A script that lies on the disk is ordinary work; code given on the command line, through a pipe or in a file that
 * this same line wrote is read, and what cannot be read is reported. Code that came from the network is {@link Effect.RemoteCode}.
 */
final class CodePrograms {
    /** Which options hold code, and which others take a value. {@code code} and {@code values} are single letters. */
    private record Flags(String code, Set<String> longCode, String values, Set<String> longValues) {}

    private static final Map<String, Flags> FLAGS = Map.of(
            "python", new Flags("c", Set.of(), "WX", Set.of("check-hash-based-pycs")),
            "node",
                    new Flags(
                            "ep",
                            Set.of("eval", "print"),
                            "rC",
                            Set.of(
                                    "require",
                                    "import",
                                    "loader",
                                    "experimental-loader",
                                    "env-file",
                                    "conditions",
                                    "title")),
            "perl", new Flags("eE", Set.of(), "I", Set.of()),
            "ruby", new Flags("e", Set.of(), "rIEKC", Set.of()),
            "php",
                    new Flags(
                            "rBRE",
                            Set.of("run", "process-code", "process-begin", "process-end"),
                            "dctSz",
                            Set.of("define")));
    private static final Set<String> INFORMATION =
            Set.of("--version", "-V", "-v", "--help", "-h", "-version", "--check", "-i");

    private final Programs programs;
    private final Findings findings;
    private final Paths paths;

    CodePrograms(Programs programs) {
        this.programs = programs;
        this.findings = programs.findings();
        this.paths = programs.paths();
    }

    boolean special(String name, Call call) {
        switch (name) {
            case "shell" -> shell(call);
            case "python", "node", "perl", "ruby", "php" -> interpreter(name, call);
            case "other-code" -> other(call);
            default -> {
                return false;
            }
        }
        return false;
    }

    private void shell(Call call) {
        List<Value> args = call.args();
        boolean code = false;
        boolean stdin = false;
        int i = 0;
        for (; i < args.size(); i++) {
            String lead = args.get(i).lead();
            if (args.get(i).is("--") || args.get(i).is("-")) {
                i++;
                break;
            }
            if (code && args.get(i).lead().isEmpty()) {
                break;
            }
            if (args.get(i).startsWithUnknownOption()) {
                findings.opaque("what " + call.program() + " runs is not known: "
                        + args.get(i).shown());
                return;
            }
            if (!lead.startsWith("-") && !lead.startsWith("+")) {
                break;
            }
            if (lead.startsWith("--")) {
                if (lead.equals("--rcfile") || lead.equals("--init-file")) {
                    i++;
                    if (i < args.size()) {
                        file(args.get(i), call.state(), call.io(), call.program());
                    }
                } else if (lead.equals("--command")) {
                    code = true;
                } else if (lead.startsWith("--command=")) {
                    programs.interpreter()
                            .code(args.get(i).drop(10), call.state().forChild(), call.io(), call.program());
                    return;
                } else if (INFORMATION.contains(lead)) {
                    return;
                }
                continue;
            }
            code |= lead.startsWith("-") && lead.contains("c");
            stdin |= lead.contains("s");
            i += lead.endsWith("o") || lead.endsWith("O") ? 1 : 0;
        }
        State child = call.state().forChild();
        if (code && i < args.size()) {
            Value zero = i + 1 < args.size() ? args.get(i + 1) : Value.of(call.program());
            State inside = child.withArguments(args.subList(Math.min(i + 2, args.size()), args.size()), zero);
            programs.interpreter().code(args.get(i), inside, call.io(), call.program() + " -c");
        } else if (i < args.size() && !stdin) {
            State inside = child.withArguments(args.subList(i + 1, args.size()), args.get(i));
            file(args.get(i), inside, call.io(), call.program());
        } else {
            Value input = call.io().stdin();
            List<Value> rest = i < args.size() ? args.subList(i, args.size()) : List.of();
            if (input != null && !isScriptFile(input)) {
                programs.interpreter()
                        .code(
                                input,
                                child.withArguments(rest, child.zero()),
                                call.io().reading(null),
                                call.program());
            }
        }
    }

    /** Input that is a file on the disk, through {@code <}: the same as naming the file. */
    private static boolean isScriptFile(Value input) {
        return input.isEmpty()
                || (input.chunks().size() == 1
                        && input.chunks().getFirst() instanceof Value.Unknown unknown
                        && unknown.shown().startsWith("<")
                        && !unknown.shown().startsWith("<&")
                        && !unknown.shown().contains("$")
                        && unknown.remote() == null);
    }

    /** A script given by name. */
    void file(Value file, State state, Io io, String program) {
        Value piped = file.is("-") || file.is("/dev/stdin") || file.is("/dev/fd/0") || file.is("/proc/self/fd/0")
                ? io.stdin()
                : file.piped();
        Path path = paths.file(file, state);
        Value content =
                piped != null ? piped : path == null ? null : state.written().get(path);
        if (content != null) {
            if (!isScriptFile(content)) {
                text(language(program), content, state, io);
            }
        } else if (file.remote() != null) {
            findings.add(new Effect.RemoteCode(String.valueOf(file.remote())));
        } else if (path != null && fetchedWith(path, state)) {
            findings.opaque(program + " runs a file that was just fetched: " + file.shown());
        } else if (file.hasUnknown()) {
            findings.opaque("which script " + program + " runs is not known: " + file.shown());
        }
    }

    /** Whether the file lies in a directory that this command line brought from the network. */
    static boolean fetchedWith(Path file, State state) {
        for (Path at = file.getParent(); at != null; at = at.getParent()) {
            Value content = state.written().get(at);
            if (content != null && content.remote() != null) {
                return true;
            }
        }
        return false;
    }

    /** A file that this command line wrote is started by its own name. */
    void runText(Value content, State state, Io io) {
        String line = content.lead().lines().findFirst().orElse("");
        String language = "sh";
        if (line.startsWith("#!")) {
            String interpreter = line.substring(line.lastIndexOf('/') + 1).replaceFirst("^env\\s+(-S\\s+)?", "");
            language = interpreter.replaceFirst("[\\s0-9.].*", "");
        }
        text(language, content, state.forChild(), io);
    }

    private static String language(String program) {
        return switch (program) {
            case "python", "python3", "pypy", "pypy3", "ipython" -> "python";
            case "node", "nodejs", "deno", "tsx", "ts-node" -> "node";
            case "sh", "bash", "dash", "zsh", "ksh", "ash", "mksh", "rbash", "source", "posh", "yash", "fish" -> "sh";
            default -> program;
        };
    }

    private void text(String language, Value code, State state, Io io) {
        if (language.equals("sh") || language(language).equals("sh")) {
            programs.interpreter().code(code, state, io, "a shell");
            return;
        }
        String text = code.known();
        if (code.remote() != null) {
            findings.add(new Effect.RemoteCode(String.valueOf(code.remote())));
        } else if (text == null) {
            findings.opaque("the code that " + language + " runs is not known: " + code.shown());
        } else {
            findings.spend(1 + text.length() / 8);
            scan(language(language), text, state, io);
        }
    }

    private void scan(String language, String text, State state, Io io) {
        CodeActions actions = new CodeActions(programs, state, io, language);
        switch (language) {
            case "python", "node" -> new CallScanner(Language.of(language), text, actions).scan();
            case "perl", "ruby", "php" -> new WordScanner(Language.of(language), text, actions).scan();
            default ->
                findings.opaque("code for " + language + " is not read: "
                        + (text.length() > 120 ? text.substring(0, 120) + "…" : text));
        }
    }

    private void interpreter(String language, Call call) {
        Flags flags = java.util.Objects.requireNonNull(FLAGS.get(language));
        List<Value> args = call.args();
        boolean ran = false;
        boolean inPlace = false;
        boolean loops = false;
        int i = 0;
        if (call.program().equals("deno") && !args.isEmpty()) {
            if (args.getFirst().is("eval") && args.size() > 1) {
                text(language, args.getLast(), call.state(), call.io());
            } else if (args.size() > 1 && args.getLast().lead().contains("://")) {
                findings.add(new Effect.RemoteCode(String.valueOf(Address.host(args.getLast()))));
            }
            return;
        }
        for (; i < args.size(); i++) {
            Value arg = args.get(i);
            String lead = arg.lead();
            if (arg.startsWithUnknownOption()) {
                break;
            }
            if (arg.is("--")) {
                i++;
                break;
            }
            if (!lead.startsWith("-") || arg.is("-")) {
                break;
            }
            if (INFORMATION.contains(arg.shown())
                    && ((!language.equals("ruby") && !language.equals("perl"))
                            || arg.shown().startsWith("--"))) {
                if (arg.is("-i")) {
                    continue;
                }
                return;
            }
            if (lead.startsWith("--")) {
                int equals = lead.indexOf('=');
                String name = lead.substring(2, equals < 0 ? lead.length() : equals);
                boolean code = flags.longCode().contains(name);
                Value value = equals >= 0 ? arg.drop(equals + 1) : i + 1 < args.size() ? args.get(i + 1) : Value.EMPTY;
                if (code) {
                    text(language, value, call.state(), call.io());
                    ran = true;
                }
                if (Set.of("require", "import", "loader", "experimental-loader").contains(name)) {
                    library(value, call.state());
                }
                i += equals < 0 && (code || flags.longValues().contains(name)) ? 1 : 0;
                continue;
            }
            boolean next = false;
            for (int c = 1; c < lead.length() && !next; c++) {
                char letter = lead.charAt(c);
                Value attached = arg.drop(c + 1);
                Value value = attached.isEmpty() && i + 1 < args.size() ? args.get(i + 1) : attached;
                boolean node = language.equals("node");
                if (flags.code().indexOf(letter) >= 0 && !(node && letter == 'p' && lead.startsWith("pe", c))) {
                    text(language, value, call.state(), call.io());
                    ran = true;
                    next = true;
                    i += attached.isEmpty() ? 1 : 0;
                } else if (language.equals("python") && letter == 'm') {
                    module(
                            value,
                            args.subList(Math.min(args.size(), i + (attached.isEmpty() ? 2 : 1)), args.size()),
                            call);
                    return;
                } else if (flags.values().indexOf(letter) >= 0) {
                    programs.mention(value, call.state());
                    if (letter == 'r' && node) {
                        library(value, call.state());
                    }
                    next = true;
                    i += attached.isEmpty() ? 1 : 0;
                } else if ((letter == 'M' || letter == 'm') && language.equals("perl")) {
                    next = true;
                    if (!attached.shown()
                            .matches(
                                    "(strict|warnings|utf8|feature.*|5.*|v5.*|List::Util.*|Data::Dumper|JSON::PP|POSIX.*|Time::HiRes.*)")) {
                        findings.opaque("perl loads " + attached.shown());
                    }
                } else if (letter == 'i' && !node) {
                    inPlace = true;
                    next = language.equals("perl") || language.equals("ruby");
                } else if ((letter == 'F' || letter == '0' || letter == 'l' || letter == 'x')
                        && language.equals("perl")) {
                    next = letter != 'l' || attached.lead().matches("[0-9].*");
                    i += 0;
                } else if (letter == 'n' || letter == 'p') {
                    loops = true;
                }
            }
        }
        List<Value> rest = i < args.size() ? args.subList(i, args.size()) : List.of();
        if (ran) {
            Use use = inPlace ? Use.WRITE : Use.READ;
            if (inPlace || loops) {
                rest.forEach(file -> paths.touch(file, call.state(), use));
            }
        } else if (!rest.isEmpty()) {
            Value script = rest.getFirst();
            rest.stream().skip(1).forEach(arg -> programs.mention(arg, call.state()));
            file(script, call.state(), call.io(), call.program());
        } else {
            Value input = call.io().stdin();
            if (input != null && !isScriptFile(input)) {
                text(language, input, call.state(), call.io());
            }
        }
    }

    /** {@code python -m}: some modules are programs of their own. */
    private void module(Value module, List<Value> args, Call call) {
        String name = module.known();
        if (name == null) {
            findings.opaque("which module python runs is not known: " + module.shown());
            return;
        }
        switch (name) {
            case "pip", "twine", "poetry", "pipx", "uv", "black", "pytest", "build", "ansible" -> {
                List<Value> argv = new java.util.ArrayList<>();
                argv.add(module);
                argv.addAll(args);
                programs.start(argv, call.state(), call.io());
            }
            case "venv", "virtualenv" ->
                args.stream()
                        .filter(arg -> !arg.lead().startsWith("-"))
                        .forEach(arg -> paths.touch(arg, call.state(), Use.WRITE));
            case "http.server", "SimpleHTTPServer", "pyftpdlib", "smtpd" -> {
                findings.add(new Effect.Egress("*"));
                paths.touch(Value.of("."), call.state(), Use.READ);
                for (int i = 0; i < args.size(); i++) {
                    String lead = args.get(i).lead();
                    if (lead.startsWith("--directory=")) {
                        paths.touch(args.get(i).drop(12), call.state(), Use.READ);
                    } else if (i > 0 && args.get(i - 1).shown().matches("-d|--directory")) {
                        paths.touch(args.get(i), call.state(), Use.READ);
                    }
                }
            }
            case "timeit", "cProfile", "trace", "pdb" -> {
                Value last = args.isEmpty() ? Value.EMPTY : args.getLast();
                if (name.equals("timeit")) {
                    args.stream()
                            .filter(arg -> !arg.lead().matches("-[nrvp].*|[0-9]+|-s"))
                            .forEach(arg -> text("python", arg, call.state(), call.io()));
                } else if (!last.lead().endsWith(".py")) {
                    file(last, call.state(), call.io(), "python");
                }
            }
            case "zipfile", "tarfile", "shutil", "code", "idlelib" ->
                findings.opaque("python -m " + name + " is not understood");
            default -> args.forEach(arg -> programs.mention(arg, call.state()));
        }
    }

    /** Languages we do not read: a file is ordinary, a snippet is opaque. */
    private void other(Call call) {
        List<Value> args = call.args();
        if (call.program().equals("osascript")
                && args.size() > 1
                && args.getFirst().is("-e")) {
            String text = args.get(1).shown();
            java.util.regex.Matcher shell = java.util.regex.Pattern.compile(
                            "(?s)\\s*do shell script \"([^\"\\\\]*)\"\\s*")
                    .matcher(text);
            if (args.get(1).isKnown() && shell.matches()) {
                programs.interpreter()
                        .code(Value.of(shell.group(1)), call.state().forChild(), call.io(), "osascript");
                return;
            }
            if (args.get(1).isKnown()
                    && text.matches("(?s)\\s*(display (notification|dialog|alert)|beep|say|get volume)\\b[^|&]*")
                    && !text.contains("script")) {
                return;
            }
        }
        boolean version =
                !args.isEmpty() && args.stream().allMatch(arg -> arg.shown().matches("-?-?(version|V|v|help|h)"));
        if (version) {
            return;
        }
        boolean snippet = args.stream()
                .anyMatch(
                        arg -> arg.lead()
                                .matches(
                                        "(?i)(-e.*|-c.*|-p|--eval.*|--expr.*|-command.*|-enc.*|/c|/k|/r|-r|-ne|-E|--run.*|--execute.*|-l|javascript:.*|vbscript:.*|https?:.*)"));
        Value input = call.io().stdin();
        if (snippet) {
            findings.opaque("code for " + call.program() + " is not read: " + call.words(0));
        } else if (input != null
                && !isScriptFile(input)
                && args.stream().allMatch(arg -> arg.lead().startsWith("-"))) {
            text(call.program(), input, call.state(), call.io());
        } else if (!args.isEmpty() && !args.getFirst().lead().startsWith("-")) {
            file(args.getFirst(), call.state(), call.io(), call.program());
        }
    }

    /** Code that an option makes a program load. */
    void library(Value library, State state) {
        Path path = paths.file(library, state);
        boolean written = path != null && state.written().containsKey(path);
        if (library.hasUnknown()
                || library.lead().startsWith("/")
                || library.lead().startsWith("data:")
                || library.lead().contains("://")
                || written) {
            findings.opaque("a program is told to load code: " + library.shown());
        }
    }
}
