package mirror.trust.shell;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of one program, told apart as getopt does: clustered short options, values attached or apart, abbreviated long
 * names, {@code --}, operands between options.
 *
 * @param rest the command a wrapper starts, or the subcommand and what follows
 * @param dynamic an argument is not known and may itself be an option
 */
record Arguments(List<Option> options, List<Value> operands, List<Value> rest, boolean dynamic) {
    /** @param value null when the option has none */
    record Option(String name, char kind, @Nullable Value value) {}

    /** @param stopAt the number of operands after which everything is {@link #rest}; -1 for never */
    static Arguments parse(
            Map<String, Character> kinds, List<Value> args, int stopAt, boolean assignments, boolean single) {
        List<Option> options = new ArrayList<>();
        List<Value> operands = new ArrayList<>();
        boolean dynamic = false;
        boolean onlyOperands = false;
        int i = 0;
        while (i < args.size()) {
            Value arg = args.get(i);
            String lead = arg.lead();
            dynamic |= arg.startsWithUnknownOption();
            boolean option = !onlyOperands && lead.length() > 1 && lead.charAt(0) == '-';
            if (option && arg.is("--")) {
                onlyOperands = true;
                i++;
                continue;
            }
            if (!option) {
                boolean assigns = assignments && operands.isEmpty() && lead.matches("[A-Za-z_][A-Za-z0-9_]*=[\\s\\S]*");
                if (!assigns && stopAt >= 0 && operands.size() >= stopAt) {
                    return new Arguments(options, operands, args.subList(i, args.size()), dynamic);
                }
                if (assigns) {
                    options.add(new Option("=", '=', arg));
                } else {
                    operands.add(arg);
                }
                i++;
                continue;
            }
            Value next = i + 1 < args.size() ? args.get(i + 1) : null;
            Value afterNext = i + 2 < args.size() ? args.get(i + 2) : null;
            boolean usesNext = (lead.startsWith("--") || single)
                    ? longOption(kinds, arg, lead, next, options)
                    : cluster(kinds, arg, lead, next, options);
            i += usesNext && next != null ? 2 : 1;
            char kind = options.isEmpty() ? ' ' : options.getLast().kind();
            if (usesNext && (kind == '2' || kind == '3') && afterNext != null) {
                Option pair = options.removeLast();
                options.add(new Option(pair.name(), kind == '3' ? 'r' : 'v', afterNext));
                i++;
            }
        }
        return new Arguments(options, operands, List.of(), dynamic);
    }

    private static boolean longOption(
            Map<String, Character> kinds, Value arg, String lead, @Nullable Value next, List<Option> options) {
        int dashes = lead.startsWith("--") ? 2 : 1;
        int equals = lead.indexOf('=');
        String name = lead.substring(dashes, equals < 0 ? lead.length() : equals);
        char kind = kind(kinds, name);
        if (equals >= 0) {
            options.add(new Option(name, kind, arg.drop(equals + 1)));
            return false;
        }
        boolean takes = kind != ' ' && kind != 'o' && next != null;
        options.add(new Option(name, kind, takes ? next : null));
        return takes;
    }

    private static char kind(Map<String, Character> kinds, String name) {
        Character exact = kinds.get(name);
        if (exact != null) {
            return exact;
        }
        if (name.length() > 2) {
            for (Map.Entry<String, Character> entry : kinds.entrySet()) {
                if (entry.getKey().length() > 2 && entry.getKey().startsWith(name)) {
                    return entry.getValue();
                }
            }
        }
        return ' ';
    }

    private static boolean cluster(
            Map<String, Character> kinds, Value arg, String lead, @Nullable Value next, List<Option> options) {
        for (int c = 1; c < lead.length(); c++) {
            String name = lead.substring(c, c + 1);
            char kind = kinds.getOrDefault(name, ' ');
            if (kind == ' ') {
                options.add(new Option(name, kind, null));
                continue;
            }
            Value attached = arg.drop(c + 1);
            if (!attached.isEmpty() || kind == 'o') {
                options.add(new Option(name, kind, attached));
                return false;
            }
            options.add(new Option(name, kind, next));
            return true;
        }
        return false;
    }

    /** Whether the option is given, perhaps abbreviated. */
    boolean has(String name) {
        for (Option option : options) {
            String given = option.name();
            if (given.equals(name) || (given.length() > 1 && name.length() > 2 && name.startsWith(given))) {
                return true;
            }
        }
        return false;
    }

    /** Whether the option is certainly given: written out, and not taken back. */
    boolean certain(String name) {
        boolean given = false;
        for (Option option : options) {
            given |= option.name().equals(name);
            given &= !option.name().equals("no-" + name);
        }
        return given && !dynamic;
    }

    @Nullable
    Value value(String... names) {
        for (Option option : options) {
            for (String name : names) {
                if (option.name().equals(name)
                        || (option.name().length() > 2 && name.length() > 2 && name.startsWith(option.name()))) {
                    return option.value();
                }
            }
        }
        return null;
    }

    /**
     * Whether a condition of the table holds.
     *
     * @param sure asks for certainty: it is what makes a command harmless, so an operand that only happens to be the same word
     *     does not do
     */
    boolean holds(String condition, boolean sure) {
        return switch (condition.charAt(0)) {
            case '#' -> condition.equals("#+") ? !operands.isEmpty() : operands.size() == condition.charAt(1) - '0';
            case '=' ->
                operands.stream()
                        .limit(sure ? 1 : operands.size())
                        .anyMatch(operand -> operand.is(condition.substring(1)));
            case '^' -> operands.stream().anyMatch(operand -> operand.lead().startsWith(condition.substring(1)));
            case '~' -> operands.stream().anyMatch(operand -> operand.shown().contains(condition.substring(1)));
            default -> sure ? certain(condition) : has(condition);
        };
    }
}
