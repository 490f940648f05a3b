package mirror.trust.shell;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Assignments, and the variables whose value is not data but a program: {@code GIT_SSH_COMMAND='rm -rf ~' git fetch} runs
 * {@code rm}.
 */
final class Variables {
    /** The value is a command line that some program will hand to a shell. */
    private static final Set<String> COMMANDS = Words.of("""
            GIT_SSH_COMMAND GIT_SSH GIT_PAGER PAGER MANPAGER EDITOR VISUAL GIT_EDITOR GIT_SEQUENCE_EDITOR GIT_EXTERNAL_DIFF
            GIT_PROXY_COMMAND GIT_ASKPASS SSH_ASKPASS SUDO_ASKPASS SUDO_EDITOR FCEDIT BROWSER PROMPT_COMMAND LESSOPEN
            LESSCLOSE KUBE_EDITOR PSQL_EDITOR PSQL_PAGER SYSTEMD_EDITOR SYSTEMD_PAGER HGEDITOR SVN_EDITOR SVN_SSH RSYNC_RSH
            CVS_RSH BASH_COMMAND RUSTC_WRAPPER MANROFFOPT FZF_DEFAULT_COMMAND DELTA_PAGER BAT_PAGER
            AWS_PAGER GH_PAGER GH_EDITOR GH_BROWSER
            """);
    /** The value is loaded as code into programs that follow. */
    private static final Set<String> LOADED = Words.of("""
            LD_PRELOAD LD_AUDIT LD_LIBRARY_PATH DYLD_INSERT_LIBRARIES DYLD_LIBRARY_PATH BASH_ENV PERL5OPT PERL5DB RUBYOPT
            PYTHONSTARTUP PYTHONHOME GIT_EXEC_PATH GIT_TEMPLATE_DIR GCONV_PATH SHELLOPTS BASHOPTS PS4 GIT_CONFIG_PARAMETERS
            GIT_CONFIG_COUNT TAR_OPTIONS GREP_OPTIONS RSYNC_CONNECT_PROG npm_config_script_shell
            NPM_CONFIG_SCRIPT_SHELL ZDOTDIR
            """);
    /** Search paths of languages. */
    private static final Set<String> LIBRARIES =
            Set.of("PYTHONPATH", "NODE_PATH", "PERL5LIB", "PERLLIB", "RUBYLIB", "LUA_PATH", "CLASSPATH", "GEM_PATH");

    private static final Pattern FOR_ANYBODY = Pattern.compile("(^|:)/(tmp|var/tmp|dev/shm)(/|:|$)");
    /** The value is options; some of them load code. */
    private static final Set<String> OPTIONS = Set.of(
            "NODE_OPTIONS",
            "JAVA_TOOL_OPTIONS",
            "_JAVA_OPTIONS",
            "JDK_JAVA_OPTIONS",
            "MAVEN_OPTS",
            "GRADLE_OPTS",
            "JAVA_OPTS",
            "SBT_OPTS");

    private static final List<String> LOADING = List.of(
            "--require",
            "-r ",
            "--import",
            "--loader",
            "--eval",
            "-javaagent",
            "-agentpath",
            "-agentlib",
            "OnOutOfMemory",
            "OnError");

    private final Interpreter interpreter;

    Variables(Interpreter interpreter) {
        this.interpreter = interpreter;
    }

    State assignAll(List<Node.Assignment> assignments, State state, Io io, boolean export) {
        State current = state;
        for (Node.Assignment assignment : assignments) {
            Expander expander = new Expander(interpreter, current, io);
            List<Value> values = values(assignment, expander);
            current = assign(assignment.name(), values, expander.state(), io);
            if (export) {
                current = current.exporting(assignment.name());
            }
        }
        return current;
    }

    private static List<Value> values(Node.Assignment assignment, Expander expander) {
        List<Value> values = new ArrayList<>();
        List<Value> old = expander.state().values(assignment.name());
        Value unknown = Value.unknown("$" + assignment.name());
        List<Word.Part> parts = assignment.value().parts();
        if (!parts.isEmpty() && parts.getFirst() instanceof Word.Array(List<Word> elements)) {
            if (assignment.append()) {
                values.addAll(old == null ? List.of(unknown) : old);
            }
            boolean keyed = elements.stream()
                    .anyMatch(e -> !e.parts().isEmpty()
                            && e.parts().getFirst() instanceof Word.Wild(String w)
                            && w.equals("["));
            List<Value> fields = expander.fields(elements);
            values.addAll(keyed ? List.of(unknown) : fields);
            return values;
        }
        Value value = expander.single(assignment.value());
        if (assignment.indexed()) {
            // Which element it is does not matter here: any of them may now be read.
            return old != null && old.isEmpty() ? List.of(unknown) : List.of(unknown, unknown);
        }
        if (assignment.append()) {
            Value before = old == null ? unknown : old.isEmpty() ? Value.EMPTY : old.getFirst();
            value = before.plus(value);
        }
        values.add(value);
        return values;
    }

    /** Sets a variable, and reports what the value may run. */
    State assign(String name, List<Value> values, State state, Io io) {
        Value value = values.isEmpty() ? Value.EMPTY : values.getFirst();
        String text = value.known();
        if (COMMANDS.contains(name) && !value.isEmpty()) {
            interpreter.code(value, state, new Io(null, null), name);
        } else if ((LOADED.contains(name) && !value.isEmpty())
                || (name.equals("ENV") && value.shown().contains("/"))) {
            interpreter.findings().opaque(name + " loads code into the programs that follow");
        } else if (OPTIONS.contains(name) && (text == null || LOADING.stream().anyMatch((text + " ")::contains))) {
            interpreter.findings().opaque(name + " may load code into the programs that follow: " + value.shown());
        } else if (name.matches("PS[0124]") && (text == null || Expander.substitutes(text))) {
            interpreter.findings().opaque(name + " makes a shell run something at each prompt: " + value.shown());
        } else if (text != null && Expander.indexRuns(text)) {
            interpreter.findings().opaque("a text that runs something when it is calculated with: " + text);
        } else if (LIBRARIES.contains(name)
                && FOR_ANYBODY.matcher(value.shown()).find()) {
            interpreter.findings().opaque(name + " takes code from where anybody may put it: " + value.shown());
        } else if (name.equals("PATH")) {
            path(value, state);
        } else if (name.equals("GIT_CONFIG_GLOBAL") && !value.is("/dev/null")) {
            interpreter.findings().opaque("git reads its settings from " + value.shown());
        }
        return state.with(name, values);
    }

    /** A search path that starts in a place anybody may write to, or leaves out the old one, changes what names mean. */
    private void path(Value value, State state) {
        Value old = state.variable("PATH");
        String shown = value.shown();
        boolean keeps = old == null ? shown.contains("$PATH") : shown.contains(old.shown());
        boolean system = shown.contains("/usr/bin") && value.isKnown();
        String first = shown.contains(":") ? shown.substring(0, shown.indexOf(':')) : shown;
        boolean anybody = first.isEmpty()
                || first.equals(".")
                || first.startsWith("/tmp")
                || first.startsWith("/var/tmp")
                || first.startsWith("/dev/shm");
        if ((!keeps && !system) || anybody) {
            interpreter.findings().opaque("PATH no longer finds the usual programs first: " + shown);
        }
    }
}
