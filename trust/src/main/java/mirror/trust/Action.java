package mirror.trust;

import java.nio.file.Path;
import java.util.List;
import mirror.bus.AtomicFiles;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Something an agent is about to do.
 *
 * @param actor the client, such as {@code claude-code}
 * @param session the client's session id
 * @param id the client's id of the call, or null when it has none
 * @param tool the client's name of the tool
 * @param input the tool's input as the client gave it
 * @param cwd where relative paths start
 * @param project root of the project
 * @param effects what it would do; never empty, and {@link Effect.Opaque} for what is not understood
 */
public record Action(
        String actor,
        String session,
        @Nullable String id,
        String tool,
        JsonNode input,
        Path cwd,
        Path project,
        List<Effect> effects) {
    public Action {
        effects = effects.isEmpty()
                ? List.of(new Effect.Opaque("nothing is known of what it does"))
                : List.copyOf(effects);
    }

    /** The worst class of its effects. */
    public Risk risk() {
        return Risk.worst(effects);
    }

    /** The same action with only some of its effects. */
    Action of(List<Effect> some) {
        return new Action(actor, session, id, tool, input, cwd, project, some);
    }

    /** SHA-256 of what an approval is for: who, in which session, does what with exactly which input, where. */
    public String digest() {
        return AtomicFiles.digest(Json.MAPPER.writeValueAsBytes(canonical()));
    }

    /** What the digest is of. It holds the input as it is, secrets too: it is for the owner's eyes, and never for the log. */
    JsonNode canonical() {
        ObjectNode canonical = Json.object()
                .put("actor", actor)
                .put("cwd", cwd.toString())
                .put("session", session)
                .put("tool", tool);
        canonical.set("input", sorted(input));
        return sorted(canonical);
    }

    /** Object keys in code point order, at every depth, so that the order a client happens to use does not matter. */
    static JsonNode sorted(JsonNode node) {
        if (node.isObject()) {
            ObjectNode out = Json.object();
            node.propertyNames().stream().sorted().forEach(name -> out.set(name, sorted(node.get(name))));
            return out;
        }
        if (node.isArray()) {
            var out = Json.array();
            node.forEach(item -> out.add(sorted(item)));
            return out;
        }
        return node;
    }
}
