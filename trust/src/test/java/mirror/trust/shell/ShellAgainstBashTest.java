package mirror.trust.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.regex.Pattern;
import mirror.trust.Effect;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real bash is asked what it would start: random words are given to a program {@code p} that only notes its arguments, and
 * every start that bash makes must be among those we say. A command that we call opaque is not compared.
 */
class ShellAgainstBashTest {
    private static final long SEED = Long.getLong("mirror.seed", 20_260_101L);
    private static final int COMMANDS = 400;
    private static final Path BASH = Path.of("/bin/bash");
    private static final String PREPARED = "X=hello; Y='a b c'; E=; N=X; A=(one 'two 2'); set -- P1 'P 2'; p ";
    private static final List<String> PIECES = List.of(
            "a",
            "b c",
            "'q r'",
            "\"d e\"",
            "$X",
            "${X}",
            "\"$X\"",
            "\"${Y}\"",
            "$Y",
            "${U:-def}",
            "\"${U:-d e}\"",
            "${X:+alt}",
            "${X%l*}",
            "${X#h}",
            "${Y// /_}",
            "${Y/b/Z}",
            "${X^^}",
            "${X:1:2}",
            "${X: -2}",
            "${#X}",
            "$(echo hi there)",
            "\"$(echo hi there)\"",
            "`echo bt`",
            "$(printf 'x\\ny')",
            "$'\\x41\\n'",
            "$'it\\'s'",
            "\\ ",
            "\\$",
            "\\\\",
            "\\'",
            "{1,2}",
            " {a,b}c",
            "x{1..3}",
            "{a,{b,c}}",
            "\"{a,b}\"",
            " ~ ",
            " ~/x",
            "'~'",
            "a~",
            "\"$@\"",
            "$@",
            "$*",
            "\"$*\"",
            "$1",
            "\"$2\"",
            "$#",
            "${A[0]}",
            "\"${A[@]}\"",
            "${A[@]}",
            "\"${A[*]}\"",
            "$((1+2))",
            "--o=$X",
            "--o=~/z",
            "a\\\nb",
            "\"a\\\nb\"",
            "a#b",
            "''",
            "$E",
            "\"$E\"",
            "${E:-z}",
            "${E-z}",
            "$U",
            "\"$(echo \"in $X\")\"",
            "$(echo '$X')",
            "\"\\$X\"",
            "'\\'",
            "\"\\a\"",
            "${!N}",
            "$(cat <<< 'here str')",
            "${Y%% *}",
            "${Y##* }",
            "${X//l}",
            "${X/#h/H}",
            "${X/%o/O}",
            "; p ",
            "&& p ",
            "|| p ",
            "\n p ",
            "; Z=1 p ",
            "; (p sub) ; p ",
            "; { p g; }; p ",
            "; for i in 1 2; do p $i; done; p ",
            "; if true; then p t; fi; p ",
            "; case x in x) p c;; esac; p ",
            "; f() { p f \"$1\"; }; f g h; p ",
            "; set -- 1 2; p ",
            "; Y='n m'; p ",
            "; eval \"p ev $X\"; p ",
            "; bash -c 'p sub \"$1\"' _ arg; p ",
            "; IFS=:; W=a:b; p $W; IFS=$' \\t\\n'; p ",
            "; shift; p ",
            "; unset X; p ",
            "; A+=(new); p ",
            "; X+=tail; p ",
            "; read R <<< 'r1 r2'; p \"$R\"; p ",
            "; printf -v P '%s-%s' 1 2; p $P; p ",
            "; p <<EOF\nbody $X\nEOF\np ",
            "; export X; bash -c 'p $X'; p ",
            "; g() { local X=loc; p $X; }; g; p ",
            "; : ${U:=asg}; p $U; p ",
            "; [[ a == a ]] && p yes; p ",
            "; ((1)) && p ar; p ",
            "; ! p neg; p ",
            "; C='p x y'; $C; p ",
            "; Q=\"p 'x y'\"; eval $Q; p ",
            "; alias z=p; p ");

    @Test
    void everyProgramThatBashStartsIsReported(@TempDir Path folder) throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(BASH), "no bash");
        Path programs = Files.createDirectory(folder.resolve("bin"));
        Path log = folder.resolve("log");
        Path recorder = programs.resolve("p");
        Files.writeString(
                recorder,
                "#!" + BASH + "\nprintf -v line '\\1%s' p \"$@\"\nprintf '%s\\2' \"$line\" >> '" + log + "'\n");
        assertThat(recorder.toFile().setExecutable(true)).isTrue();
        String path = programs + ":/usr/bin:/bin";
        ShellContext context =
                new ShellContext(folder, Map.of("HOME", "/home/ada", "PATH", path), PathResolver.onDisk());
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
        for (int i = 0; i < COMMANDS; i++) {
            StringBuilder command = new StringBuilder(PREPARED);
            for (int pieces = random.nextInt(1, 7); pieces > 0; pieces--) {
                command.append(PIECES.get(random.nextInt(PIECES.size()))).append(random.nextInt(4) == 0 ? "" : " ");
            }
            String text = command.toString();
            List<Effect> effects = ShellEffects.of(text, context);
            if (effects.stream().noneMatch(Effect.Opaque.class::isInstance)) {
                List<List<String>> ours = started(effects);
                if (ours.stream().flatMap(List::stream).noneMatch(word -> word.contains("$"))) {
                    assertThat(ours).as("seed %d: %s", SEED, text).containsAll(startedByBash(text, folder, log, path));
                }
            }
        }
    }

    private static List<List<String>> started(List<Effect> effects) {
        List<List<String>> started = new ArrayList<>();
        for (Effect effect : effects) {
            if (effect instanceof Effect.Run(List<String> argv)
                    && argv.getFirst().equals("p")) {
                started.add(argv);
            }
        }
        return started;
    }

    private static List<List<String>> startedByBash(String command, Path folder, Path log, String path)
            throws IOException, InterruptedException {
        Files.writeString(log, "");
        ProcessBuilder builder = new ProcessBuilder(BASH.toString(), "-c", command);
        builder.environment().clear();
        builder.environment().putAll(Map.of("PATH", path, "HOME", "/home/ada"));
        builder.directory(folder.toFile())
                .redirectInput(new File("/dev/null"))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        Process bash = builder.start();
        assertThat(bash.waitFor(60, TimeUnit.SECONDS)).as(command).isTrue();
        List<List<String>> started = new ArrayList<>();
        for (String line : Pattern.compile("\2").split(Files.readString(log), -1)) {
            if (!line.isEmpty()) {
                started.add(List.of(Pattern.compile("\1").split(line.substring(1), -1)));
            }
        }
        return started;
    }
}
