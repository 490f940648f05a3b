package mirror.surface.hook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import mirror.bus.DiskCalls;
import mirror.bus.FileStore;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.surface.hook.Connection.Refused;
import mirror.surface.hook.Connection.Scope;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Codex runs a hook only under the digest and the place it was trusted with, and rewrites its own settings while it runs. */
final class CodexConnectionTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Path config;

    @SuppressWarnings("NullAway.Init")
    private Path hooks;

    @SuppressWarnings("NullAway.Init")
    private CodexConnection codex;

    @BeforeEach
    void layOut() {
        config = folder.resolve(".codex/config.toml");
        hooks = folder.resolve(".codex/hooks.json");
        Home home = new Home(folder.resolve(".mirror"));
        codex = new CodexConnection(
                home,
                Path.of("/opt/mirror/mirror"),
                new FileStore(home, new DiskCalls(), InstantSource.system(), draft -> {}));
    }

    private void connect() throws IOException, Refused {
        codex.apply(codex.plan(new Scope(folder, Map.of(), null)));
    }

    private void disconnect() throws IOException, Refused {
        codex.applyRemoval(codex.planRemoval());
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "model = \"x\"",
                "# mine\nmodel = \"x\"\n\n\n",
                "[features]\nweb = true\n\n[mcp_servers.other]\ncommand = \"o\"\n",
                "[hooks]\n[hooks.state.\"/p:stop:0:0\"]\ntrusted_hash = \"sha256:0\"\n",
                "note = \"\"\"\n[features]\nunified_exec_tty = true # mirror\n\"\"\"\n"
            })
    void disconnectingGivesBackTheVeryBytes(String original) throws Exception {
        write(config, original);

        connect();
        assertThat(Files.readString(config)).contains("[mcp_servers.mirror] # mirror", "unified_exec_tty = false");
        assertThat(codex.faults("")).isEmpty();
        assertThat(codex.plan(new Scope(folder, Map.of(), null))).isEmpty();
        disconnect();

        assertThat(Files.readAllBytes(config)).isEqualTo(original.getBytes(StandardCharsets.UTF_8));
        assertThat(hooks).doesNotExist();
    }

    @Test
    void whatTheClientWroteBetweenMirrorsTablesStays() throws Exception {
        write(config, "model = \"x\"\n");
        connect();
        String text = Files.readString(config);
        int at = text.indexOf("[hooks.state.");
        write(
                config,
                text.substring(0, at) + "[projects.\"/w\"]\ntrust_level = \"trusted\"\n\n" + text.substring(at)
                        + "\n[mcp_servers.mirror.tools.status]\napproval_mode = \"approve\"\n[tui]\ntheme = \"dark\"\n");

        disconnect();

        assertThat(config)
                .hasContent("model = \"x\"\n[projects.\"/w\"]\ntrust_level = \"trusted\"\n\n[tui]\ntheme = \"dark\"\n");
    }

    @Test
    void theTrustIsForThePlaceBehindTheOwnersOwnHooks() throws Exception {
        write(hooks, "{\"hooks\":{\"PreToolUse\":[{\"hooks\":[{\"type\":\"command\",\"command\":\"mine\"}]}]}}");

        connect();

        assertThat(Files.readString(config))
                .contains("[hooks.state.\"" + hooks + ":pre_tool_use:1:0\"] # mirror")
                .contains("[hooks.state.\"" + hooks + ":user_prompt_submit:0:0\"] # mirror");
    }

    @Test
    void theDigestIsTheClients() throws Exception {
        // As codex 0.169.0 gave it in hooks/list for this command and time-out.
        assertThat(CodexConnection.trust("PreToolUse", (tools.jackson.databind.node.ObjectNode) Json.MAPPER.readTree(
                        "{\"hooks\":[{\"command\":\"/tmp/lab/codex/hook.sh PreToolUse\",\"timeout\":1300}]}")))
                .isEqualTo("sha256:9a3946e21861f563342f73940b1b116225479898e1937d2d9e9c0e948cea24d4");
    }

    @Test
    void aHookThatMovedOrWasSwitchedOffIsAFault() throws Exception {
        connect();
        String text = Files.readString(hooks);
        write(hooks, text.replace("\"PreToolUse\": [", "\"PreToolUse\": [ {\"hooks\": []},"));
        assertThat(codex.faults(""))
                .singleElement()
                .asString()
                .contains("lacks Mirror's server, its trust in the hooks");

        write(hooks, text);
        assertThat(codex.faults("")).isEmpty();
        write(
                config,
                Files.readString(config).replace("[features] # mirror\n", "[features] # mirror\nhooks = false\n"));
        assertThat(codex.faults("")).singleElement().asString().contains("switches Mirror's hooks off");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mcp_servers = { a = { command = \"x\" } }\n",
                "hooks.state = {}\n",
                "[hooks]\nstate = {}\n",
                "features = { web = true }\n",
                "features.web = true\n",
                "[mcp_servers.mirror]\ncommand = \"other\"\n",
                "[mcp_servers.\"mirror\"]\ncommand = \"other\"\n",
                "[features]\nunified_exec_tty = true\n"
            })
    void aFileInWhichATableCannotBeAddedIsRefusedAndLeftAlone(String original) throws Exception {
        write(config, original);

        assertThatThrownBy(this::connect).isInstanceOf(Refused.class).hasMessageContaining("nothing was changed");

        assertThat(config).hasContent(original);
        assertThat(hooks).doesNotExist();
    }
}
