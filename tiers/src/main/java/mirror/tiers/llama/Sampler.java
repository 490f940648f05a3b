package mirror.tiers.llama;

import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import mirror.tiers.dialect.LlamaAsk;
import org.jspecify.annotations.Nullable;

/**
 * Draws the next token from the scores that a model gives all of them. In this order: penalties, the {@code top-k} best, of these the
 * fewest that together have the probability {@code top-p}, then one of them by chance at this temperature. Temperature 0 takes the best one.
 * What is not said is as in llama.cpp's own programs: temperature 0.8, top-k 40, top-p 0.95. The same seed and the same scores give the
 * same tokens. Used by one thread.
 */
final class Sampler {
    private static final double TEMPERATURE = 0.8;
    private static final int TOP_K = 40;
    private static final double TOP_P = 0.95;

    private final double temperature;
    private final double topP;
    private final int topK;
    private final double presence;
    private final double frequency;
    private final RandomGenerator random;
    private final Map<Integer, Integer> drawn = new HashMap<>();

    /** @param seed for a request that has none */
    Sampler(LlamaAsk ask, long seed) {
        temperature = or(ask.temperature(), TEMPERATURE);
        topP = or(ask.topP(), TOP_P);
        Integer k = ask.topK();
        topK = k == null ? TOP_K : k <= 0 ? Integer.MAX_VALUE : k;
        presence = or(ask.presencePenalty(), 0);
        frequency = or(ask.frequencyPenalty(), 0);
        Long said = ask.seed();
        random = RandomGeneratorFactory.of("L64X128MixRandom").create(said == null ? seed : said);
    }

    private static double or(@Nullable Double value, double otherwise) {
        return value == null ? otherwise : value;
    }

    /** A token and its score. */
    private record Scored(int token, double score) {}

    /** Better scores first, and of equal ones the smaller token, so that the order never depends on chance. */
    private static int order(Scored a, Scored b) {
        int byScore = Double.compare(b.score, a.score);
        return byScore != 0 ? byScore : Integer.compare(a.token, b.token);
    }

    /**
     * The next token, which counts as drawn.
     *
     * @throws LlamaException when a score is no number: then the model is broken
     */
    int draw(float[] scores) throws LlamaException {
        int keep = temperature <= 0 ? 1 : Math.min(topK, scores.length);
        PriorityQueue<Scored> best = new PriorityQueue<>((a, b) -> order(b, a));
        for (int token = 0; token < scores.length; token++) {
            double score = scores[token];
            if (Double.isNaN(score) || score == Double.POSITIVE_INFINITY) {
                throw new LlamaException(
                        LlamaException.Kind.MODEL, "the model computes values that are no numbers; its file is broken");
            }
            Integer times = drawn.get(token);
            if (times != null) {
                score -= presence + frequency * times;
            }
            Scored worst = best.peek();
            if (worst == null || best.size() < keep || score > worst.score) {
                if (best.size() == keep) {
                    best.poll();
                }
                best.add(new Scored(token, score));
            }
        }
        int token = chosen(best.stream().sorted(Sampler::order).toArray(Scored[]::new));
        drawn.merge(token, 1, Integer::sum);
        return token;
    }

    private int chosen(Scored[] best) {
        if (temperature <= 0) {
            return best[0].token;
        }
        double[] weights = new double[best.length];
        double all = 0;
        for (int i = 0; i < best.length; i++) {
            weights[i] = Math.exp((best[i].score - best[0].score) / temperature);
            all += weights[i];
        }
        int kept = 0;
        double sum = 0;
        do {
            sum += weights[kept++];
        } while (kept < best.length && sum < topP * all);
        double point = random.nextDouble() * sum;
        for (int i = 0; i < kept; i++) {
            point -= weights[i];
            if (point < 0) {
                return best[i].token;
            }
        }
        return best[kept - 1].token;
    }
}
