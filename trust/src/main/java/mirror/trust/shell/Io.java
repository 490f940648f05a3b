package mirror.trust.shell;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a command reads from and writes to.
 *
 * @param stdin what it will read, null when it is what the whole command line was given (nothing, or a terminal)
 * @param out where its output is kept, null when nobody in the command line reads it
 */
record Io(@Nullable Value stdin, @Nullable Capture out) {
    static final Io INHERITED = new Io(null, null);

    Io reading(@Nullable Value value) {
        return new Io(value, out);
    }

    Io writing(@Nullable Capture capture) {
        return new Io(stdin, capture);
    }

    void print(Value value) {
        if (out != null) {
            out.print(value);
        }
    }

    /** From here on it is not certain which of the printed texts come, and in which order. */
    void uncertain() {
        if (out != null) {
            out.uncertain = true;
        }
    }

    /** Output that somebody reads: a pipe, a substitution, a file. */
    static final class Capture {
        private final List<Value> printed = new ArrayList<>();
        private boolean uncertain;

        void print(Value value) {
            if (printed.size() < 4096) {
                printed.add(value);
            } else {
                uncertain = true;
            }
        }

        Value value(String shown) {
            Value all = Value.joined(printed, "");
            if (uncertain && printed.size() > 0) {
                return new Value(List.of(new Value.Unknown(shown, all.remote(), List.of())));
            }
            return all;
        }
    }
}
