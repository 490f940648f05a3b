package mirror.tiers.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.random.RandomGenerator;
import mirror.bus.Seed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said twice where two providers' words meet is told once, and nothing else is lost. */
final class OverlapTest {
    private static String joined(String told, String next, int least, RandomGenerator cuts) {
        Overlap overlap = new Overlap(told, least);
        StringBuilder all = new StringBuilder(told);
        int at = 0;
        while (at < next.length()) {
            int some = Math.min(next.length() - at, 1 + cuts.nextInt(7));
            all.append(overlap.add(next.substring(at, at + some)));
            at += some;
        }
        return all.append(overlap.rest()).toString();
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "`The answer is forty-t` | `forty-two.` | `The answer is forty-two.`",
                "`The answer is forty-t` | `wo.` | `The answer is forty-two.`",
                "`One, two, three` | `One, two, three, four` | `One, two, three, four`",
                "`Hello ` | ` world` | `Hello world`",
                "`Hello\n\n` | `\n- a` | `Hello\n\n- a`",
                "`Hello` | ` world` | `Hello world`",
                "`a b` | `b c` | `a bb c`",
                "`ha ha ` | `ha ha` | `ha ha ha ha`",
                "`a\n------------` | `------------` | `a\n------------------------`",
                "`Hell` | `Hello` | `Hello`",
                "`Hel` | `Hello` | `HelHello`",
                "`` | `Hello` | `Hello`",
                "`one two one two` | `one two three` | `one two one two three`",
            })
    void theTextsMeetAsOne(String told, String next, String all) {
        assertThat(joined(told, next, 5, Seed.fresh().random())).isEqualTo(all);
    }

    @Test
    void aRepetitionOfAnyLengthIsCutOnceAndTextWithoutOneIsWholeHoweverItIsCutIntoPieces() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int round = 0; round < 3_000; round++) {
            // No two letters of it are the same, so there is one repetition at most.
            StringBuilder letters = new StringBuilder();
            for (int i = 40 + random.nextInt(400), c = 0x4E00 + random.nextInt(1_000); i > 0; i--) {
                letters.append((char) c++);
            }
            String whole = letters.toString();
            int cut = random.nextInt(whole.length() + 1);
            int back = random.nextInt(cut + 1);
            String next = whole.substring(cut - back);
            boolean counts = back == 0 || back >= 16 || (back == cut && back >= 4);
            assertThat(joined(whole.substring(0, cut), next, 16, random))
                    .as(seed.toString())
                    .isEqualTo(counts ? whole : whole.substring(0, cut) + next);
        }
    }

    @Test
    void nothingIsHeldBackLongerThanItCouldBeARepetition() {
        Overlap overlap = new Overlap("x".repeat(10) + "The end of it all", 5);
        assertThat(overlap.add("The end o")).isEmpty();
        assertThat(overlap.add("f that")).isEqualTo("The end of that");
        assertThat(overlap.add(" too")).isEqualTo(" too");
    }

    @Test
    void aLongTextIsLookedAtFromItsEndAlone() {
        String told = "abcdefg".repeat(100_000) + "and this is the end";
        assertThat(joined(told, "and this is the end, really", 5, new Seed(1).random()))
                .endsWith("and this is the end, really")
                .hasSize(told.length() + ", really".length());
    }
}
