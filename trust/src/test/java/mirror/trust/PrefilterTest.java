package mirror.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import mirror.bus.Json;
import org.junit.jupiter.api.Test;

/** The quick look at a condition says what the engine says. */
final class PrefilterTest {
    private static final Path HOME = Path.of("/home/ada");
    private static final Path PROJECT = HOME.resolve("p");
    private static final Zones ZONES =
            new Zones(HOME, HOME.resolve(".mirror"), Path.of("/opt/m"), List.of(Path.of("/tmp")));
    private static final List<String> ATOMS = List.of(
            "kind == 'write'",
            "kind != 'read'",
            "kind in ['read', 'write', 'delete']",
            "'project' in zones",
            "!('secret' in zones)",
            "path.startsWith('/home')",
            "path.endsWith('.env')",
            "path.contains('src')",
            "host == 'a.example'",
            "program in ['git', 'rm']",
            "'-rf' in argv",
            "recursive",
            "!irreversible",
            "tool == 'Bash'",
            "zones.exists(z, z in ['temp', 'cache'])",
            "argv.exists(a, a.startsWith('-'))",
            "argv.exists(a, a in ['-rf', 'x'] || a.endsWith('git'))",
            "zones.exists(z, !(z == 'project') && z != tool)",
            "argv.exists_one(a, a == 'x')",
            "argv.all(a, a != 'x')",
            "argv[1] == '-rf'",
            "path.matches('.*[a')",
            "size(argv) > 1",
            "what == host",
            "['a', host].exists(x, x == 'a')");

    private static final List<Effect> EFFECTS = List.of(
            new Effect.Read(PROJECT.resolve("src/a")),
            new Effect.Write(PROJECT.resolve(".env")),
            new Effect.Write(Path.of("/tmp/x")),
            new Effect.Delete(HOME.resolve("d"), true),
            new Effect.Run(List.of("rm", "-rf", "x")),
            new Effect.Run(List.of("/usr/bin/git")),
            new Effect.Run(List.of()),
            new Effect.Egress("a.example"),
            new Effect.Publish("npm", true),
            new Effect.Tool("mcp__x__y"),
            new Effect.Opaque("?"));

    private static String condition(Random random, int depth) {
        if (depth == 0 || random.nextInt(4) == 0) {
            return ATOMS.get(random.nextInt(ATOMS.size()));
        }
        return switch (random.nextInt(5)) {
            case 0 -> "!(" + condition(random, depth - 1) + ")";
            case 1 -> "(" + condition(random, depth - 1) + " || " + condition(random, depth - 1) + ")";
            default -> "(" + condition(random, depth - 1) + " && " + condition(random, depth - 1) + ")";
        };
    }

    private static Action action(Effect effect) {
        return new Action("codex", "s", null, "Bash", Json.object(), PROJECT, PROJECT, List.of(effect));
    }

    @Test
    void anyConditionMatchesWithThePrefilterWhereItMatchesWithoutIt() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        int matched = 0;
        for (int i = 0; i < 400; i++) {
            String condition = condition(random, 3);
            Policy policy = Policy.parse(("version: 1\nrules:\n  - id: r\n    when: \"" + condition
                            + "\"\n    verdict: allow\n    reason: y\n")
                    .getBytes(StandardCharsets.UTF_8));
            for (Effect effect : EFFECTS) {
                List<String> said = new ArrayList<>();
                Verdict verdict = policy.judge(action(effect), ZONES).verdict();
                try {
                    said.addAll(policy.disagreements(effect, action(effect), ZONES));
                } catch (dev.cel.runtime.CelEvaluationException e) {
                    // Where the engine fails, the prefilter may only have said no for certain.
                    assertThat(verdict)
                            .as("seed %s: %s on %s", seed, condition, effect)
                            .isEqualTo(Verdict.BLOCK);
                }
                assertThat(said)
                        .as("seed %s: %s on %s", seed, condition, effect)
                        .isEmpty();
                matched += verdict == Verdict.ALLOW ? 1 : 0;
            }
        }
        assertThat(matched).as("the property is not empty").isGreaterThan(100);
    }

    @Test
    void rulesThatAreCheckedTogetherSayWhatEachSaysAlone() {
        long seed = Long.getLong("mirror.seed", new Random().nextLong());
        Random random = new Random(seed);
        for (int run = 0; run < 30; run++) {
            List<String> rules = new ArrayList<>();
            while (rules.size() < 8) {
                String condition = condition(random, 3);
                // A rule that fails is not even asked when another one has decided.
                if (!condition.contains("argv[1]") && !condition.contains("matches")) {
                    rules.add("  - {id: r" + rules.size() + ", when: \"" + condition + "\", verdict: "
                            + List.of("allow", "ask", "block").get(random.nextInt(3)) + ", reason: y}\n");
                }
            }
            Policy together = policy(String.join("", rules));
            List<Policy> alone = rules.stream().map(PrefilterTest::policy).toList();
            for (Effect effect : EFFECTS) {
                Verdict expected = alone.stream()
                        .map(policy -> policy.judge(action(effect), ZONES))
                        .filter(match -> !match.rule().equals("no-match"))
                        .map(Policy.Match::verdict)
                        .max(Comparator.naturalOrder())
                        .orElse(Verdict.BLOCK);
                assertThat(together.judge(action(effect), ZONES).verdict())
                        .as("seed %s: %s on %s", seed, rules, effect)
                        .isEqualTo(expected);
            }
        }
    }

    private static Policy policy(String rules) {
        return Policy.parse(("version: 1\nrules:\n" + rules).getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void theShippedRulesAgreeToo() throws Exception {
        Policy policy = PolicyStore.shipped();
        for (Effect effect : EFFECTS) {
            assertThat(policy.disagreements(effect, action(effect), ZONES)).isEmpty();
        }
    }
}
