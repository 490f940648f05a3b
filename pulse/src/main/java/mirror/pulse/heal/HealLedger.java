package mirror.pulse.heal;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the log says of fixes: when which was tried about what, how that went, and which were stopped. So what was stopped stays so when
 * Mirror is started anew, and an attempt that a crash cut off is seen. A fold; thread-safe.
 */
public final class HealLedger implements Projection {
    static final String BEGUN = "mirror.heal.begun.v1";
    static final String ENDED = "mirror.heal.ended.v1";
    static final String WITHHELD = "mirror.heal.withheld.v1";
    static final String STOPPED = "mirror.heal.stopped.v1";
    static final String RELEASED = "mirror.heal.released.v1";
    static final String SWITCHED = "mirror.heal.switched.v1";
    static final String FIXED = "fixed";
    static final Duration DAY = Duration.ofDays(1);
    private static final int ATTEMPTS = 100;

    /** A fix and what it is about. */
    public record Case(String heal, String check) {}

    /**
     * How a case stands.
     *
     * @param open whether an attempt began and is not known to have ended
     * @param failures in a row
     * @param attempts when they began, oldest first; those of a day at least, and at most a hundred
     * @param at when the last one began or ended, or null when there was none
     * @param result {@code fixed}, {@code failed}, {@code unknown}, or empty
     * @param found how it was found then, or what was done
     * @param stopped why it is not tried any more, or empty
     */
    public record Known(
            boolean open,
            int failures,
            List<Instant> attempts,
            @Nullable Instant at,
            String result,
            String found,
            String stopped) {
        static final Known NOTHING = new Known(false, 0, List.of(), null, "", "", "");

        long attemptsSince(Instant since) {
            return attempts.stream().filter(at -> at.isAfter(since)).count();
        }
    }

    private final Map<String, Map<String, Known>> cases = new TreeMap<>();
    private boolean off;

    @Override
    public String name() {
        return "heals";
    }

    @Override
    public int version() {
        return 1;
    }

    /** Whether the owner turned healing off. */
    public synchronized boolean isOff() {
        return off;
    }

    public synchronized Known get(String heal, String check) {
        return cases.getOrDefault(heal, Map.of()).getOrDefault(check, Known.NOTHING);
    }

    /** All that were ever tried or stopped. */
    public synchronized Map<Case, Known> all() {
        Map<Case, Known> all = new java.util.LinkedHashMap<>();
        cases.forEach((heal, checks) -> checks.forEach((check, known) -> all.put(new Case(heal, check), known)));
        return all;
    }

    /** The fixes of which the log ever spoke. */
    public synchronized Set<String> heals() {
        return new TreeSet<>(cases.keySet());
    }

    @Override
    public synchronized void accept(Event event) {
        String heal = event.text("heal");
        String check = event.text("check");
        Instant at = event.time();
        switch (event.type()) {
            case BEGUN ->
                change(heal, check, was -> {
                    List<Instant> attempts = new ArrayList<>(was.attempts);
                    attempts.removeIf(each -> each.isBefore(at.minus(DAY)));
                    attempts.add(at);
                    if (attempts.size() > ATTEMPTS) {
                        attempts.removeFirst();
                    }
                    return new Known(true, was.failures, List.copyOf(attempts), at, was.result, was.found, was.stopped);
                });
            case ENDED -> {
                String result = event.text("result");
                change(
                        heal,
                        check,
                        was -> new Known(
                                false,
                                result.equals(FIXED) ? 0 : was.failures + 1,
                                was.attempts,
                                at,
                                result,
                                event.text("found"),
                                was.stopped));
            }
            case STOPPED ->
                change(
                        heal,
                        check,
                        was -> new Known(
                                was.open,
                                was.failures,
                                was.attempts,
                                was.at,
                                was.result,
                                was.found,
                                event.text("reason")));
            case RELEASED -> {
                Map<String, Known> released = cases.get(heal);
                if (released != null) {
                    released.replaceAll((_, was) -> new Known(was.open, 0, List.of(), null, was.result, was.found, ""));
                }
            }
            case SWITCHED -> off = !event.data().path("on").asBoolean(false);
            default -> {
                // Not about fixes.
            }
        }
    }

    private void change(String heal, String check, UnaryOperator<Known> how) {
        cases.computeIfAbsent(heal, _ -> new TreeMap<>())
                .compute(check, (_, was) -> how.apply(was == null ? Known.NOTHING : was));
    }

    @Override
    public synchronized JsonNode save() {
        ObjectNode saved = Json.object().put("off", off);
        var array = saved.putArray("cases");
        all().forEach((which, known) -> {
            ObjectNode one = array.addObject()
                    .put("heal", which.heal)
                    .put("check", which.check)
                    .put("open", known.open)
                    .put("failures", known.failures)
                    .put("at", known.at == null ? null : known.at.toString())
                    .put("result", known.result)
                    .put("found", known.found)
                    .put("stopped", known.stopped);
            known.attempts.forEach(at -> one.withArray("attempts").add(at.toString()));
        });
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        cases.clear();
        off = saved.path("off").asBoolean(false);
        for (JsonNode one : saved.path("cases").values()) {
            List<Instant> attempts = new ArrayList<>();
            one.path("attempts").forEach(at -> attempts.add(Instant.parse(at.asString())));
            String at = one.path("at").asString("");
            change(
                    one.path("heal").asString(""),
                    one.path("check").asString(""),
                    _ -> new Known(
                            one.path("open").asBoolean(false),
                            one.path("failures").asInt(0),
                            List.copyOf(attempts),
                            at.isEmpty() ? null : Instant.parse(at),
                            one.path("result").asString(""),
                            one.path("found").asString(""),
                            one.path("stopped").asString("")));
        }
    }
}
