package mirror.tiers.dialect;

import mirror.tiers.dialect.Prompt.Role;
import mirror.tiers.dialect.Prompt.Sampling;

/** What more than one dialect cannot be told. */
final class Refusals {
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
}
