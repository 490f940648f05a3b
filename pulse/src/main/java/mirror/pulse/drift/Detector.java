package mirror.pulse.drift;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import mirror.bus.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/*
 * Each new value gets a conformal p-value: the share of all values so far, itself among them, that are larger, with ties broken by chance [1]. As
 * long as the values are exchangeable (nothing changed, whatever their distribution), these are independent and uniform on [0, 1], exactly.
 * A fixed set of bets against that is placed on each: a bet (q, r) pays r/q when p < q and (1-r)/(1-q) otherwise, and the mirrored one does the
 * same at the upper end; its fair price is 1. Sums of what they come to, begun anew at each value, follow R = (1 + R) * payoff; the mean M of the R
 * over the bets is a Shiryaev-Roberts e-detector [2, 3]: M - n is a martingale, so by optional stopping the mean number of values until
 * M >= C is at least C. The alarm is at C = RUNS_PER_FALSE_ALARM; afterwards everything begins anew.
 *
 * No share of failures, mean or variance has to be known, and it can be looked at after every value.
 *
 * [1] Vovk, Testing randomness online. Statistical Science 36 (2021).
 * [2] Shin, Ramdas, Rinaldo, E-detectors: a nonparametric framework for sequential change detection. NEJSDS 2 (2024).
 * [3] Volkhonskiy, Burnaev, Nouretdinov, Gammerman, Vovk, Inductive conformal martingales for change-point detection. COPA 2017.
 */
/**
 * Finds out whether a row of numbers has changed: passes and failures, times, lengths. Without a change there is one alarm in
 * {@value #RUNS_PER_FALSE_ALARM} numbers on average, or fewer, whatever their distribution. Not thread-safe.
 */
public final class Detector {
    /** Numbers without a change until a false alarm, on average, at least. */
    public static final int RUNS_PER_FALSE_ALARM = 1_000;

    /** After so many without an alarm it begins anew, so that what it holds is bounded. */
    static final int MOST = 2_000;

    private static final double[][] BETS = {
        {0.05, 0.2}, {0.05, 0.5}, {0.1, 0.3}, {0.1, 0.6}, {0.2, 0.5}, {0.2, 0.8}, {0.4, 0.7}, {0.4, 0.9}
    };

    /**
     * One number.
     *
     * @param seq the event that it is of
     */
    public record Point(long seq, double value) {}

    /**
     * A change that was found.
     *
     * @param before the numbers before the most likely place of the change
     * @param after those from there on
     * @param evidence how much the bets had come to; {@value #RUNS_PER_FALSE_ALARM} or more
     */
    public record Change(List<Point> before, List<Point> after, double evidence) {
        public Change {
            before = List.copyOf(before);
            after = List.copyOf(after);
        }
    }

    private final List<Point> points = new ArrayList<>();
    private final double[] wealth = new double[2 * BETS.length];

    /**
     * Takes in the next number.
     *
     * @param chance uniform in [0, 1), independent of the numbers; breaks ties
     */
    public Optional<Change> add(Point point, double chance) {
        if (points.size() >= MOST) {
            clear();
        }
        points.add(point);
        double p = share(point.value(), chance);
        double sum = 0;
        for (int i = 0; i < BETS.length; i++) {
            sum += bet(i, BETS[i], p < BETS[i][0]);
            sum += bet(BETS.length + i, BETS[i], p > 1 - BETS[i][0]);
        }
        double evidence = sum / wealth.length;
        if (evidence < RUNS_PER_FALSE_ALARM) {
            return Optional.empty();
        }
        int at = split();
        Change change = new Change(points.subList(0, at), points.subList(at, points.size()), evidence);
        clear();
        return Optional.of(change);
    }

    private double bet(int at, double[] bet, boolean won) {
        wealth[at] = (1 + wealth[at]) * (won ? bet[1] / bet[0] : (1 - bet[1]) / (1 - bet[0]));
        return wealth[at];
    }

    private double share(double value, double chance) {
        int larger = 0;
        int equal = 0;
        for (Point each : points) {
            if (each.value() > value) {
                larger++;
            } else if (each.value() == value) {
                equal++;
            }
        }
        return (larger + chance * equal) / points.size();
    }

    /** Where the numbers before and after differ most by their ranks (Pettitt 1979): an estimate, not a part of the guarantee. */
    private int split() {
        int most = 1;
        double best = -1;
        long u = 0;
        for (int at = 1; at < points.size(); at++) {
            double joined = points.get(at - 1).value();
            for (Point each : points) {
                u += Double.compare(joined, each.value());
            }
            // Without the weight, places in the middle would be preferred.
            double size = Math.abs(u) / Math.sqrt((double) at * (points.size() - at));
            if (size > best) {
                best = size;
                most = at;
            }
        }
        return most;
    }

    /** How many numbers it compares with. */
    public int size() {
        return points.size();
    }

    /** What they are. */
    public List<Point> points() {
        return List.copyOf(points);
    }

    /** How much the bets have come to; an alarm is at {@value #RUNS_PER_FALSE_ALARM}. */
    public double evidence() {
        double sum = 0;
        for (double each : wealth) {
            sum += each;
        }
        return sum / wealth.length;
    }

    private void clear() {
        points.clear();
        java.util.Arrays.fill(wealth, 0);
    }

    JsonNode save() {
        ObjectNode saved = Json.object();
        ArrayNode all = saved.putArray("points");
        points.forEach(each -> all.addArray().add(each.seq()).add(each.value()));
        ArrayNode sums = saved.putArray("wealth");
        for (double each : wealth) {
            sums.add(each);
        }
        return saved;
    }

    static Detector of(JsonNode saved) {
        Detector detector = new Detector();
        for (JsonNode each : saved.path("points")) {
            detector.points.add(new Point(each.path(0).asLong(0), each.path(1).asDouble(0)));
        }
        for (int i = 0; i < detector.wealth.length; i++) {
            detector.wealth[i] = saved.path("wealth").path(i).asDouble(0);
        }
        return detector;
    }
}
