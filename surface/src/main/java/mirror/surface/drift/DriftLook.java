package mirror.surface.drift;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import mirror.pulse.check.Check;
import mirror.pulse.check.Finding;
import mirror.pulse.drift.DriftLedger;
import mirror.surface.Core;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** What the pulse finds of capsules: a change counts as wrong for a week, what did not answer is unknown. */
public record DriftLook(Core core, Capsules capsules) implements Check.Look {
    /** How long a change that was found is news. */
    public static final Duration NEWS = Duration.ofDays(7);

    @Override
    public Map<String, Finding> look() {
        Map<String, Finding> found = new TreeMap<>();
        Capsules.Found files = capsules.find();
        files.faults().forEach((name, why) -> found.put(name, Finding.failing(name + ".yaml: " + why)));
        for (String name : files.sound().keySet()) {
            found.put(name, of(name));
        }
        return found;
    }

    private Finding of(String name) {
        DriftLedger.Known known = core.state().drift().get(name).orElse(null);
        if (known == null) {
            return Finding.unknown("it has not run yet");
        }
        ObjectNode change = change(core, name);
        if (change != null) {
            return Finding.warning(told(change) + "; 'mirror drift' tells more");
        }
        return switch (known.outcome()) {
            case "passed", "failed" -> Finding.ok(known.passed() + " of " + known.answered() + " answers passed");
            default -> Finding.unknown("its last run gave no answer that could be judged: " + known.outcome());
        };
    }

    /** The change of this capsule that is still news, or null. */
    public static @Nullable ObjectNode change(Core core, String capsule) {
        ObjectNode change = core.state().drift().alarm(capsule);
        return change != null
                        && Instant.parse(change.path("time").asString(""))
                                .plus(NEWS)
                                .isAfter(core.clock().instant())
                ? change
                : null;
    }

    /** A change in one sentence. */
    public static String told(ObjectNode change) {
        String series = change.path("series").asString("");
        if (series.equals("model")) {
            return "its provider calls the model " + change.path("now").asString("") + " since event "
                    + change.path("after-event").asLong(0) + ", and "
                    + change.path("was").asString("") + " before";
        }
        return series + " changed: on average " + change.path("before").path("mean") + " in "
                + change.path("before").path("runs") + " runs up to event "
                + change.path("before").path("to") + ", "
                + change.path("after").path("mean") + " in "
                + change.path("after").path("runs") + " since event "
                + change.path("after").path("from");
    }
}
