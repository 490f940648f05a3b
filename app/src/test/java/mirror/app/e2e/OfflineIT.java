package mirror.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import mirror.app.e2e.MirrorHome.Result;
import mirror.bus.AtomicFiles;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Mirror where there is no network at all: the daemon runs in a network namespace of its own that has nothing but loopback. Where the
 * system does not permit that, the provider is one that refuses connections on loopback, and the report says so.
 */
@Timeout(300)
final class OfflineIT {
    private static final String NOTE = "# Boat\n\nThe harbour of Kiel opens at six.\n";

    @TempDir(factory = OutsideTemp.class)
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Workspace workspace;

    @SuppressWarnings("NullAway.Init")
    private MirrorHome mirror;

    private boolean isolated;

    @BeforeEach
    void open(TestReporter reporter) throws IOException {
        Programs.need("curl");
        workspace = Workspace.in(folder);
        isolated = Programs.installed("unshare")
                && Programs.installed("nsenter")
                && Programs.installed("ip")
                && Programs.run(folder, "unshare", "-n", "ip", "link", "set", "lo", "up")
                                .exit()
                        == 0;
        reporter.publishEntry(
                "network", isolated ? "a namespace with loopback only" : "NOT isolated: unshare -n is not permitted");
        mirror = MirrorHome.absent(workspace).layOut();
        Path key = Workspace.write(mirror.home().resolve("provider.key"), "sk-test-nothing\n");
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        Workspace.write(mirror.home().resolve("tiers.yaml"), """
                providers:
                  cloud:
                    dialect: anthropic
                    base-url: %s
                    key: file:%s
                    timeouts: {connect: 5s}
                    models:
                      m: {context: 200000, output: 8000, price: {in: 3, out: 15}}
                  offline: {dialect: vault}
                routes:
                  claude: [cloud/m, offline/vault]
                council: {members: [claude, m]}
                """.formatted(
                        isolated ? "https://api.anthropic.com" : "http://127.0.0.1:1", key));
        Workspace.write(mirror.vault().resolve("Sea/Boat.md"), NOTE);
        Result boot = isolated
                ? call("unshare", "-n", "sh", "-c", "ip link set lo up && exec \"$0\" boot", launcher())
                : call(launcher(), "boot");
        assertThat(boot.exit()).as(boot.err()).isZero();
    }

    @AfterEach
    void leave() {
        mirror.close();
    }

    private static String launcher() {
        return MirrorHome.launcher().toString();
    }

    private Result call(String... command) {
        return mirror.call(workspace.project(), Path.of("/dev/null"), List.of(command));
    }

    /** Runs something where the daemon runs. */
    private Result there(String... command) {
        List<String> all = new ArrayList<>();
        if (isolated) {
            all.addAll(List.of("nsenter", "--net=/proc/" + mirror.pid() + "/ns/net"));
        }
        all.addAll(List.of(command));
        return call(all.toArray(String[]::new));
    }

    private void awaitNote() {
        while (!there(launcher(), "search", "harbour").out().startsWith("Sea/Boat.md:3")) {
            assertThat(Thread.interrupted()).as("the note is not found").isFalse();
        }
    }

    @Test
    void withEveryNetworkGoneClientsAndTheOwnerGetCitedAnswersFromTheVault() throws IOException {
        awaitNote();
        if (isolated) {
            assertThat(there("ip", "-o", "link").out().lines())
                    .hasSize(1)
                    .first()
                    .asString()
                    .contains(" lo:");
        }
        Result asked = there(launcher(), "ask", "When does the harbour of Kiel open?");
        assertThat(asked.out()).isEqualTo("The harbour of Kiel opens at six. [Sea/Boat.md:3]\n");

        Path token = folder.resolve("token");
        Result granted = there(
                launcher(),
                "lease",
                "grant",
                "--to",
                "claude-code",
                "--effects",
                "egress:api.anthropic.com,egress:127.0.0.1,memory-read:" + mirror.vault(),
                "--token",
                token.toString(),
                "--yes");
        assertThat(granted.exit()).as(granted.err()).isZero();
        int port = there(launcher(), "status", "--json").json().path("port").asInt();
        String lease = Files.readString(token).strip();
        Path body = Workspace.write(folder.resolve("body.json"), """
                {"model":"claude","max_tokens":500,"messages":[{"role":"user","content":"When does the harbour of Kiel open?"}]}""");
        Path headers = Workspace.write(folder.resolve("headers"), "x-api-key: " + lease + "\n");
        for (int i = 0; i < 2; i++) {
            Result answer = there(
                    "curl",
                    "-sS",
                    "--noproxy",
                    "*",
                    "-H",
                    "@" + headers,
                    "-d",
                    "@" + body,
                    "http://127.0.0.1:" + port + "/v1/messages");
            JsonNode json = answer.json();
            assertThat(json.path("model").asString()).as(answer.out()).isEqualTo("offline/vault");
            assertThat(json.path("content").path(0).path("text").asString())
                    .contains("The harbour of Kiel opens at six. [Sea/Boat.md:3 sha256:"
                            + AtomicFiles.digest(NOTE.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                                    .substring(0, 12)
                            + "]");
        }
        Result unknown = there(launcher(), "ask", "Who won the chess game in Buenos Aires?");
        assertThat(unknown.exit()).isEqualTo(1);
        assertThat(unknown.out()).startsWith("I do not know");
        // Notes are no member of a council.
        Result council = there(launcher(), "council", "When does the harbour of Kiel open?");
        assertThat(council.exit()).isEqualTo(1);
        assertThat(council.out()).contains("no verdict: nobody answered", "absent: claude", "absent: m");
        JsonNode switched = mirror.events("call.switched").getFirst().path("data");
        assertThat(switched.path("from").asString()).isEqualTo("cloud/m");
        assertThat(switched.path("to").asString()).isEqualTo("offline/vault");
        assertThat(there(launcher(), "cost", "--by", "tier").out()).contains("offline");
    }
}
