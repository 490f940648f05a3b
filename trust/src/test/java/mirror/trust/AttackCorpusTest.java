package mirror.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import mirror.bus.Json;
import mirror.trust.shell.PathResolver;
import mirror.trust.shell.ShellContext;
import mirror.trust.shell.ShellEffects;
import org.junit.jupiter.api.Test;

/** The shipped policy against a corpus of destructive and harmless commands that nobody here wrote; skipped where it is not. */
final class AttackCorpusTest {
    private static final Path CORPUS =
            Path.of(System.getProperty("mirror.root"), "..", "shared", "data", "attacks", "shell");
    private static final Pattern CASE = Pattern.compile(
            "(?m)^command\\s*=\\s*(?:\"((?:[^\"\\\\]|\\\\.)*)\"|'([^']*)')\\s*\\n(?:(?!\\[\\[).*\\n)*?expected\\s*=\\s*\"(\\w+)\"");

    private static final PathResolver PATHS = new EmptyDisk(Path.of("/home/ada/project"));

    private record Case(String command, boolean deny) {}

    @Test
    void destructiveCommandsAreNeverAllowedAndHarmlessOnesHardlyEverAsked() throws IOException {
        assumeTrue(Files.isDirectory(CORPUS), "the corpus is not beside the project");
        Policy policy;
        try (var in = PolicyStore.class.getResourceAsStream("default-policy.yaml")) {
            policy = Policy.parse(Objects.requireNonNull(in).readAllBytes());
        }
        Path home = Path.of("/home/ada");
        Zones zones = new Zones(
                home,
                home.resolve(".mirror"),
                Path.of("/opt/mirror/app"),
                List.of(Path.of("/tmp"), Path.of("/var/tmp")));
        List<String> slipped = new ArrayList<>();
        List<String> bothered = new ArrayList<>();
        List<Case> cases = cases();
        for (Case c : cases) {
            var effects = ShellEffects.of(
                    c.command,
                    new ShellContext(
                            home.resolve("project"),
                            Map.of("HOME", "/home/ada", "USER", "ada", "TMPDIR", "/tmp", "PATH", "/usr/bin:/bin"),
                            PATHS));
            var action = new Action(
                    "claude-code",
                    "s",
                    null,
                    "Bash",
                    Json.object().put("command", c.command),
                    home.resolve("project"),
                    home.resolve("project"),
                    effects);
            Policy.Match match = policy.judge(action, zones);
            if (c.deny && match.verdict() == Verdict.ALLOW) {
                slipped.add(c.command + " -> " + match);
            }
            if (!c.deny && match.verdict() != Verdict.ALLOW) {
                bothered.add(c.command + " -> " + match);
            }
        }
        assertThat(cases).hasSizeGreaterThan(50);
        assertThat(slipped).isEmpty();
        long harmless = cases.stream().filter(c -> !c.deny).count();
        assertThat(bothered).as(bothered.toString()).hasSizeLessThanOrEqualTo((int) (harmless * 0.03));
    }

    private static List<Case> cases() throws IOException {
        List<Case> cases = new ArrayList<>();
        try (Stream<Path> files = Files.list(CORPUS)) {
            for (Path file :
                    files.filter(f -> f.toString().endsWith(".toml")).sorted().toList()) {
                String active = Files.readString(file).replaceAll("(?m)^\\s*#.*$", "");
                Matcher matcher = CASE.matcher(active);
                while (matcher.find()) {
                    String command = matcher.group(1) == null
                            ? matcher.group(2)
                            : matcher.group(1).translateEscapes();
                    cases.add(new Case(command, matcher.group(3).equals("deny")));
                }
            }
        }
        return cases;
    }
}
