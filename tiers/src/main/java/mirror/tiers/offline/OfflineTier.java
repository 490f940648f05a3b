package mirror.tiers.offline;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import mirror.tiers.dialect.Part;
import mirror.tiers.dialect.Prompt;
import mirror.tiers.dialect.Reply;
import mirror.tiers.dialect.Stop;
import mirror.tiers.dialect.StreamEvent;
import mirror.tiers.dialect.Usage;
import mirror.trust.Sensitivity;
import mirror.vault.LiveVault;
import mirror.vault.Reply.Cited;
import mirror.vault.Vault;
import org.jspecify.annotations.Nullable;

/**
 * The tier that is left when no model can be reached: it answers with sentences of the owner's notes as they stand there, each
 * with note, lines and the start of the note's SHA-256, or says that it does not know. It writes no word of its own into an answer but
 * the line that says where it comes from. The same notes and the same question give the same answer.
 *
 * <p>Must never: show a note beyond what the caller may see, or end an answer with a sentence that no place follows. Thread-safe.
 */
public final class OfflineTier {
    static final String FROM = "Offline: no model answered. These are sentences of your notes, as they stand there.";
    static final String NOTHING = "Offline: no model answered. I do not know: ";

    private static final int SENTENCES = 5;

    /** A cautious guess: no text of a note has fewer characters a token. */
    private static final int CHARACTERS = 2;

    /** Nothing was read or written by any model. */
    private static final Usage NONE = new Usage(0, 0, 0, 0, 0);

    private final LiveVault notes;

    public OfflineTier(LiveVault notes) {
        this.notes = notes;
    }

    /**
     * The answer to the last words of the user.
     *
     * @param visible the most sensitive note that may be shown; what a note says of itself that is no known word is shown to nobody
     * @param id names the reply
     * @param model what the reply calls itself
     * @throws CannotAnswer when the notes cannot be asked, or the answer must have a form that they do not have
     */
    public Reply answer(Prompt prompt, Sensitivity visible, String id, String model) throws CannotAnswer {
        Optional<String> question = Question.of(prompt);
        List<String> lines = question.isEmpty()
                ? List.of(NOTHING + "the last turn asks nothing that notes can answer.")
                : lines(question.get(), visible);
        return fitted(lines, prompt, id, model);
    }

    private List<String> lines(String question, Sensitivity visible) throws CannotAnswer {
        mirror.vault.Reply said;
        try {
            Vault vault = notes.vault();
            said = vault.ask(
                    question, hit -> Sensitivity.ofLabel(hit.sensitivity()).within(visible), SENTENCES);
        } catch (LiveVault.Unavailable | IOException e) {
            throw new CannotAnswer("the notes cannot be asked: " + e.getMessage());
        }
        List<String> lines = new ArrayList<>();
        if (said.sentences().isEmpty()) {
            lines.add(NOTHING + "your notes do not say" + late(said.freshness()) + ".");
            return lines;
        }
        lines.add(FROM);
        for (Cited each : said.sentences()) {
            lines.add(each.quote().replaceAll("\\s+", " ") + " [" + each.place() + "]");
        }
        return lines;
    }

    private static String late(Vault.Freshness freshness) {
        return freshness.pending() == 0 && freshness.reconciled() != null
                ? ""
                : ", as far as they are read; they are being looked through";
    }

    /** Whole lines up to the limit of the request, and up to the first of its stop texts. */
    private static Reply fitted(List<String> lines, Prompt prompt, String id, String model) {
        Integer most = prompt.sampling().maxTokens();
        long room = most == null ? Long.MAX_VALUE : (long) most * CHARACTERS;
        List<String> kept = new ArrayList<>();
        for (String line : lines) {
            room -= line.length() + 2;
            if (room < 0 && !kept.isEmpty()) {
                break;
            }
            kept.add(line);
        }
        String text = String.join("\n\n", kept);
        Stop stop = kept.size() < lines.size() ? Stop.MAX_TOKENS : Stop.END;
        String met = null;
        for (String each : prompt.sampling().stop()) {
            int at = each.isEmpty() ? -1 : text.indexOf(each);
            if (at >= 0) {
                text = text.substring(0, at);
                stop = Stop.STOP_SEQUENCE;
                met = each;
            }
        }
        return reply(text, stop, met, id, model);
    }

    private static Reply reply(String text, Stop stop, @Nullable String met, String id, String model) {
        return new Reply(id, model, List.of(new Part.Text(text)), stop, met, NONE);
    }

    /** The reply as a stream of the neutral form, a line of it at a time. */
    public static List<StreamEvent> events(Reply reply) {
        List<StreamEvent> events = new ArrayList<>();
        events.add(new StreamEvent.Start(reply.id(), reply.model(), reply.usage()));
        for (Part part : reply.parts()) {
            if (part instanceof Part.Text(String text)) {
                events.add(new StreamEvent.TextOpen());
                for (String line : text.split("(?<=\n\n)", -1)) {
                    events.add(new StreamEvent.TextDelta(line));
                }
                events.add(new StreamEvent.Close());
            }
        }
        events.add(new StreamEvent.Finish(reply.stop(), reply.stopSequence(), reply.usage()));
        return events;
    }
}
