package mirror.trust.shell;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import mirror.trust.Effect;
import mirror.trust.shell.Paths.Use;

/**
 * git, and the command lines of forges. Work that no commit holds is lost by a reset as surely as by {@code rm}; settings such
 * as {@code core.pager} are programs; a push is seen by others.
 */
final class GitPrograms {
    /** Settings whose value git hands to a shell. */
    private static final Pattern COMMAND_SETTING = Pattern.compile(
            "core\\.(pager|editor|sshcommand|askpass|gitproxy|fsmonitor|alternaterefscommand)|pager\\..*|sequence\\.editor"
                    + "|diff\\.external|diff\\..*\\.(command|textconv)|merge\\..*\\.driver|filter\\..*\\.(clean|smudge|process)"
                    + "|gpg(\\..*)?\\.program|uploadpack\\.packobjectshook|(difftool|mergetool|browser|man|guitool)\\..*\\.(cmd|path)"
                    + "|interactive\\.difffilter|web\\.browser|sendemail\\..*cmd|remote\\..*\\.(uploadpack|receivepack|vcs)"
                    + "|trailer\\..*\\.(command|cmd)|ssh\\..*|submodule\\..*\\.update");
    /** Settings that load other settings or code, or take a safeguard away. */
    private static final Pattern LOADING_SETTING = Pattern.compile(
            "core\\.hookspath|init\\.templatedir|include\\.path|includeif\\..*|protocol\\..*|clean\\.requireforce|core\\.worktree"
                    + "|safe\\..*|receive\\..*|http\\.sslverify|url\\..*|core\\.attributesfile");

    private static final Set<String> FORGE_READS = Words.of("""
            view list ls status diff checks checkout co clone browse search watch download get version help completion logs
            show token verify develop
            """);

    private final Programs programs;
    private final Findings findings;
    private final Paths paths;

    GitPrograms(Programs programs) {
        this.programs = programs;
        this.findings = programs.findings();
        this.paths = programs.paths();
    }

    boolean special(String name, Call call) {
        switch (name) {
            case "git" -> unknownCommand(call);
            case "git-url" -> call.operands().forEach(operand -> programs.egressOnlyIfCode(operand, call));
            case "git-config" -> config(call);
            case "git-checkout" -> checkout(call);
            case "git-rm" -> {
                if (!call.arguments().certain("cached")
                        && !call.arguments().certain("dry-run")
                        && !call.arguments().certain("n")) {
                    Use use = call.has("r") ? Use.DELETE_TREE : Use.DELETE;
                    call.operands().forEach(operand -> paths.touch(operand, call.state(), use));
                }
            }
            case "git-submodule" -> after("foreach", call);
            case "git-bisect" -> after("run", call);
            case "git-push-subtree" -> {
                if (call.says("push")) {
                    publish(call.operands().subList(1, call.operands().size()), false);
                }
            }
            case "git-clone" -> clone(call);
            case "git-push" -> push(call);
            case "forge" -> forge(call);
            case "vcs" -> otherVcs(call);
            default -> {
                return false;
            }
        }
        return false;
    }

    private void unknownCommand(Call call) {
        Value command = call.first();
        if (command != null && command.isKnown()) {
            findings.opaque("git has no command '" + command.shown() + "' of its own; it may be an alias for anything");
        }
    }

    /** The host behind a remote's name is in the repository's settings, which are not read here. */
    void address(Value remote, Call call) {
        String lead = remote.lead();
        boolean path = lead.startsWith("/") || lead.startsWith(".") || lead.startsWith("file:");
        if (lead.startsWith("ext::")) {
            findings.opaque("git is given a command as an address: " + remote.shown());
        } else if (path || (call.program().equals("git clone") && remote.isKnown() && lead.indexOf(':') < 0)) {
            paths.touch(remote, call.state(), call.program().equals("git push") ? Use.WRITE : Use.READ);
        } else if (lead.indexOf(':') > 0) {
            programs.egress(remote);
        } else {
            findings.add(new Effect.Egress("*"));
        }
    }

    /** {@code -c key=value}. */
    void setting(Value setting, State state, Io io) {
        int equals = setting.lead().indexOf('=');
        if (equals < 0 && setting.hasUnknown()) {
            findings.opaque("git takes a setting that is not known: " + setting.shown());
        } else if (equals > 0) {
            setting(setting.lead().substring(0, equals), setting.drop(equals + 1), state, io);
        }
    }

    private void setting(String name, Value value, State state, Io io) {
        String key = name.toLowerCase(Locale.ROOT);
        boolean bang = value.lead().startsWith("!");
        State child = state.forChild();
        if (value.isEmpty() || value.is("true") || (value.is("false") && !key.equals("clean.requireforce"))) {
            return;
        }
        if (key.startsWith("alias.")) {
            Value code = bang ? value.drop(1) : Value.of("git ").plus(value);
            programs.interpreter().code(code, child, io, "the git alias " + name);
        } else if (key.startsWith("credential.") && key.endsWith("helper")) {
            if (bang || value.lead().startsWith("/") || value.hasUnknown()) {
                programs.interpreter().code(bang ? value.drop(1) : value, child, io, "git's " + name);
            }
        } else if (COMMAND_SETTING.matcher(key).matches()) {
            programs.interpreter().code(bang ? value.drop(1) : value, child, io, "git's " + name);
        } else if (LOADING_SETTING.matcher(key).matches()) {
            findings.opaque("git's " + name + " changes what git runs or where it writes: " + value.shown());
        }
    }

    private void config(Call call) {
        List<Value> operands = call.operands();
        boolean takesAway = call.has("unset", "unset-all", "rename-section", "remove-section");
        if ((call.has("global") && (operands.size() > 1 || takesAway)) || call.has("edit", "e")) {
            Value home = call.state().variable("HOME");
            Value base = home == null ? Value.unknown("$HOME") : home;
            paths.touch(base.plus(Value.of("/.gitconfig")), call.state(), Use.WRITE);
        } else if (call.has("system") && operands.size() > 1) {
            paths.touch(Value.of("/etc/gitconfig"), call.state(), Use.WRITE);
        }
        boolean reads =
                call.has("get", "get-all", "get-regexp", "list", "l", "unset", "unset-all") || call.says("get", "list");
        if (operands.size() > 1 && !reads) {
            int at = operands.getFirst().is("set") && operands.size() > 2 ? 1 : 0;
            Value key = operands.get(at);
            if (key.isKnown()) {
                setting(key.shown(), operands.get(at + 1), call.state(), call.io());
            } else {
                findings.opaque("git takes a setting that is not known: " + key.shown());
            }
        }
    }

    private void checkout(Call call) {
        List<Value> operands = call.operands();
        List<Value> args = call.args();
        boolean newBranch = call.has("b", "orphan");
        int dashes = -1;
        for (int i = 0; i < args.size(); i++) {
            dashes = args.get(i).is("--") ? i : dashes;
        }
        boolean paths = (dashes >= 0 && dashes < args.size() - 1)
                || (operands.size() > 1 && !newBranch && !call.has("B", "t", "track"))
                || call.has("f", "force", "ours", "theirs", "pathspec-from-file")
                || (operands.size() == 1 && !newBranch && isPath(operands.getFirst()));
        if (paths) {
            programs.inRepository(".", call, Use.DELETE_TREE);
        } else if (call.has("B")) {
            programs.inRepository(".git/refs/heads", call, Use.DELETE_TREE);
        } else if (operands.size() == 1 && !newBranch && operands.getFirst().startsWithUnknownOption()) {
            findings.opaque("git checkout of something that is not known: "
                    + operands.getFirst().shown());
        }
    }

    private static boolean isPath(Value operand) {
        String text = operand.shown();
        boolean pattern =
                operand.chunks().stream().anyMatch(chunk -> chunk instanceof Value.Wild(String w) && w.equals("*"));
        return pattern
                || text.equals(".")
                || text.startsWith("./")
                || text.startsWith("../")
                || text.startsWith(":")
                || text.startsWith("/")
                || text.endsWith("/")
                || text.contains("*")
                || text.matches(".*[^.]\\.[A-Za-z]{1,5}");
    }

    private void after(String word, Call call) {
        List<Value> args = call.args();
        for (int i = 0; i < args.size(); i++) {
            if (args.get(i).is(word)) {
                int from = i + 1;
                while (from < args.size() && args.get(from).lead().startsWith("--")) {
                    from++;
                }
                if (from < args.size()) {
                    programs.interpreter()
                            .code(
                                    Value.joined(args.subList(from, args.size()), " "),
                                    call.state().forChild(),
                                    call.io(),
                                    call.program());
                }
                return;
            }
        }
    }

    private void clone(Call call) {
        List<Value> operands = call.operands();
        if (operands.size() > 1) {
            fetched(operands, operands.get(1), call);
        }
        if (operands.size() == 1) {
            String text = operands.getFirst().shown().replaceFirst("/+$", "").replaceFirst("\\.git$", "");
            String name = text.substring(Math.max(text.lastIndexOf('/'), text.lastIndexOf(':')) + 1);
            Value directory = operands.getFirst().isKnown() && !name.isEmpty() ? Value.of(name) : Value.of(".");
            paths.touch(directory, call.state(), Use.WRITE);
            fetched(operands, directory, call);
        }
    }

    private void fetched(List<Value> operands, Value directory, Call call) {
        Path into = paths.file(directory, call.state());
        String host = Address.host(operands.getFirst());
        if (into != null && host != null) {
            programs.wrote(call.state(), into, new Value(List.of(new Value.Unknown("$(git clone)", host, List.of()))));
        }
    }

    private void push(Call call) {
        if (call.arguments().certain("dry-run") || call.arguments().certain("n")) {
            return;
        }
        boolean force = call.has("f", "force", "force-with-lease", "mirror", "d", "delete", "prune");
        List<Value> operands = call.operands();
        if (operands.isEmpty()) {
            findings.add(new Effect.Egress("*"));
        }
        if (call.arguments().dynamic()) {
            findings.opaque("what git pushes is not known: " + call.words(0));
        }
        publish(operands, force);
    }

    private void publish(List<Value> operands, boolean force) {
        String remote = operands.isEmpty() ? "origin" : operands.getFirst().shown();
        if (operands.size() < 2) {
            findings.add(new Effect.Publish("git " + remote, force));
            return;
        }
        for (Value ref : operands.subList(1, operands.size())) {
            String text = ref.shown();
            findings.add(new Effect.Publish(
                    "git " + remote + " " + text, force || text.startsWith("+") || text.startsWith(":")));
        }
    }

    private void forge(Call call) {
        List<Value> operands = call.operands();
        String topic = operands.isEmpty() ? "" : operands.getFirst().shown();
        String verb = operands.size() < 2 ? "" : operands.get(1).shown();
        if (topic.equals("auth") && (verb.equals("token") || call.has("t", "show-token"))) {
            findings.add(new Effect.Machine(call.program() + " uses stored secrets"));
        }
        if (topic.equals("api")) {
            Value method = call.arguments().value("X", "method");
            boolean writes = call.args().stream()
                    .anyMatch(arg -> arg.lead().matches("(-X|-f|-F|--method|--field|--raw-field|--input).*"));
            boolean get = call.args().stream().anyMatch(arg -> arg.shown().matches("(?i)(-X|--method=)?GET"));
            boolean delete = call.args().stream()
                    .anyMatch(arg ->
                            arg.shown().matches("(?is)((-X|--method=)?(DELETE|PUT|PATCH)|query=\\s*mutation.*)"));
            if ((writes && !get) || (method != null && !method.is("GET"))) {
                findings.add(new Effect.Publish(call.program() + " api " + verb, delete));
            }
            return;
        }
        boolean reads = topic.isEmpty()
                || (operands.size() < 2 && !topic.equals("workflow"))
                || FORGE_READS.contains(verb)
                || Words.of("""
            auth config alias extension completion search browse status help version
            """).contains(topic);
        if ((topic.equals("extension") && (verb.equals("install") || verb.equals("exec")))
                || (topic.equals("alias") && verb.equals("set"))) {
            findings.opaque("the forge's command line is taught new commands");
        } else if (!reads) {
            boolean irreversible =
                    Set.of("delete", "merge", "transfer", "archive", "rename", "remove", "delete-asset", "sync")
                                    .contains(verb)
                            || topic.endsWith("-key")
                            || (topic.equals("workflow") && verb.equals("run"))
                            || call.has("delete-branch", "visibility", "public");
            findings.add(new Effect.Publish(call.program() + " " + topic + " " + verb, irreversible));
        }
    }

    private void otherVcs(Call call) {
        String verb = call.verb();
        switch (verb) {
            case "push", "commit" -> {
                if (verb.equals("push") || call.program().equals("svn")) {
                    findings.add(new Effect.Publish(call.program() + " " + verb, call.has("f", "force")));
                    findings.add(new Effect.Egress("*"));
                }
            }
            case "revert", "purge", "strip", "rollback", "cleanup", "abandon", "restore", "undo", "uncommit", "clean" ->
                programs.inRepository(".", call, Use.DELETE_TREE);
            case "update", "up", "checkout", "co", "goto" -> {
                if (call.has("C", "clean", "force")) {
                    programs.inRepository(".", call, Use.DELETE_TREE);
                }
            }
            case "rm", "remove", "delete", "del" ->
                call.operands().stream()
                        .skip(1)
                        .forEach(operand -> paths.touch(operand, call.state(), Use.DELETE_TREE));
            default -> {}
        }
    }

    /** What git prints: a name, or a list of paths in the work tree. */
    Value output(Call call) {
        String shown = "$(" + call.program() + ")";
        Path cwd = call.state().cwd();
        boolean names = call.has("name-only", "l", "files-with-matches", "L")
                || call.program().equals("git ls-files");
        return switch (call.program()) {
            case "git rev-parse" -> {
                if (call.has("show-toplevel") && cwd != null) {
                    yield Value.of(paths.repository(cwd).toString());
                }
                yield call.has("git-dir", "absolute-git-dir", "git-common-dir", "git-path")
                        ? Value.unknown(shown)
                        : Value.wild(shown);
            }
            case "git describe",
                    "git merge-base",
                    "git rev-list",
                    "git hash-object",
                    "git write-tree",
                    "git commit-tree",
                    "git symbolic-ref",
                    "git name-rev",
                    "git count-objects",
                    "git branch",
                    "git show-ref" -> Value.wild(shown);
            default ->
                names && cwd != null
                        ? Programs.unknownOutput(shown, null, call.io(), List.of(paths.repository(cwd)))
                        : Value.unknown(shown);
        };
    }
}
