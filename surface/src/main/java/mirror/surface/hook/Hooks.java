package mirror.surface.hook;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.trust.Redactor;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Answers the hooks of all clients that Mirror knows. Thread-safe. */
public final class Hooks {
    private final Core core;
    private final Map<String, ClientHooks> clients = new HashMap<>();

    public Hooks(Core core, Connections connections) {
        this.core = core;
        for (Connection connection : connections.all()) {
            clients.put(connection.name(), new ClientHooks(core, connection.dialect(), connection));
        }
    }

    /**
     * Answers one hook call.
     *
     * @param client the client's name in the shim, such as {@code claude}
     * @param event the hook's name as registered; the body must name the same one
     * @param body as the client gave it; what is not a JSON object is refused
     */
    public HookReply handle(String client, String event, byte[] body) {
        ClientHooks hooks = clients.get(client);
        return hooks == null
                ? new HookReply.Refuse("Mirror knows no client '" + Redactor.field(client) + "'")
                : hooks.handle(event, parse(body));
    }

    /** One long poll of a shim whose action waits for the owner. */
    public HookReply poll(String approval) throws InterruptedException {
        for (ClientHooks hooks : clients.values()) {
            if (hooks.waitsFor(approval)) {
                return hooks.poll(approval);
            }
        }
        return new HookReply.Refuse("the approval " + Redactor.field(approval) + " is not waited for");
    }

    /** Which tools of a relayed MCP server must not be shown to a model; see {@link ToolWatch}. */
    public Map<String, String> withheld(String server, byte[] tools) {
        return core.servers().relayed().withheld(core.projector(), server, parse(tools));
    }

    private static JsonNode parse(byte[] body) {
        try {
            return Json.MAPPER.readTree(new String(body, StandardCharsets.UTF_8));
        } catch (JacksonException e) {
            return Json.object();
        }
    }
}
