package mirror.surface.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

final class ServerRelayTest {
    private static final String LIST = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\"}";

    private final ByteArrayOutputStream client = new ByteArrayOutputStream();
    private final ByteArrayOutputStream server = new ByteArrayOutputStream();
    private final Map<String, String> withheld = new HashMap<>();
    private boolean broken;

    private final ServerRelay relay = new ServerRelay(
            this::inspect, client, server, new PrintStream(OutputStream.nullOutputStream(), true, UTF_8));

    private Map<String, String> inspect(ArrayNode tools) throws IOException {
        if (broken) {
            throw new IOException("nobody is there");
        }
        Map<String, String> held = new HashMap<>();
        for (JsonNode tool : tools) {
            String why = withheld.get(tool.path("name").asString(""));
            if (why != null) {
                held.put(tool.path("name").asString(""), why);
            }
        }
        return held;
    }

    private static InputStream lines(String... lines) {
        return new ByteArrayInputStream((String.join("\n", lines) + "\n").getBytes(UTF_8));
    }

    private String says(String... lines) throws IOException {
        server.reset();
        relay.fromClient(lines(lines));
        return server.toString(UTF_8);
    }

    private String answers(String... lines) throws IOException {
        client.reset();
        relay.fromServer(lines(lines));
        return client.toString(UTF_8);
    }

    private static String tools(String... names) {
        return "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"tools\":["
                + String.join(
                        ",",
                        List.of(names).stream()
                                .map(name -> "{\"name\":\"" + name + "\",\"description\":\"d\"}")
                                .toList())
                + "],\"nextCursor\":\"n\"}}";
    }

    private static String call(String name) {
        return "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"tools/call\",\"params\":{\"name\":\"" + name + "\"}}";
    }

    @Test
    void whatIsNoListAndNoCallPassesAsTheBytesItIs() throws IOException {
        String odd = "{ \"jsonrpc\" : \"2.0\",\"method\":\"notifications/x\", \"params\":{\"\\u0061\":1.0} }";
        assertThat(says(odd)).isEqualTo(odd + "\n");
        assertThat(answers(odd)).isEqualTo(odd + "\n");
    }

    @Test
    void aToolIsCalledOnlyWhenItWasInspectedAndLetThrough() throws IOException {
        assertThat(says(call("read"))).isEmpty();
        assertThat(client.toString(UTF_8)).contains("\"id\":9").contains("list the tools first");
        withheld.put("evil", "no: evil");
        says(LIST);
        assertThat(answers(tools("read", "evil")))
                .contains("\"read\"", "nextCursor")
                .doesNotContain("evil");
        assertThat(says(call("read"))).isEqualTo(call("read") + "\n");
        client.reset();
        assertThat(says(call("evil"))).isEmpty();
        assertThat(client.toString(UTF_8)).contains("no: evil");
    }

    @Test
    void aToolThatChangesIsTakenBack() throws IOException {
        says(LIST);
        answers(tools("read"));
        withheld.put("read", "changed");
        says(LIST);
        assertThat(answers(tools("read"))).doesNotContain("\"read\"");
        assertThat(says(call("read"))).isEmpty();
    }

    @Test
    void withoutAnInspectorNothingIsLetThrough() throws IOException {
        says(LIST);
        answers(tools("read"));
        broken = true;
        says(LIST);
        assertThat(answers(tools("read", "write"))).contains("\"tools\":[]");
        assertThat(says(call("read"), call("write"))).isEmpty();
    }

    @Test
    void aListThatNobodyAskedForIsInspectedToo() throws IOException {
        withheld.put("evil", "no");
        assertThat(answers(tools("evil").replace("\"id\":7", "\"id\":8"))).doesNotContain("evil");
    }

    @Test
    void whatIsNotOneMessageIsNotPassedOn() throws IOException {
        for (String bad : List.of(
                "[" + call("read") + "]",
                call("read") + call("read"),
                "{\"method\":\"ping\",\"method\":\"tools/call\"}",
                "call",
                "{")) {
            assertThat(says(bad)).as(bad).isEmpty();
            assertThat(answers(bad)).as(bad).isEmpty();
        }
        assertThat(says(call("r").replace("tools/call", "tool\\u0073/call"))).isEmpty();
    }

    @Test
    void aLineWithoutEndEndsTheRelay() {
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                return 'x';
            }
        };
        assertThatThrownBy(() -> relay.fromServer(endless))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("longer");
    }

    @Test
    void noMangledCallOfAnUnseenToolReachesTheServer() throws IOException {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        byte[] line = call("evil").getBytes(UTF_8);
        for (int i = 0; i < 20_000; i++) {
            byte[] mangled = line.clone();
            for (int j = 0; j <= random.nextInt(3); j++) {
                mangled[random.nextInt(mangled.length)] = (byte) random.nextInt(256);
            }
            server.reset();
            relay.fromClient(new ByteArrayInputStream(mangled));
            if (server.size() > 0) {
                for (String passed : server.toString(UTF_8).lines().toList()) {
                    JsonNode message = mirror.bus.Json.one(passed.getBytes(UTF_8));
                    assertThat(message.path("method").asString(""))
                            .as("seed %s: %s", seed, passed)
                            .isNotEqualTo("tools/call");
                }
            }
        }
    }
}
