package mirror.continuity;

/** The event types of this room; {@code docs/events.md} documents their data. */
public final class Types {
    public static final String OPENED = "mirror.session.opened.v1";
    public static final String PROMPTED = "mirror.session.prompted.v1";
    public static final String COMPACTED = "mirror.session.compacted.v1";
    public static final String TURN_ENDED = "mirror.turn.ended.v1";
    public static final String SUBAGENT_ENDED = "mirror.subagent.ended.v1";
    public static final String ENDED = "mirror.session.ended.v1";
    public static final String CRYSTALLIZED = "mirror.session.crystallized.v1";
    public static final String SUMMARIZED = "mirror.session.summarized.v1";
    public static final String COMPLETED = "mirror.session.completed.v1";
    public static final String DECIDED = "mirror.action.decided.v1";
    public static final String ACTION_COMPLETED = "mirror.action.completed.v1";
    public static final String ACTION_FAILED = "mirror.action.failed.v1";
    public static final String MEMORY_WRITTEN = "mirror.memory.written.v1";
    public static final String HANDOFF_CREATED = "mirror.handoff.created.v1";
    public static final String HANDOFF_CLAIMED = "mirror.handoff.claimed.v1";
    public static final String HANDOFF_RETURNED = "mirror.handoff.returned.v1";
    public static final String FOCUS_SET = "mirror.focus.set.v1";
    public static final String INSIGHT_FOUND = "mirror.insight.found.v1";
    public static final String INSIGHT_ANSWERED = "mirror.insight.answered.v1";

    private Types() {}
}
