package mirror.pulse.reliability;

import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What each mechanism did when it was needed: a fold over events, so that no number stands that nothing happened for. The restart of a
 * service is exercised when the service failed: it worked when the service was then well for its stable time, and did not when it failed
 * again before that, or had to be given up. A fix worked when the check was well after it; the reaper, when the process ended. Thread-safe.
 */
public final class Reliability implements Projection {
    private final Map<String, Score> scores = new TreeMap<>();

    /** Services that failed, and of which it is not known yet whether the restart holds. */
    private final Set<String> failed = new TreeSet<>();

    /** What restarts this service, as a mechanism. */
    public static String restart(String service) {
        return "restart of " + service;
    }

    /** A fix, as a mechanism. */
    public static String heal(String name) {
        return "fix " + name;
    }

    /** A rule of the reaper, as a mechanism. */
    public static String reap(String rule) {
        return "reaper " + rule;
    }

    @Override
    public String name() {
        return "reliability";
    }

    @Override
    public int version() {
        return 2;
    }

    /** All mechanisms that were ever exercised, weighted as of the time of their last run. */
    public synchronized Map<String, Score> scores() {
        return new TreeMap<>(scores);
    }

    public synchronized Score score(String mechanism) {
        return scores.getOrDefault(mechanism, Score.UNTESTED);
    }

    @Override
    public synchronized void accept(Event event) {
        String service = event.text("service");
        switch (event.type()) {
            case "mirror.service.exited.v1" -> {
                if (!event.data().path("expected").asBoolean(true)) {
                    fail(service, event.time());
                }
            }
            case "mirror.service.failed.v1" -> fail(service, event.time());
            case "mirror.service.settled.v1" -> end(service, true, event.time());
            case "mirror.service.quarantined.v1" -> end(service, false, event.time());
            // An attempt that is not known to have helped did not.
            case "mirror.heal.ended.v1" ->
                run(heal(event.text("heal")), event.text("result").equals("fixed"), event.time());
            case "mirror.orphan.ended.v1" -> {
                // What had ended by itself says nothing of the reaper.
                if (!event.text("result").equals("gone")) {
                    run(reap(event.text("rule")), !event.text("result").equals("survived"), event.time());
                }
            }
            // Whoever takes it away or starts it by hand ends the exercise, and nothing is known of how it would have
            // ended.
            case "mirror.service.stopped.v1", "mirror.service.released.v1", "mirror.service.begun.v1" ->
                failed.remove(service);
            default -> {
                // Not about a mechanism.
            }
        }
    }

    private void fail(String service, Instant when) {
        if (!failed.add(service)) {
            run(restart(service), false, when);
        }
    }

    private void end(String service, boolean success, Instant when) {
        if (failed.remove(service)) {
            run(restart(service), success, when);
        }
    }

    private void run(String mechanism, boolean success, Instant when) {
        scores.merge(mechanism, Score.UNTESTED.plus(success, when), (known, _) -> known.plus(success, when));
    }

    @Override
    public synchronized JsonNode save() {
        ObjectNode saved = Json.object();
        var all = saved.putArray("scores");
        scores.forEach((name, score) -> all.addObject()
                .put("name", name)
                .put("successes", score.successes())
                .put("failures", score.failures())
                .put("runs", score.runs())
                .put("at", score.at().toString()));
        failed.forEach(saved.putArray("failed")::add);
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        scores.clear();
        failed.clear();
        for (JsonNode each : saved.path("scores").values()) {
            scores.put(
                    each.path("name").asString(""),
                    new Score(
                            each.path("successes").asDouble(0),
                            each.path("failures").asDouble(0),
                            each.path("runs").asLong(0),
                            Instant.parse(each.path("at").asString(""))));
        }
        saved.path("failed").values().forEach(each -> failed.add(each.asString("")));
    }
}
