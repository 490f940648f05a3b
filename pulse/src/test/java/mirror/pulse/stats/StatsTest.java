package mirror.pulse.stats;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import mirror.bus.DiskStorage;
import mirror.bus.Draft;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.bus.Seed;
import mirror.trust.DeviceKey;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

final class StatsTest {
    private static final List<Definition> ALL = List.of(
            Definition.of("events", "event", "count *", "Events."),
            Definition.of("blocked", "action", "count action.decided.v1 where verdict=block", "Blocked."),
            Definition.of("not-blocked", "action", "count action.decided.v1 where verdict!=block", "Others."),
            Definition.of("calls", "call", "count calls.completed.v1 each calls", "Calls."),
            Definition.of("tokens.in", "token", "sum in of calls.completed.v1 each calls", "Tokens."),
            Definition.of("sessions", "session", "distinct @session of session.opened.v1", "Sessions."),
            Definition.of(
                    "leases", "lease", "open lease.granted.v1 by lease until lease.revoked.v1 ends expires", "Leases."),
            Definition.of("failing", "check", "latest check.changed.v1 by check where to=failing", "Failing."),
            Definition.of("up", "s", "daemon up", "Up."),
            Definition.of("down", "s", "daemon down", "Down."),
            Definition.of("dark", "s", "daemon unknown", "Unknown."),
            Definition.of("crashes", "crash", "daemon crashes", "Crashes."),
            Definition.of("least", "1", "reliability least", "Least."),
            Definition.of("false-restarts", "restart", "unknown no event says so", "False restarts."));

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private volatile Instant now = Instant.parse("2026-05-01T08:00:00Z");
    private final Stats stats = new Stats(ALL);

    @SuppressWarnings("NullAway.Init")
    private DeviceKey key;

    @SuppressWarnings("NullAway.Init")
    private EventLog log;

    @SuppressWarnings("NullAway.Init")
    private Projector projector;

    @BeforeEach
    void open() throws IOException {
        Home home = new Home(folder);
        key = DeviceKey.create(home.keys().resolve("device.key"));
        log = EventLog.open(home, "t-" + key.shortId(), new DiskStorage(), () -> now, key);
        projector = new Projector(log, List.of(stats));
        projector.catchUp();
    }

    @AfterEach
    void close() {
        log.close();
    }

    private void happens(String type, ObjectNode data) {
        projector.record(Draft.of("mirror." + type, "daemon", data));
    }

    private String value(String name) {
        return stats.report().figure(name).orElseThrow().value().text();
    }

    private void passes(Duration time) {
        now = now.plus(time);
    }

    @Test
    void whatNobodyRecordedIsUnknownAndNotZero() {
        happens("calls.completed.v1", calls("{\"unreported\": 40}"));
        assertThat(value("calls")).isEqualTo("1");
        assertThat(value("tokens.in")).isEqualTo("unknown");
        assertThat(value("up")).isEqualTo("unknown");
        assertThat(value("least")).isEqualTo("unknown");
        assertThat(value("false-restarts")).isEqualTo("unknown");
        assertThat(stats.report().json().path("numbers").get(4).path("unknown").asString())
                .isEqualTo("none of 1 says its in");
        happens("calls.completed.v1", calls("{\"in\": 7}, {\"in\": 5}"));
        assertThat(value("calls")).isEqualTo("3");
        assertThat(value("tokens.in")).isEqualTo("12");
    }

    private static ObjectNode calls(String calls) {
        return (ObjectNode) Json.MAPPER.readTree("{\"calls\": [" + calls + "]}");
    }

    @Test
    void aLeaseThatEndedByItselfIsNotCountedAsHeld() {
        happens("lease.granted.v1", lease("a", now.plusSeconds(60)));
        happens("lease.granted.v1", lease("b", now.plusSeconds(600)));
        happens("lease.granted.v1", lease("c", now.plusSeconds(600)));
        assertThat(value("leases")).isEqualTo("3");
        happens("lease.revoked.v1", Json.object().put("lease", "b"));
        assertThat(value("leases")).isEqualTo("2");
        passes(Duration.ofSeconds(61));
        assertThat(value("leases")).as("as of the last event").isEqualTo("2");
        happens("turn.ended.v1", Json.object());
        assertThat(value("leases")).isEqualTo("1");
    }

    private static ObjectNode lease(String name, Instant ends) {
        return Json.object().put("lease", name).put("expires", ends.toString());
    }

    @Test
    void aThingIsAsItsLastEventSays() {
        happens("check.changed.v1", Json.object().put("check", "disk").put("to", "failing"));
        happens("check.changed.v1", Json.object().put("check", "memory").put("to", "failing"));
        happens("check.changed.v1", Json.object().put("check", "disk").put("to", "ok"));
        assertThat(value("failing")).isEqualTo("1");
    }

    @Test
    void silenceIsNeitherUpNorDown() {
        happens("daemon.started.v1", Json.object());
        passes(Duration.ofMinutes(10));
        happens("turn.ended.v1", Json.object());
        passes(Duration.ofHours(2));
        happens("turn.ended.v1", Json.object());
        passes(Duration.ofMinutes(1));
        happens("daemon.stopped.v1", Json.object());
        passes(Duration.ofHours(1));
        happens("daemon.started.v1", Json.object());
        assertThat(List.of(value("up"), value("dark"), value("down"), value("crashes")))
                .containsExactly("660", "7200", "3600", "0");
    }

    @Test
    void theTimeAroundACrashIsUnknownAlsoWhatTheNextDaemonWroteBeforeItSaidThatItStarted() {
        happens("daemon.started.v1", Json.object());
        passes(Duration.ofMinutes(10));
        happens("turn.ended.v1", Json.object());
        passes(Duration.ofMinutes(5));
        happens("tail.torn.v1", Json.object());
        passes(Duration.ofSeconds(2));
        happens("daemon.started.v1", Json.object());
        assertThat(List.of(value("up"), value("dark"), value("down"), value("crashes")))
                .containsExactly("600", "302", "0", "1");
    }

    @Test
    void aClockThatWentBackMakesNoTime() {
        happens("daemon.started.v1", Json.object());
        passes(Duration.ofHours(-3));
        happens("turn.ended.v1", Json.object());
        assertThat(List.of(value("up"), value("dark"))).containsExactly("0", "0");
    }

    private static Draft any(RandomGenerator random, Instant now) {
        String session = "s" + random.nextInt(4);
        ObjectNode data = Json.object();
        String type = switch (random.nextInt(9)) {
            case 0 -> "session.opened.v1";
            case 1 -> {
                data.put("verdict", random.nextBoolean() ? "block" : "allow");
                yield "action.decided.v1";
            }
            case 2 -> {
                data.putArray("calls").addObject().put("in", random.nextInt(100));
                yield "calls.completed.v1";
            }
            case 3 -> {
                data.put("lease", "l" + random.nextInt(5))
                        .put("expires", now.plusSeconds(random.nextInt(3000)).toString());
                yield "lease.granted.v1";
            }
            case 4 -> {
                data.put("lease", "l" + random.nextInt(5));
                yield "lease.revoked.v1";
            }
            case 5 -> {
                data.put("check", "c" + random.nextInt(3)).put("to", random.nextBoolean() ? "ok" : "failing");
                yield "check.changed.v1";
            }
            case 6 -> random.nextBoolean() ? "daemon.started.v1" : "daemon.stopped.v1";
            case 7 -> {
                data.put("service", "web").put("expected", false);
                yield "service.exited.v1";
            }
            default -> {
                data.put("service", "web");
                yield "service.settled.v1";
            }
        };
        return new Draft("mirror." + type, "daemon", null, session, null, data);
    }

    /** The law: what was said at an event is what anybody gets who counts the log up to it again, to the byte of the signed envelope. */
    @Test
    void theSamePartOfTheLogGivesTheSameBytesHoweverItIsCounted() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        List<Report> said = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            now = now.plusSeconds(random.nextInt(1200));
            projector.record(any(random, now));
            said.add(stats.report());
        }
        TreeSet<Long> heads = new TreeSet<>();
        said.forEach(report -> heads.add(report.head().seq()));
        Map<Long, Recount> counted =
                Recount.at(log, heads, ALL.stream().map(Definition::query).toList());
        for (Report report : said) {
            Recount recount = Objects.requireNonNull(counted.get(report.head().seq()), seed.toString());
            assertThat(recount.head()).isEqualTo(report.head());
            List<Figure> figures = ALL.stream()
                    .map(each -> Figure.of(
                            each, recount.values().getOrDefault(each.query().text(), Value.unknown("lost"))))
                    .toList();
            assertThat(new Report(recount.head(), figures).signed(key))
                    .as(seed.toString())
                    .isEqualTo(report.signed(key));
        }
        Stats restored = new Stats(ALL);
        restored.restore(Json.MAPPER.readTree(Json.MAPPER.writeValueAsString(stats.save())));
        assertThat(restored.report()).as(seed.toString()).isEqualTo(stats.report());
        assertThat(restored.save()).as(seed.toString()).isEqualTo(stats.save());
    }

    @Test
    void otherQueriesDoNotGoOnFromWhatWasSaved() {
        assertThat(new Stats(ALL.subList(0, 3)).version()).isNotEqualTo(stats.version());
        assertThat(new Stats(ALL).version()).isEqualTo(stats.version());
    }
}
