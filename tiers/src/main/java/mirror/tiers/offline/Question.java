package mirror.tiers.offline;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import mirror.tiers.dialect.Part;
import mirror.tiers.dialect.Prompt;

/** What a request to a model asks, where it asks something that notes can answer. */
final class Question {
    /** Longer ones are rarely questions; the end is where people put what they want to know. */
    static final int LONGEST = 1_000;

    /** What agents add to the words of a person. */
    private static final Pattern REMINDER = Pattern.compile("<system-reminder>.*?</system-reminder>", Pattern.DOTALL);

    private Question() {}

    /**
     * The last words of the user; nothing when the last turn asks nothing, as in the middle of an agent's work with tools.
     *
     * @throws CannotAnswer when the answer must have a form that notes do not have
     */
    static Optional<String> of(Prompt prompt) throws CannotAnswer {
        if (prompt.format() != null) {
            throw new CannotAnswer("it must be JSON, and notes are none");
        }
        Prompt.Choice choice = prompt.toolChoice().choice();
        if (choice == Prompt.Choice.ANY || choice == Prompt.Choice.NAMED) {
            throw new CannotAnswer("a tool must be called, and notes call none");
        }
        List<Prompt.Turn> turns = prompt.turns();
        for (int i = turns.size() - 1; i >= 0; i--) {
            Prompt.Turn turn = turns.get(i);
            switch (turn.role()) {
                case USER -> {
                    return turn.parts().stream().anyMatch(Part.ToolResult.class::isInstance)
                            ? Optional.empty()
                            : words(turn.parts());
                }
                case ASSISTANT -> {
                    return Optional.empty();
                }
                case SYSTEM -> {}
            }
        }
        return Optional.empty();
    }

    private static Optional<String> words(List<Part> parts) {
        String last = "";
        for (Part part : parts) {
            if (part instanceof Part.Text(String text)) {
                String said = REMINDER.matcher(text).replaceAll(" ").strip();
                last = said.isEmpty() ? last : said;
            }
        }
        return last.isEmpty()
                ? Optional.empty()
                : Optional.of(last.length() <= LONGEST ? last : last.substring(last.length() - LONGEST));
    }
}
