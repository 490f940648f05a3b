package mirror.trust.shell;

import java.nio.file.Path;
import java.util.List;
import mirror.trust.Effect;
import mirror.trust.shell.Paths.Use;
import org.jspecify.annotations.Nullable;

/** Applies the redirections of one command, left to right. What goes to a file is kept, in case the line runs that file later. */
final class Redirections {
    private final Interpreter interpreter;
    private final Findings findings;
    private final Paths paths;
    private State state;
    private Io io;
    private @Nullable Path file;
    private Io.@Nullable Capture content;

    Redirections(Interpreter interpreter, Paths paths, State state, Io io) {
        this.interpreter = interpreter;
        this.findings = interpreter.findings();
        this.paths = paths;
        this.state = state;
        this.io = io;
    }

    State state() {
        return state;
    }

    Io io() {
        return io;
    }

    /** The file that standard output goes to, if any. */
    @Nullable
    Path file() {
        return file;
    }

    Value content() {
        return content == null ? Value.EMPTY : content.value("…");
    }

    void apply(Node.Redirect redirect) {
        Node.Heredoc heredoc = redirect.heredoc();
        if (heredoc != null) {
            Value body = expand(heredoc.body);
            if (redirect.descriptor() <= 0) {
                io = io.reading(body);
            }
            return;
        }
        Value target = expand(redirect.target());
        switch (redirect.operator()) {
            case "<<<" -> io = io.reading(target.plus(Value.of("\n")));
            case "<" -> read(target, redirect.descriptor());
            case "<>" -> {
                paths.touch(target, state, Use.WRITE);
                read(target, redirect.descriptor());
            }
            case "<&" -> {
                if (redirect.descriptor() <= 0 && !target.is("-")) {
                    io = io.reading(new Value(
                            List.of(new Value.Unknown("<&" + target.shown(), findings.socketHost(), List.of()))));
                }
            }
            case ">&" -> {
                String text = target.known();
                if (text == null || !text.matches("[0-9]*-?")) {
                    write(target, redirect.descriptor());
                } else if (redirect.descriptor() == 0 || (redirect.descriptor() != 2 && !text.equals("1"))) {
                    if (redirect.descriptor() == 0) {
                        io = io.reading(
                                new Value(List.of(new Value.Unknown("0>&" + text, findings.socketHost(), List.of()))));
                    } else if (redirect.descriptor() <= 1) {
                        io = io.writing(null);
                    }
                }
            }
            default -> write(target, redirect.descriptor());
        }
    }

    private Value expand(Word word) {
        Expander expander = new Expander(interpreter, state, io);
        Value value = expander.single(word);
        state = expander.state();
        return value;
    }

    private void read(Value target, int descriptor) {
        Value content = contentOf(target);
        if (descriptor <= 0) {
            io = io.reading(content);
        }
    }

    private Value contentOf(Value target) {
        Value piped = target.piped();
        if (piped != null) {
            return piped;
        }
        if (socket(target)) {
            return new Value(List.of(new Value.Unknown("<" + target.shown(), findings.socketHost(), List.of())));
        }
        paths.touch(target, state, Use.READ);
        if (target.is("/dev/null")) {
            return Value.EMPTY;
        }
        Path path = paths.file(target, state);
        Value written = path == null ? null : state.written().get(path);
        return written != null ? written : new Value(List.of(new Value.Unknown("<" + target.shown(), null, List.of())));
    }

    private boolean socket(Value target) {
        String host = Paths.socketHost(target);
        if (host != null) {
            findings.add(new Effect.Egress(host));
            findings.socket(host);
        }
        return host != null;
    }

    private void write(Value target, int descriptor) {
        if (socket(target)) {
            return;
        }
        paths.touch(target, state, Use.WRITE);
        if (descriptor == -1 || descriptor == 1) {
            content = new Io.Capture();
            io = io.writing(content);
            file = paths.file(target, state);
        }
    }
}
