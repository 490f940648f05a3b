package mirror.surface.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import mirror.bus.AtomicFiles;
import mirror.bus.FileWrite;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.surface.cli.TestMirror.Answer;
import mirror.surface.hook.ClaudeConnection;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** {@code mirror rollback} as the owner calls it. */
final class RollbackCommandTest extends MirrorTest {
    @SuppressWarnings("NullAway.Init")
    private Core core;

    @SuppressWarnings("NullAway.Init")
    private Path root;

    @SuppressWarnings("NullAway.Init")
    private Path file;

    @BeforeEach
    void open() throws IOException {
        core = mirror.core();
        root = mirror.root();
        file = mirror.work().resolve("a.txt");
    }

    private Answer rollback(String... args) throws Exception {
        return mirror.run("rollback", args);
    }

    private void write(String text) throws IOException {
        core.files().write(FileWrite.kept(file, text.getBytes(UTF_8)).by("owner"));
    }

    private static String digest(String text) {
        return AtomicFiles.digest(text.getBytes(UTF_8));
    }

    @Test
    void withoutAYesItShowsTheChangeAsksAndChangesNothing() throws Exception {
        write("one\n");
        write("two\n");
        Answer asked = rollback("a.txt");
        assertThat(asked.exit()).isZero();
        assertThat(asked.text()).contains("-two").contains("+one");
        assertThat(asked.questions())
                .containsExactly("Put version " + digest("one\n").substring(0, 12) + " of " + file + " back?");
        assertThat(file).hasContent("two\n");
        assertThat(mirror.events("mirror.file.restored.v1")).isEmpty();
    }

    @Test
    void withAYesTheOlderVersionStandsThereAndTheLogSaysWhoDidIt() throws Exception {
        write("one");
        write("two");
        Answer done = rollback("a.txt", "--yes");
        assertThat(done.exit()).isZero();
        assertThat(done.text())
                .isEqualTo("restored: " + file + " is version " + digest("one").substring(0, 12) + " again\n");
        assertThat(file).hasContent("one");
        assertThat(mirror.events("mirror.file.restored.v1")).singleElement().satisfies(event -> {
            assertThat(event.actor()).isEqualTo("owner");
            assertThat(event.text("path")).isEqualTo(file.toString());
            assertThat(event.text("from")).isEqualTo(digest("two"));
            assertThat(event.text("to")).isEqualTo(digest("one"));
        });
        assertThat(rollback("a.txt", "--yes", "--json").json())
                .isEqualTo(Json.object()
                        .put("path", file.toString())
                        .put("from", digest("one"))
                        .put("to", digest("two"))
                        .put("done", true)
                        .put("recorded", true));
        assertThat(file).hasContent("two");
    }

    @Test
    void theListShowsTheNewestFirstWithAgeSizeDigestAndWho() throws Exception {
        Files.writeString(file, "theirs");
        write("one");
        mirror.pass(Duration.ofHours(3));
        write("three");
        mirror.pass(Duration.ofMinutes(5));
        List<String> lines = rollback("a.txt", "--list").text().lines().toList();
        assertThat(lines).hasSize(3);
        assertThat(lines.get(0))
                .startsWith("\u25cf  " + digest("three").substring(0, 12))
                .containsSubsequence("5 min", "5 B", "written", "owner");
        assertThat(lines.get(1))
                .startsWith("   " + digest("one").substring(0, 12))
                .contains("3 h");
        assertThat(lines.get(2)).containsSubsequence("6 B", "kept", "unknown");

        JsonNode json = rollback("a.txt", "--list", "--json").json();
        assertThat(json.size()).isEqualTo(3);
        assertThat(json.path(0).path("digest").asString()).isEqualTo(digest("three"));
        assertThat(json.path(0).path("current").asBoolean()).isTrue();
        assertThat(file).hasContent("three");
    }

    @Test
    void aVersionIsChosenByItsDigestAndNoneRemovesTheFile() throws Exception {
        write("one");
        write("two");
        write("three");
        assertThat(rollback("a.txt", "--to", digest("one").substring(0, 6), "--yes")
                        .exit())
                .isZero();
        assertThat(file).hasContent("one");
        assertThat(rollback("a.txt", "--to=none").questions()).containsExactly("Remove " + file + "?");
        assertThat(rollback("a.txt", "--to=none", "--yes").text()).isEqualTo("removed: " + file + "\n");
        assertThat(file).doesNotExist();
        assertThat(rollback("a.txt", "--yes").exit()).isZero();
        assertThat(file).hasContent("one");
    }

    @Test
    void whatCannotBeDoneIsOneSentenceAndTheRightExit() throws Exception {
        assertThat(rollback().exit()).isEqualTo(Exit.USAGE);
        assertThat(rollback("").exit()).isEqualTo(Exit.USAGE);
        assertThat(rollback("a.txt", "b.txt").exit()).isEqualTo(Exit.USAGE);
        assertThat(rollback("a.txt", "--list", "--yes").exit()).isEqualTo(Exit.USAGE);
        assertThat(rollback("a.txt", "--yes").error()).contains("no version of " + file + " was ever kept");
        assertThat(rollback("a.txt", "--list").exit()).isEqualTo(Exit.NO);
        assertThat(rollback("../home", "--yes").exit()).isEqualTo(Exit.NO);
        write("one");
        Answer unknown = rollback("a.txt", "--to", "ffffffff", "--yes");
        assertThat(unknown.exit()).isEqualTo(Exit.NO);
        assertThat(unknown.error()).contains("no version of " + file + " begins with 'ffffffff'");
        assertThat(file).hasContent("one");
        assertThat(rollback("--help").text()).startsWith("usage: mirror rollback <file>");
    }

    @Test
    void aPolicyThatWasPutBackIsNotInForceUntilItIsSigned() throws Exception {
        core.policies().installDefault();
        Path policy = core.policies().file();
        String shipped = Files.readString(policy);
        Files.writeString(policy, shipped + "# mine\n");
        core.policies().sign();
        assertThat(core.policies().current().refusal()).isNull();

        Answer done = rollback(policy.toString(), "--yes");

        assertThat(policy).content().isEqualTo(shipped);
        assertThat(done.text()).endsWith("everything is blocked until you run 'mirror policy sign'\n");
        assertThat(core.policies().current().refusal()).isNotNull();
        core.policies().sign();
        assertThat(core.policies().current().refusal()).isNull();
    }

    @Test
    void whatConnectingWroteCanBeTakenBackFileByFile() throws Exception {
        ClaudeConnection claude = new ClaudeConnection(core.home(), core.program(), core.files());
        Path settings = Files.createDirectory(root.resolve(".claude")).resolve("settings.json");
        Files.writeString(settings, "{ \"model\" :\"opus\" }");
        claude.apply(claude.plan(ClaudeConnection.Target.user(root, null)));
        assertThat(settings).content().contains("PreToolUse");

        rollback("../.claude/settings.json", "--yes");

        assertThat(settings).hasContent("{ \"model\" :\"opus\" }");
        assertThat(core.files().check()).isEmpty();
    }
}
