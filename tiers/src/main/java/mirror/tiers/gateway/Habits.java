package mirror.tiers.gateway;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import mirror.tiers.Candidate;

/** What was learned of providers and models by asking them; forgotten with the process. Thread-safe. */
final class Habits {
    private final Set<String> asked = ConcurrentHashMap.newKeySet();
    private final Set<String> chat = ConcurrentHashMap.newKeySet();

    /** Whether a model has refused to be given the begin of a reply, and must be asked for the rest. */
    boolean mustBeAsked(Candidate model) {
        return asked.contains(model.name());
    }

    /** @return whether that is news */
    boolean learnMustBeAsked(Candidate model) {
        return asked.add(model.name());
    }

    /** Whether a provider of OpenAI's dialect has chat completions and no responses, as many that imitate it. */
    boolean hasChatAlone(Candidate model) {
        return chat.contains(model.provider().name());
    }

    void learnHasChatAlone(Candidate model) {
        chat.add(model.provider().name());
    }
}
