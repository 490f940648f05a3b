package mirror.trust.shell;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code echo} and {@code printf}: what they print is known when their arguments are, so piping it into a shell hides nothing. */
final class Printing {
    Outcome run(String name, List<Value> args, State state, Io io) {
        if (name.equals("echo")) {
            io.print(echo(args));
            return Outcome.success(state);
        }
        if (args.size() > 2 && args.getFirst().is("-v") && args.get(1).isKnown()) {
            return Outcome.success(state.with(args.get(1).shown(), printf(args.subList(2, args.size()))));
        }
        io.print(printf(!args.isEmpty() && args.getFirst().is("--") ? args.subList(1, args.size()) : args));
        return Outcome.success(state);
    }

    private static Value echo(List<Value> args) {
        int i = 0;
        boolean newline = true;
        boolean escapes = false;
        boolean verbatim = false;
        while (i < args.size()
                && args.get(i).lead().matches("-[neE]+")
                && args.get(i).isKnown()) {
            newline &= !args.get(i).lead().contains("n");
            escapes |= args.get(i).lead().contains("e");
            verbatim |= args.get(i).lead().contains("E");
            i++;
        }
        Value line = Value.joined(args.subList(i, args.size()), " ");
        if (line.shown().indexOf('\\') >= 0 && !verbatim) {
            // Without -e it depends on the shell whether escapes are read, so the text is certain only where both
            // agree.
            String text = line.known();
            String read = text == null || !escapes ? null : AnsiQuote.unescape(text);
            line = read == null ? uncertain(line) : Value.of(read);
        }
        return newline ? line.plus(Value.of("\n")) : line;
    }

    private static Value uncertain(Value value) {
        return new Value(List.of(new Value.Unknown(value.shown(), value.remote(), List.of())));
    }

    private static Value printf(List<Value> args) {
        if (args.isEmpty()) {
            return Value.EMPTY;
        }
        String format = args.getFirst().known();
        Value all = Value.joined(args, " ");
        if (format == null) {
            return uncertain(all);
        }
        Value out = Value.EMPTY;
        int next = 1;
        do {
            int before = next;
            int at = 0;
            while (at < format.length()) {
                int percent = format.indexOf('%', at);
                int end = percent < 0 ? format.length() : percent;
                String text = AnsiQuote.unescape(format.substring(at, end));
                if (text == null || out.length() >= Value.MAX_LENGTH) {
                    return uncertain(all);
                }
                out = out.plus(Value.of(text));
                if (percent < 0) {
                    break;
                }
                char conversion = percent + 1 < format.length() ? format.charAt(percent + 1) : '\0';
                Value piece = conversion == '%'
                        ? Value.of("%")
                        : convert(conversion, next < args.size() ? args.get(next) : Value.EMPTY);
                if (piece == null) {
                    return uncertain(all);
                }
                next += conversion == '%' ? 0 : 1;
                out = out.plus(piece);
                at = percent + 2;
            }
            if (next == before) {
                break;
            }
        } while (next < args.size());
        return out;
    }

    private static @Nullable Value convert(char conversion, Value argument) {
        return switch (conversion) {
            case 's' -> argument;
            case 'b' -> escaped(argument);
            case 'd' -> argument.lead().matches("-?[0-9]+") ? argument : Value.wild("%d");
            default -> null;
        };
    }

    private static @Nullable Value escaped(Value argument) {
        String text = argument.known();
        String read = text == null ? null : AnsiQuote.unescape(text);
        return read == null ? null : Value.of(read);
    }
}
