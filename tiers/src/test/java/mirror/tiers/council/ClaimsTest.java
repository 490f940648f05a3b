package mirror.tiers.council;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import mirror.bus.Seed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What counts as the same claim is decided by words alone, and never when a word turns it round. */
final class ClaimsTest {
    @Test
    void sentencesAreClaimsAndQuestionsHeadingsCodeAndFillersAreNot() {
        assertThat(Claims.of("""
                # The bridge of Kiel stands
                Sure! Here it is:
                - **The bridge** opened in 1932. It is 500 m long.
                1. Was it painted red again?
                ```
                The code is no claim of anybody.
                ```
                It is 500 m long.
                """, 10)).containsExactly("The bridge opened in 1932.", "It is 500 m long.");
        assertThat(Claims.of("One two three four. Two three four five. Three four five six.", 2))
                .hasSize(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "The harbour of Kiel opens at six each day. | Harbour of Kiel opens at 6. | true",
                "The harbours open at six. | The harbour opens at six. | true",
                "The harbour opens at six. | The harbour opens at seven. | false",
                "The harbour does not open at six. | The harbour does open at six. | false",
                "The harbour doesn't open at six. | The harbour does open at six. | false",
                "The harbour may open at six. | The harbour open at six. | false",
                "Ada beat Bob at chess. | Bob beat Ada at chess. | false",
                "It moved from Kiel. | It moved to Kiel. | false",
                "It opened in 1932. | It opened in 1932 after Zorblax cut the ribbon. | false",
                "It is false that the harbour opens at six. | The harbour opens at six. | false",
                "The harbour opens at six only on Sundays. | The harbour opens at six. | false",
                "It cost 1,500 dollars then. | It cost 1500 dollars then. | true",
            })
    void aSentenceSaysAClaimOnlyWhenNothingTurnsIt(String sentence, String claim, boolean says) {
        assertThat(Claims.says(sentence, claim)).isEqualTo(says);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "The harbour opens at seven. | The harbour opens at six. | true",
                "The harbour does not open on Sunday. | The harbour does open on Sunday. | true",
                "The harbour opens at six. | The harbour opens at six. | false",
                "The station opens at seven. | The harbour opens at six. | false",
                "The harbour opens at six, built in 1932. | The harbour opens at six. | false",
                "The harbour may open at seven. | The harbour open at six. | false",
            })
    void aSentenceContradictsWithAnotherNumberOrOneMoreNot(String sentence, String claim, boolean contradicts) {
        assertThat(Claims.contradicts(sentence, claim)).isEqualTo(contradicts);
    }

    @Test
    void everySentenceSaysItselfAndNoneSaysAndContradictsTheSame() {
        List<String> words = List.of(
                "harbour", "Kiel", "opens", "not", "six", "1932", "only", "the", "boat", "never", "7", "if", "red",
                "don't");
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int round = 0; round < 2_000; round++) {
            List<String> some = new ArrayList<>();
            for (int i = 1 + random.nextInt(7); i > 0; i--) {
                some.add(words.get(random.nextInt(words.size())));
            }
            String one = String.join(" ", some) + " boat.";
            List<String> mixed = new ArrayList<>(some);
            Collections.shuffle(mixed, new java.util.Random(random.nextLong()));
            String other = String.join(" ", mixed.subList(0, 1 + random.nextInt(mixed.size()))) + ".";
            assertThat(Claims.says(one, one)).as(seed + ": " + one).isTrue();
            assertThat(Claims.says(one, other) && Claims.contradicts(one, other))
                    .as("%s: %s / %s", seed, one, other)
                    .isFalse();
        }
    }
}
