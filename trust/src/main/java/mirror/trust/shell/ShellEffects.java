package mirror.trust.shell;

import java.util.ArrayList;
import java.util.List;
import mirror.trust.Effect;

/**
 * Says what a command line would do. The text is parsed as a shell parses it ({@link Parser}), words are expanded as far as their
 * value is known ({@link Expander}), and the commands are walked on every path a shell could take ({@link Interpreter}); what
 * each program does with its arguments is looked up in a table ({@link Programs}). Nothing is run and nothing is matched against
 * lists of bad strings, so the same effect is found behind every disguise the grammar allows, and text that is only data stays
 * data.
 *
 * <p>It must never leave an effect out. Whatever it does not understand, and whatever is too long, too deep or too costly to
 * follow, is reported as {@link Effect.Opaque}. It never throws, and its time is bounded.
 */
public final class ShellEffects {
    private static final int MAX_LENGTH = 64 * 1024;

    private ShellEffects() {}

    /** The effects of {@code command}, in the order they were found and each once; never fewer than it may have. */
    public static List<Effect> of(String command, ShellContext context) {
        String unreadable = unreadable(command);
        if (unreadable != null) {
            return List.of(new Effect.Opaque(unreadable));
        }
        Findings findings = new Findings();
        List<Effect> effects = new ArrayList<>();
        try {
            String lines = command.indexOf('\r') < 0
                    ? command
                    : command.replace("\r\n", "\n").replaceFirst("\r$", "");
            Node.Script script = Parser.parse(lines);
            new Interpreter(findings, context.paths()).execute(script, State.of(context), Io.INHERITED);
        } catch (ShellSyntaxException | Findings.Exhausted notUnderstood) {
            effects.add(new Effect.Opaque(String.valueOf(notUnderstood.getMessage())));
        } catch (StackOverflowError tooDeep) {
            effects.add(new Effect.Opaque("the command nests too deep to be followed"));
        } catch (RuntimeException defect) {
            effects.add(new Effect.Opaque("the analysis failed: " + defect));
        }
        effects.addAll(0, findings.list());
        return List.copyOf(effects);
    }

    private static @org.jspecify.annotations.Nullable String unreadable(String command) {
        if (command.length() > MAX_LENGTH) {
            return "the command is longer than " + MAX_LENGTH + " characters";
        }
        for (int i = 0; i < command.length(); i++) {
            char c = command.charAt(i);
            boolean control = (c < ' ' && "\t\n\r\f\013\033".indexOf(c) < 0) || c == 0x7f;
            boolean direction = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
            if (control || direction) {
                return "the command holds a character that hides what it says: U+" + String.format("%04X", (int) c);
            }
        }
        return null;
    }
}
