package mirror.surface.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import mirror.bus.DiskStorage;
import mirror.bus.Draft;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.pulse.stats.Definition;
import mirror.pulse.stats.Stats;
import mirror.trust.DeviceKey;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

final class MetricsTest {
    private static final String OPEN = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final Stats stats = new Stats(Numbers.ALL);
    private final CallMeters meters = new CallMeters();

    @SuppressWarnings("NullAway.Init")
    private EventLog log;

    @SuppressWarnings("NullAway.Init")
    private Projector projector;

    @BeforeEach
    void open() throws IOException {
        Home home = new Home(folder.resolve("m"));
        DeviceKey key = DeviceKey.create(home.keys().resolve("device.key"));
        log = EventLog.open(
                home, "t-" + key.shortId(), new DiskStorage(), () -> Instant.parse("2026-05-01T08:00:00Z"), key);
        projector = new Projector(log, List.of(stats, meters));
        projector.catchUp();
    }

    @AfterEach
    void close() {
        log.close();
    }

    private void calls(ObjectNode... calls) {
        ObjectNode data = Json.object();
        ArrayNode array = data.putArray("calls");
        for (ObjectNode call : calls) {
            array.add(call);
        }
        projector.record(Draft.of("mirror.calls.completed.v1", "daemon", data));
    }

    private static ObjectNode call(String model, String outcome) {
        return Json.object()
                .put("provider", "here")
                .put("model", model)
                .put("endpoint", "messages")
                .put("outcome", outcome)
                .put("ms", 1500)
                .put("first-ms", 90)
                .put("money", 12_000)
                .put("in", 300)
                .put("out", 20);
    }

    private String page(String accept) {
        return new String(Metrics.page(stats.report(), meters, accept).body(), StandardCharsets.UTF_8);
    }

    @Test
    void numbersAndHistogramsHaveTheNamesOfTheConventions() {
        calls(call("m", "answered"), call("m", "failed"));
        assertThat(page(""))
                .contains("# TYPE mirror_calls_total counter\n")
                .contains("\nmirror_calls_total 2.0\n")
                .contains("\nmirror_cost_usd_total 0.024\n")
                .contains(
                        "gen_ai_client_operation_duration_seconds_bucket{gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"here\",gen_ai_request_model=\"m\",le=\"2.56\"} 1")
                .contains("error_type=\"failed\"")
                .contains("gen_ai_token_type=\"input\"")
                .contains("gen_ai_client_operation_time_to_first_chunk_seconds_count");
    }

    @Test
    void whatIsUnknownIsLeftOutAndNotZero() {
        ObjectNode silent = call("m", "answered").put("unreported", 500);
        silent.remove(List.of("in", "out"));
        calls(silent);
        assertThat(page(""))
                .doesNotContain("mirror_tokens_in")
                .doesNotContain("mirror_services_restarts_false")
                .doesNotContain("mirror_reliability_least")
                .doesNotContain("gen_ai_client_token_usage")
                .contains("mirror_tokens_unreported_total 500.0");
    }

    @Test
    void howeverManyModelsThereAreTheSeriesAreBounded() {
        for (int i = 0; i < 2 * CallMeters.MOST; i++) {
            calls(call("model-" + i, "answered"));
        }
        assertThat(meters.durations()).hasSize(CallMeters.MOST + 1);
        assertThat(meters.durations().get(new CallMeters.Series("chat", CallMeters.OTHER, CallMeters.OTHER, "")))
                .isNotNull();
        long counted = meters.durations().values().stream()
                .flatMap(each -> each.buckets().stream())
                .mapToLong(Long::longValue)
                .sum();
        assertThat(counted).as("none is lost").isEqualTo(2L * CallMeters.MOST);
    }

    @Test
    void noSessionNoPathAndNoTextBecomesALabel() {
        projector.record(new Draft(
                "mirror.session.opened.v1",
                "claude-code",
                null,
                null,
                "61102e6c-secret-session",
                Json.object().put("project", "/home/ada/hidden").put("cwd", "/home/ada/hidden")));
        calls(call("m", "answered").put("session", "61102e6c-secret-session").put("project", "/home/ada/hidden"));
        assertThat(page("")).doesNotContain("61102e6c").doesNotContain("hidden");
    }

    @Test
    void aNameOfAModelCannotBreakOutOfItsLabel() {
        calls(call("m\"} 1\nmirror_fake 7\n", "answered"));
        assertThat(page("").lines()).noneMatch(line -> line.startsWith("mirror_fake"));
    }

    @Test
    void everyNumberHasItsOwnNameAndASentence() {
        assertThat(Numbers.ALL.stream().map(Definition::name)).doesNotHaveDuplicates();
        assertThat(Numbers.ALL).allSatisfy(each -> assertThat(each.says()).endsWith("."));
    }

    /** The events that numbers are made of are those that the documentation names: a typing error would count nothing for ever. */
    @Test
    void everyQueryIsAboutEventsThatExist() throws IOException {
        String documented = Files.readString(Path.of("..", "docs", "events.md"));
        for (Definition each : Numbers.ALL) {
            for (String type : each.query().types()) {
                if (!type.equals("*")) {
                    assertThat(documented).as(each.name()).contains("`" + type + "`");
                }
            }
            for (String type : each.query().until()) {
                assertThat(documented).as(each.name()).contains("`" + type + "`");
            }
        }
    }

    /** The parsers of Prometheus' own Python client; the one for OpenMetrics is the standard's reference. */
    @ParameterizedTest
    @ValueSource(strings = {"", OPEN})
    void theReferenceParsersReadEveryLine(String accept) throws Exception {
        assumeTrue(
                has("import prometheus_client.openmetrics.parser"), "python3 with prometheus_client is not installed");
        projector.record(Draft.of("mirror.daemon.started.v1", "daemon", Json.object()));
        calls(call("m", "answered"), call("m\u00e4\"\\\n", "failed"), call("n", "cached"));
        Path file = folder.resolve("metrics.txt");
        Files.write(file, Metrics.page(stats.report(), meters, accept).body());
        String module = accept.isEmpty() ? "prometheus_client.parser" : "prometheus_client.openmetrics.parser";
        String read = python("from " + module + " import text_string_to_metric_families as f\n"
                + "print(sum(len(m.samples) for m in f(open('" + file + "', encoding='utf-8').read())))");
        long samples =
                page(accept).lines().filter(line -> !line.startsWith("#")).collect(Collectors.counting());
        assertThat(read).isEqualTo(String.valueOf(samples));
    }

    private static boolean has(String code) throws Exception {
        try {
            python(code);
            return true;
        } catch (IOException | AssertionError e) {
            return false;
        }
    }

    private static String python(String code) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("/usr/bin/python3", "-c", code)
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(said).isZero();
        return said;
    }
}
