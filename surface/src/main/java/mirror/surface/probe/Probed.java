package mirror.surface.probe;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import mirror.bus.Draft;
import mirror.bus.Json;
import mirror.trust.Redactor;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What one version of a client was seen to do. Only what was seen counts: a trial that is missing or unclear is as good as one that failed.
 *
 * @param client the name that the client's events carry
 * @param tried in the order of {@link Trial}
 */
public record Probed(String client, String version, List<Tried> tried) {
    static final String EVENT = "mirror.client.probed.v1";

    /**
     * One trial.
     *
     * @param words the client's last ones where it was not tried, which may tell why; else empty
     */
    public record Tried(Trial trial, Outcome did, String words) {
        public boolean honoured() {
            return trial.isHonouredBy(did);
        }
    }

    /** Whether Mirror's gate holds in this version. */
    public enum Finding {
        HOLDS,
        BROKEN,
        UNCLEAR
    }

    public Probed {
        tried = List.copyOf(tried);
    }

    private boolean honours(Trial trial) {
        return tried.stream().anyMatch(each -> each.trial == trial && each.honoured());
    }

    private boolean did(Trial trial, Outcome outcome) {
        return tried.stream().anyMatch(each -> each.trial == trial && each.did == outcome);
    }

    public Finding finding() {
        if (did(Trial.DENY, Outcome.RAN) || did(Trial.REFUSE, Outcome.RAN)) {
            return Finding.BROKEN;
        }
        return Stream.of(Trial.ALLOW, Trial.DENY, Trial.REFUSE).allMatch(this::honours)
                ? Finding.HOLDS
                : Finding.UNCLEAR;
    }

    /** Whether an action that asks may wait in its hook for the owner. */
    public boolean waits() {
        return finding() == Finding.HOLDS && honours(Trial.LATE_DENY);
    }

    /** What follows for the owner, one sentence. */
    public String consequence() {
        return switch (finding()) {
            case BROKEN -> "runs what was denied, so Mirror cannot govern it and 'mirror connect' refuses this version";
            case UNCLEAR ->
                "nothing is proven, because " + unclear()
                        + "; what asks is refused until the owner has said yes and the agent tries again";
            case HOLDS ->
                (waits()
                                ? "keeps to a no and waits for it, so Mirror's gate holds"
                                : "keeps to a no but does not wait for it, so Mirror's gate holds and what asks is refused"
                                        + " until the owner has said yes and the agent tries again")
                        + open();
        };
    }

    private String unclear() {
        return tried.stream()
                .filter(each -> !each.honoured())
                .findFirst()
                .map(each -> "the tool " + each.did.text() + " when the hook " + each.trial.text()
                        + (each.words.isEmpty() ? "" : " (" + each.words + ")"))
                .orElse("nothing was tried");
    }

    /** The ways in which this version fails open, and what Mirror does about them. */
    private String open() {
        List<String> ways = Stream.of(Trial.ASK, Trial.GARBAGE, Trial.CRASH, Trial.SILENT)
                .filter(trial -> !honours(trial))
                .map(Trial::text)
                .toList();
        String own = ways.isEmpty()
                ? ""
                : "; it lets through, or hangs, when a hook "
                        + String.join(", ", ways).replaceFirst(", ([^,]*)$", " or $1") + ", which Mirror's never does";
        return own + (honours(Trial.MISSING) ? "" : "; where Mirror's hook client is gone, it lets everything through");
    }

    /** The event that records it. */
    public Draft draft() {
        ObjectNode data = Json.object()
                .put("client", client)
                .put("version", version)
                .put("finding", finding().name().toLowerCase(Locale.ROOT))
                .put("waits", waits())
                .put("text", Redactor.field(consequence()));
        var trials = data.putArray("trials");
        for (Tried each : tried) {
            trials.addObject()
                    .put("hook", each.trial.key())
                    .put("did", each.did.key())
                    .put("honoured", each.honoured())
                    .put("words", Redactor.field(each.words));
        }
        return Draft.of(EVENT, "owner", data).subject(client + " " + version);
    }

    /** What such an event says; of a trial that this Mirror does not know, nothing. */
    static Probed of(JsonNode data) {
        List<Tried> tried = data.path("trials")
                .valueStream()
                .flatMap(row -> Stream.of(Trial.values())
                        .filter(trial -> trial.key().equals(row.path("hook").asString("")))
                        .map(trial -> new Tried(
                                trial,
                                Stream.of(Outcome.values())
                                        .filter(did ->
                                                did.key().equals(row.path("did").asString("")))
                                        .findFirst()
                                        .orElse(Outcome.UNCLEAR),
                                row.path("words").asString(""))))
                .toList();
        return new Probed(data.path("client").asString(""), data.path("version").asString(""), tried);
    }
}
