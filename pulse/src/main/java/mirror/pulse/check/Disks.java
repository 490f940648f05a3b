package mirror.pulse.check;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import tools.jackson.databind.JsonNode;

/**
 * How full disks were, a few times a day, and when they will be full if it goes on like that. The pace is the median of the slopes between
 * all pairs of measurements, which a few odd ones do not move, with the interval that Kendall's tau gives. Source: P. K. Sen, "Estimates of
 * the Regression Coefficient Based on Kendall's Tau", Journal of the American Statistical Association 63 (1968). A fold; thread-safe.
 */
public final class Disks implements Projection {
    static final String MEASURED = "mirror.disk.measured.v1";

    private static final Duration EVERY = Duration.ofHours(6);
    private static final Duration KEPT = Duration.ofDays(14);

    /** Less says nothing of a pace. */
    private static final int LEAST = 8;

    private static final Duration LEAST_TIME = Duration.ofDays(2);

    /** Of the normal distribution, for an interval that holds 9 times of 10. */
    private static final double Z = 1.645;

    private static final double DAY = Duration.ofDays(1).toMillis();

    /** @param free bytes */
    private record Sample(Instant at, long free) {}

    /**
     * When a disk will be full, counted in days from its last measurement.
     *
     * @param earliest and {@code latest}: where the true pace puts it 9 times of 10; {@code latest} may be infinite
     */
    public record Forecast(double days, double earliest, double latest) {}

    private final Map<String, List<Sample>> samples = new TreeMap<>();

    @Override
    public String name() {
        return "disks";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized void accept(Event event) {
        if (event.type().equals(MEASURED)) {
            List<Sample> of = samples.computeIfAbsent(event.text("folder"), _ -> new ArrayList<>());
            of.add(new Sample(event.time(), event.data().path("free").asLong(0)));
            of.removeIf(sample -> sample.at.isBefore(event.time().minus(KEPT)));
        }
    }

    @Override
    public synchronized JsonNode save() {
        var saved = Json.object();
        samples.forEach((folder, all) -> saved.set(folder, Json.array(all)));
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        samples.clear();
        saved.properties()
                .forEach(each -> samples.put(each.getKey(), new ArrayList<>(Json.list(each.getValue(), Sample.class))));
    }

    /** What is to be recorded of a disk now, if the last time is long enough ago. */
    synchronized Optional<Draft> measured(String folder, long free, long size, Instant now) {
        List<Sample> of = samples.getOrDefault(folder, List.of());
        if (!of.isEmpty() && now.isBefore(of.getLast().at.plus(EVERY))) {
            return Optional.empty();
        }
        return Optional.of(Draft.of(
                        MEASURED,
                        "daemon",
                        Json.object().put("folder", folder).put("free", free).put("size", size))
                .subject(folder));
    }

    /** Empty when too little is known, or the disk does not surely fill. */
    public synchronized Optional<Forecast> forecast(String folder) {
        List<Sample> of = samples.getOrDefault(folder, List.of());
        int n = of.size();
        if (n < LEAST || Duration.between(of.getFirst().at, of.getLast().at).compareTo(LEAST_TIME) < 0) {
            return Optional.empty();
        }
        // Bytes a day, of all pairs, from the fastest loss on.
        double[] slopes = new double[n * (n - 1) / 2];
        int pairs = 0;
        for (int i = 0; i < n; i++) {
            for (int j = i + 1; j < n; j++) {
                double days = Duration.between(of.get(i).at, of.get(j).at).toMillis() / DAY;
                if (days > 0) {
                    slopes[pairs++] = (of.get(j).free - of.get(i).free) / days;
                }
            }
        }
        Arrays.sort(slopes, 0, pairs);
        double c = Z * Math.sqrt(n * (n - 1.0) * (2 * n + 5) / 18);
        double median = (slopes[(pairs - 1) / 2] + slopes[pairs / 2]) / 2;
        double fastest = slopes[Math.max(0, (int) Math.floor((pairs - c) / 2) - 1)];
        double slowest = slopes[Math.min(pairs - 1, (int) Math.ceil((pairs + c) / 2))];
        if (median >= 0 || slowest >= 0) {
            return Optional.empty();
        }
        double free = of.getLast().free;
        return Optional.of(new Forecast(free / -median, free / -fastest, free / -slowest));
    }
}
