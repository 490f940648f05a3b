package mirror.trust.shell;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import mirror.trust.Effect;
import mirror.trust.shell.Paths.Use;
import org.jspecify.annotations.Nullable;

/** Programs on files whose arguments are more than options and operands: copying, finding, archives, editors. */
final class FilePrograms {
    private static final Set<String> FIND_FLAGS = Words.of("""
            -H -L -P -E -X -d -s -x -O1 -O2 -O3
            """);

    private static final Set<String> PARALLEL_VALUES = Words.of("""
            -j --jobs -P -a --arg-file -n -N --results --joblog -S --sshlogin --tmpdir -I --colsep -C --delay --timeout --retries
            --halt --tagstring --max-args --max-procs --load --nice --memfree --block --wd --workdir --env --basefile --return
            """);
    private static final Set<String> PARALLEL_FLAGS = Words.of("""
            -k --keep-order --bar --progress --eta --dry-run --dryrun --no-notice --will-cite -0 --null -v --verbose -t -u --ungroup
            --line-buffer --lb --tag -X -m --xargs --pipe -r --no-run-if-empty --plain --group -- -i -q --quote --resume
            """);

    private static final Pattern SPECIAL_RIGHTS =
            Pattern.compile("0*[2-7][0-7]{3}|(.*,)?([ugoa]*[ug][ugoa]*)?[+=][rwxXt]*s.*");
    private static final Pattern OPEN_RIGHTS = Pattern.compile("[0-7]*[2367]|(.*,)?[ug]*[oa][ugoa]*[+=][rxXt]*w.*");
    private static final Pattern NO_RIGHTS = Pattern.compile(
            "0*[0-3]?[0-7]{0,2}|(.*,)?([oa]*[ua][ugoa]*)?-[wxXst]*r.*|(.*,)?([oa]*[ua][ugoa]*)=([wx]*)(,.*)?");

    private final Programs programs;
    private final Findings findings;
    private final Paths paths;

    FilePrograms(Programs programs) {
        this.programs = programs;
        this.findings = programs.findings();
        this.paths = programs.paths();
    }

    /** True when it also printed what the program prints. */
    boolean special(String name, Call call) {
        switch (name) {
            case "copy", "move", "link" -> transfer(name, call);
            case "mode" -> mode(call);
            case "truncate" -> {
                // What is cut to a size keeps nothing beyond it: that is the loss of the file.
                Value size = call.arguments().value("s", "size");
                Use use = size != null && size.lead().matches("[+%].*") ? Use.WRITE : Use.DELETE;
                call.operands().forEach(file -> paths.touch(file, call.state(), use));
            }
            case "pipe" ->
                call.operands().forEach(operand -> {
                    Path file = paths.file(operand, call.state());
                    if (file != null) {
                        programs.wrote(call.state(), file, Value.unknown("$(" + operand.shown() + ")"));
                    }
                });
            case "zip" -> zip(call);
            case "tee" -> tee(call);
            case "dd" -> dd(call);
            case "pathname" -> {
                call.io().print(pathname(call));
                return true;
            }
            case "mktemp" -> {
                Value temp = call.state().variable("TMPDIR");
                Value base = temp == null || temp.isEmpty() ? Value.of("/tmp") : temp;
                Value template = call.first();
                call.io()
                        .print(
                                template != null && template.lead().contains("/")
                                        ? Value.of(template.lead())
                                        : base.plus(Value.of("/tmp.0000000000")));
                return true;
            }
            case "find" -> {
                find(call);
                return true;
            }
            case "xargs" -> xargs(call);
            case "parallel" -> parallel(call);
            case "tar" -> tar(call);
            case "sed" -> new SedScript(programs, call).apply();
            case "awk" -> new AwkScript(programs, call).apply();
            case "pager" ->
                call.args().stream()
                        .filter(arg -> arg.lead().startsWith("+"))
                        .forEach(arg -> editorCommand(arg.drop(1), call));
            case "vim" -> vim(call);
            case "ed" -> {
                Value stdin = call.io().stdin();
                if (stdin != null
                        && !stdin.isEmpty()
                        && (!stdin.isKnown() || stdin.shown().indexOf('!') >= 0)) {
                    findings.opaque("ed runs a script that is not understood");
                }
            }
            case "rename" -> {
                paths.touch(Value.of("."), call.state(), Use.WRITE);
                if (!call.operands().isEmpty()
                        && !call.operands().getFirst().shown().matches("(s|y|tr)/[^/@$`]*/[^/@$`]*/[gi]*|[\\w.-]*")) {
                    findings.opaque("rename runs Perl that is not understood");
                }
            }
            default -> {
                return false;
            }
        }
        return false;
    }

    /** Permissions: rights of another user, rights for everyone, and files that nobody may read any more. */
    private void mode(Call call) {
        boolean changesMode = call.program().equals("chmod");
        boolean deep = call.has("R", "recursive");
        List<Value> words = call.args().stream()
                .filter(arg -> !arg.lead().startsWith("-")
                        || (changesMode && arg.shown().matches("-[rwxXstugo]+")))
                .toList();
        if (words.isEmpty() || (changesMode && call.has("reference"))) {
            return;
        }
        String mode = words.getFirst().shown();
        words.stream().skip(1).forEach(file -> paths.touch(file, call.state(), Use.WRITE));
        if (!changesMode) {
            if (deep) {
                findings.add(new Effect.Machine(call.program() + " gives away a whole tree"));
            }
        } else if (words.getFirst().hasUnknown()) {
            findings.opaque("chmod sets rights that are not known: " + mode);
        } else if (SPECIAL_RIGHTS.matcher(mode).matches()) {
            findings.add(new Effect.Elevate("the owner of the file"));
        } else if (OPEN_RIGHTS.matcher(mode).matches()
                || (deep && NO_RIGHTS.matcher(mode).matches())) {
            findings.add(new Effect.Machine("chmod opens files to everyone or takes them from their owner: " + mode));
        }
    }

    private void transfer(String kind, Call call) {
        List<Value> operands = call.operands();
        boolean targetOption = call.has("t", "target-directory");
        Value target = targetOption || operands.isEmpty()
                ? call.arguments().value("t", "target-directory")
                : operands.getLast();
        List<Value> sources = targetOption ? operands : operands.subList(0, Math.max(0, operands.size() - 1));
        if (target == null) {
            return;
        }
        Value mode = call.program().equals("install") ? call.arguments().value("m", "mode") : null;
        if (mode != null && SPECIAL_RIGHTS.matcher(mode.shown()).matches()) {
            findings.add(new Effect.Elevate("the owner of the file"));
        }
        Path into = paths.file(target, call.state());
        boolean directory = targetOption
                || sources.size() > 1
                || target.lead().endsWith("/")
                || (into != null && paths.isDirectory(into));
        boolean discards = target.is("/dev/null") || (into != null && paths.isTemporary(into, call.state()));
        for (Value source : sources) {
            if (source.is("/dev/null") && !directory) {
                paths.touch(target, call.state(), Use.DELETE);
            }
            Path from = paths.file(source, call.state());
            Path name = from == null ? null : from.getFileName();
            Path at = into == null ? null : directory && name != null ? into.resolve(name) : into;
            if (at != null && directory) {
                paths.add(at, Use.WRITE);
            }
            if (kind.equals("move")) {
                boolean file = from != null && paths.isTemporary(from, call.state());
                paths.touch(source, call.state(), discards && !file ? Use.DELETE_TREE : Use.DELETE);
            }
            if (at != null && from != null && !kind.equals("copy")) {
                paths.alias(at, from);
            }
            Value content = source.is("/dev/stdin")
                    ? call.io().stdin()
                    : from == null ? null : call.state().written().get(from);
            if (at != null && content != null) {
                programs.wrote(call.state(), at, content);
            }
        }
    }

    /** {@code -TT cmd} is one option of two letters, which getopt's rules do not know. */
    private void zip(Call call) {
        List<Value> args = call.args();
        for (int i = 0; i + 1 < args.size(); i++) {
            if (args.get(i).is("-TT")) {
                programs.interpreter().code(args.get(i + 1), call.state().forChild(), call.io(), "zip");
            }
        }
    }

    private void tee(Call call) {
        Value stdin = call.io().stdin();
        for (Value operand : call.operands()) {
            Path file = paths.file(operand, call.state());
            if (file != null) {
                programs.wrote(call.state(), file, stdin == null ? Value.EMPTY : stdin);
            }
        }
        call.io().print(stdin == null ? Value.EMPTY : stdin);
    }

    private void dd(Call call) {
        for (Value arg : call.args()) {
            if (arg.is("if=/dev/null")) {
                call.args().stream()
                        .filter(other -> other.lead().startsWith("of="))
                        .forEach(other -> paths.touch(other.drop(3), call.state(), Use.DELETE));
            } else if (arg.lead().startsWith("if=")) {
                paths.touch(arg.drop(3), call.state(), Use.READ);
            } else if (arg.lead().startsWith("of=")) {
                paths.touch(arg.drop(3), call.state(), Use.WRITE);
                Path file = paths.file(arg.drop(3), call.state());
                Value stdin = call.io().stdin();
                if (file != null && stdin != null) {
                    programs.wrote(call.state(), file, stdin);
                }
            }
        }
    }

    private Value pathname(Call call) {
        Value operand = call.first();
        String text = operand == null ? null : operand.known();
        if (operand == null) {
            return Value.EMPTY;
        }
        if (call.program().equals("dirname")) {
            int slash = operand.lead().lastIndexOf('/');
            if (text != null) {
                Path parent = Path.of(text).getParent();
                return Value.of(parent != null ? parent.toString() : text.startsWith("/") ? "/" : ".");
            }
            return slash > 0
                            && !operand.hasUnknown()
                            && operand.drop(slash + 1).shown().indexOf('/') < 0
                    ? Value.of(operand.lead().substring(0, slash))
                    : Programs.unknownOutput("$(dirname)", null, call.io(), List.of());
        }
        Path file = paths.file(operand, call.state());
        return file == null || (call.program().equals("readlink") && !call.has("f", "e", "m", "canonicalize"))
                ? Programs.unknownOutput("$(" + call.program() + ")", null, call.io(), List.of())
                : Value.of(file.toString());
    }

    /** {@code find} and {@code fd}: starting points, then a language of tests and actions. */
    private void find(Call call) {
        List<Value> args = call.args();
        boolean fd = call.program().startsWith("fd");
        List<Value> starts = new ArrayList<>();
        int i = 0;
        while (i < args.size() && !fd && FIND_FLAGS.contains(args.get(i).shown())) {
            i++;
        }
        int operands = 0;
        while (i < args.size()
                && !(args.get(i).lead().startsWith("-")
                        || args.get(i).is("(")
                        || args.get(i).is("!")
                        || args.get(i).is(")"))) {
            if (!fd || operands++ > 0) {
                starts.add(args.get(i));
            }
            i++;
        }
        if (starts.isEmpty()) {
            starts.add(Value.of("."));
        }
        List<Path> under = paths.under(starts, call.state());
        starts.forEach(start -> paths.touch(start, call.state(), Use.READ));
        Value found = under.isEmpty() ? Value.unknown("{}") : new Value(List.of(new Value.Unknown("{}", null, under)));
        for (; i < args.size(); i++) {
            String arg = args.get(i).shown();
            Value next = i + 1 < args.size() ? args.get(i + 1) : Value.EMPTY;
            switch (arg) {
                case "-delete" -> starts.forEach(start -> paths.touch(start, call.state(), Use.DELETE_TREE));
                case "-exec", "-execdir", "-ok", "-okdir", "-x", "-X", "--exec", "--exec-batch" -> {
                    int end = i + 1;
                    List<Value> command = new ArrayList<>();
                    while (end < args.size()
                            && !args.get(end).is(";")
                            && !(args.get(end).is("+") && args.get(end - 1).is("{}"))) {
                        command.add(args.get(end++));
                    }
                    execute(command, found, fd, call);
                    i = end;
                }
                case "-fprint", "-fprint0", "-fls", "-fprintf" -> paths.touch(next, call.state(), Use.WRITE);
                case "-files0-from" -> paths.touch(next, call.state(), Use.READ);
                default -> {
                    if (args.get(i).startsWithUnknownOption()) {
                        findings.opaque("find does something that is not known: " + arg);
                    }
                }
            }
        }
        call.io().print(found);
    }

    private void execute(List<Value> command, Value found, boolean append, Call call) {
        if (command.isEmpty()) {
            return;
        }
        boolean placed = command.stream().anyMatch(word -> word.shown().contains("{}"));
        List<Value> argv = new ArrayList<>();
        command.forEach(word -> argv.add(Templates.fill(word, "{}", found)));
        if (append && !placed) {
            argv.add(found);
        }
        programs.start(argv, call.state(), call.io().reading(null));
    }

    private void xargs(Call call) {
        List<Value> args = call.args();
        Arguments parsed = Arguments.parse(Templates.XARGS, args, 0, false, false);
        for (Arguments.Option option : parsed.options()) {
            Value file = option.value();
            if (option.kind() == 'r' && file != null) {
                paths.touch(file, call.state(), Use.READ);
            }
        }
        Value stdin = call.io().stdin();
        boolean fromFile = parsed.has("a") || parsed.has("arg-file");
        List<Value> command = parsed.rest().isEmpty() ? List.of(Value.of("echo")) : parsed.rest();
        Value replace = parsed.value("I", "replace", "i", "J");
        boolean replaces = parsed.has("I") || parsed.has("i") || parsed.has("replace") || parsed.has("J");
        Value delimiter = parsed.value("d", "delimiter");
        boolean nulls = parsed.has("0") || parsed.has("null");
        Value input = fromFile ? Value.unknown("$(xargs)") : stdin;
        List<Value> items = replaces || delimiter != null || nulls
                ? Templates.lines(
                        input, !nulls && (delimiter == null || delimiter.shown().matches("\\\\n|\n")))
                : Templates.items(input);
        String mark = replace == null || replace.isEmpty() ? "{}" : replace.shown();
        Io inner = call.io().reading(null);
        if (replaces) {
            for (Value item : items.isEmpty() ? List.of(Value.unknown(mark)) : items) {
                programs.start(
                        command.stream()
                                .map(word -> Templates.fill(word, mark, item))
                                .toList(),
                        call.state(),
                        inner);
            }
            return;
        }
        List<Value> argv = new ArrayList<>(command);
        argv.addAll(items);
        programs.start(argv, call.state(), inner);
    }

    private void parallel(Call call) {
        List<Value> args = call.args();
        int i = 0;
        while (i < args.size() && args.get(i).lead().startsWith("-")) {
            String option = args.get(i).shown();
            boolean takes = PARALLEL_VALUES.contains(option);
            if (!takes && !PARALLEL_FLAGS.contains(option) && !option.matches("-[jPnNI].+|--[a-z-]+=.*")) {
                findings.opaque("parallel has an option that is not known: " + option);
            }
            i += takes ? 2 : 1;
        }
        StringBuilder code = new StringBuilder();
        List<Value> items = new ArrayList<>();
        boolean unknown = false;
        boolean inputs = false;
        boolean fromFile = false;
        for (; i < args.size(); i++) {
            inputs |= args.get(i).lead().startsWith(":::");
            if (inputs) {
                fromFile = args.get(i).lead().startsWith("::::")
                        || (fromFile && !args.get(i).is(":::"));
                if (!args.get(i).lead().startsWith(":::")) {
                    items.add(fromFile ? Value.unknown("$(items)") : args.get(i));
                }
            } else {
                unknown |= !args.get(i).isKnown();
                code.append(args.get(i).shown()).append(' ');
            }
        }
        if (unknown) {
            findings.opaque("parallel runs a command that is not known: " + code);
            return;
        }
        items = inputs ? items : Templates.items(call.io().stdin());
        if (code.toString().isBlank()) {
            items.forEach(item -> programs.interpreter().code(item, call.state().forChild(), call.io(), "parallel"));
            return;
        }
        // The items are handed to a shell variable, which is how they reach the command as words.
        String text = code.toString().matches("(?s).*\\{[-#%./0-9]*\\}.*")
                ? code.toString().replaceAll("\\{[-#%./0-9]*\\}", "\"\\$__item\"")
                : code + "\"$__item\"";
        for (Value item : items.isEmpty() ? List.of(Value.unknown("{}")) : items) {
            State state = call.state().forChild().with("__item", item);
            programs.interpreter().code(Value.of(text), state, call.io().reading(null), "parallel");
        }
    }

    /** {@code tar}: the first word may be a cluster of options without a dash. */
    private void tar(Call call) {
        List<Value> args = new ArrayList<>(call.args());
        if (!args.isEmpty()
                && !args.getFirst().lead().startsWith("-")
                && args.getFirst().isKnown()) {
            String cluster = args.getFirst().shown();
            int file = cluster.indexOf('f');
            args.set(
                    0,
                    Value.of("-"
                            + (file < 0 ? cluster : cluster.substring(0, file) + cluster.substring(file + 1) + "f")));
        }
        Arguments parsed = Arguments.parse(call.spec().options(), normalised(args), -1, false, false);
        boolean extract = parsed.has("x") || parsed.has("extract") || parsed.has("get");
        boolean list = parsed.has("t") || parsed.has("list");
        Value archive = null;
        State in = call.state();
        for (Arguments.Option option : parsed.options()) {
            Value value = option.value();
            if (value == null) {
                continue;
            }
            if (option.name().equals("f") || option.name().equals("file")) {
                archive = value;
            } else if (option.name().equals("C")
                    || option.name().equals("directory")
                    || option.name().equals("cd")) {
                in = in.in(paths.file(value, in));
            } else if (option.name().equals("checkpoint-action") && value.lead().startsWith("exec=")) {
                programs.interpreter().code(value.drop(5), in.forChild(), call.io(), "tar");
            } else if (option.name().equals("checkpoint-action") && !value.isKnown()) {
                findings.opaque("tar takes an action that is not known: " + value.shown());
            }
        }
        if (archive != null && Address.isRemote(archive) && !parsed.has("force-local")) {
            programs.egress(archive);
        } else if (archive != null) {
            paths.touch(archive, call.state(), extract || list ? Use.READ : Use.WRITE);
        }
        if (extract) {
            boolean toOut = parsed.has("O") || parsed.has("to-stdout");
            if (!toOut) {
                paths.touch(Value.of("."), in, Use.WRITE);
            }
            if (parsed.has("P") || parsed.has("absolute-names")) {
                findings.opaque("tar writes wherever the archive says");
            }
        } else if (!list) {
            State from = in;
            Use use = parsed.has("remove-files") ? Use.DELETE_TREE : Use.READ;
            parsed.operands().forEach(operand -> paths.touch(operand, from, use));
        }
    }

    /** Gives {@code f} its value even where it may have none, as the table says for {@code tar}. */
    private static List<Value> normalised(List<Value> args) {
        List<Value> words = new ArrayList<>();
        for (int i = 0; i < args.size(); i++) {
            String text = args.get(i).shown();
            boolean file = text.matches("-[a-zA-Z]*f") || text.equals("--file");
            if (file && i + 1 < args.size()) {
                words.add(Value.of(text.startsWith("--") ? "" : text.substring(0, text.length() - 1)));
                words.add(Value.of("--file=").plus(args.get(++i)));
                words.removeIf(word -> word.isEmpty() || word.is("-"));
            } else {
                words.add(args.get(i));
            }
        }
        return words;
    }

    private void vim(Call call) {
        List<Value> args = call.args();
        for (int i = 0; i < args.size(); i++) {
            String lead = args.get(i).lead();
            if ((lead.equals("-c") || lead.equals("--cmd")) && i + 1 < args.size()) {
                editorCommand(args.get(++i), call);
            } else if (lead.equals("-S") || lead.equals("-s") || lead.equals("-u")) {
                Value file = i + 1 < args.size() ? args.get(++i) : Value.EMPTY;
                if (!lead.equals("-s") && !file.is("NONE") && !file.is("NORC")) {
                    findings.opaque(call.program() + " runs a script: " + file.shown());
                }
            } else if (lead.startsWith("-c") && lead.length() > 2) {
                editorCommand(args.get(i).drop(2), call);
            } else if (lead.startsWith("+")) {
                editorCommand(args.get(i).drop(1), call);
            } else if (!lead.startsWith("-")) {
                paths.touch(args.get(i), call.state(), Use.WRITE);
            }
        }
        Value stdin = call.io().stdin();
        if (stdin != null
                && !stdin.isEmpty()
                && (call.program().equals("ex") || args.stream().anyMatch(arg -> arg.is("-es") || arg.is("-s")))) {
            findings.opaque(call.program() + " runs commands from its input");
        }
    }

    /** An ex command: {@code !cmd} is shell code and asked about, moving and writing are harmless, the rest is not understood. */
    private void editorCommand(Value command, Call call) {
        String text = command.known();
        if (text == null) {
            findings.opaque(call.program() + " runs a command that is not known: " + command.shown());
            return;
        }
        String bare = text.strip().replaceFirst("^:+", "").replaceFirst("^(silent|sil|%|\\.|[0-9,$]+)!?\\s*", "");
        if (bare.startsWith("!")) {
            findings.opaque(call.program() + " starts a shell where nobody looks for one");
            programs.interpreter()
                    .code(Value.of(bare.substring(1)), call.state().forChild(), call.io(), call.program());
        } else if (!bare.matches(
                        "[0-9$GgF%]*|(w|wq|x|q|qa|wqa|xa|q!|qa!|wq!|w!|noh|set [a-z=0-9 ]*|syntax on|/.*|normal [^!:]*)")
                && !bare.matches("%?s/[^/]*/[^/\\\\=]*/[gci]*")) {
            findings.opaque(call.program() + " runs a command that is not understood: " + text);
        }
    }

    static @Nullable String text(@Nullable Value value) {
        return value == null ? null : value.known();
    }
}
