package mirror.vault.canon;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import mirror.trust.Sensitivity;
import mirror.vault.canon.Claim.Standing;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** All evidence and all claims, as a fold over events. Nothing in it is ever taken away. Thread-safe. */
public final class Claims implements Projection {
    static final String ADDED = "mirror.evidence.added.v1";
    static final String CHANGED = "mirror.evidence.changed.v1";
    static final String ADMITTED = "mirror.claim.admitted.v1";
    static final String DISPUTED = "mirror.claim.disputed.v1";

    private final SortedMap<String, Evidence> evidence = new TreeMap<>();
    private final SortedMap<String, Claim> claims = new TreeMap<>();
    private final SortedMap<String, SortedMap<String, String>> disputes = new TreeMap<>();

    /** What is known at one moment; not changed any more. */
    public record Known(
            SortedMap<String, Evidence> evidence,
            SortedMap<String, Claim> claims,
            SortedMap<String, SortedMap<String, String>> disputes) {

        /** The evidence that a claim quotes. */
        public Evidence of(Claim claim) {
            Evidence found = evidence.get(claim.evidence());
            if (found == null) {
                throw new IllegalArgumentException("claim " + claim.id() + " quotes evidence that is not there");
            }
            return found;
        }

        /** Ids of the claims that speak against one, each with the reason. */
        public SortedMap<String, String> against(String id) {
            return disputes.getOrDefault(id, new TreeMap<>());
        }
    }

    @Override
    public String name() {
        return "claims";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized void accept(Event event) {
        JsonNode data = event.data();
        switch (event.type()) {
            case ADDED -> {
                String sha256 = event.text("sha256");
                evidence.putIfAbsent(
                        sha256,
                        new Evidence(
                                sha256,
                                event.text("name"),
                                event.text("source"),
                                data.path("bytes").asLong(0),
                                // What cannot be read is shown to nobody.
                                Sensitivity.of(event.text("sensitivity")).orElse(Sensitivity.NEVER_SHARE),
                                event.time(),
                                event.actor(),
                                sha256));
            }
            case CHANGED ->
                evidence.computeIfPresent(event.text("sha256"), (_, old) -> changed(old, event.text("now")));
            case ADMITTED -> {
                Optional<Standing> standing = Standing.of(event.text("standing"));
                if (standing.isPresent() && evidence.containsKey(event.text("evidence"))) {
                    claims.putIfAbsent(
                            event.text("claim"),
                            new Claim(
                                    event.text("claim"),
                                    event.text("evidence"),
                                    event.text("quote"),
                                    data.path("block").asInt(1),
                                    event.text("about"),
                                    event.text("says"),
                                    standing.get(),
                                    event.text("key"),
                                    event.text("value"),
                                    event.time(),
                                    event.actor()));
                }
            }
            case DISPUTED -> dispute(event.text("claim"), event.text("other"), event.text("why"));
            default -> {}
        }
    }

    private static Evidence changed(Evidence old, String now) {
        return new Evidence(
                old.sha256(), old.name(), old.source(), old.bytes(), old.sensitivity(), old.time(), old.by(), now);
    }

    private void dispute(String one, String other, String why) {
        if (claims.containsKey(one) && claims.containsKey(other)) {
            disputes.computeIfAbsent(one, _ -> new TreeMap<>()).putIfAbsent(other, why);
            disputes.computeIfAbsent(other, _ -> new TreeMap<>()).putIfAbsent(one, why);
        }
    }

    public synchronized Known known() {
        SortedMap<String, SortedMap<String, String>> copy = new TreeMap<>();
        disputes.forEach((id, others) -> copy.put(id, new TreeMap<>(others)));
        return new Known(new TreeMap<>(evidence), new TreeMap<>(claims), copy);
    }

    /** Evidence by its digest or the first digits of it (4 or more); empty when there is none or it is not clear which. */
    public synchronized Optional<Evidence> find(String digits) {
        return only(evidence, digits);
    }

    /** A claim by its id or the first digits of it (4 or more); empty when there is none or it is not clear which. */
    public synchronized Optional<Claim> claim(String digits) {
        return only(claims, digits);
    }

    private static <T> Optional<T> only(SortedMap<String, T> all, String digits) {
        SortedMap<String, T> from = all.tailMap(digits);
        List<T> found = new ArrayList<>();
        for (var each : from.entrySet()) {
            if (!each.getKey().startsWith(digits) || found.size() > 1) {
                break;
            }
            found.add(each.getValue());
        }
        return digits.length() >= 4 && found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
    }

    /** What claims are about. */
    public synchronized SortedSet<String> subjects() {
        SortedSet<String> subjects = new TreeSet<>();
        claims.values().forEach(claim -> subjects.add(claim.about()));
        return subjects;
    }

    @Override
    public synchronized JsonNode save() {
        ObjectNode saved = Json.object();
        ArrayNode sources = saved.putArray("evidence");
        evidence.values().forEach(each -> sources.add(Json.MAPPER.<JsonNode>valueToTree(each)));
        ArrayNode all = saved.putArray("claims");
        claims.values().forEach(each -> all.add(Json.MAPPER.<JsonNode>valueToTree(each)));
        saved.set("disputes", Json.MAPPER.valueToTree(disputes));
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        evidence.clear();
        claims.clear();
        disputes.clear();
        saved.path("evidence").forEach(each -> {
            Evidence one = Json.MAPPER.treeToValue(each, Evidence.class);
            evidence.put(one.sha256(), one);
        });
        saved.path("claims").forEach(each -> {
            Claim one = Json.MAPPER.treeToValue(each, Claim.class);
            claims.put(one.id(), one);
        });
        saved.path("disputes").properties().forEach(one -> {
            SortedMap<String, String> others = new TreeMap<>();
            one.getValue()
                    .properties()
                    .forEach(
                            other -> others.put(other.getKey(), other.getValue().asString("")));
            disputes.put(one.getKey(), others);
        });
    }
}
