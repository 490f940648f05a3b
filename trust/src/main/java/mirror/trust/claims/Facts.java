package mirror.trust.claims;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import mirror.trust.Redactor;
import mirror.trust.TrustException;
import tools.jackson.databind.JsonNode;

/**
 * All facts, as a fold over events: of each subject of a project the last one counts, because an older figure is no fact any more.
 *
 * <p>At most {@value #MOST}; the oldest make room. Thread-safe.
 */
public final class Facts implements Projection {
    static final String RECORDED = "mirror.probe.recorded.v1";

    static final int MOST = 5_000;
    private static final int LONGEST = 200;

    private final Map<String, Fact> facts = new LinkedHashMap<>();

    @Override
    public String name() {
        return "facts";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized JsonNode save() {
        return Json.array(facts.values());
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        facts.clear();
        Json.list(saved, Fact.class).forEach(this::put);
    }

    @Override
    public synchronized void accept(Event event) {
        if (event.type().equals(RECORDED)) {
            put(new Fact(
                    event.text("project"),
                    event.text("subject"),
                    event.text("value"),
                    event.text("unit"),
                    event.text("how"),
                    event.text("evidence"),
                    event.time(),
                    event.id()));
        }
    }

    private void put(Fact fact) {
        String key = fact.project() + "\n" + fact.subject();
        facts.remove(key);
        facts.put(key, fact);
        if (facts.size() > MOST) {
            facts.remove(facts.keySet().iterator().next());
        }
    }

    private synchronized List<Fact> where(Predicate<Fact> wanted) {
        return facts.values().stream().filter(wanted).toList();
    }

    /** What holds for texts of the project: its own facts and those of the machine, oldest first. */
    public List<Fact> of(String project) {
        return where(fact -> fact.project().equals(project) || fact.project().isEmpty());
    }

    /** Whether the project itself was ever probed. */
    public synchronized boolean any(String project) {
        return facts.values().stream().anyMatch(fact -> fact.project().equals(project));
    }

    /**
     * The event that records a fact.
     *
     * @param by {@code owner}, or who else measured
     * @throws TrustException when it is none: no subject, no unit, or a value that is not of that unit
     */
    public static Draft record(Fact fact, String by) {
        if (fact.subject().isBlank() || fact.subject().length() > LONGEST || isUnclean(fact.subject())) {
            throw new TrustException("a fact needs a name of 1 to " + LONGEST + " characters on one line");
        }
        if (fact.value().isBlank() || fact.value().length() > LONGEST || isUnclean(fact.value())) {
            throw new TrustException(
                    "'" + fact.subject() + "' needs a value of 1 to " + LONGEST + " characters on one line");
        }
        if (!fact.unit().equals(Fact.VERSION)
                && !fact.unit().equals(Fact.MODEL)
                && Measure.of(fact.value(), fact.unit()).isEmpty()) {
            throw new TrustException(
                    "'" + fact.value() + " " + fact.unit()
                            + "' is not a number with a unit; units are such as ms, MB, tests, x, %, events/s, version or model");
        }
        return Draft.of(
                        RECORDED,
                        by,
                        Json.object()
                                .put("project", fact.project())
                                .put("subject", Redactor.redact(fact.subject()))
                                .put("value", Redactor.redact(fact.value()))
                                .put("unit", fact.unit())
                                .put("how", Redactor.field(fact.how()))
                                .put("evidence", fact.evidence()))
                .subject(fact.subject());
    }

    private static boolean isUnclean(String text) {
        return text.chars().anyMatch(Character::isISOControl);
    }
}
