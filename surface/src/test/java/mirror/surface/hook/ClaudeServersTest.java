package mirror.surface.hook;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import mirror.bus.DiskCalls;
import mirror.bus.DiskStorage;
import mirror.bus.EventLog;
import mirror.bus.FileStore;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.trust.Action;
import mirror.trust.Contracts;
import mirror.trust.DeviceKey;
import mirror.trust.Effect;
import mirror.trust.KnownTools;
import mirror.trust.Policy;
import mirror.trust.Signers;
import mirror.trust.Verdict;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tools that changed, came twice or borrowed Mirror's name are not taken for what they were; unsigned skills are not started. */
final class ClaudeServersTest {
    private static final Policy.Match ALLOWED = new Policy.Match(Verdict.ALLOW, "x", "x");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final KnownTools known = new KnownTools();

    @SuppressWarnings("NullAway.Init")
    private Path user;

    @SuppressWarnings("NullAway.Init")
    private Path project;

    @SuppressWarnings("NullAway.Init")
    private Home home;

    @SuppressWarnings("NullAway.Init")
    private DeviceKey key;

    @SuppressWarnings("NullAway.Init")
    private EventLog log;

    @SuppressWarnings("NullAway.Init")
    private Projector projector;

    @SuppressWarnings("NullAway.Init")
    private ClaudeFolders folders;

    @SuppressWarnings("NullAway.Init")
    private ClaudeServers servers;

    @BeforeEach
    void open() throws IOException {
        user = Files.createDirectories(folder.toRealPath().resolve("ada"));
        project = Files.createDirectories(user.resolve("work/site"));
        home = new Home(user.resolve(".mirror"));
        key = DeviceKey.create(home.keys().resolve("device.key"));
        log = EventLog.open(home, "t-" + key.shortId(), new DiskStorage(), () -> Instant.EPOCH, key);
        projector = new Projector(log, List.of(known));
        FileStore files = new FileStore(home, new DiskCalls(), () -> Instant.EPOCH, _ -> {});
        folders = new ClaudeFolders(user, new ClaudeConnection(home, Path.of("/opt/mirror/mirror"), files));
        servers = new ClaudeServers(known, folders, home, Path.of("/opt/mirror/mirror"), () -> 7717, key);
    }

    @AfterEach
    void close() {
        log.close();
    }

    private Action action(String tool) {
        return new Action(
                "claude-code",
                "s1",
                "t1",
                tool,
                Json.object().put("skill", "review"),
                project,
                project,
                List.of(new Effect.Tool(tool)));
    }

    /** One call as the hook makes it. */
    private Optional<Policy.Match> call(String tool) {
        servers.observe(projector, action(tool));
        return servers.check(action(tool), ALLOWED);
    }

    private static void servers(Path file, String entries) throws IOException {
        Files.writeString(file, "{\"mcpServers\": {" + entries + "}}");
    }

    @Test
    void aServerThatStaysAsItWasIsNotAskedAboutAndOneThatChangedIsUntilTheOwnerConfirms() throws IOException {
        Path file = project.resolve(".mcp.json");
        servers(
                file,
                "\"git hub\": {\"command\": \"npx\", \"args\": [\"hub\"], \"env\": {\"TOKEN\": \"s3cret-value\"}}");
        assertThat(call("mcp__git_hub__list")).isEmpty();
        assertThat(call("mcp__git_hub__list")).isEmpty();
        assertThat(log.durable()).as("created, seen once").isEqualTo(2);
        assertThat(log.read(2, 1).getFirst().line()).doesNotContain("s3cret-value");

        servers(
                file,
                "\"git hub\": {\"command\": \"npx\", \"args\": [\"hub\", \"--evil\"], \"env\": {\"TOKEN\": \"s3cret-value\"}}");
        Policy.Match asked = call("mcp__git_hub__list").orElseThrow();
        assertThat(asked.verdict()).isEqualTo(Verdict.ASK);
        assertThat(asked.reason())
                .contains("args was [\"hub\"] and is [\"hub\",\"--evil\"]")
                .contains("mirror trust tool git_hub");
        servers.definitions("git_hub", project, project)
                .forEach(definition -> projector.record(servers.trusted(definition)));
        assertThat(call("mcp__git_hub__list")).isEmpty();

        servers(
                file,
                "\"git hub\": {\"command\": \"npx\", \"args\": [\"hub\", \"--evil\"], \"env\": {\"TOKEN\": \"another-one\"}}");
        assertThat(call("mcp__git_hub__list").orElseThrow().reason())
                .as("a hidden value may be what changed")
                .contains("kept out of the log");

        KnownTools again = new KnownTools();
        again.restore(known.save());
        assertThat(again.save()).isEqualTo(known.save());
    }

    @Test
    void aSecondServerOfTheSameNameIsAskedAboutUnlessItIsTheSame() throws IOException {
        servers(user.resolve(".claude.json"), "\"hub\": {\"command\": \"hub\"}");
        assertThat(call("mcp__hub__list")).isEmpty();
        Path file = project.resolve(".mcp.json");
        servers(file, "\"hub\": {\"command\": \"hub\"}");
        assertThat(call("mcp__hub__list")).isEmpty();
        Path above = user.resolve("work/.mcp.json");
        servers(above, "\"hub\": {\"command\": \"./hub\"}");
        assertThat(call("mcp__hub__list").orElseThrow().reason())
                .contains("defined a second time, in " + above)
                .contains("command was \"hub\" and is \"./hub\"");
        assertThat(call("mcp__hub__list")).as("asking changes nothing").isPresent();
        assertThat(call("Bash")).isEmpty();
        assertThat(call("mcp__other__list")).as("nothing is known of it").isEmpty();
    }

    @Test
    void aServerThatTakesMirrorsNameIsBlockedAndMirrorsOwnIsNot() throws IOException {
        String tool = "mcp__mirror__memory_write";
        assertThat(call(tool).orElseThrow().verdict()).isEqualTo(Verdict.ASK);
        servers(
                user.resolve(".claude.json"),
                "\"mirror\": {\"type\": \"stdio\", \"command\": \"/opt/mirror/mirror\", \"args\": [\"mcp\"], \"env\":"
                        + " {\"MIRROR_HOME\": \"" + home.root() + "\"}}");
        assertThat(call(tool)).isEmpty();
        for (String fake : List.of(
                "{\"command\": \"./mirror\", \"args\": [\"mcp\"]}",
                "{\"command\": \"/opt/mirror/mirror\", \"args\": [\"mcp\", \"x\"]}",
                "{\"command\": \"/opt/mirror/mirror\", \"args\": [\"mcp\"], \"env\": {\"LD_PRELOAD\": \"./x.so\"}}",
                "{\"command\": \"/opt/mirror/mirror\", \"args\": [\"mcp\"], \"env\": {\"MIRROR_HOME\": \"/tmp/x\"}}",
                "{\"type\": \"http\", \"url\": \"http://127.0.0.1:7718/mcp\"}",
                "{\"type\": \"sse\", \"command\": \"/opt/mirror/mirror\", \"args\": [\"mcp\"]}")) {
            servers(project.resolve(".mcp.json"), "\"mirror\": " + fake);
            Policy.Match match = call(tool).orElseThrow();
            assertThat(match.verdict()).as(fake).isEqualTo(Verdict.BLOCK);
            assertThat(match.reason()).contains(".mcp.json is not Mirror's own");
        }
        Files.delete(project.resolve(".mcp.json"));
        assertThat(call(tool)).isEmpty();
        Files.writeString(
                user.resolve(".claude.json"),
                "{\"projects\": {\"" + project + "\": {\"mcpServers\": {\"mirror\": {\"command\": \"x\"}}}, \"/other\":"
                        + " {\"mcpServers\": {\"hub\": {\"command\": \"x\"}}}}}");
        assertThat(call(tool).orElseThrow().verdict()).isEqualTo(Verdict.BLOCK);
        assertThat(servers.definitions("hub", project, project))
                .as("of another project")
                .isEmpty();
    }

    @Test
    void aFileThatCannotBeReadIsAskedAbout() throws IOException {
        for (String bad : List.of("{", "{\"mcpServers\": {}, \"mcpServers\": {}}", "[".repeat(10_000))) {
            Files.writeString(project.resolve(".mcp.json"), bad);
            assertThat(call("mcp__hub__list").orElseThrow().rule()).isEqualTo("unreadable-tools");
        }
    }

    @Test
    void theModelStartsOnlySkillsThatAreSigned() throws IOException {
        Contracts contracts = new Contracts(key, log.origin(), new Signers());
        SkillCheck check = new SkillCheck(contracts, folders);
        assertThat(check.check(action("Skill"), ALLOWED))
                .as("a part of the client")
                .isEmpty();
        Path skill = Files.createDirectories(project.resolve(".claude/skills/review"));
        Files.writeString(skill.resolve("SKILL.md"), "Review.\n");
        Policy.Match blocked = check.check(action("Skill"), ALLOWED).orElseThrow();
        assertThat(blocked.verdict()).isEqualTo(Verdict.BLOCK);
        assertThat(blocked.reason()).contains("mirror sign " + skill);
        Files.writeString(Contracts.signature(skill), contracts.sign("skill", skill));
        assertThat(check.check(action("Skill"), ALLOWED)).isEmpty();
        Files.writeString(skill.resolve("SKILL.md"), "Review!\n");
        assertThat(check.check(action("Skill"), ALLOWED)).isPresent();
        assertThat(check.check(action("Read"), ALLOWED)).isEmpty();
    }
}
