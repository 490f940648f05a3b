package mirror.surface.relay;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Carries MCP's stdio messages (JSON-RPC, one a line) between a client and a server of somebody else. Every list of tools is inspected
 * on its way: a tool that is withheld is not in the list that the client gets, and a call of it never reaches the server. All other
 * messages pass as the bytes that they are.
 *
 * <p>Must never: pass on a call of a tool that was not inspected and let through, or a line that is not one JSON object.
 */
public final class ServerRelay {
    /** Longer lines end the relay: nobody lists tools in them. */
    static final int MAX_LINE = 32 * 1024 * 1024;

    private static final int INVALID_PARAMS = -32602;

    /** Says which tools are withheld, by name and with one sentence for the model. */
    @FunctionalInterface
    public interface Inspector {
        Map<String, String> withheld(ArrayNode tools) throws IOException;
    }

    private final Inspector inspector;
    private final OutputStream toClient;
    private final OutputStream toServer;
    private final PrintStream words;

    /** Ids of the client's questions for tools that are not answered yet, as JSON. */
    private final Set<String> asked = new HashSet<>();

    private final Set<String> passed = new HashSet<>();
    private final Map<String, String> withheld = new HashMap<>();

    /** @param words where the person may look when something is wrong */
    public ServerRelay(Inspector inspector, OutputStream toClient, OutputStream toServer, PrintStream words) {
        this.inspector = inspector;
        this.toClient = toClient;
        this.toServer = toServer;
        this.words = words;
    }

    /** Carries what the client says, until it says no more. */
    public void fromClient(InputStream client) throws IOException {
        InputStream in = new BufferedInputStream(client);
        for (byte[] line = line(in); line != null; line = line(in)) {
            JsonNode message = object(line);
            if (message == null) {
                words.println("mirror: the client sent a line that is not one JSON-RPC message; it was not passed on");
                continue;
            }
            String refusal = "";
            if (message.path("method").asString("").equals("tools/list")) {
                synchronized (this) {
                    asked.add(message.path("id").toString());
                }
            } else if (message.path("method").asString("").equals("tools/call")) {
                refusal = refusal(message.path("params").path("name").asString(""));
            }
            if (refusal.isEmpty()) {
                write(toServer, line);
            } else {
                refuse(message.path("id"), refusal);
            }
        }
    }

    private synchronized String refusal(String tool) {
        return passed.contains(tool)
                ? ""
                : withheld.getOrDefault(
                        tool, "Mirror has not seen the tool '" + tool + "' in the server's list; list the tools first");
    }

    private void refuse(JsonNode id, String why) throws IOException {
        ObjectNode answer = Json.object().put("jsonrpc", "2.0");
        answer.set("id", id);
        answer.putObject("error").put("code", INVALID_PARAMS).put("message", why);
        write(toClient, Json.MAPPER.writeValueAsBytes(answer));
    }

    /** Carries what the server says, until it says no more. */
    public void fromServer(InputStream server) throws IOException {
        InputStream in = new BufferedInputStream(server);
        for (byte[] line = line(in); line != null; line = line(in)) {
            JsonNode message = object(line);
            if (message == null) {
                words.println("mirror: the server sent a line that is not one JSON-RPC message; it was not passed on");
                continue;
            }
            boolean list;
            synchronized (this) {
                list = !message.has("method") && asked.remove(message.path("id").toString());
            }
            // A result with tools is a list of tools, whatever question it claims to answer.
            write(toClient, list || message.path("result").has("tools") ? inspected(message) : line);
        }
    }

    private byte[] inspected(JsonNode message) {
        if (!(message.path("result") instanceof ObjectNode result)) {
            return Json.MAPPER.writeValueAsBytes(message);
        }
        ArrayNode tools = result.path("tools") instanceof ArrayNode array ? array : Json.array();
        Map<String, String> held;
        try {
            held = inspector.withheld(tools);
        } catch (IOException e) {
            words.println("mirror: all tools are withheld: " + e.getMessage());
            held = new HashMap<>();
            for (JsonNode tool : tools) {
                held.put(tool.path("name").asString(""), "Mirror cannot look at the tools: " + e.getMessage());
            }
        }
        ArrayNode left = Json.array();
        synchronized (this) {
            for (JsonNode tool : tools) {
                String name = tool.path("name").asString("");
                String why = held.get(name);
                if (why == null && tool.path("name").isString() && !name.isEmpty()) {
                    passed.add(name);
                    withheld.remove(name);
                    left.add(tool);
                } else {
                    passed.remove(name);
                    withheld.put(name, why == null ? "the tool has no name" : why);
                }
            }
        }
        result.set("tools", left);
        return Json.MAPPER.writeValueAsBytes(message);
    }

    private static @Nullable JsonNode object(byte[] line) {
        try {
            JsonNode node = Json.one(line);
            return node.isObject() ? node : null;
        } catch (JacksonException e) {
            return null;
        }
    }

    /** The next line that is not blank, without its end; null at the end of the stream. */
    private static byte @Nullable [] line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        while (true) {
            int c = in.read();
            if (c == '\n' || c < 0) {
                if (!new String(line.toByteArray(), StandardCharsets.UTF_8).isBlank()) {
                    return line.toByteArray();
                }
                if (c < 0) {
                    return null;
                }
                line.reset();
            } else if (line.size() == MAX_LINE) {
                throw new IOException("a message is longer than " + MAX_LINE + " bytes");
            } else {
                line.write(c);
            }
        }
    }

    private static void write(OutputStream out, byte[] line) throws IOException {
        synchronized (out) {
            out.write(line);
            out.write('\n');
            out.flush();
        }
    }
}
