package mirror.trust;

import java.time.Instant;
import mirror.bus.Draft;
import mirror.bus.Event;

/** Events as the log would make them of drafts, for folds that are tested without a log. */
final class TestEvents {
    private TestEvents() {}

    static Event of(Draft draft, long seq, Instant time) {
        return new Event(
                "t-" + seq,
                draft.actor(),
                draft.type(),
                time,
                draft.subject(),
                "t",
                seq,
                seq,
                draft.permit(),
                draft.session(),
                draft.data(),
                "",
                "",
                "");
    }
}
