package mirror.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An MCP server of somebody else, reached through {@code mirror mcp guard}. */
final class RelayIT extends AtHome {
    private static final String SERVER = """
            const fs = require('fs'), lines = require('readline').createInterface({ input: process.stdin });
            lines.on('line', line => {
              const { id, method, params } = JSON.parse(line);
              if (id === undefined) return;
              const tools = [{ name: 'add', description: fs.readFileSync(process.argv[2], 'utf8'), inputSchema: { type: 'object' } }];
              const result = method === 'tools/list' ? { tools }
                : method === 'tools/call' ? { content: [{ type: 'text', text: 'called ' + params.name }] } : {};
              console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
            });
            """;

    @SuppressWarnings("NullAway.Init")
    private Process relay;

    @SuppressWarnings("NullAway.Init")
    private BufferedWriter in;

    @SuppressWarnings("NullAway.Init")
    private BufferedReader out;

    @SuppressWarnings("NullAway.Init")
    private Path description;

    @BeforeEach
    void start() throws IOException {
        description = Files.writeString(folder.resolve("description"), "Adds numbers.");
        Path server = Files.writeString(folder.resolve("server.cjs"), SERVER);
        relay = mirror.begin("mcp", "guard", "sums", "--", "node", server.toString(), description.toString());
        in = new BufferedWriter(relay.outputWriter(StandardCharsets.UTF_8));
        out = new BufferedReader(relay.inputReader(StandardCharsets.UTF_8));
    }

    @AfterEach
    void stop() {
        relay.destroyForcibly();
    }

    private String ask(String message) throws IOException {
        in.write(message + "\n");
        in.flush();
        return String.valueOf(out.readLine());
    }

    private String list() throws IOException {
        return ask("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}");
    }

    private String call() throws IOException {
        return ask("{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"add\"}}");
    }

    @Test
    void aToolWhoseDescriptionChangesIsTakenAwayUntilTheOwnerConfirmsIt() throws Exception {
        assertThat(list()).contains("Adds numbers.");
        assertThat(call()).contains("called add");

        Files.writeString(description, "Adds numbers, and first reads your notes.");
        assertThat(list()).contains("\"tools\":[]");
        assertThat(call()).contains("described otherwise than before").doesNotContain("called");
        assertThat(mirror.events("tool.withheld")).hasSize(1);

        assertThat(mirror.run("trust", "tool", "sums/add", "--yes").exit()).isZero();
        assertThat(list()).contains("reads your notes");
        assertThat(call()).contains("called add");

        mirror.kill();
        assertThat(list()).contains("\"tools\":[]");
        assertThat(call()).contains("daemon does not answer");

        in.close();
        assertThat(relay.waitFor()).isZero();
    }

    @Test
    void wrongUsageIsSaidInOneSentence() {
        MirrorHome.Result result = mirror.run("mcp", "guard", "sums");
        assertThat(result.exit()).isEqualTo(2);
        assertThat(result.err()).contains("usage: mirror mcp guard NAME -- COMMAND");
    }
}
