package mirror.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import mirror.bus.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PolicyTest {
    private static final Path HOME = Path.of("/home/ada");
    private static final Path PROJECT = HOME.resolve("project");
    private static final Zones ZONES =
            new Zones(HOME, HOME.resolve(".mirror"), Path.of("/opt/mirror/app"), List.of(Path.of("/tmp")));

    private static Policy policy(String yaml) {
        return Policy.parse(yaml.getBytes(StandardCharsets.UTF_8));
    }

    private static Policy shipped() throws IOException {
        try (var in = PolicyStore.class.getResourceAsStream("default-policy.yaml")) {
            return Policy.parse(Objects.requireNonNull(in).readAllBytes());
        }
    }

    private static Verdict verdict(Policy policy, String tool, Effect... effects) {
        return policy.judge(
                        new Action("claude-code", "s", null, tool, Json.object(), PROJECT, PROJECT, List.of(effects)),
                        ZONES)
                .verdict();
    }

    /** The owner's commands show notes and memory whatever their sensitivity; an agent's shell must not be a way around its tools. */
    @ParameterizedTest
    @CsvSource({
        "./mirror search salary, BLOCK",
        "mirror ask what, BLOCK",
        "/opt/mirror/mirror vault verified a.md, BLOCK",
        "mirror canon claim x, BLOCK",
        "mirror memory --json, BLOCK",
        "sh ./mirror log, BLOCK",
        "java -jar app/mirror.jar show e-1, BLOCK",
        "mirror replay, BLOCK",
        "mirror status, ALLOW",
        "mirror verify, ALLOW",
        "git -C /src/mirror log, ALLOW",
        "git log mirror, ALLOW",
        "grep -rn show /src/mirror, ALLOW"
    })
    void anAgentsShellShowsNothingThatItsToolsWouldNot(String command, Verdict verdict) throws IOException {
        assertThat(verdict(shipped(), "Bash", new Effect.Run(List.of(command.split(" ")))))
                .isEqualTo(verdict);
    }

    @ParameterizedTest
    @CsvSource({
        "mirror console pair, BLOCK",
        "./mirror console --print, BLOCK",
        "mirror heal retry log, BLOCK",
        "mirror heal run log, BLOCK",
        "./mirror heal off, BLOCK",
        "mirror reap --now, BLOCK",
        "mirror heal --dry-run, ALLOW",
        "mirror reap --dry-run, ALLOW"
    })
    void onlyTheOwnerSetsFixesAndTheReaperGoing(String command, Verdict verdict) throws IOException {
        assertThat(verdict(shipped(), "Bash", new Effect.Run(List.of(command.split(" ")))))
                .isEqualTo(verdict);
    }

    @Test
    void everyFaultOfAPolicyIsNamedAtOnce() {
        assertThatThrownBy(() -> policy("""
                        version: 2
                        colour: red
                        rules:
                          - {id: a, when: "kind == 1", verdict: allow, reason: r}
                          - {id: b, when: "kind == 'read'", verdict: maybe, reason: r}
                          - {id: c, when: "true", verdict: allow, reason: r, extra: 1}
                          - {id: c, when: "true", verdict: allow, reason: r}
                          - {id: d, when: "path", verdict: allow, reason: r}
                        """))
                .isInstanceOf(TrustException.class)
                .hasMessageContaining("version is 2")
                .hasMessageContaining("colour")
                .hasMessageContaining("(a)")
                .hasMessageContaining("maybe")
                .hasMessageContaining("extra")
                .hasMessageContaining("two rules have the id 'c'")
                .hasMessageContaining("(d)");
    }

    @Test
    void garbageIsRefusedWithASentenceAndNothingElse() {
        long seed = Long.getLong("mirror.seed", System.nanoTime());
        Random random = new Random(seed);
        // Said twice: a byte that turns == into != makes a sound policy of another meaning, which is no garbage.
        String good = """
                version: 1
                rules:
                  - {id: a, when: "kind == 'read' && 'read' == kind", verdict: allow, reason: r}
                """;
        for (int round = 0; round < 300; round++) {
            byte[] bytes = good.getBytes(StandardCharsets.UTF_8);
            for (int i = random.nextInt(4); i >= 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            try {
                Policy parsed = Policy.parse(bytes);
                assertThat(verdict(parsed, "Bash", new Effect.Write(PROJECT.resolve("x"))))
                        .as("seed %d round %d: %s", seed, round, new String(bytes, StandardCharsets.UTF_8))
                        .isEqualTo(Verdict.BLOCK);
            } catch (TrustException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        }
    }

    @Test
    void aConditionMustBeAWholeExpressionByItself() {
        assertThatThrownBy(() -> policy("""
                        version: 1
                        rules:
                          - {id: a, when: "true), (false", verdict: allow, reason: r}
                          - {id: b, when: "kind == 'read') || (true", verdict: allow, reason: r}
                          - {id: c, when: "kind == 'read' // and nothing else", verdict: allow, reason: r}
                          - {id: d, when: "(kind == 'read'", verdict: allow, reason: r}
                          - {id: e, when: "dyn(kind)", verdict: allow, reason: r}
                          - {id: f, when: "true, false", verdict: allow, reason: r}
                          - {id: g, when: "// nothing", verdict: allow, reason: r}
                        """))
                .isInstanceOf(TrustException.class)
                .hasMessageContaining("5 faults")
                .hasMessageContaining("(a)")
                .hasMessageContaining("(b)")
                .hasMessageContaining("(d)")
                .hasMessageContaining("(f)")
                .hasMessageContaining("(g)");
        Policy commented = policy("""
                version: 1
                rules:
                  - {id: a, when: "kind == 'read' // and nothing else", verdict: allow, reason: r}
                  - {id: b, when: "kind == 'write'", verdict: ask, reason: r}
                """);
        assertThat(verdict(commented, "Bash", new Effect.Read(PROJECT))).isEqualTo(Verdict.ALLOW);
        assertThat(verdict(commented, "Bash", new Effect.Write(PROJECT))).isEqualTo(Verdict.ASK);
    }

    @Test
    void anEffectThatNoRuleMatchesIsBlocked() {
        Policy readsOnly =
                policy("version: 1\nrules:\n  - {id: a, when: \"kind == 'read'\", verdict: allow, reason: r}\n");
        assertThat(verdict(readsOnly, "Bash", new Effect.Read(PROJECT))).isEqualTo(Verdict.ALLOW);
        assertThat(verdict(readsOnly, "Bash", new Effect.Read(PROJECT), new Effect.Machine("x")))
                .isEqualTo(Verdict.BLOCK);
    }

    @Test
    void aConditionThatFailsWhileItIsEvaluatedBlocks() {
        Policy failing = policy("""
                version: 1
                rules:
                  - {id: a, when: "argv[5] == 'x'", verdict: allow, reason: r}
                  - {id: b, when: "true", verdict: allow, reason: r}
                """);
        assertThat(verdict(failing, "Bash", new Effect.Run(List.of("ls")))).isEqualTo(Verdict.BLOCK);
    }

    @Test
    void theOrderOfRulesDoesNotMatter() {
        List<String> rules = new ArrayList<>(List.of(
                "  - {id: a, when: \"true\", verdict: allow, reason: r}\n",
                "  - {id: b, when: \"kind == 'write'\", verdict: ask, reason: r}\n",
                "  - {id: c, when: \"path.endsWith('x')\", verdict: block, reason: r}\n"));
        for (int i = 0; i < 6; i++) {
            Collections.shuffle(rules, new Random(i));
            Policy shuffled = policy("version: 1\nrules:\n" + String.join("", rules));
            assertThat(verdict(shuffled, "Bash", new Effect.Read(PROJECT))).isEqualTo(Verdict.ALLOW);
            assertThat(verdict(shuffled, "Bash", new Effect.Write(PROJECT))).isEqualTo(Verdict.ASK);
            assertThat(verdict(shuffled, "Bash", new Effect.Write(PROJECT.resolve("x"))))
                    .isEqualTo(Verdict.BLOCK);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "read, /home/ada/project/src/A.java, ALLOW",
        "write, /home/ada/project/src/A.java, ALLOW",
        "read, /usr/include/stdio.h, ALLOW",
        "read, /home/ada/.m2/repository/x.jar, ALLOW",
        "read, /home/ada/diary.md, ASK",
        "read, /home/ada, ASK",
        "write, /home/ada/other/a, ASK",
        "write, /etc/hosts, ASK",
        "read, /home/ada/.ssh/id_ed25519, BLOCK",
        "read, /home/ada/.aws/credentials, BLOCK",
        "read, /etc/shadow, BLOCK",
        "read, /home/ada/.ssh-not/a, ASK",
        "read, /home/ada/project/.env, ASK",
        "read, /home/ada/project/.env.example, ALLOW",
        "read, /home/ada/project/server.pem, ASK",
        "read, /home/ada/.mirror/keys/device.key, BLOCK",
        "write, /home/ada/.mirror/policy/policy.yaml, BLOCK",
        "delete, /home/ada/.mirror/bus, BLOCK",
        "read, /home/ada/.mirror2/a, ASK",
        "write, /home/ada/.claude/settings.json, BLOCK",
        "write, /home/ada/project/.claude/settings.local.json, BLOCK",
        "write, /home/ada/project/sub/.claude/settings.json, BLOCK",
        "write, /home/ada/project/.mcp.json, BLOCK",
        "write, /home/ada/project/.git/hooks/pre-commit, ASK",
        "write, /home/ada/project/.git/config, ASK",
        "write, /home/ada/.bashrc, ASK",
        "write, /opt/mirror/app/target/mirror.jar, ASK",
        "delete, /home/ada/project/a.txt, ALLOW",
        "delete, /home/ada/other/a.txt, ASK",
        "tree, /home/ada/project/build, ASK",
        "tree, /home/ada/project, ASK",
        "tree, /home/ada, BLOCK",
        "tree, /, BLOCK",
        "tree, /tmp/x, ALLOW"
    })
    void theShippedPolicyJudgesPaths(String kind, String path, Verdict expected) throws IOException {
        Path file = Path.of(path);
        Effect effect = switch (kind) {
            case "read" -> new Effect.Read(file);
            case "write" -> new Effect.Write(file);
            case "tree" -> new Effect.Delete(file, true);
            default -> new Effect.Delete(file, false);
        };
        assertThat(verdict(shipped(), "Bash", effect)).isEqualTo(expected);
    }

    @Test
    void theShippedPolicyJudgesTheOtherEffects() throws IOException {
        Policy shipped = shipped();
        assertThat(verdict(shipped, "Bash", new Effect.Run(List.of("make", "test"))))
                .isEqualTo(Verdict.ALLOW);
        assertThat(verdict(shipped, "Bash", new Effect.Run(List.of("mirror", "status"))))
                .isEqualTo(Verdict.ALLOW);
        assertThat(verdict(shipped, "Bash", new Effect.Run(List.of("/x/mirror", "approve", "a1"))))
                .isEqualTo(Verdict.BLOCK);
        assertThat(verdict(shipped, "Bash", new Effect.Run(List.of("mirror", "rollback", "a.txt", "--yes"))))
                .isEqualTo(Verdict.BLOCK);
        assertThat(verdict(shipped, "Bash", new Effect.Run(List.of("sh", "./mirror", "stop"))))
                .isEqualTo(Verdict.BLOCK);
        assertThat(verdict(shipped, "Bash", new Effect.Run(List.of("mirror", "lease", "grant"))))
                .isEqualTo(Verdict.BLOCK);
        assertThat(verdict(shipped, "Bash", new Effect.Run(List.of("mirror", "organisms", "list"))))
                .isEqualTo(Verdict.ALLOW);
        for (String steer : List.of("requeue", "pause", "resume", "reload")) {
            assertThat(verdict(shipped, "Bash", new Effect.Run(List.of("mirror", "organisms", "--json", steer, "x"))))
                    .as(steer)
                    .isEqualTo(Verdict.BLOCK);
        }
        assertThat(verdict(shipped, "Bash", new Effect.Run(List.of("mirror", "stats", "--check", "README.md"))))
                .isEqualTo(Verdict.ALLOW);
        assertThat(verdict(shipped, "Bash", new Effect.Run(List.of("mirror", "stats", "--fill=README.md"))))
                .isEqualTo(Verdict.BLOCK);
        assertThat(verdict(shipped, "Bash", new Effect.Run(List.of("mirror", "drift", "run", "capital"))))
                .isEqualTo(Verdict.BLOCK);
        assertThat(verdict(shipped, "Bash", new Effect.Egress("example.com"))).isEqualTo(Verdict.ALLOW);
        assertThat(verdict(shipped, "Bash", new Effect.Publish("git origin main", false)))
                .isEqualTo(Verdict.ALLOW);
        assertThat(verdict(shipped, "Bash", new Effect.Publish("git origin main", true)))
                .isEqualTo(Verdict.ASK);
        assertThat(verdict(shipped, "Bash", new Effect.Elevate("root"))).isEqualTo(Verdict.ASK);
        assertThat(verdict(shipped, "Bash", new Effect.RemoteCode("example.com")))
                .isEqualTo(Verdict.BLOCK);
        assertThat(verdict(shipped, "Bash", new Effect.Machine("kill"))).isEqualTo(Verdict.ASK);
        assertThat(verdict(shipped, "Bash", new Effect.Opaque("?"))).isEqualTo(Verdict.ASK);
        assertThat(verdict(shipped, "memory_write", new Effect.Memory("project", true)))
                .isEqualTo(Verdict.ALLOW);
        assertThat(verdict(shipped, "TaskCreate", new Effect.Tool("TaskCreate")))
                .isEqualTo(Verdict.ALLOW);
        assertThat(verdict(shipped, "mcp__x__y", new Effect.Tool("mcp__x__y"))).isEqualTo(Verdict.ASK);
    }

    @Test
    void secretsDoNotReachTheLog() {
        assertThat(Redactor.redact("curl -H 'Authorization: Bearer abcdefgh12345678' x"))
                .doesNotContain("abcdefgh12345678");
        assertThat(Redactor.redact("export API_KEY=abcd1234efgh && DB_PASSWORD='p w' psql postgres://u:hunter22@h/db"))
                .doesNotContain("abcd1234efgh")
                .doesNotContain("p w")
                .doesNotContain("hunter22");
        assertThat(Redactor.redact("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----"))
                .doesNotContain("AAAA");
        assertThat(Redactor.fields(Json.object().put("token", "zzzz").put("text", "plain"))
                        .toString())
                .doesNotContain("zzzz")
                .contains("plain");
        String code = "for (int i = 0; i < tokens.length; i++) { parse(tokens[i]); }";
        assertThat(Redactor.redact(code)).isEqualTo(code);
    }
}
