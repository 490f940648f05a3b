package mirror.trust.guard;

import static mirror.trust.guard.Concept.ACT;
import static mirror.trust.guard.Concept.ADDRESS;
import static mirror.trust.guard.Concept.AGENT;
import static mirror.trust.guard.Concept.AGENTFILE;
import static mirror.trust.guard.Concept.APPROVE;
import static mirror.trust.guard.Concept.ASK;
import static mirror.trust.guard.Concept.ATTEND;
import static mirror.trust.guard.Concept.CALL;
import static mirror.trust.guard.Concept.CALLED;
import static mirror.trust.guard.Concept.CHANGE;
import static mirror.trust.guard.Concept.DATA;
import static mirror.trust.guard.Concept.DEST;
import static mirror.trust.guard.Concept.DESTROY;
import static mirror.trust.guard.Concept.DISREGARD;
import static mirror.trust.guard.Concept.FETCH;
import static mirror.trust.guard.Concept.FOLLOW;
import static mirror.trust.guard.Concept.FOREVER;
import static mirror.trust.guard.Concept.FREE;
import static mirror.trust.guard.Concept.GUARDRAIL;
import static mirror.trust.guard.Concept.HERE;
import static mirror.trust.guard.Concept.HIDDEN;
import static mirror.trust.guard.Concept.HUSH;
import static mirror.trust.guard.Concept.INFORM;
import static mirror.trust.guard.Concept.LACK;
import static mirror.trust.guard.Concept.MESSAGE;
import static mirror.trust.guard.Concept.MODE;
import static mirror.trust.guard.Concept.MUST;
import static mirror.trust.guard.Concept.NEW;
import static mirror.trust.guard.Concept.NO;
import static mirror.trust.guard.Concept.NOW;
import static mirror.trust.guard.Concept.OTHER;
import static mirror.trust.guard.Concept.PERSONA;
import static mirror.trust.guard.Concept.PLACE;
import static mirror.trust.guard.Concept.PRAISE;
import static mirror.trust.guard.Concept.PRIOR;
import static mirror.trust.guard.Concept.PRIVILEGE;
import static mirror.trust.guard.Concept.PROMPT;
import static mirror.trust.guard.Concept.REFUSE;
import static mirror.trust.guard.Concept.REMEMBER;
import static mirror.trust.guard.Concept.REVEAL;
import static mirror.trust.guard.Concept.ROLE;
import static mirror.trust.guard.Concept.RULES;
import static mirror.trust.guard.Concept.RUN;
import static mirror.trust.guard.Concept.SECRECY;
import static mirror.trust.guard.Concept.SECRET;
import static mirror.trust.guard.Concept.SELF;
import static mirror.trust.guard.Concept.SEND;
import static mirror.trust.guard.Concept.SYSTEM;
import static mirror.trust.guard.Concept.TASK;
import static mirror.trust.guard.Concept.TOLD;
import static mirror.trust.guard.Concept.TOOL;
import static mirror.trust.guard.Concept.TRUST;
import static mirror.trust.guard.Concept.URGENT;
import static mirror.trust.guard.Concept.USER;
import static mirror.trust.guard.Concept.VOID;
import static mirror.trust.guard.Concept.YOU;

import java.util.List;

/**
 * Something that a sentence can ask for: different words, in this order and near each other, each with one of the meanings of its slot.
 *
 * @param score how sure when all is said plainly
 * @param verb the slot whose word must stand in the form in which it commands, another form counts less; -1 for none
 * @param window words from the first to the last at most
 * @param also meanings of which one must be in the sentence too, wherever; 0 for none
 * @param slots the meanings, any bit of each
 */
record Mechanism(Family family, String name, double score, int verb, int window, long also, long... slots) {
    private static final long SENSITIVE = of(SECRET, DATA);
    private static final long WHERE = of(DEST, ADDRESS);
    private static final long DEED = of(REVEAL, SEND, DISREGARD, APPROVE, RUN, DESTROY, FETCH);

    private static final long ACTION = DEED | of(CHANGE, FOLLOW, REMEMBER);
    private static final long OBJECT = SENSITIVE
            | WHERE
            | of(PRIVILEGE, GUARDRAIL, AGENTFILE, RULES, PROMPT, USER, TRUST, OTHER, HERE, TOOL, PRIOR, SYSTEM);

    static final List<Mechanism> ALL = List.of(
            // the assistant is spoken to by a text that is none of its user's
            verb(Family.ROLE_INJECTION, "called-to-act", 0.6, 1, 14, 0, of(CALLED), ACTION, OBJECT),
            verb(Family.ROLE_INJECTION, "called-to-act", 0.6, 2, 14, 0, of(AGENT), of(MUST), ACTION, OBJECT),
            verb(
                    Family.EXFILTRATION,
                    "let-the-assistant",
                    0.6,
                    2,
                    12,
                    0,
                    of(MUST),
                    of(AGENT),
                    of(SEND, FETCH, RUN, CHANGE),
                    SENSITIVE | WHERE),
            verb(Family.SOCIAL_ENGINEERING, "ask-for-praise", 0.6, 1, 16, 0, of(CALLED, AGENT), of(CHANGE), of(PRAISE)),
            verb(Family.ROLE_INJECTION, "hidden-call", 0.65, 2, 24, 0, of(HIDDEN), of(AGENT), ACTION),
            any(
                    Family.ROLE_INJECTION,
                    "posed-message",
                    0.6,
                    16,
                    of(SYSTEM, PRIVILEGE, ROLE),
                    of(MESSAGE, ROLE),
                    of(AGENT),
                    ACTION | of(MUST, NEW)),
            any(Family.ROLE_INJECTION, "posed-message", 0.6, 14, of(ROLE), of(AGENT), ACTION | of(MUST, NEW, NOW)),
            any(
                    Family.ROLE_INJECTION,
                    "posed-message",
                    0.55,
                    14,
                    of(MESSAGE),
                    of(AGENT),
                    ACTION,
                    of(HERE, AGENTFILE, TOOL, PRIOR)),
            any(
                    Family.ROLE_INJECTION,
                    "claimed-authority",
                    0.6,
                    24,
                    of(SELF),
                    of(PRIVILEGE, USER, SELF, SYSTEM, PERSONA),
                    of(AGENT, YOU),
                    ACTION),
            any(
                    Family.META_OVERRIDE,
                    "obey-the-text",
                    0.55,
                    10,
                    of(NOW, MUST, FOREVER),
                    of(AGENT),
                    of(FOLLOW, RUN),
                    of(HERE, RULES)),
            any(
                    Family.META_OVERRIDE,
                    "obey-the-text",
                    0.55,
                    10,
                    of(AGENT, YOU),
                    of(NOW, FOREVER, MUST),
                    of(FOLLOW, RUN),
                    of(HERE),
                    of(RULES, RUN, PRIOR, ACT, HERE)),
            verb(
                    Family.META_OVERRIDE,
                    "obey-the-text",
                    0.55,
                    0,
                    10,
                    of(ROLE, AGENT),
                    of(FOLLOW, CHANGE),
                    of(PRIOR),
                    of(HERE)),
            any(Family.META_OVERRIDE, "new-task", 0.6, 4, of(YOU), of(NEW), of(TASK)),
            verb(
                    Family.META_OVERRIDE,
                    "disregard-what-came",
                    0.65,
                    0,
                    10,
                    of(YOU),
                    of(DISREGARD),
                    of(PRIOR, RULES),
                    of(YOU, PRIOR),
                    of(TOLD)),
            any(
                    Family.META_OVERRIDE,
                    "disregard-what-came",
                    0.65,
                    10,
                    of(NO),
                    of(ATTEND),
                    of(YOU, PRIOR),
                    of(TOLD, RULES)),
            any(Family.META_OVERRIDE, "rules-are-void", 0.6, 8, of(YOU), of(RULES, GUARDRAIL), of(VOID)),
            any(Family.META_OVERRIDE, "rules-are-void", 0.6, 7, of(PRIOR), of(PRIOR), of(VOID)),
            any(Family.META_OVERRIDE, "rules-are-void", 0.6, 5, of(VOID), of(YOU), of(GUARDRAIL, RULES)),
            any(Family.META_OVERRIDE, "rules-are-void", 0.6, 8, of(YOU), of(RULES), of(NO), of(CALL, FOLLOW, MUST)),
            verb(
                    Family.META_OVERRIDE,
                    "changed-settings",
                    0.6,
                    0,
                    20,
                    of(AGENT, YOU),
                    of(REMEMBER, CHANGE, DISREGARD),
                    of(AGENTFILE),
                    of(TRUST, NO, PRIOR)),
            verb(
                    Family.META_OVERRIDE,
                    "changed-settings",
                    0.65,
                    0,
                    20,
                    0,
                    of(REMEMBER, CHANGE),
                    of(AGENTFILE),
                    of(TRUST),
                    of(NO, PRIOR)),
            verb(
                    Family.SOCIAL_ENGINEERING,
                    "without-asking",
                    0.55,
                    0,
                    14,
                    of(AGENT, YOU, CALLED, SELF, PRIVILEGE),
                    DEED | of(CHANGE),
                    of(LACK),
                    of(ASK)),
            any(Family.SOCIAL_ENGINEERING, "without-asking", 0.55, 7, of(NO), of(ASK), of(USER)),
            any(
                    Family.SOCIAL_ENGINEERING,
                    "claimed-consent",
                    0.6,
                    20,
                    of(USER, PRIVILEGE),
                    of(APPROVE),
                    of(AGENT, CHANGE),
                    of(DISREGARD, DESTROY, PRIVILEGE, PRIOR, NO, SECRECY, INFORM)),
            verb(
                    Family.SOCIAL_ENGINEERING,
                    "claimed-consent",
                    0.55,
                    -1,
                    14,
                    of(AGENT),
                    of(USER),
                    of(ASK),
                    of(PRIOR),
                    of(YOU, AGENT)),
            verb(Family.SOCIAL_ENGINEERING, "secrecy", 0.55, -1, 1, DEED, of(HUSH)),
            verb(
                    Family.SOCIAL_ENGINEERING,
                    "secrecy",
                    0.5,
                    -1,
                    7,
                    of(FETCH, SEND, RUN, SECRET),
                    of(NO),
                    of(INFORM),
                    of(YOU)),
            any(Family.META_OVERRIDE, "higher-rules", 0.6, 18, of(RULES), of(PRAISE), of(PRIOR, OTHER), of(AGENT, YOU)),
            any(Family.JAILBREAK, "rules-turned-round", 0.6, 12, of(YOU), of(RULES), of(REFUSE), of(MUST)),
            any(Family.SOCIAL_ENGINEERING, "claimed-authority", 0.5, 6, of(SELF), of(USER, PRIVILEGE, PERSONA)),
            verb(
                    Family.EXFILTRATION,
                    "send-secret",
                    0.6,
                    0,
                    14,
                    of(YOU, AGENT, URGENT),
                    of(SEND, REVEAL),
                    of(SECRET),
                    of(PLACE)),
            verb(Family.SOCIAL_ENGINEERING, "ask-for-password", 0.6, 0, 8, 0, of(ASK), of(USER), of(SECRET)),
            any(Family.SOCIAL_ENGINEERING, "secrecy", 0.65, 8, of(NO), of(INFORM), of(USER)),
            any(Family.SOCIAL_ENGINEERING, "secrecy", 0.55, 4, of(NO), of(SECRECY)),
            any(Family.JAILBREAK, "never-refuse", 0.6, 8, of(YOU, AGENT), of(NO), of(REFUSE)),
            any(Family.JAILBREAK, "persona-without-limits", 0.7, 8, of(YOU, ACT), of(NOW, ACT), of(FREE)),
            any(
                    Family.JAILBREAK,
                    "persona-without-limits",
                    0.65,
                    10,
                    of(YOU, ACT),
                    of(AGENT),
                    of(FREE, LACK),
                    of(FREE, RULES)),
            any(
                    Family.JAILBREAK,
                    "persona-without-limits",
                    0.6,
                    12,
                    of(RULES),
                    of(NO),
                    of(CALL, FOLLOW, MUST),
                    of(YOU)),
            verb(Family.JAILBREAK, "persona-without-limits", 0.55, 0, 6, 0, of(CHANGE, ACT), of(LACK), of(RULES, FREE)),
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
            command(Family.EXFILTRATION, "reveal-secret", 0.45, 7, of(REVEAL, FETCH), of(SECRET)),
            command(Family.EXFILTRATION, "send-secret", 0.75, 14, of(SEND, REVEAL), of(SECRET), WHERE),
            command(Family.EXFILTRATION, "send-secret", 0.45, 8, of(SEND), of(SECRET)),
            command(Family.EXFILTRATION, "send-data", 0.7, 14, of(SEND), of(DATA), WHERE),
            command(Family.EXFILTRATION, "run-for-secret", 0.7, 8, of(RUN), of(FETCH, REVEAL), of(SECRET)),
            verb(
                    Family.EXFILTRATION,
                    "run-for-secret",
                    0.7,
                    0,
                    10,
                    WHERE | of(SECRET, SECRECY, AGENT),
                    of(RUN),
                    of(SEND),
                    SENSITIVE,
                    SENSITIVE),
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
                    10,
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
            verb(
                    Family.META_OVERRIDE,
                    "changed-settings",
                    0.6,
                    0,
                    14,
                    0,
                    of(REMEMBER, CHANGE),
                    of(AGENTFILE),
                    of(NO),
                    of(ASK),
                    of(PRIOR, TRUST)),
            verb(Family.SOCIAL_ENGINEERING, "ask-for-password", 0.6, 0, 20, 0, of(INFORM), of(USER), of(SECRET), WHERE),
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
            verb(
                    Family.SOCIAL_ENGINEERING,
                    "no-questions",
                    0.55,
                    0,
                    12,
                    0,
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
            any(Family.JAILBREAK, "persona-without-limits", 0.75, 12, of(ACT, YOU, AGENT), of(LACK), of(RULES)),
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
        return new Mechanism(family, name, score, 0, window, 0, slots);
    }

    private static Mechanism any(Family family, String name, double score, int window, long... slots) {
        return new Mechanism(family, name, score, -1, window, 0, slots);
    }

    private static Mechanism verb(
            Family family, String name, double score, int verb, int window, long also, long... slots) {
        return new Mechanism(family, name, score, verb, window, also, slots);
    }

    /** Whether words of the sentence could fill every slot; cheap, and says no to almost every sentence. */
    boolean possible(long words) {
        for (long slot : slots) {
            if ((words & slot) == 0) {
                return false;
            }
        }
        return also == 0 || (words & also) != 0;
    }
}
