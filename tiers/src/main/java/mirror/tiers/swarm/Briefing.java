package mirror.tiers.swarm;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import mirror.tiers.ask.Fences;
import mirror.tiers.ask.Fences.Quote;
import mirror.tiers.ask.Texts;

/** What a task is told: its prompt, and as data what others said. As thread-safe as its source of randomness. */
final class Briefing {
    /** So many characters of each result; the whole of it is in the log. */
    static final int EXCERPT = 2_000;

    private final Fences fences;

    Briefing(RandomGenerator random) {
        this.fences = new Fences(random);
    }

    /** @param outcomes of the last runs, or empty */
    String of(RunState run, TaskState task, String outcomes) {
        List<Quote> quotes = new ArrayList<>();
        for (String need : task.task().needs()) {
            run.task(need).ifPresent(each -> quotes.add(quote("Result of the task '" + need + "'", each)));
        }
        if (task.round() == 1) {
            if (task.task().memory() && !outcomes.isEmpty()) {
                quotes.add(new Quote("What came of the last runs", outcomes));
            }
            String after = task.task().children() > 0 && task.task().depth() < GraphReader.DEEPEST
                    ? childrenForm(task.task().children())
                    : "";
            return told(task.task().prompt(), quotes, after);
        }
        quotes.add(new Quote("What you answered first", task.first()));
        for (TaskState child : run.childrenOf(task.id())) {
            quotes.add(
                    child.state() == TaskState.State.FINISHED
                            ? quote("Result of your child '" + child.id() + "'", child)
                            : new Quote(
                                    "Your child '" + child.id() + "' has no result",
                                    Texts.line(child.state().text() + ": " + child.reason(), 500)));
        }
        return told(
                task.task().prompt(),
                quotes,
                "You asked for these children. Give the answer to the task now, with what they found. Where one has no result, say what is missing.");
    }

    private String told(String prompt, List<Quote> quotes, String after) {
        if (quotes.isEmpty()) {
            return after.isEmpty() ? prompt : prompt + "\n\n" + after;
        }
        return fences.quoted(prompt + "\n", quotes, after).stripTrailing();
    }

    private static Quote quote(String from, TaskState of) {
        String excerpt = Texts.head(of.head(), EXCERPT);
        return new Quote(
                of.length() <= EXCERPT
                        ? from
                        : from + ", its first " + EXCERPT + " of " + of.length() + " characters (the whole: sha256:"
                                + of.digest() + ")",
                excerpt);
    }

    private static String childrenForm(int most) {
        return "If parts of this are better done by others, you may ask for up to " + most
                + " tasks; you will be called again with their results. Then your answer has one block of exactly this form, JSON between the two lines:\n"
                + Children.FENCE
                + "\n[{\"id\": \"part-one\", \"prompt\": \"…\"}, {\"id\": \"part-two\", \"prompt\": \"…\", \"needs\": [\"part-one\"]}]\n```\n"
                + "Without the block your answer is the result.";
    }

    /** What a conductor is told. */
    String conductor(String goal, GraphReader.Bounds bounds, String outcomes) {
        String form =
                "Make a plan of tasks for language models that reaches the goal. Each task is told its prompt and the results of the tasks that it needs, and"
                        + " nothing else; tasks that do not need each other run at once. The last task gives the final result.\n"
                        + "Answer with one JSON object and nothing beside it:\n"
                        + "{\"tasks\": [{\"id\": \"collect\", \"prompt\": \"…\"}, {\"id\": \"write\", \"prompt\": \"…\", \"needs\": [\"collect\"], \"model\": \""
                        + bounds.models().getFirst() + "\", \"cents\": 5}]}\n"
                        + "At most " + bounds.tasks() + " tasks and "
                        + bounds.purse().cents()
                        + " cents together; ids are lower case letters, digits and dashes; models: "
                        + String.join(", ", bounds.models())
                        + "; other keys of a task: tokens, output, retries, seconds.\n";
        List<Quote> quotes = new ArrayList<>();
        quotes.add(new Quote("The goal, which the owner wrote", goal));
        if (!outcomes.isEmpty()) {
            quotes.add(new Quote("What came of the last runs", outcomes));
        }
        return fences.quoted(form, quotes, "Write the JSON object now.");
    }
}
