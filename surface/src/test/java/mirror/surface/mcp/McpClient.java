package mirror.surface.mcp;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** An MCP client that says exactly the bytes it is told to, over any socket. */
final class McpClient {
    static final String INITIALIZE = """
            {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},\
            "clientInfo":{"name":"test","version":"7"}}}""";

    interface Connector {
        SocketChannel connect() throws IOException;
    }

    /** A whole response. */
    record Response(int status, Map<String, String> headers, String body) {
        JsonNode json() {
            return JsonMapper.shared().readTree(body);
        }

        /** The messages of an event stream, or the one message of a JSON body. */
        List<JsonNode> messages() {
            if (!headers.getOrDefault("content-type", "").equals("text/event-stream")) {
                return List.of(json());
            }
            List<JsonNode> messages = new ArrayList<>();
            for (String line : body.split("\n", -1)) {
                if (line.startsWith("data: {")) {
                    messages.add(JsonMapper.shared().readTree(line.substring(6)));
                }
            }
            return messages;
        }
    }

    private final Connector connector;
    private final Map<String, String> headers = new LinkedHashMap<>();

    McpClient(Connector connector) {
        this.connector = connector;
        headers.put("Host", "localhost");
        headers.put("Connection", "close");
        headers.put("Accept", "application/json, text/event-stream");
        headers.put("Content-Type", "application/json");
    }

    McpClient with(String name, String value) {
        headers.put(name, value);
        return this;
    }

    McpClient without(String name) {
        headers.remove(name);
        return this;
    }

    /** Initializes a session and uses it from now on. */
    McpClient open() throws IOException {
        Response response = post(INITIALIZE);
        with("Mcp-Session-Id", response.headers().getOrDefault("mcp-session-id", "none"));
        post("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
        return this;
    }

    Response post(String body) throws IOException {
        return request("POST", body);
    }

    JsonNode call(int id, String tool, String arguments) throws IOException {
        return post(callMessage(id, tool, arguments)).messages().getLast();
    }

    static String callMessage(int id, String tool, String arguments) {
        return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
                + "\",\"arguments\":" + arguments + "}}";
    }

    /** Sends a request and reads to the end of the connection. */
    Response request(String method, String body) throws IOException {
        try (Exchange exchange = start(method, body)) {
            return exchange.response();
        }
    }

    /** Sends a request; its response is read when the caller likes, or never. */
    Exchange start(String method, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        StringBuilder head = new StringBuilder(method + " /mcp HTTP/1.1\r\n");
        headers.forEach(
                (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        head.append("Content-Length: ").append(bytes.length).append("\r\n\r\n");
        SocketChannel channel = connector.connect();
        ByteBuffer all = ByteBuffer.wrap((head + body).getBytes(StandardCharsets.UTF_8));
        try {
            while (all.hasRemaining()) {
                channel.write(all);
            }
        } catch (IOException e) {
            // The server may refuse without reading everything; what it said is still there to read.
        }
        return new Exchange(channel);
    }

    /** One request on its way. */
    static final class Exchange implements AutoCloseable {
        private final SocketChannel channel;
        private final BufferedReader in;

        Exchange(SocketChannel channel) {
            this.channel = channel;
            this.in =
                    new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
        }

        /** The next line of the response, raw: status line, headers, chunk sizes and events alike; null at its end. */
        @Nullable
        String line() throws IOException {
            return in.readLine();
        }

        void skipTo(String line) throws IOException {
            for (String next = line(); !line.equals(next); next = line()) {
                if (next == null) {
                    throw new IOException("response ended before " + line);
                }
            }
        }

        Response response() throws IOException {
            String status = line();
            if (status == null) {
                throw new IOException("no response");
            }
            Map<String, String> headers = new LinkedHashMap<>();
            for (String next = line(); next != null && !next.isEmpty(); next = line()) {
                String[] parts = next.split(": ", 2);
                headers.put(parts[0].toLowerCase(Locale.ROOT), parts[1]);
            }
            StringBuilder body = new StringBuilder();
            boolean chunked = headers.containsKey("transfer-encoding");
            for (String next = line(); next != null; next = line()) {
                // Our events never have a line that looks like the size of a chunk.
                if (!chunked || !next.matches("[0-9a-f]+")) {
                    body.append(next).append('\n');
                }
            }
            return new Response(Integer.parseInt(status.substring(9, 12)), headers, body.toString());
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
