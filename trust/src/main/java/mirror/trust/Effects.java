package mirror.trust;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The field names of effects, as policies, events and people see them. */
public final class Effects {
    private Effects() {}

    static String kind(Effect effect) {
        return switch (effect) {
            case Effect.Read _ -> "read";
            case Effect.Write _ -> "write";
            case Effect.Delete _ -> "delete";
            case Effect.Run _ -> "run";
            case Effect.Egress _ -> "egress";
            case Effect.Publish _ -> "publish";
            case Effect.Elevate _ -> "elevate";
            case Effect.RemoteCode _ -> "remote-code";
            case Effect.Machine _ -> "machine";
            case Effect.Memory _ -> "memory";
            case Effect.Tool _ -> "tool";
            case Effect.Opaque _ -> "opaque";
        };
    }

    static @Nullable Path path(Effect effect) {
        return switch (effect) {
            case Effect.Read(Path path) -> path;
            case Effect.Write(Path path) -> path;
            case Effect.Delete(Path path, boolean _) -> path;
            default -> null;
        };
    }

    static String what(Effect effect) {
        return switch (effect) {
            case Effect.Publish(String what, boolean _) -> what;
            case Effect.Elevate(String user) -> user;
            case Effect.RemoteCode(String source) -> source;
            case Effect.Machine(String what) -> what;
            case Effect.Memory(String scope, boolean write) -> (write ? "write " : "read ") + scope;
            case Effect.Tool(String name) -> name;
            case Effect.Opaque(String why) -> why;
            default -> "";
        };
    }

    /** A few words for a reason shown to a person or a model. */
    public static String describe(Effect effect) {
        return switch (effect) {
            case Effect.Read(Path path) -> "reads " + path;
            case Effect.Write(Path path) -> "writes " + path;
            case Effect.Delete(Path path, boolean recursive) ->
                "deletes " + path + (recursive ? " and everything below it" : "");
            case Effect.Run run -> "runs " + Redactor.redact(clip(String.join(" ", run.argv())));
            case Effect.Egress(String host) -> host.equals("*") ? "talks to some host" : "talks to " + host;
            case Effect.Publish(String what, boolean irreversible) ->
                "publishes to " + what + (irreversible ? ", which cannot be taken back" : "");
            case Effect.Elevate(String user) -> "runs with the rights of " + user;
            case Effect.RemoteCode(String source) -> "runs code from " + clip(source);
            case Effect.Machine(String what) -> "changes the machine: " + clip(what);
            case Effect.Memory(String scope, boolean write) -> (write ? "writes memory " : "reads memory ") + scope;
            case Effect.Tool(String name) -> "uses the tool " + name;
            case Effect.Opaque(String why) -> clip(why);
        };
    }

    public static ArrayNode json(Collection<Effect> effects) {
        ArrayNode array = Json.array();
        for (Effect effect : effects) {
            ObjectNode node = array.addObject().put("kind", kind(effect));
            Path path = path(effect);
            if (path != null) {
                node.put("path", path.toString());
            }
            switch (effect) {
                case Effect.Delete delete -> node.put("recursive", delete.recursive());
                case Effect.Run run ->
                    run.argv().stream().limit(64).map(Redactor::field).forEach(node.putArray("argv")::add);
                case Effect.Egress egress -> node.put("host", egress.host());
                case Effect.Publish publish ->
                    node.put("what", publish.what()).put("irreversible", publish.irreversible());
                default -> {
                    if (!what(effect).isEmpty()) {
                        node.put("what", Redactor.field(what(effect)));
                    }
                }
            }
        }
        return array;
    }

    /** What {@link #json} wrote, with what it hid still hidden; what it cannot have written is {@link Effect.Opaque}. */
    static List<Effect> read(JsonNode array) {
        List<Effect> effects = new ArrayList<>();
        for (JsonNode node : array) {
            effects.add(one(node));
        }
        return effects;
    }

    private static Effect one(JsonNode node) {
        String what = node.path("what").asString("");
        try {
            return switch (node.path("kind").asString("")) {
                case "read" -> new Effect.Read(Path.of(node.path("path").asString("")));
                case "write" -> new Effect.Write(Path.of(node.path("path").asString("")));
                case "delete" ->
                    new Effect.Delete(
                            Path.of(node.path("path").asString("")),
                            node.path("recursive").asBoolean(true));
                case "run" -> {
                    List<String> argv = new ArrayList<>();
                    node.path("argv").forEach(word -> argv.add(word.asString("")));
                    yield new Effect.Run(argv);
                }
                case "egress" -> new Effect.Egress(node.path("host").asString("*"));
                case "publish" ->
                    new Effect.Publish(what, node.path("irreversible").asBoolean(true));
                case "elevate" -> new Effect.Elevate(what);
                case "remote-code" -> new Effect.RemoteCode(what);
                case "machine" -> new Effect.Machine(what);
                case "memory" -> new Effect.Memory(what.substring(what.indexOf(' ') + 1), !what.startsWith("read "));
                case "tool" -> new Effect.Tool(what);
                default -> new Effect.Opaque(what);
            };
        } catch (InvalidPathException e) {
            return new Effect.Opaque("a path that this system cannot name");
        }
    }

    private static String clip(String text) {
        return text.length() <= 160 ? text : text.substring(0, 160) + "\u2026";
    }
}
