package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import mirror.bus.DiskCalls;
import mirror.bus.DiskStorage;
import mirror.bus.EventLog;
import mirror.bus.FileStore;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projection;
import mirror.bus.Projector;
import mirror.continuity.Continuity;
import mirror.mesh.EmbeddedTransport;
import mirror.surface.Config;
import mirror.surface.Core;
import mirror.surface.MirrorTools;
import mirror.surface.hook.ClaudeConnection;
import mirror.surface.mcp.Caller;
import mirror.surface.mcp.ToolResult;
import mirror.trust.Action;
import mirror.trust.Approvals;
import mirror.trust.DeviceKey;
import mirror.trust.Effect;
import mirror.trust.Gate;
import mirror.trust.Leases;
import mirror.trust.PolicyStore;
import mirror.trust.Verdict;
import mirror.trust.Zones;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** {@code mirror lease} as the owner calls it, and the memory tools that keep to a token. */
final class LeaseCommandTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private Instant now = Instant.parse("2026-01-02T03:04:05Z");

    @SuppressWarnings("NullAway.Init")
    private Path root;

    @SuppressWarnings("NullAway.Init")
    private Core core;

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
        Leases leases = new Leases(() -> now, new Random(8));
        List<Projection> projections = new ArrayList<>(continuity.projections());
        projections.addAll(List.of(approvals, leases));
        projector.set(new Projector(log, projections));
        PolicyStore policies = new PolicyStore(home.policy(), key, files);
        policies.installDefault();
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
                leases,
                new mirror.trust.Denials(() -> now),
                new mirror.trust.Budgets(() -> now),
                new mirror.trust.Presence(),
                new mirror.trust.Devices(() -> now),
                new mirror.trust.Contracts(key, log.origin(), new mirror.trust.Signers()),
                new mirror.surface.hook.ClaudeServers(
                        new mirror.trust.KnownTools(),
                        new mirror.surface.hook.ClaudeFolders(root, new ClaudeConnection(home, program, files)),
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
                        leases,
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
        Files.createDirectory(root.resolve("work"));
    }

    @AfterEach
    void close() {
        core.projector().log().close();
    }

    private Answer mirror(String command, String... args) throws Exception {
        Paper paper = new Paper();
        Commands commands = new Commands(core, new ClaudeConnection(core.home(), core.program(), core.files()), null);
        Call call = new Call(List.of(args), root.resolve("work"), root, null, false, 100, null);
        try {
            int exit = commands.run(command, call, paper);
            return new Answer(exit, paper.text.toString(), paper.questions, "");
        } catch (CliException e) {
            return new Answer(e.exit(), paper.text.toString(), paper.questions, String.valueOf(e.getMessage()));
        }
    }

    private Verdict write(Path path) {
        return core.gate().decide(action(path)).verdict();
    }

    private Action action(Path path) {
        Path project = root.resolve("work");
        return new Action(
                "claude-code", "s1", "t1", "Write", Json.object(), project, project, List.of(new Effect.Write(path)));
    }

    private ToolResult tool(String name, Map<String, @Nullable Object> arguments, String token) throws Exception {
        Caller caller = new Caller(
                Caller.Transport.STDIO,
                "m1",
                "notes",
                "1",
                Map.of("mirror-project", root.resolve("work").toString(), "mirror-lease", token));
        return new MirrorTools(core)
                .tools().stream()
                        .filter(tool -> tool.name().equals(name))
                        .findFirst()
                        .orElseThrow()
                        .handler()
                        .call(arguments, caller);
    }

    private String token(String file) throws IOException {
        return Files.readString(root.resolve("work").resolve(file)).strip();
    }

    @Test
    void aLeaseIsShownBeforeItIsGivenThenListedShownAndTakenBack() throws Exception {
        Path outside = root.resolve("site");
        Answer asked = mirror("lease", "grant", "--to", "claude-code", "--effects", "write:../site", "--uses", "2");
        assertThat(asked.questions()).containsExactly("Grant this?");
        assertThat(asked.text()).contains("write:" + outside).contains("2 uses");
        assertThat(write(outside.resolve("a"))).isEqualTo(Verdict.ASK);

        JsonNode granted = mirror(
                        "lease",
                        "grant",
                        "--to",
                        "claude-code",
                        "--effects",
                        "write:../site",
                        "--uses",
                        "2",
                        "--yes",
                        "--json")
                .json();
        String id = granted.path("lease").asString();
        assertThat(write(outside.resolve("a"))).isEqualTo(Verdict.ALLOW);
        assertThat(mirror("lease", "list").text()).contains(id).contains("write:" + outside);
        assertThat(mirror("lease", "show", id).text()).contains("used 1 times");
        assertThat(mirror("lease", "revoke", id).exit()).isZero();
        assertThat(write(outside.resolve("a"))).isEqualTo(Verdict.ASK);
        assertThat(mirror("lease", "list").text()).isEqualTo("no lease is valid now\n");
        assertThat(mirror("lease", "revoke", id).error()).contains("revoked already");
        assertThat(mirror("lease", "show", "l0").error()).contains("no lease 'l0'");
    }

    @Test
    void badInputGetsOneSentenceAndGrantsNothing() throws Exception {
        assertThat(mirror("lease", "grant", "--to", "owner", "--effects", "write:/x", "--yes")
                        .error())
                .contains("the holder 'owner'");
        assertThat(mirror("lease", "grant", "--to", "codex", "--effects", "fly:/x", "--yes")
                        .error())
                .contains("'fly:/x'");
        assertThat(mirror("lease", "grant", "--to", "codex", "--yes").error()).contains("names no effects");
        assertThat(mirror("lease", "grant", "--to", "codex", "--effects", "run:x", "--risk", "none")
                        .error())
                .contains("--risk is one of");
        assertThat(mirror("lease", "grant", "--to", "codex", "--effects", "run:x", "--uses", "-1")
                        .error())
                .contains("whole number");
        assertThat(core.leases().list()).isEmpty();
    }

    @Test
    void aTokenGoesIntoANewFileForTheOwnerAloneAndIsNarrowedFromThere() throws Exception {
        assertThat(mirror(
                                "lease",
                                "grant",
                                "--to",
                                "mcp:notes",
                                "--effects",
                                "memory-read:.,memory-write:.",
                                "--token",
                                "a.token",
                                "--yes")
                        .exit())
                .isZero();
        Path file = root.resolve("work/a.token");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(mirror("lease", "attenuate", "a.token", "--effects", "memory-read:.", "--out", "b.token")
                        .exit())
                .isZero();
        assertThat(token("b.token")).startsWith("mlt1.").isNotEqualTo(token("a.token"));
        assertThat(mirror("lease", "attenuate", "b.token", "--effects", "memory-write:.")
                        .error())
                .contains("would widen the effect");
        assertThat(mirror("lease", "attenuate", "a.token", "--out", "b.token").error())
                .contains("exists already");
        assertThat(mirror("lease", "attenuate", "c.token").error()).contains("not the file of a lease token");
        assertThat(mirror("lease", "attenuate", "b.token", "--uses", "3", "--seal", "--out", "c.token")
                        .exit())
                .isZero();
        assertThat(mirror("lease", "attenuate", "c.token").error()).contains("sealed");
    }

    @Test
    void aYesForTheSessionSaysWhatItCoversAndCanBeTakenBack() throws Exception {
        Path pages = root.resolve("site/pages/deep");
        String request =
                String.valueOf(core.gate().decide(action(pages.resolve("a"))).approval());
        Answer asked = mirror("approve", request, "--session");
        assertThat(asked.text()).contains("write:" + pages + ", by the tool Write");
        assertThat(asked.questions()).hasSize(1);
        assertThat(core.leases().list()).isEmpty();

        Answer done = mirror("approve", request, "--session", "--yes");
        assertThat(done.text()).contains("write:" + pages + ", by the tool Write");
        assertThat(core.gate().settle(action(pages.resolve("a")), request).verdict())
                .isEqualTo(Verdict.ALLOW);
        assertThat(write(pages.resolve("b"))).isEqualTo(Verdict.ALLOW);
        String id = core.leases().list().getFirst().id();
        assertThat(mirror("lease", "list").text()).contains(id).contains("session:s1");
        mirror("lease", "revoke", id);
        assertThat(write(pages.resolve("b"))).isEqualTo(Verdict.ASK);
    }

    @Test
    void memoryToolsKeepToTheTokenAndABadOneIsNeverTakenForNone() throws Exception {
        for (String label : List.of("public", "internal", "private", "secret", "never-share")) {
            tool("memory_write", Map.of("kind", "fact", "text", "deploy key " + label, "sensitivity", label), "");
        }
        mirror(
                "lease",
                "grant",
                "--to",
                "mcp:notes",
                "--effects",
                "memory-read:.",
                "--ceiling",
                "never-share",
                "--tier",
                "local",
                "--token",
                "local.token",
                "--yes");
        mirror("lease", "attenuate", "local.token", "--tier", "cloud", "--uses", "2", "--out", "cloud.token");
        mirror("lease", "attenuate", "local.token", "--ceiling", "public", "--out", "public.token");
        assertThat(hits(token("local.token"))).hasSize(4);
        assertThat(hits(token("cloud.token"))).hasSize(3);
        assertThat(hits(token("public.token"))).hasSize(1);
        assertThat(hits("")).hasSize(3);

        assertThat(said("memory_write", Map.of("kind", "fact", "text", "x"), token("local.token")))
                .contains("does not cover writing");
        assertThat(said("memory_search", Map.of("query", "deploy", "project", "/srv"), token("local.token")))
                .contains("does not cover reading");
        assertThat(said("continuity_read", Map.of(), token("public.token")))
                .contains("key public")
                .doesNotContain("key internal");
        assertThat(said("memory_search", Map.of("query", "deploy"), token("cloud.token") + "x"))
                .contains("damaged");
        assertThat(hits(token("cloud.token"))).hasSize(3);
        assertThat(said("memory_search", Map.of("query", "deploy"), token("cloud.token")))
                .contains("used up");
        mirror("lease", "revoke", core.leases().list().getFirst().id());
        assertThat(said("memory_search", Map.of("query", "deploy"), token("local.token")))
                .contains("revoked");
    }

    private List<String> hits(String token) throws Exception {
        return said("memory_search", Map.of("query", "deploy"), token)
                .lines()
                .filter(line -> line.startsWith("fact:"))
                .toList();
    }

    private String said(String name, Map<String, @Nullable Object> arguments, String token) throws Exception {
        return switch (tool(name, arguments, token)) {
            case ToolResult.Text(String text) -> text;
            case ToolResult.Structured(Map<String, ?> _, String text) -> text;
            case ToolResult.Failure(String message) -> message;
        };
    }
}
