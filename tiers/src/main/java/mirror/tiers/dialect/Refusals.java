package mirror.tiers.dialect;

import mirror.tiers.dialect.Part.Source;
import mirror.tiers.dialect.Prompt.Role;
import mirror.tiers.dialect.Prompt.Sampling;
import tools.jackson.databind.node.ObjectNode;

/** What more than one dialect cannot be told, or is told in other words. */
final class Refusals {
    /** Before an instruction in the middle of a conversation, where only the user can say it. */
    static final String LATER_INSTRUCTION = "Instruction of the system: ";

    static final String BY_URL = "cannot carry a document by its URL. Send it as base64 or text";

    private Refusals() {}

    /** Some models go on from it, some answer it, some refuse it: what comes out would mean something else. */
    static void lastTurnOfTheAssistant(Prompt prompt) {
        if (!prompt.turns().isEmpty() && prompt.turns().getLast().role() == Role.ASSISTANT) {
            throw Fields.bad(
                    "messages", "must not end with the assistant: this model's provider does not go on from its words");
        }
    }

    static void penalties(Sampling sampling) {
        if (sampling.presencePenalty() != null && sampling.presencePenalty().signum() != 0) {
            throw Fields.bad("presence_penalty", "is not known to this model's provider");
        }
        if (sampling.frequencyPenalty() != null && sampling.frequencyPenalty().signum() != 0) {
            throw Fields.bad("frequency_penalty", "is not known to this model's provider");
        }
    }

    static void seed(Sampling sampling) {
        if (sampling.seed() != null) {
            throw Fields.bad("seed", "is not known to this model's provider");
        }
    }

    static void oneCallAtATime(Prompt prompt) {
        if (Boolean.FALSE.equals(prompt.toolChoice().parallel())) {
            throw Fields.bad("tool_choice", "cannot ask this model's provider for one call at a time");
        }
    }

    static ObjectNode arguments(Part.ToolUse use) {
        ObjectNode arguments = Trees.object(use.arguments());
        if (arguments == null) {
            throw Fields.bad(
                    "messages", "must have one JSON object as the arguments of the call " + Words.name(use.id()));
        }
        return arguments;
    }

    /** What an image is, that a tool showed and that cannot stand in its result. */
    static String shown(String callId) {
        return "What the tool call " + ToolIds.portable(callId) + " showed:";
    }

    static String documentAsText(Part.Document document) {
        if (!(document.source() instanceof Source.Plain plain)) {
            throw Fields.bad("messages", BY_URL);
        }
        StringBuilder text = new StringBuilder();
        if (document.title() != null) {
            text.append(document.title()).append("\n\n");
        }
        if (document.context() != null) {
            text.append(document.context()).append("\n\n");
        }
        return text.append(plain.text()).toString();
    }

    /** The names in the order most tokens, temperature, top p, top k, presence and frequency penalty; the seed's is the same everywhere. */
    static void putNumbers(ObjectNode node, Sampling sampling, String... names) {
        if (sampling.maxTokens() != null) {
            node.put(names[0], sampling.maxTokens());
        }
        if (sampling.temperature() != null) {
            node.put(names[1], sampling.temperature());
        }
        if (sampling.topP() != null) {
            node.put(names[2], sampling.topP());
        }
        if (sampling.topK() != null) {
            node.put(names[3], sampling.topK());
        }
        if (sampling.presencePenalty() != null) {
            node.put(names[4], sampling.presencePenalty());
        }
        if (sampling.frequencyPenalty() != null) {
            node.put(names[5], sampling.frequencyPenalty());
        }
        if (sampling.seed() != null) {
            node.put("seed", sampling.seed());
        }
    }
}
