package mirror.surface.signal;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import mirror.surface.signal.SignalRefused.Fault;

/**
 * What a subscriber asks for.
 *
 * @param names the topics as they stand in the path, which events that are no messages repeat
 * @param poll whether the answer ends after what is there already
 * @param scheduled whether messages that are not due yet are shown too
 */
record Wanted(List<String> topics, String names, boolean poll, Since since, boolean scheduled, Filter filter) {
    /** Which messages pass; an empty field lets all through. */
    record Filter(String id, String message, String title, Set<Integer> priorities, Set<String> tags) {
        static final Filter ALL = new Filter("", "", "", Set.of(), Set.of());

        boolean passes(Message each) {
            return (id.isEmpty() || id.equals(each.id()))
                    && (message.isEmpty() || message.equals(each.message()))
                    && (title.isEmpty() || title.equals(each.title()))
                    && (priorities.isEmpty() || priorities.contains(each.effectivePriority()))
                    && new HashSet<>(each.tags()).containsAll(tags);
        }
    }

    static Wanted of(String path, Params params, Instant now) {
        boolean poll = params.flag(false, "x-poll", "poll", "po");
        List<Integer> priorities = new ArrayList<>();
        for (String name : params.list("x-priority", "priority", "prio", "p")) {
            priorities.add(Priorities.of(name).orElseThrow(() -> SignalRefused.of(Fault.PRIORITY)));
        }
        return new Wanted(
                Topics.list(path),
                path,
                poll,
                Since.of(params, poll, now),
                params.flag(false, "x-scheduled", "scheduled", "sched"),
                new Filter(
                        params.text("x-id", "id"),
                        params.text("x-message", "message", "m"),
                        params.text("x-title", "title", "t"),
                        Set.copyOf(priorities),
                        Set.copyOf(params.list("x-tags", "tags", "tag", "ta"))));
    }
}
