package mirror.trust.shell;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One start of a program, with its arguments told apart by its row of the table.
 *
 * @param program the name in the table, subcommands included
 * @param args everything after the program's name as written
 */
record Call(String program, Spec spec, Arguments arguments, List<Value> args, State state, Io io) {
    List<Value> operands() {
        return arguments.operands();
    }

    boolean has(String... options) {
        for (String option : options) {
            if (arguments.has(option)) {
                return true;
            }
        }
        return false;
    }

    @Nullable
    Value first() {
        return operands().isEmpty() ? null : operands().getFirst();
    }

    /** The first operand as written, or nothing. */
    String verb() {
        return operands().isEmpty() ? "" : operands().getFirst().shown();
    }

    /** Whether one of the operands is one of these words. */
    boolean says(String... words) {
        for (String word : words) {
            if (operands().stream().anyMatch(operand -> operand.is(word))) {
                return true;
            }
        }
        return false;
    }

    /** The operands from {@code from} on as words for the owner. */
    String words(int from) {
        return String.join(
                " ", operands().stream().skip(from).limit(4).map(Value::shown).toList());
    }
}
