package mirror.surface.hook;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import mirror.bus.Draft;
import mirror.bus.Json;
import mirror.bus.NoteSigner;
import mirror.bus.Projector;
import mirror.trust.KnownTools;
import mirror.trust.Redactor;
import mirror.trust.guard.Guard;
import tools.jackson.databind.JsonNode;

/**
 * What the tools of a relayed MCP server say of themselves. A description is an instruction to the model: one that is another than
 * when the tool was first seen, or that tries to steer the assistant, is withheld until the owner has read and confirmed it with
 * {@code mirror trust tool SERVER/TOOL}. Thread-safe.
 */
public final class ToolWatch {
    private static final String WITHHELD = "mirror.tool.withheld.v1";
    private static final String SOURCE = "relay";
    private static final int MAX_TOOLS = 1_000;
    private static final int MAX_NAME = 128;

    private final KnownTools known;
    private final NoteSigner device;
    private final Guard guard = new Guard();
    private final Map<String, KnownTools.Definition> waiting = new LinkedHashMap<>();

    ToolWatch(KnownTools known, NoteSigner device) {
        this.known = known;
        this.device = device;
    }

    /**
     * Which of the tools must not be shown to a model, with a sentence each. New ones are remembered.
     *
     * @param server the name that the relay was given
     */
    public synchronized Map<String, String> withheld(Projector projector, String server, JsonNode tools) {
        Map<String, String> withheld = new LinkedHashMap<>();
        List<Draft> drafts = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (JsonNode tool : tools) {
            String name = tool.path("name").asString("");
            if (name.isEmpty() || name.length() > MAX_NAME || names.size() >= MAX_TOOLS) {
                withheld.put(name, "Mirror withholds this tool: its name is none, too long or one of too many");
                continue;
            }
            if (!names.add(name)) {
                withheld.put(name, "Mirror withholds the tool '" + name + "': the server lists it twice");
                continue;
            }
            KnownTools.Definition now = KnownTools.Definition.of(server + "/" + name, SOURCE, tool, device);
            KnownTools.Known before = known.get(now.server(), SOURCE).orElse(null);
            if (before != null && before.digest().equals(now.digest())) {
                waiting.remove(now.server());
                continue;
            }
            Guard.Report report = guard.examine(Intake.text(tool));
            if (before == null && !report.flagged()) {
                drafts.add(known.seen(now));
                continue;
            }
            String why = before == null
                    ? "its description tries to instruct the assistant"
                    : "it is described otherwise than before: " + difference(before.fields(), now.shown());
            withheld.put(
                    name,
                    "Mirror withholds the tool '" + name + "' of '" + server + "': " + why
                            + "; the owner can read and confirm it with 'mirror trust tool " + server + "/" + name
                            + "'");
            KnownTools.Definition earlier = waiting.put(now.server(), now);
            if (earlier == null || !earlier.digest().equals(now.digest())) {
                drafts.add(Draft.of(
                                WITHHELD,
                                "daemon",
                                Json.object()
                                        .put("server", server)
                                        .put("tool", name)
                                        .put("reason", Redactor.redact(why)))
                        .subject(now.server()));
            }
        }
        if (!drafts.isEmpty()) {
            projector.record(drafts);
        }
        return withheld;
    }

    /** What {@code SERVER/TOOL} says of itself now, when that waits for the owner. */
    public synchronized Optional<KnownTools.Definition> waiting(String name) {
        return Optional.ofNullable(waiting.get(name));
    }

    private static String difference(JsonNode old, JsonNode now) {
        Set<String> fields = new java.util.TreeSet<>(old.propertyNames());
        fields.addAll(now.propertyNames());
        fields.removeIf(field -> old.path(field).equals(now.path(field)));
        return fields.isEmpty() ? "a value that is kept out of the log" : String.join(", ", fields);
    }
}
