package mirror.surface.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import mirror.bus.AtomicFiles;
import mirror.bus.DiskCalls;
import mirror.bus.DiskStorage;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.FileStore;
import mirror.bus.FileWrite;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.continuity.Continuity;
import mirror.mesh.EmbeddedTransport;
import mirror.surface.Config;
import mirror.surface.Core;
import mirror.surface.hook.ClaudeConnection;
import mirror.trust.Approvals;
import mirror.trust.DeviceKey;
import mirror.trust.Gate;
import mirror.trust.Leases;
import mirror.trust.PolicyStore;
import mirror.trust.Zones;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** {@code mirror rollback} as the owner calls it. */
final class RollbackCommandTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private Instant now = Instant.parse("2026-01-02T03:04:05Z");

    @SuppressWarnings("NullAway.Init")
    private Path root;

    @SuppressWarnings("NullAway.Init")
    private Core core;

    @SuppressWarnings("NullAway.Init")
    private Path file;

    /** What a command printed, asked and answered. */
    private static final class Paper implements Out {
        final StringBuilder text = new StringBuilder();
        final List<String> questions = new ArrayList<>();

        @Override
        public void print(String more) {
            text.append(more);
        }

        @Override
        public void flush() {}

        @Override
        public void confirm(String question) {
            questions.add(question);
        }
    }

    private record Answer(int exit, String text, List<String> questions, String error) {
        JsonNode json() {
            return Json.MAPPER.readTree(text);
        }
    }

    @BeforeEach
    void open() throws IOException {
        root = folder.toRealPath();
        Home home = new Home(root.resolve("home"));
        Path vault = root.resolve("vault");
        DeviceKey key = DeviceKey.create(home.keys().resolve("device.key"));
        EventLog log = EventLog.open(home, "t-" + key.shortId(), new DiskStorage(), () -> now, key);
        AtomicReference<Projector> projector = new AtomicReference<>();
        FileStore files = new FileStore(
                home, new DiskCalls(), () -> now, draft -> projector.get().record(draft));
        Approvals approvals = new Approvals(() -> now, new Random(7), Duration.ofMinutes(10));
        Continuity continuity = new Continuity(home.continuity(), vault, () -> now, files);
        projector.set(new Projector(log, List.of(approvals)));
        PolicyStore policies = new PolicyStore(home.policy(), key, files);
        Zones zones = new Zones(root, home.root(), root.resolve("app"), List.of());
        Path program = root.resolve("mirror");
        core = new Core(
                home,
                new Config(vault, 0, Duration.ofMinutes(10), 2000, new mirror.trust.claims.Publishable(), null),
                key,
                projector.get(),
                files,
                policies,
                approvals,
                new Leases(() -> now, new Random(8)),
                new mirror.trust.Denials(() -> now),
                new mirror.trust.Budgets(() -> now),
                new mirror.trust.Presence(),
                new mirror.trust.Devices(() -> now),
                new mirror.trust.Contracts(key, log.origin(), new mirror.trust.Signers()),
                new mirror.surface.hook.ClaudeServers(
                        new mirror.trust.KnownTools(),
                        new mirror.surface.hook.ClaudeFolders(
                                root, new mirror.surface.hook.ClaudeConnection(home, program, files)),
                        home,
                        program,
                        () -> 0,
                        key),
                new mirror.trust.Taint(),
                new Gate(
                        home,
                        projector.get(),
                        policies,
                        zones,
                        approvals,
                        mirror.trust.Permits.NONE,
                        List.of(),
                        new mirror.trust.Budgets(() -> now),
                        () -> 0),
                zones,
                new mirror.trust.claims.ClaimGuard(
                        new mirror.trust.claims.Facts(), new mirror.trust.claims.Publishable()),
                continuity,
                null,
                new EmbeddedTransport(log),
                () -> now,
                program,
                now,
                () -> 0);
        file = Files.createDirectory(root.resolve("work")).resolve("a.txt");
    }

    @AfterEach
    void close() {
        core.projector().log().close();
    }

    private Answer rollback(String... args) throws Exception {
        Paper paper = new Paper();
        Commands commands = new Commands(core, new ClaudeConnection(core.home(), core.program(), core.files()), null);
        Call call = new Call(List.of(args), root.resolve("work"), root, null, false, 100, null);
        try {
            int exit = commands.run("rollback", call, paper);
            return new Answer(exit, paper.text.toString(), paper.questions, "");
        } catch (CliException e) {
            return new Answer(e.exit(), paper.text.toString(), paper.questions, String.valueOf(e.getMessage()));
        }
    }

    private void write(String text) throws IOException {
        core.files().write(FileWrite.kept(file, text.getBytes(UTF_8)).by("owner"));
    }

    private static String digest(String text) {
        return AtomicFiles.digest(text.getBytes(UTF_8));
    }

    private List<Event> events(String type) {
        List<Event> events = new ArrayList<>();
        core.projector().log().replay(1, event -> {
            if (event.type().equals(type)) {
                events.add(event);
            }
        });
        return events;
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
        assertThat(events("mirror.file.restored.v1")).isEmpty();
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
        assertThat(events("mirror.file.restored.v1")).singleElement().satisfies(event -> {
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
        now = now.plus(Duration.ofHours(3));
        write("three");
        now = now.plus(Duration.ofMinutes(5));
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
