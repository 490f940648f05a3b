package mirror.surface.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import mirror.trust.Sensitivity;

/** Arguments taken apart: {@code --flag}, {@code --name value} or {@code --name=value}, and the rest; {@code --} ends options. */
final class Options {
    private final List<String> rest = new ArrayList<>();
    private final Set<String> flags = new HashSet<>();
    private final Map<String, String> values = new HashMap<>();

    private Options() {}

    /**
     * Parses {@code args}.
     *
     * @param known option names without dashes; those that take a value end in {@code =}
     */
    static Options parse(Command command, List<String> args, String... known) {
        Set<String> names = Set.of(known);
        Options options = new Options();
        for (int i = 0; i < args.size(); i++) {
            String arg = args.get(i);
            if (arg.equals("--")) {
                options.rest.addAll(args.subList(i + 1, args.size()));
                break;
            }
            if (!arg.startsWith("--")) {
                options.rest.add(arg);
                continue;
            }
            int equals = arg.indexOf('=');
            String name = arg.substring(2, equals < 0 ? arg.length() : equals);
            if (names.contains(name) && equals < 0) {
                options.flags.add(name);
            } else if (names.contains(name + "=") && equals >= 0) {
                options.values.put(name, arg.substring(equals + 1));
            } else if (names.contains(name + "=") && i + 1 < args.size()) {
                options.values.put(name, args.get(++i));
            } else if (names.contains(name + "=")) {
                throw CliException.usage("--" + name + " needs a value; usage: mirror " + command.usage());
            } else {
                throw CliException.usage("unknown option " + arg + "; usage: mirror " + command.usage());
            }
        }
        return options;
    }

    boolean has(String flag) {
        return flags.contains(flag);
    }

    Optional<String> value(String name) {
        return Optional.ofNullable(values.get(name));
    }

    /** Whether one of these options has a value. */
    boolean isGiven(String... names) {
        return Arrays.stream(names).anyMatch(values::containsKey);
    }

    /** What {@code --sensitivity} says, if anything. */
    Optional<Sensitivity> sensitivity() {
        return value("sensitivity")
                .map(word -> Sensitivity.of(word)
                        .orElseThrow(() -> CliException.usage(
                                "--sensitivity is public, internal, private, secret or never-share")));
    }

    /** The folder that an option names, seen from where the person stands; that place itself without the option. */
    Path folder(String name, Call call) {
        return call.path(values.getOrDefault(name, ""));
    }

    List<String> rest() {
        return rest;
    }

    /** The only positional argument. */
    String one(Command command) {
        if (rest.size() != 1) {
            throw CliException.usage("usage: mirror " + command.usage());
        }
        return rest.getFirst();
    }

    void none(Command command) {
        if (!rest.isEmpty()) {
            throw CliException.usage("unexpected '" + rest.getFirst() + "'; usage: mirror " + command.usage());
        }
    }
}
