package mirror.trust.guard;

import static mirror.trust.guard.Concept.ACT;
import static mirror.trust.guard.Concept.ADDRESS;
import static mirror.trust.guard.Concept.AGENT;
import static mirror.trust.guard.Concept.APPROVE;
import static mirror.trust.guard.Concept.CALL;
import static mirror.trust.guard.Concept.DATA;
import static mirror.trust.guard.Concept.DEST;
import static mirror.trust.guard.Concept.DESTROY;
import static mirror.trust.guard.Concept.DISREGARD;
import static mirror.trust.guard.Concept.FETCH;
import static mirror.trust.guard.Concept.FOLLOW;
import static mirror.trust.guard.Concept.FOREVER;
import static mirror.trust.guard.Concept.FREE;
import static mirror.trust.guard.Concept.GUARDRAIL;
import static mirror.trust.guard.Concept.INFORM;
import static mirror.trust.guard.Concept.MODE;
import static mirror.trust.guard.Concept.MUST;
import static mirror.trust.guard.Concept.NEW;
import static mirror.trust.guard.Concept.NO;
import static mirror.trust.guard.Concept.OTHER;
import static mirror.trust.guard.Concept.PERSONA;
import static mirror.trust.guard.Concept.PLACE;
import static mirror.trust.guard.Concept.PRIOR;
import static mirror.trust.guard.Concept.PRIVILEGE;
import static mirror.trust.guard.Concept.PROMPT;
import static mirror.trust.guard.Concept.REMEMBER;
import static mirror.trust.guard.Concept.REVEAL;
import static mirror.trust.guard.Concept.ROLE;
import static mirror.trust.guard.Concept.RULES;
import static mirror.trust.guard.Concept.RUN;
import static mirror.trust.guard.Concept.SECRECY;
import static mirror.trust.guard.Concept.SECRET;
import static mirror.trust.guard.Concept.SEND;
import static mirror.trust.guard.Concept.SYSTEM;
import static mirror.trust.guard.Concept.TOOL;
import static mirror.trust.guard.Concept.URGENT;
import static mirror.trust.guard.Concept.USER;
import static mirror.trust.guard.Concept.YOU;

import java.util.List;

/**
 * Something that a sentence can ask for: different words, in this order and near each other, each with one of the meanings of its slot.
 *
 * @param score how sure when all is said plainly
 * @param command whether the first word must stand in the form in which it commands; another form counts less
 * @param window words from the first to the last at most
 * @param slots the meanings, any bit of each
 */
record Mechanism(Family family, String name, double score, boolean command, int window, long... slots) {
    private static final long SENSITIVE = of(SECRET, DATA);
    private static final long WHERE = of(DEST, ADDRESS);
    private static final long DEED = of(REVEAL, SEND, DISREGARD, APPROVE, RUN, DESTROY, FETCH);

    static final List<Mechanism> ALL = List.of(
            // rules that hold shall no longer hold
            command(Family.META_OVERRIDE, "disregard-rules", 0.85, 9, of(DISREGARD), of(PRIOR), of(RULES, GUARDRAIL)),
            command(Family.META_OVERRIDE, "disregard-rules", 0.55, 5, of(DISREGARD), of(GUARDRAIL)),
            any(Family.META_OVERRIDE, "disregard-rules", 0.8, 9, of(NO), of(FOLLOW), of(PRIOR), of(RULES)),
            command(Family.META_OVERRIDE, "other-rules", 0.7, 8, of(FOLLOW), of(NEW), of(RULES)),
            command(
                    Family.META_OVERRIDE,
                    "disregard-what-came",
                    0.6,
                    6,
                    of(DISREGARD),
                    of(YOU, PRIOR),
                    of(YOU, PRIOR),
                    of(MUST, YOU)),
            // data where it does not belong
            command(Family.EXFILTRATION, "reveal-prompt", 0.75, 8, of(REVEAL), of(SYSTEM, YOU), of(PROMPT)),
            command(Family.EXFILTRATION, "reveal-secret", 0.5, 7, of(REVEAL, FETCH), of(SECRET)),
            command(Family.EXFILTRATION, "send-secret", 0.75, 14, of(SEND, REVEAL), of(SECRET), WHERE),
            command(Family.EXFILTRATION, "send-secret", 0.5, 8, of(SEND), of(SECRET)),
            command(Family.EXFILTRATION, "send-data", 0.7, 14, of(SEND), of(DATA), WHERE),
            command(Family.EXFILTRATION, "run-for-secret", 0.7, 8, of(RUN), of(FETCH, REVEAL), of(SECRET)),
            command(Family.EXFILTRATION, "run-for-secret", 0.7, 10, of(RUN), of(SEND), SENSITIVE, SENSITIVE),
            command(Family.EXFILTRATION, "other-tenant", 0.65, 8, of(FETCH, REVEAL, SEND), of(OTHER), of(DATA)),
            command(
                    Family.EXFILTRATION,
                    "collect-and-send",
                    0.75,
                    16,
                    of(FETCH),
                    SENSITIVE,
                    of(SEND),
                    of(DEST, ADDRESS, PLACE)),
            // who speaks
            any(
                    Family.ROLE_INJECTION,
                    "posed-command",
                    0.8,
                    8,
                    of(ROLE),
                    DEED,
                    SENSITIVE | of(PROMPT, RULES, TOOL, CALL, GUARDRAIL)),
            any(Family.ROLE_INJECTION, "posed-command", 0.55, 6, of(ROLE), of(YOU, AGENT), of(MUST, NEW, FREE)),
            any(
                    Family.ROLE_INJECTION,
                    "addressed-to-assistant",
                    0.65,
                    12,
                    of(AGENT),
                    of(MUST),
                    DEED,
                    SENSITIVE | WHERE),
            // a yes that the owner did not give
            command(Family.SOCIAL_ENGINEERING, "get-approval", 0.75, 7, of(APPROVE), of(TOOL), of(CALL)),
            command(
                    Family.SOCIAL_ENGINEERING,
                    "get-approval",
                    0.6,
                    6,
                    of(APPROVE),
                    of(PRIOR, NEW, CALL),
                    of(TOOL, CALL)),
            command(
                    Family.SOCIAL_ENGINEERING,
                    "false-memory",
                    0.75,
                    12,
                    of(REMEMBER),
                    of(FOREVER),
                    of(PRIVILEGE, DISREGARD, SEND)),
            command(
                    Family.SOCIAL_ENGINEERING,
                    "false-memory",
                    0.6,
                    10,
                    of(REMEMBER),
                    of(USER, YOU, AGENT),
                    of(PRIVILEGE)),
            any(
                    Family.SOCIAL_ENGINEERING,
                    "secrecy",
                    0.65,
                    10,
                    of(SECRECY),
                    of(SEND, REVEAL, RUN, DESTROY, APPROVE, FETCH)),
            any(Family.SOCIAL_ENGINEERING, "secrecy", 0.65, 5, of(NO), of(INFORM), of(USER)),
            any(
                    Family.SOCIAL_ENGINEERING,
                    "haste",
                    0.65,
                    16,
                    of(URGENT),
                    of(SEND, REVEAL, APPROVE, RUN),
                    of(SECRET, RULES, GUARDRAIL)),
            any(
                    Family.SOCIAL_ENGINEERING,
                    "no-questions",
                    0.55,
                    12,
                    of(SEND, RUN, DESTROY, APPROVE),
                    of(NO),
                    of(GUARDRAIL)),
            any(
                    Family.SOCIAL_ENGINEERING,
                    "claimed-privilege",
                    0.55,
                    12,
                    of(USER, YOU),
                    of(PRIVILEGE),
                    of(REVEAL, SEND, DISREGARD),
                    SENSITIVE | of(PROMPT, RULES)),
            // one without limits
            any(Family.JAILBREAK, "mode-without-limits", 0.8, 9, of(PERSONA), of(MODE), of(FREE, NO, DISREGARD)),
            any(Family.JAILBREAK, "mode-without-limits", 0.6, 8, of(ACT, YOU), of(PERSONA), of(MODE)),
            any(
                    Family.JAILBREAK,
                    "persona-without-limits",
                    0.75,
                    12,
                    of(ACT, YOU, AGENT),
                    of(NO),
                    of(RULES, GUARDRAIL)),
            any(
                    Family.JAILBREAK,
                    "persona-without-limits",
                    0.7,
                    10,
                    of(ACT, YOU),
                    of(FREE),
                    of(AGENT, RULES, GUARDRAIL, MODE)));

    private static long of(Concept... concepts) {
        long bits = 0;
        for (Concept concept : concepts) {
            bits |= concept.bit();
        }
        return bits;
    }

    private static Mechanism command(Family family, String name, double score, int window, long... slots) {
        return new Mechanism(family, name, score, true, window, slots);
    }

    private static Mechanism any(Family family, String name, double score, int window, long... slots) {
        return new Mechanism(family, name, score, false, window, slots);
    }

    /** Whether words of the sentence could fill every slot; cheap, and says no to almost every sentence. */
    boolean possible(long words) {
        for (long slot : slots) {
            if ((words & slot) == 0) {
                return false;
            }
        }
        return true;
    }
}
