package mirror.trust.shell;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import mirror.trust.Effect;
import mirror.trust.shell.Paths.Use;

/** Carries out what a scanner found: an action with arguments that are literal, or not known (null in the list's place). */
final class CodeActions {
    /** An argument of a call: a literal, a list of literals, or neither. */
    record Argument(boolean known, String text, List<Value> list) {
        static final Argument UNKNOWN = new Argument(false, "", List.of());

        static Argument literal(String text) {
            return new Argument(true, text, List.of());
        }
    }

    private final Programs programs;
    private final State state;
    private final Io io;
    private final String language;

    CodeActions(Programs programs, State state, Io io, String language) {
        this.programs = programs;
        this.state = state;
        this.io = io;
        this.language = language;
    }

    void opaque(String what) {
        programs.findings().opaque(language + " code is not understood: " + what);
    }

    void perform(String action, String name, List<Argument> arguments, String wholeText) {
        switch (action) {
            case "read" -> {
                if (arguments.isEmpty()) {
                    programs.paths().touch(Value.of("."), state, Use.READ);
                } else {
                    touch(name, arguments, 0, Use.READ);
                }
            }
            case "write" -> touch(name, arguments, 0, Use.WRITE);
            case "write1" -> touch(name, arguments, 1, Use.WRITE);
            case "delete" -> each(name, arguments, Use.DELETE);
            case "tree" -> touch(name, arguments, 0, Use.DELETE_TREE);
            case "rm" -> touch(name, arguments, 0, wholeText.contains("recursive") ? Use.DELETE_TREE : Use.DELETE);
            case "move" -> {
                touch(name, arguments, 0, Use.DELETE);
                touch(name, arguments, 1, Use.WRITE);
            }
            case "copy" -> {
                touch(name, arguments, 0, Use.READ);
                touch(name, arguments, 1, Use.WRITE);
            }
            case "open" -> open(name, arguments, wholeText);
            case "shell" -> shell(name, arguments);
            case "argv" -> argv(name, arguments);
            case "command" -> command(name, arguments);
            case "net" -> {
                Argument url = arguments.isEmpty() ? Argument.UNKNOWN : arguments.getFirst();
                if (url.known()) {
                    programs.egress(Value.of(url.text()));
                } else {
                    programs.findings().add(new Effect.Egress("*"));
                }
            }
            case "netwrite" -> {
                perform("net", name, arguments, wholeText);
                touch(name, arguments, 1, Use.WRITE);
            }
            case "anynet" -> programs.findings().add(new Effect.Egress("*"));
            case "machine" -> programs.findings().add(new Effect.Machine(language + " " + name));
            case "database" -> touch(name, arguments, 0, Use.WRITE);
            case "path" -> {}
            default -> opaque(name);
        }
    }

    private void each(String name, List<Argument> arguments, Use use) {
        if (arguments.isEmpty()) {
            opaque(name + " of something that is not named");
        }
        for (int i = 0; i < arguments.size(); i++) {
            boolean options = i > 0 && !arguments.get(i).known();
            if (!options || language.equals("perl")) {
                touch(name, arguments, i, use);
            }
        }
    }

    void touch(String name, List<Argument> arguments, int index, Use use) {
        if (index < arguments.size()
                && arguments.get(index).known()
                && arguments.get(index).list().isEmpty()) {
            String text = arguments.get(index).text();
            if (text.startsWith("|")) {
                // Ruby's IO.read and perl's open start a program then.
                programs.interpreter().code(Value.of(text.substring(1)), state.forChild(), io, language);
            }
            programs.paths().touch(Value.of(text), state, use);
        } else {
            opaque(name + " of a path that is computed");
        }
    }

    private void open(String name, List<Argument> arguments, String wholeText) {
        boolean modeNamed = wholeText.contains("mode");
        boolean reads = (arguments.size() < 2 && !modeNamed)
                || (arguments.size() > 1
                        && arguments.get(1).known()
                        && arguments.get(1).text().matches("r[bt]?"))
                || (arguments.size() > 1
                        && !arguments.get(1).known()
                        && wholeText.matches("(?s)[^,]*,\\s*(encoding|errors|newline)\\s*=.*")
                        && !modeNamed);
        if (reads && !arguments.isEmpty() && !arguments.getFirst().known()) {
            // Reading a file whose name is computed: which one is not known, but nothing is changed.
            programs.findings().opaque(language + " reads a file whose name is computed");
        } else {
            touch(name, arguments, 0, reads ? Use.READ : Use.WRITE);
        }
    }

    void shell(String name, List<Argument> arguments) {
        if (arguments.isEmpty() || !arguments.getFirst().known()) {
            opaque(name + " of a command that is computed");
        } else if (!arguments.getFirst().list().isEmpty()) {
            programs.start(arguments.getFirst().list(), state, io);
        } else if (arguments.size() > 1 && arguments.stream().allMatch(Argument::known) && !language.equals("node")) {
            programs.start(
                    arguments.stream()
                            .map(argument -> Value.of(argument.text()))
                            .toList(),
                    state,
                    io);
        } else {
            programs.interpreter().code(Value.of(arguments.getFirst().text()), state.forChild(), io, language);
        }
    }

    private void argv(String name, List<Argument> arguments) {
        shell(name, arguments.isEmpty() ? arguments : arguments.subList(0, 1));
    }

    private void command(String name, List<Argument> arguments) {
        if (arguments.isEmpty() || !arguments.getFirst().known()) {
            opaque(name + " of a program that is computed");
            return;
        }
        List<Value> argv = new ArrayList<>();
        argv.add(Value.of(arguments.getFirst().text()));
        if (arguments.size() > 1) {
            if (!arguments.get(1).known()) {
                opaque(name + " with arguments that are computed");
            }
            argv.addAll(arguments.get(1).list());
        }
        if (arguments.getFirst().text().indexOf(' ') > 0) {
            shell(name, arguments);
        } else {
            programs.start(argv, state, io);
        }
    }

    void statement(Argument argument) {
        if (argument.known()
                && argument.text()
                        .toLowerCase(Locale.ROOT)
                        .strip()
                        .matches("(?s)(select|pragma|explain|with|create|insert)\\b.*")) {
            return;
        }
        opaque("a database statement");
    }
}
