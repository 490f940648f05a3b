package mirror.surface.hook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import mirror.bus.DiskCalls;
import mirror.bus.FileStore;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.surface.hook.ClaudeConnection.Target;
import mirror.surface.hook.Connection.Change;
import mirror.surface.hook.Connection.Refused;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The owner's settings are the owner's: what connecting adds, what it leaves alone, and that disconnecting gives everything back. */
final class ClaudeConnectionTest {
    private static final String OWN_HOOKS = """
            { "model" :"opus",
              "hooks":{"PreToolUse":[ {"matcher":"Bash","hooks":[{"type":"command","command":"my-own-check"}]} ,
                       {"hooks":[]}],
                       "Notification": [{"hooks":[{"type":"command","command":"beep"}]}]},
            \t"env": {"BIG": 12345678901234567890123, "SMALL": 1.0E10, "EXACT": 0.10000000000000000001},
              "greeting":"Grüße, 世界 🌍 \\u00e9"   }""";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Path user;

    @SuppressWarnings("NullAway.Init")
    private Path settings;

    @SuppressWarnings("NullAway.Init")
    private Path state;

    @SuppressWarnings("NullAway.Init")
    private Home home;

    @SuppressWarnings("NullAway.Init")
    private ClaudeConnection claude;

    @SuppressWarnings("NullAway.Init")
    private Target target;

    @BeforeEach
    void layOut() {
        user = folder.resolve("user");
        settings = user.resolve(".claude/settings.json");
        state = user.resolve(".claude.json");
        home = new Home(user.resolve(".mirror"));
        claude = connection();
        target = Target.user(user, null);
    }

    private ClaudeConnection connection() {
        return new ClaudeConnection(
                home,
                Path.of("/opt/mirror/mirror"),
                new FileStore(home, new DiskCalls(), InstantSource.system(), draft -> {}));
    }

    @Test
    void connectingWithoutAnySettingsMakesBothFilesAndDisconnectingRemovesThem() throws Exception {
        connect();

        assertThat(read(settings).path("hooks").size()).isEqualTo(11);
        assertThat(read(settings).at("/hooks/PreToolUse/0/hooks/0/onFailure").asString())
                .isEqualTo("block");
        assertThat(read(state).at("/mcpServers/mirror/command").asString()).isEqualTo("/opt/mirror/mirror");
        assertThat(read(state).at("/mcpServers/mirror/env/MIRROR_HOME").asString())
                .isEqualTo(home.root().toString());
        assertThat(claude.faults("")).isEmpty();
        assertThat(claude.shimIntact()).isTrue();
        assertThat(mode(claude.shim())).isEqualTo("rwx------");

        disconnect();

        assertThat(settings).doesNotExist();
        assertThat(state).doesNotExist();
        assertThat(claude.shim()).doesNotExist();
        assertThat(claude.connected()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "{}\n",
                "{\r\n  \"model\": \"opus\"\r\n}\r\n",
                "\uFEFF{\"model\":\"opus\"}",
                "{\"hooks\":{}}",
                "{\"hooks\":{\"Stop\":[]}}",
                OWN_HOOKS
            })
    void disconnectingGivesBackTheVeryBytesAndTheMode(String original) throws Exception {
        write(settings, original);
        write(state, "{\"numStartups\":7}");
        Files.setPosixFilePermissions(settings, PosixFilePermissions.fromString("rw-r-----"));
        connect();
        assertThat(claude.faults("")).isEmpty();
        assertThat(mode(settings)).isEqualTo("rw-r-----");

        disconnect();

        assertThat(Files.readAllBytes(settings)).isEqualTo(original.getBytes(StandardCharsets.UTF_8));
        assertThat(mode(settings)).isEqualTo("rw-r-----");
        assertThat(state).hasContent("{\"numStartups\":7}");
    }

    @Test
    void whatTheOwnerHadStaysWithItsValuesAndItsPlace() throws Exception {
        write(settings, OWN_HOOKS);
        ObjectNode before = read(settings);

        connect();

        ObjectNode after = read(settings);
        assertThat(after.at("/hooks/PreToolUse/0")).isEqualTo(before.at("/hooks/PreToolUse/0"));
        assertThat(after.at("/hooks/Notification")).isEqualTo(before.at("/hooks/Notification"));
        for (String key : List.of("model", "env", "greeting")) {
            assertThat(after.path(key)).isEqualTo(before.path(key));
        }
        assertThat(Files.readString(settings))
                .contains("12345678901234567890123", "0.10000000000000000001", "Grüße, 世界 🌍")
                .doesNotEndWith("\n");
    }

    @Test
    void thePlanShowsWhatWouldChangeAndChangesNothing() throws Exception {
        write(settings, "{\n  \"model\": \"opus\"\n}\n");

        List<Change> plan = claude.plan(target);

        assertThat(plan).extracting(Change::file).containsExactly(settings, state);
        assertThat(plan.getFirst().diff())
                .contains("--- " + settings, "+++ " + settings)
                .contains("+  \"hooks\": {")
                .doesNotContain("-  \"model\"\n");
        assertThat(plan.getLast().diff()).contains("--- /dev/null", "+      \"type\": \"stdio\",");
        assertThat(settings).hasContent("{\n  \"model\": \"opus\"\n}\n");
        assertThat(home.root()).doesNotExist();
    }

    @Test
    void connectingTwiceChangesNothing() throws Exception {
        write(settings, OWN_HOOKS);
        connect();
        byte[] once = Files.readAllBytes(settings);

        assertThat(claude.plan(target)).isEmpty();
        claude.apply(List.of());

        assertThat(Files.readAllBytes(settings)).isEqualTo(once);
        disconnect();
        assertThat(settings).hasContent(OWN_HOOKS);
    }

    @Test
    void aFileThatTheClientWroteAnewInItsOwnFormatNeedsNoChange() throws Exception {
        connect();
        ObjectNode all = read(state);
        write(
                state,
                Json.MAPPER.writeValueAsString(
                        Json.object().put("numStartups", 1).setAll(all)));
        ObjectNode hooks = read(settings);
        hooks.withArray("/hooks/PreToolUse").add(Json.MAPPER.readTree("{\"hooks\":[]}"));
        write(settings, Json.MAPPER.writeValueAsString(hooks));

        assertThat(claude.plan(target)).isEmpty();
    }

    @Test
    void anOwnersLaterChangeIsKeptAndOnlyMirrorsEntriesGo() throws Exception {
        write(settings, OWN_HOOKS);
        write(state, "{\"numStartups\":7,\"mcpServers\":{\"other\":{\"command\":\"x\"}}}");
        connect();
        ObjectNode changed = read(settings);
        changed.put("theme", "dark");
        write(settings, Json.MAPPER.writeValueAsString(changed));
        write(state, Files.readString(state).replace("7", "8"));

        disconnect();

        ObjectNode expected = (ObjectNode) Json.MAPPER.readTree(OWN_HOOKS);
        expected.put("theme", "dark");
        assertThat(read(settings)).isEqualTo(expected);
        assertThat(read(state))
                .isEqualTo(Json.MAPPER.readTree("{\"numStartups\":8,\"mcpServers\":{\"other\":{\"command\":\"x\"}}}"));
    }

    @Test
    void anOwnersChangeBetweenTwoConnectsIsKept() throws Exception {
        write(settings, "{\"model\":\"opus\"}");
        connect();
        write(settings, "{\"model\":\"sonnet\"}");
        assertThat(claude.plan(target)).isNotEmpty();
        connect();

        disconnect();

        assertThat(settings).hasContent("{\"model\":\"sonnet\"}");
    }

    @Test
    void aFileThatHeldNothingButMirrorsEntriesIsDeletedHoweverItIsFormatted() throws Exception {
        connect();
        write(settings, Json.MAPPER.writeValueAsString(read(settings)));

        disconnect();

        assertThat(settings).doesNotExist();
    }

    @Test
    void disconnectingLeavesAFileAloneInWhichNothingIsMirrorsAnyMore() throws Exception {
        connect();
        write(settings, "{ \"model\" :\"opus\" }");
        Files.delete(state);

        assertThat(claude.planRemoval()).isEmpty();
        disconnect();

        assertThat(settings).hasContent("{ \"model\" :\"opus\" }");
        assertThat(state).doesNotExist();
    }

    @Test
    void aLinkStaysALinkAndItsTargetIsWrittenAndRestored() throws Exception {
        Path real = folder.resolve("dotfiles/claude.json");
        write(real, "{\"model\":\"opus\"}");
        Files.createDirectories(settings.getParent());
        Files.createSymbolicLink(settings, real);

        connect();
        assertThat(settings).isSymbolicLink();
        assertThat(read(real).has("hooks")).isTrue();

        disconnect();
        assertThat(settings).isSymbolicLink();
        assertThat(real).hasContent("{\"model\":\"opus\"}");
    }

    @Test
    void aLinkToNothingIsRefused() throws Exception {
        Files.createDirectories(settings.getParent());
        Files.createSymbolicLink(settings, folder.resolve("gone"));

        refused(settings + " is a link to " + folder.resolve("gone"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\n\"model\": \"opus\",\n}",
                "{\n\n// mine\n}",
                "{\n\n/* mine */}",
                "{\n\n\"a\": 1",
                "{\"a\":1,\n\n\"a\":2}",
                "{}\n\nand more",
                "{\"a\":\n\n'x'}"
            })
    void brokenJsonIsRefusedWithTheFileAndTheLine(String broken) throws Exception {
        write(settings, broken);

        refused(settings + " is not valid JSON (line 3)");
        assertThat(settings).hasContent(broken);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "null", "\"text\"", "7", "  \n"})
    void whatIsNotAJsonObjectIsRefused(String text) throws Exception {
        write(settings, text);

        refused(settings + " is not a JSON object");
        assertThat(settings).hasContent(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"hooks\":[]}", "{\"hooks\":\"all\"}", "{\"hooks\":null}"})
    void hooksOfAnotherTypeAreRefused(String text) throws Exception {
        write(settings, text);

        refused(settings + ": 'hooks' is not an object");
    }

    @Test
    void aListOfHooksThatIsNoListIsRefused() throws Exception {
        write(settings, "{\"hooks\":{\"Stop\":{}}}");

        refused(settings + ": hooks.Stop is not a list");
    }

    @Test
    void aBrokenStateFileIsRefusedBeforeTheSettingsAreTouched() throws Exception {
        write(settings, "{}");
        write(state, "{\"mcpServers\":[]}");

        refused(state + ": 'mcpServers' is not an object");
        assertThat(settings).hasContent("{}");
    }

    @Test
    void aForeignServerWithMirrorsNameIsRefusedAndOneOfThisHomeIsTakenOver() throws Exception {
        write(state, "{\"mcpServers\":{\"mirror\":{\"command\":\"/usr/bin/other\"}}}");
        refused(state + " has another MCP server named 'mirror'");

        write(
                state,
                "{\"mcpServers\":{\"mirror\":{\"command\":\"/old/mirror\",\"env\":{\"MIRROR_HOME\":\"" + home.root()
                        + "\"}}}}");
        connect();
        assertThat(read(state).at("/mcpServers/mirror/command").asString()).isEqualTo("/opt/mirror/mirror");
    }

    @Test
    void whenTheSecondFileCannotBeWrittenTheFirstIsAsBeforeAndNothingIsConnected() throws Exception {
        write(settings, OWN_HOOKS);
        List<Change> changes = withUnwritableSecond();

        assertThatThrownBy(() -> claude.apply(changes)).isInstanceOf(IOException.class);

        assertThat(settings).hasContent(OWN_HOOKS);
        assertThat(claude.connected()).isEmpty();
        assertThat(claude.shim()).doesNotExist();
    }

    @Test
    void aFailedSecondConnectForgetsNothingOfTheFirst() throws Exception {
        write(settings, OWN_HOOKS);
        connect();
        byte[] connected = Files.readAllBytes(settings);
        ObjectNode json = read(settings);
        json.withObject("/hooks").remove("Stop");
        write(settings, Json.MAPPER.writeValueAsString(json));
        byte[] changed = Files.readAllBytes(settings);
        List<Change> changes = withUnwritableSecond();

        assertThatThrownBy(() -> claude.apply(changes)).isInstanceOf(IOException.class);

        assertThat(Files.readAllBytes(settings)).isEqualTo(changed);
        assertThat(claude.connected()).containsExactlyInAnyOrder(settings, state);
        assertThat(claude.shimIntact()).isTrue();
        Files.write(settings, connected);
        disconnect();
        assertThat(settings).hasContent(OWN_HOOKS);
    }

    @Test
    void aProjectGetsItsHooksInItsLocalSettingsAndItsServerForItselfAlone() throws Exception {
        Path project = folder.resolve("my project");
        write(state, "{\"projects\":{\"/other\":{\"x\":1}}}");
        target = Target.project(user, null, project);

        connect();

        assertThat(read(project.resolve(".claude/settings.local.json")).has("hooks"))
                .isTrue();
        assertThat(settings).doesNotExist();
        assertThat(read(state).has("mcpServers")).isFalse();
        assertThat(read(state)
                        .path("projects")
                        .path(project.toString())
                        .path("mcpServers")
                        .has("mirror"))
                .isTrue();
        assertThat(claude.faults("")).isEmpty();

        disconnect();
        assertThat(project.resolve(".claude/settings.local.json")).doesNotExist();
        assertThat(state).hasContent("{\"projects\":{\"/other\":{\"x\":1}}}");
    }

    @Test
    void aConfigurationFolderElsewhereIsUsedForBothFiles() {
        Target elsewhere = Target.user(user, "/srv/claude");

        assertThat(elsewhere.settings()).isEqualTo(Path.of("/srv/claude/settings.json"));
        assertThat(elsewhere.state()).isEqualTo(Path.of("/srv/claude/.claude.json"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"it's", "a b", "dollar $HOME `id`", "ünï", "back\\slash \"q\""})
    void theHookCommandIsOneWordForAShellWhateverTheHomeIsCalled(String name) throws Exception {
        home = new Home(user.resolve(name));
        claude = connection();

        connect();

        String command = read(settings).at("/hooks/Stop/0/hooks/0/command").asString();
        Process shell =
                new ProcessBuilder("sh", "-c", "set -- " + command + "; printf '%s\\n' \"$#\" \"$1\" \"$2\"").start();
        assertThat(new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("2\n" + claude.shim() + "\nStop\n");
        Process assignment = new ProcessBuilder(
                        "sh",
                        "-c",
                        "eval \"$(grep '^socket=' \"$1\")\"; printf %s \"$socket\"",
                        "sh",
                        claude.shim().toString())
                .start();
        assertThat(new String(assignment.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo(home.socket().toString());
    }

    @Test
    void theClientWaitsLongerForAPermissionThanTheHookClientItselfDoes() throws Exception {
        connect();

        String shim = Files.readString(claude.shim());
        int first = number(shim, "\nask ([0-9]+) \"/hook/claude");
        int each = number(shim, "\n  ask ([0-9]+) \"/hook/wait");
        int most = number(shim, "-le ([0-9]+) ]");
        assertThat(read(settings).at("/hooks/PreToolUse/0/hooks/0/timeout").asInt())
                .isGreaterThan(first + most * each);
        assertThat(read(settings)
                        .at("/hooks/UserPromptSubmit/0/hooks/0/timeout")
                        .asInt())
                .isGreaterThan(first);
    }

    private static int number(String text, String pattern) {
        var matcher = java.util.regex.Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(pattern).isTrue();
        return Integer.parseInt(matcher.group(1));
    }

    @Test
    void aMissingHookIsAFaultThatNamesTheFileAndTheEvent() throws Exception {
        connect();
        ObjectNode json = read(settings);
        json.withObject("/hooks").remove("PreToolUse");
        write(settings, Json.MAPPER.writeValueAsString(json));

        assertThat(claude.faults(""))
                .singleElement()
                .asString()
                .contains(settings.toString(), "PreToolUse", "mirror connect claude");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"matcher\":\"NoSuchTool\"}",
                "{\"hooks\":[{\"async\":true}]}",
                "{\"hooks\":[{\"timeout\":0.001}]}",
                "{\"hooks\":[{\"type\":\"prompt\"}]}"
            })
    void aHookThatIsThereButDisarmedIsAFaultAndConnectingArmsItAgain(String change) throws Exception {
        connect();
        ObjectNode json = read(settings);
        ObjectNode group = (ObjectNode) json.at("/hooks/PreToolUse/0");
        JsonNode edit = Json.MAPPER.readTree(change);
        if (edit.has("matcher")) {
            group.set("matcher", edit.path("matcher"));
        } else {
            ((ObjectNode) group.at("/hooks/0")).setAll((ObjectNode) edit.at("/hooks/0"));
        }
        write(settings, Json.MAPPER.writeValueAsString(json));

        assertThat(claude.faults("")).singleElement().asString().contains("PreToolUse");
        connect();
        assertThat(claude.faults("")).isEmpty();
        assertThat(read(settings).at("/hooks/PreToolUse").size()).isEqualTo(1);
    }

    @Test
    void switchedOffHooksAreAFaultInAConnectedFileAndInTheOneThatChanged() throws Exception {
        connect();
        Path local = folder.resolve("project/.claude/settings.local.json");
        write(local, "{\"disableAllHooks\":true}");
        assertThat(claude.faults(local.toString())).containsExactly(local + " sets disableAllHooks");

        ObjectNode json = read(settings);
        write(settings, Json.MAPPER.writeValueAsString(json.put("disableAllHooks", true)));
        assertThat(claude.faults("")).containsExactly(settings + " sets disableAllHooks");
        assertThat(claude.faults(settings.toString())).containsExactly(settings + " sets disableAllHooks");
    }

    @Test
    void aFileThatIsGoneOrBrokenIsAFault() throws Exception {
        connect();
        write(settings, "{");
        assertThat(claude.faults("")).singleElement().asString().contains(settings + " is not valid JSON");

        Files.delete(settings);
        assertThat(claude.faults("")).containsExactly(settings + " is gone, and Mirror's hooks with it");
    }

    @Test
    void anEditedHookClientIsNotIntact() throws Exception {
        connect();
        Files.writeString(claude.shim(), "#!/bin/sh\nexit 0\n");

        assertThat(claude.shimIntact()).isFalse();
        claude.apply(claude.plan(target));
        assertThat(claude.shimIntact()).isTrue();
    }

    private void connect() throws IOException, Refused {
        claude.apply(claude.plan(target));
    }

    private void disconnect() throws IOException, Refused {
        claude.applyRemoval(claude.planRemoval());
    }

    /** The plan, with a second file in a folder that cannot be made. */
    private List<Change> withUnwritableSecond() throws IOException, Refused {
        List<Change> changes = new ArrayList<>(claude.plan(target).subList(0, 1));
        Path blocker = folder.resolve("blocker");
        write(blocker, "");
        changes.add(new Change(blocker.resolve("x.json"), null, new byte[] {'{', '}'}));
        return changes;
    }

    private void refused(String start) throws IOException {
        assertThatThrownBy(() -> claude.plan(target))
                .isInstanceOf(Refused.class)
                .hasMessageStartingWith(start)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
        assertThat(home.root()).doesNotExist();
        try (Stream<Path> files = Files.walk(user)) {
            assertThat(files.filter(Files::isRegularFile))
                    .allMatch(file -> file.equals(settings) || file.equals(state));
        }
    }

    private static void write(Path file, String text) throws IOException {
        @Nullable Path parent = file.getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        Files.writeString(file, text);
    }

    private static ObjectNode read(Path file) throws IOException {
        return (ObjectNode) Json.MAPPER.readTree(Files.readAllBytes(file));
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}
