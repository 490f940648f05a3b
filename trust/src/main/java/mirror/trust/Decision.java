package mirror.trust;

import org.jspecify.annotations.Nullable;

/**
 * What the gate said and what it rests on.
 *
 * @param rule id of the rule that decided, or of the built-in reason such as {@code kill-switch}
 * @param reason one sentence for the person and the model
 * @param policy SHA-256 of the policy file, or {@code none}
 * @param event id of the event that records it; null when the log could not take it (the verdict is BLOCK then)
 * @param approval id of the request that waits for the owner, when the verdict is ASK
 */
public record Decision(
        Verdict verdict,
        String rule,
        String reason,
        String policy,
        @Nullable String event,
        @Nullable String approval) {}
