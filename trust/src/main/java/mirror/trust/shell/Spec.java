package mirror.trust.shell;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * One row of the program table: what a program's operands and options mean. The notation is explained in {@link ProgramTable}.
 *
 * @param options kinds by option name, without dashes
 */
record Spec(List<Slot> slots, Map<String, Character> options, List<Clause> clauses) {
    private static final Pattern BLANKS = Pattern.compile("\\s+");
    private static final Pattern COMMA = Pattern.compile(",");
    private static final Pattern SEMICOLON = Pattern.compile(";");

    /** @param unless the slot is not there when one of these options is given */
    record Slot(String kind, boolean repeated, List<String> unless) {}

    /** A consequence that holds when every group of {@code when} has an option that is given, and none of {@code unless} is. */
    record Clause(String verb, String argument, List<List<String>> when, List<String> unless) {}

    static Spec parse(String operands, String options, String clauses) {
        List<Slot> slots = new ArrayList<>();
        for (String token : words(operands)) {
            if (!token.equals("-")) {
                slots.add(slot(token));
            }
        }
        Map<String, Character> kinds = new HashMap<>();
        for (String token : words(options)) {
            if (!token.equals("-")) {
                names(token.substring(2)).forEach(name -> kinds.put(name, token.charAt(0)));
            }
        }
        List<Clause> consequences = new ArrayList<>();
        for (String clause : SEMICOLON.split(clauses, -1)) {
            if (!clause.isBlank() && !clause.strip().equals("-")) {
                consequences.add(clause(words(clause)));
            }
        }
        return new Spec(List.copyOf(slots), Map.copyOf(kinds), List.copyOf(consequences));
    }

    private static Slot slot(String token) {
        List<String> unless = List.of();
        String kind = token;
        if (token.startsWith("?")) {
            int colon = token.indexOf(':');
            unless = names(token.substring(1, colon));
            kind = token.substring(colon + 1);
        }
        boolean repeated = kind.endsWith("*");
        return new Slot(repeated ? kind.substring(0, kind.length() - 1) : kind, repeated, unless);
    }

    private static Clause clause(List<String> words) {
        List<String> argument = new ArrayList<>();
        List<List<String>> when = new ArrayList<>();
        List<String> unless = new ArrayList<>();
        for (int i = 1; i < words.size(); i++) {
            switch (words.get(i)) {
                case "if" -> when.add(names(words.get(++i)));
                case "unless" -> unless.addAll(names(words.get(++i)));
                default -> argument.add(words.get(i));
            }
        }
        return new Clause(words.getFirst(), String.join(" ", argument), List.copyOf(when), List.copyOf(unless));
    }

    private static List<String> names(String list) {
        return List.of(COMMA.split(list));
    }

    private static List<String> words(String text) {
        return Arrays.stream(BLANKS.split(text.strip()))
                .filter(word -> !word.isEmpty())
                .toList();
    }

    boolean has(String verb) {
        return clauses.stream().anyMatch(clause -> clause.verb().equals(verb));
    }

    /** How many operands come before the command that a wrapper starts; -1 when it starts none. */
    int commandAt() {
        for (int i = 0; i < slots.size(); i++) {
            if (slots.get(i).kind().equals("cmd") || slots.get(i).kind().equals("sh")) {
                return i
                        - (int) slots.stream()
                                .filter(slot -> slot.kind().equals("as"))
                                .count();
            }
        }
        return -1;
    }
}
