package mirror.trust;

import static org.assertj.core.api.Assertions.assertThatCode;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** The fuzz targets with seeded noise: what Jazzer does at length, a little on every run. */
final class FuzzTest {
    private static final List<String> SHELL = List.of(
            "for f in *.java; do wc -l \"$f\"; done",
            "cat <<'E' | sh\necho hi\nE",
            "x=$(git log -1 --format=%H) && echo ${x:0:7} >> out.txt",
            "find . -name '*.tmp' -exec rm -rf {} + ; sudo -u root env -S 'a b'",
            "case $1 in a|b) (cd /tmp; :) ;; *) [[ -f x ]] && { y; } ;; esac");
    private static final String POLICY =
            "version: 1\nrules:\n  - id: a\n    when: kind == 'read' && zones.exists(z, z in"
                    + " ['project'])\n    verdict: ask\n    reason: because\n";
    private static final String TOKEN = "mlt1.eyJhIjoxfQ.AAAA.eyJiIjoyfQ.BBBB";

    private static void fuzz(List<String> seeds, int rounds, Consumer<byte[]> target) {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < rounds; i++) {
            byte[] data = seeds.get(random.nextInt(seeds.size())).getBytes(StandardCharsets.UTF_8);
            for (int edits = random.nextInt(1, 6); edits > 0; edits--) {
                int at = random.nextInt(data.length);
                switch (random.nextInt(3)) {
                    case 0 -> data[at] = (byte) random.nextInt(256);
                    case 1 -> System.arraycopy(data.clone(), random.nextInt(at + 1), data, 0, data.length - at);
                    default -> data[at] = (byte) "'\"`$(){}[]<>|&;\\\n#=*~!:.-".charAt(random.nextInt(25));
                }
            }
            byte[] input = data;
            assertThatCode(() -> target.accept(input))
                    .as("seed %s round %s: %s", seed, i, new String(input, StandardCharsets.UTF_8))
                    .doesNotThrowAnyException();
        }
    }

    @Test
    void anyTextIsAnalysedAndHidesNothingBeforeIt() {
        fuzz(SHELL, 4_000, FuzzTargets.Shell::fuzzerTestOneInput);
    }

    @Test
    void noTextIsALease() {
        fuzz(List.of(TOKEN), 4_000, FuzzTargets.Lease::fuzzerTestOneInput);
    }

    @Test
    void anyFileIsAPolicyOrIsRefused() {
        fuzz(List.of(POLICY), 4_000, FuzzTargets.Rules::fuzzerTestOneInput);
    }
}
