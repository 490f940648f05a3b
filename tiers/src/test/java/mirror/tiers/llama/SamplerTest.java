package mirror.tiers.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import mirror.tiers.dialect.LlamaAsk;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is drawn follows from scores, settings and seed alone. */
final class SamplerTest {
    private static LlamaAsk ask(
            @Nullable Double temperature,
            @Nullable Double topP,
            @Nullable Integer topK,
            @Nullable Double presence,
            @Nullable Double frequency,
            @Nullable Long seed) {
        return new LlamaAsk(List.of(), "", null, List.of(), temperature, topP, topK, presence, frequency, seed, false);
    }

    private static float[] scores(long seed) {
        Random random = new Random(seed);
        float[] scores = new float[50 + random.nextInt(500)];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = (float) (3 * random.nextGaussian());
        }
        return scores;
    }

    private static int best(float[] scores) {
        int best = 0;
        for (int i = 1; i < scores.length; i++) {
            best = scores[i] > scores[best] ? i : best;
        }
        return best;
    }

    @Test
    void temperatureZeroTakesTheBestWhateverTheSeed() throws LlamaException {
        for (long seed = 0; seed < 200; seed++) {
            float[] scores = scores(seed);
            assertThat(new Sampler(ask(0.0, null, null, null, null, null), seed).draw(scores))
                    .isEqualTo(best(scores));
        }
    }

    @Test
    void ofEqualScoresTheFirstIsTheBest() throws LlamaException {
        assertThat(new Sampler(ask(0.0, null, null, null, null, null), 1).draw(new float[] {1, 5, 5, 5}))
                .isEqualTo(1);
    }

    @Test
    void theSameSeedDrawsTheSameAndAnotherSeedSomethingElse() throws LlamaException {
        Set<List<Integer>> different = new HashSet<>();
        for (long seed = 0; seed < 20; seed++) {
            List<Integer> first = drawn(ask(1.0, null, null, null, null, seed), 99, 20);
            assertThat(drawn(ask(1.0, null, null, null, null, seed), 7, 20)).isEqualTo(first);
            different.add(first);
        }
        assertThat(different).hasSize(20);
    }

    private static List<Integer> drawn(LlamaAsk ask, long otherwise, int times) throws LlamaException {
        Sampler sampler = new Sampler(ask, otherwise);
        float[] scores = scores(4);
        List<Integer> drawn = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            drawn.add(sampler.draw(scores));
        }
        return drawn;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 10})
    void nothingBehindTheTopKIsEverDrawn(int k) throws LlamaException {
        float[] scores = scores(8);
        Set<Integer> drawn = new HashSet<>();
        for (long seed = 0; seed < 500; seed++) {
            drawn.add(new Sampler(ask(5.0, 1.0, k, null, null, seed), 0).draw(scores));
        }
        Set<Integer> best = new HashSet<>();
        float[] left = scores.clone();
        for (int i = 0; i < k; i++) {
            best.add(best(left));
            left[best(left)] = Float.NEGATIVE_INFINITY;
        }
        assertThat(drawn).isEqualTo(best);
    }

    @Test
    void topPKeepsTheFewestThatHaveTheProbabilityTogether() throws LlamaException {
        // Probabilities of 1/2, 1/4, 1/8 and 1/8.
        float[] scores = {(float) Math.log(4), (float) Math.log(2), 0, 0};
        for (var each :
                List.of(new double[] {0.4, 1}, new double[] {0.7, 2}, new double[] {0.8, 3}, new double[] {1, 4})) {
            Set<Integer> drawn = new HashSet<>();
            for (long seed = 0; seed < 500; seed++) {
                drawn.add(new Sampler(ask(1.0, each[0], 0, null, null, seed), 0).draw(scores));
            }
            assertThat(drawn).as("top-p " + each[0]).hasSize((int) each[1]);
        }
    }

    @Test
    void whatWasDrawnIsPenalized() throws LlamaException {
        float[] scores = {3, 2.5f, 0};
        Sampler presence = new Sampler(ask(0.0, null, null, 1.0, null, null), 0);
        assertThat(List.of(presence.draw(scores), presence.draw(scores), presence.draw(scores)))
                .containsExactly(0, 1, 0);
        Sampler frequency = new Sampler(ask(0.0, null, null, null, 0.4, null), 0);
        assertThat(List.of(frequency.draw(scores), frequency.draw(scores), frequency.draw(scores)))
                .containsExactly(0, 0, 1);
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
    void scoresThatAreNoNumbersAreAFault(float broken) {
        float[] scores = scores(2);
        scores[scores.length - 1] = broken;
        assertThatThrownBy(() -> new Sampler(ask(0.5, null, null, null, null, null), 0).draw(scores))
                .isInstanceOf(LlamaException.class)
                .hasMessageContaining("its file is broken");
    }
}
