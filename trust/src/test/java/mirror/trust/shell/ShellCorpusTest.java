package mirror.trust.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import mirror.trust.Effect;
import org.junit.jupiter.api.Test;

/** Commands that others collected, with the verdict a guard should give; read where they lie, skipped where they do not. */
class ShellCorpusTest {
    private record Case(String file, String command, boolean deny) {}

    @Test
    void destructiveCommandsAreSeenAndOrdinaryOnesAreNot() throws IOException {
        List<Case> cases = cases();
        List<String> wrong = new ArrayList<>();
        for (Case each : cases) {
            List<Effect> effects = Effects.of(each.command());
            if (Effects.isAlarming(effects) != each.deny()) {
                wrong.add(each.file() + ": " + each.command() + " → " + effects);
            }
        }
        assertThat(wrong).as("of %d cases", cases.size()).isEmpty();
    }

    static List<String> commands() throws IOException {
        return cases().stream().map(Case::command).toList();
    }

    private static List<Case> cases() throws IOException {
        Path folder = Path.of(System.getProperty("mirror.root", "."), "..", "shared", "data", "attacks", "shell");
        assumeTrue(Files.isDirectory(folder), "no corpus");
        List<Case> cases = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".toml"))
                    .sorted()
                    .toList()) {
                String command = "";
                for (String line : Files.readAllLines(file)) {
                    if (line.startsWith("command = ")) {
                        command = unquote(line.substring(10));
                    } else if (line.startsWith("expected = ")) {
                        cases.add(new Case(file.getFileName().toString(), command, line.contains("deny")));
                    }
                }
            }
        }
        return cases;
    }

    /** TOML's two one-line strings: basic with escapes, and literal. */
    private static String unquote(String quoted) {
        String inner = quoted.strip().substring(1, quoted.strip().length() - 1);
        return quoted.startsWith("'")
                ? inner
                : inner.replace("\\\\", "\0")
                        .replace("\\\"", "\"")
                        .replace("\\n", "\n")
                        .replace("\\t", "\t")
                        .replace("\0", "\\");
    }
}
