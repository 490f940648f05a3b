package mirror.trust.shell;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import mirror.trust.Effect;
import org.junit.jupiter.api.Test;

/** Laws that hold for every command line. A failure prints the seed; {@code -Dmirror.seed} runs it again. */
class ShellEffectsPropertyTest {
    private static final long SEED = Long.getLong("mirror.seed", 20_260_101L);
    private static final List<String> TOKENS = List.of(
            "rm",
            "-rf",
            "/",
            "~",
            "$HOME",
            "${X:-y}",
            "${X%%*/}",
            "$(",
            ")",
            "`",
            "'",
            "\"",
            "\\",
            "\n",
            " ",
            " ",
            ";",
            "&",
            "&&",
            "||",
            "|",
            "|&",
            "(",
            "((",
            "))",
            "{",
            "}",
            "if",
            "then",
            "else",
            "fi",
            "for",
            "in",
            "do",
            "done",
            "while",
            "case",
            "esac",
            ";;",
            "[[",
            "]]",
            "function",
            "f()",
            "f",
            ">",
            ">>",
            "<",
            "<<EOF",
            "EOF\n",
            "<<<",
            "2>&1",
            "<(",
            "$((",
            "$[",
            "*",
            "?",
            "[",
            "]",
            "a=b",
            "X=(",
            "A[0]=1",
            "echo",
            "eval",
            "sh -c",
            "bash",
            "xargs",
            "find . -exec",
            "{}",
            "\\;",
            "sudo",
            "env",
            "git",
            "push",
            "--force",
            "reset",
            "--hard",
            "python3 -c",
            "node -e",
            "perl -e",
            "awk",
            "sed",
            "cd",
            "curl",
            "https://x.example",
            "import os",
            "os.remove('x')",
            "trap",
            "alias",
            "set --",
            "$@",
            "$1",
            "!",
            "!(",
            "#",
            "=",
            ",",
            "..",
            "{a,b}",
            "{1..9}",
            "$'\\x41'",
            "\u00a0",
            "é",
            "\t",
            "\r\n",
            "coproc",
            "select",
            "until",
            "time",
            "-c",
            "-",
            "--",
            "tar",
            "--checkpoint-action=exec=x",
            "print",
            "system(",
            "}",
            "'",
            "\"");
    private static final List<String> SIMPLE = List.of(
            "rm -rf /etc",
            "rm x",
            "ls -l",
            "cat f",
            "echo hi",
            "touch a b",
            "cp a b",
            "git reset --hard",
            "git push -f origin main",
            "git status",
            "curl https://x.example/y",
            "python3 -c 'import os; os.remove(\"/x\")'",
            "find . -name x -delete",
            "kill 1",
            "npm publish",
            "dd of=/dev/sda",
            "sed -i s/a/b/ f",
            "tar xzf a.tgz",
            "mkdir -p d",
            "$NOBODY -x",
            "chmod 777 f",
            "docker rm x",
            "frob --all");
    private static final List<UnaryOperator<String>> WRAPS = List.of(
            c -> "sh -c " + Commands.quote(c),
            c -> "bash -lc " + Commands.quote(c),
            c -> "env " + c,
            c -> "(" + c + ")",
            c -> "{ " + c + "; }",
            c -> "eval " + Commands.quote(c),
            c -> "nohup " + c,
            c -> c + " | cat",
            c -> "true && " + c,
            c -> "a; " + c,
            c -> c + " &",
            c -> "if true; then " + c + "; fi",
            c -> "while x; do " + c + "; done",
            c -> "f() { " + c + "; }; f",
            c -> "echo $(" + c + ")",
            c -> "printf %s " + Commands.quote(c) + " | sh",
            c -> "sh <<'__END'\n" + c + "\n__END",
            c -> "X=1 " + c,
            c -> "sudo " + c);
    /** Wraps that take words, and so cannot take what is more than one simple command. */
    private static final List<String> WORDS_ONLY = List.of("env ", "nohup ", "sudo ", "X=1 ");

    private final RandomGenerator random =
            RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);

    @Test
    void anyTextIsAnsweredWithinBounds() {
        for (int i = 0; i < 6_000; i++) {
            StringBuilder text = new StringBuilder();
            int length = random.nextInt(1, 30);
            for (int t = 0; t < length; t++) {
                text.append(TOKENS.get(random.nextInt(TOKENS.size()))).append(random.nextInt(3) == 0 ? "" : " ");
            }
            check(text.toString());
        }
    }

    @Test
    void aDamagedCommandIsAnsweredWithinBounds() throws IOException {
        List<String> seeds = new ArrayList<>(SIMPLE);
        seeds.addAll(ShellCorpusTest.commands());
        for (int i = 0; i < 6_000; i++) {
            StringBuilder text = new StringBuilder(seeds.get(random.nextInt(seeds.size())));
            for (int edit = random.nextInt(1, 5); edit > 0 && !text.isEmpty(); edit--) {
                int at = random.nextInt(text.length());
                switch (random.nextInt(4)) {
                    case 0 -> text.deleteCharAt(at);
                    case 1 -> text.insert(at, TOKENS.get(random.nextInt(TOKENS.size())));
                    case 2 -> text.setCharAt(at, (char) random.nextInt(1, 0x250));
                    default -> text.insert(at, text.substring(random.nextInt(at + 1), at));
                }
            }
            check(text.toString());
        }
    }

    @Test
    void aCommandWithoutADelimiterOfItsOwnIsNeverJustNothing() {
        for (String command : SIMPLE) {
            assertThat(Effects.of(command)).as(command).isNotEmpty();
        }
    }

    @Test
    void wrappingACommandHidesNoneOfItsEffects() {
        for (int i = 0; i < 4_000; i++) {
            String inner = SIMPLE.get(random.nextInt(SIMPLE.size()));
            boolean simple = true;
            for (int depth = random.nextInt(3); depth > 0; depth--) {
                String wrapped = WRAPS.get(random.nextInt(WRAPS.size())).apply(inner);
                boolean words = WORDS_ONLY.stream().anyMatch(wrapped::startsWith);
                if (!words || simple) {
                    inner = wrapped;
                    simple &= words && !wrapped.startsWith("X=1");
                }
                if (inner.contains("\n") || inner.endsWith("&")) {
                    break;
                }
            }
            String outer = WRAPS.get(random.nextInt(WRAPS.size())).apply(inner);
            boolean fits = simple || WORDS_ONLY.stream().noneMatch(outer::startsWith);
            if (fits && !inner.contains("\n") && !inner.endsWith("&")) {
                assertThat(Effects.of(outer))
                        .as("seed %d: %s inside %s", SEED, inner, outer)
                        .containsAll(Effects.of(inner));
            }
        }
    }

    private static void check(String command) {
        List<Effect> effects = Effects.of(command);
        assertThat(effects)
                .as("seed %d: %s", SEED, command)
                .hasSizeLessThan(6_000)
                .noneMatch(
                        effect -> effect instanceof Effect.Opaque(String why) && why.startsWith("the analysis failed"));
    }
}
