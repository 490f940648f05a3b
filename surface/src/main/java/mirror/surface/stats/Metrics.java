package mirror.surface.stats;

import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import mirror.bus.Json;
import mirror.pulse.stats.Figure;
import mirror.pulse.stats.Query;
import mirror.pulse.stats.Report;
import mirror.surface.Core;

/**
 * The numbers of {@link Numbers} and the histograms of {@link CallMeters} as Prometheus reads them. They are folds over the log, so a
 * restart resets no counter. What is unknown is left out, because a zero would be a number. The only labels are operation, provider, model,
 * kind of token and error; their number is bounded. Stateless.
 */
public final class Metrics {
    /** What to answer. */
    public record Page(String contentType, byte[] body) {}

    private static final String MONEY = "USD/1000000";
    private static final BigDecimal MILLION = BigDecimal.valueOf(1_000_000);

    private Metrics() {}

    /** @param accept the header of the request: OpenMetrics for who asks for it, the text format 0.0.4 for all others */
    public static Page page(Report report, CallMeters meters, String accept) {
        MetricSnapshots snapshots = new MetricSnapshots(snapshots(report, meters));
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        try {
            OpenMetricsTextFormatWriter open =
                    OpenMetricsTextFormatWriter.builder().build();
            if (open.accepts(accept)) {
                open.write(body, snapshots);
                return new Page(open.getContentType(), body.toByteArray());
            }
            PrometheusTextFormatWriter plain =
                    PrometheusTextFormatWriter.builder().build();
            plain.write(body, snapshots);
            return new Page(plain.getContentType(), body.toByteArray());
        } catch (IOException e) {
            throw new IllegalStateException("an array takes all bytes", e);
        }
    }

    private static List<MetricSnapshot> snapshots(Report report, CallMeters meters) {
        List<MetricSnapshot> all = new ArrayList<>();
        all.add(InfoSnapshot.builder()
                .name("mirror_build")
                .help("Version of Mirror, and the log that the numbers are of.")
                .dataPoint(InfoSnapshot.InfoDataPointSnapshot.builder()
                        .labels(Labels.of(
                                "version", Core.VERSION, "origin", report.head().origin()))
                        .build())
                .build());
        all.add(gauge("mirror_head_seq", "Number of the last event that the numbers are of.", (double)
                report.head().seq()));
        for (Figure figure : report.figures()) {
            BigDecimal value = figure.value().number();
            if (value != null) {
                all.add(snapshot(figure, value));
            }
        }
        add(
                all,
                "gen_ai_client_operation_duration_seconds",
                "GenAI operation duration.",
                "error_type",
                CallMeters.DURATION,
                meters.durations());
        add(
                all,
                "gen_ai_client_operation_time_to_first_chunk_seconds",
                "Time to receive the first chunk of a response.",
                "",
                CallMeters.DURATION,
                meters.firsts());
        add(
                all,
                "gen_ai_client_token_usage",
                "Number of input and output tokens used.",
                "gen_ai_token_type",
                CallMeters.TOKENS,
                meters.tokens());
        return all;
    }

    /** Name, without {@code _total}, by Prometheus' rules: a unit at the end, in base units. */
    private static MetricSnapshot snapshot(Figure figure, BigDecimal value) {
        String name = "mirror_" + figure.name().replace('.', '_').replace('-', '_')
                + switch (figure.unit()) {
                    case "s" -> "_seconds";
                    case MONEY -> "_usd";
                    default -> "";
                };
        double number = (figure.unit().equals(MONEY) ? value.divide(MILLION) : value).doubleValue();
        Query.Verb verb = Query.parse(figure.query()).verb();
        String help = figure.says() + " (" + figure.query() + ")";
        return verb.onlyGrows()
                ? CounterSnapshot.builder()
                        .name(name)
                        .help(help)
                        .dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder()
                                .value(number)
                                .build())
                        .build()
                : gauge(name, help, number);
    }

    private static GaugeSnapshot gauge(String name, String help, double value) {
        return GaugeSnapshot.builder()
                .name(name)
                .help(help)
                .dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder()
                        .value(value)
                        .build())
                .build();
    }

    private static void add(
            List<MetricSnapshot> all,
            String name,
            String help,
            String extra,
            double[] bounds,
            Map<CallMeters.Series, CallMeters.Histogram> series) {
        if (series.isEmpty()) {
            return;
        }
        HistogramSnapshot.Builder builder =
                HistogramSnapshot.builder().name(name).help(help);
        series.forEach((of, histogram) -> {
            ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
            for (int i = 0; i <= bounds.length; i++) {
                buckets.bucket(
                        i == bounds.length ? Double.POSITIVE_INFINITY : bounds[i],
                        histogram.buckets().get(i));
            }
            Labels labels = Labels.of(
                    "gen_ai_operation_name",
                    of.operation(),
                    "gen_ai_provider_name",
                    of.provider(),
                    "gen_ai_request_model",
                    of.model());
            builder.dataPoint(HistogramSnapshot.HistogramDataPointSnapshot.builder()
                    .labels(extra.isEmpty() || of.extra().isEmpty() ? labels : labels.add(extra, of.extra()))
                    .classicHistogramBuckets(buckets.build())
                    .sum(histogram.sum())
                    .build());
        });
        all.add(builder.build());
    }

    /** Of a running Mirror, as of now. */
    public static Page page(Core core, String accept) {
        core.projector().catchUp();
        return page(core.state().stats().report(), core.state().meters(), accept);
    }

    /** What {@code GET /api/v1/stats} answers: the numbers for a reader, and the envelope, which alone is signed. */
    public static byte[] json(Core core) {
        core.projector().catchUp();
        Report report = core.state().stats().report();
        var json = report.json();
        json.set("envelope", Json.MAPPER.readTree(report.signed(core.key())));
        return Json.MAPPER.writeValueAsBytes(json);
    }
}
