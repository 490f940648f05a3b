package mirror.pulse.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Seed;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

final class UptimeTest {
    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

    private final Uptime uptime = new Uptime();

    private static Event event(Instant at, String type, ObjectNode data) {
        return new Event("e", "daemon", "mirror." + type + ".v1", at, null, "t", 1, 1, null, null, data, "", "", "{}");
    }

    private void tell(int minute, String type, ObjectNode data) {
        uptime.accept(event(NOON.plus(Duration.ofMinutes(minute)), type, data));
    }

    private static ObjectNode notes() {
        return Json.object().put("service", "notes");
    }

    private Uptime.Service at(int minute) {
        return uptime.service("notes", NOON.plus(Duration.ofMinutes(minute)), ZoneOffset.UTC, 2)
                .orElseThrow();
    }

    @Test
    void aServiceIsDownFromItsEndUntilItIsReadyAgain() {
        tell(0, "service.begun", notes());
        tell(1, "service.readied", notes());
        tell(11, "service.exited", notes().put("expected", false));
        tell(12, "service.started", notes());
        tell(14, "service.readied", notes());
        Uptime.Service now = at(20);
        assertThat(now.state()).isEqualTo(Uptime.State.UP);
        assertThat(now.up()).isEqualTo(Duration.ofMinutes(16));
        assertThat(now.down()).isEqualTo(Duration.ofMinutes(3));
        assertThat(now.outages()).hasSize(1);
        assertThat(now.days().getLast().unknown()).as("its first start").isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void whileNobodyLookedItIsNotKnown() {
        tell(0, "service.readied", notes());
        tell(10, "daemon.stopped", Json.object());
        tell(40, "daemon.started", Json.object());
        tell(41, "service.adopted", notes());
        tell(50, "session.opened", Json.object());
        // Killed after minute 50, so nothing says how it went on.
        tell(70, "daemon.started", Json.object());
        tell(72, "service.adopted", notes());
        Uptime.Service now = at(80);
        assertThat(now.up()).isEqualTo(Duration.ofMinutes(10 + 9 + 8));
        assertThat(now.down()).isZero();
        assertThat(now.days().getLast().unknown()).isEqualTo(Duration.ofMinutes(31 + 22));
    }

    @Test
    void whatTheOwnerStoppedIsOffAlsoAfterARestart() {
        tell(0, "service.readied", notes());
        tell(5, "service.exited", notes().put("expected", true));
        tell(5, "service.stopped", notes().put("by", "owner"));
        tell(9, "daemon.stopped", Json.object());
        tell(10, "daemon.started", Json.object());
        Uptime.Service now = at(60);
        assertThat(now.state()).isEqualTo(Uptime.State.OFF);
        assertThat(now.up()).isEqualTo(Duration.ofMinutes(5));
        assertThat(now.down().plus(now.days().getLast().unknown())).isZero();
        assertThat(now.share()).isEqualTo(1);
        assertThat(uptime.service("other", NOON, ZoneOffset.UTC, 2)).isEmpty();
    }

    @Test
    void nothingKnownIsNoShare() {
        tell(0, "service.begun", notes());
        assertThat(at(60).share()).isNaN();
        assertThat(at(60).state()).isEqualTo(Uptime.State.UNKNOWN);
    }

    /** Held against one look a minute, over the days in which Berlin's clocks change. */
    @RepeatedTest(20)
    void theDaysAddUpToWhatAWatchWithAListSaw() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        ZoneId berlin = ZoneId.of("Europe/Berlin");
        Instant start = Instant.parse(random.nextBoolean() ? "2026-03-27T00:00:00Z" : "2026-10-23T00:00:00Z");
        int minutes = 5 * 24 * 60;
        List<Integer> moments = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            moments.add(random.nextInt(minutes));
        }
        moments.sort(null);
        Uptime.State[] seen = new Uptime.State[minutes];
        Uptime.State state = null;
        int from = 0;
        int last = 0;
        for (int moment : moments) {
            if (state != null) {
                Arrays.fill(seen, from, moment, state);
            }
            Instant at = start.plus(Duration.ofMinutes(moment));
            boolean known = state != null;
            switch (random.nextInt(5)) {
                case 0 -> {
                    uptime.accept(event(at, "service.readied", notes()));
                    state = Uptime.State.UP;
                }
                case 1 -> {
                    uptime.accept(event(at, "service.failed", notes()));
                    state = Uptime.State.DOWN;
                }
                case 2 -> {
                    uptime.accept(event(at, "service.stopped", notes().put("by", "owner")));
                    state = Uptime.State.OFF;
                }
                case 3 -> {
                    uptime.accept(event(at, "daemon.stopped", Json.object()));
                    state = known && state != Uptime.State.OFF ? Uptime.State.UNKNOWN : state;
                }
                default -> {
                    uptime.accept(event(at, "daemon.started", Json.object()));
                    if (known && state != Uptime.State.OFF) {
                        Arrays.fill(seen, last, moment, Uptime.State.UNKNOWN);
                        state = Uptime.State.UNKNOWN;
                    }
                }
            }
            from = moment;
            last = moment;
        }
        if (state == null) {
            return;
        }
        Arrays.fill(seen, from, minutes, state);
        Instant end = start.plus(Duration.ofMinutes(minutes));
        Uptime.Service told = uptime.service("notes", end, berlin, 8).orElseThrow();
        for (Uptime.Day day : told.days()) {
            assertThat(List.of(day.up(), day.down(), day.unknown()))
                    .as("%s, %s", day.date(), seed)
                    .containsExactly(
                            sum(seen, Uptime.State.UP, start, day.date(), berlin),
                            sum(seen, Uptime.State.DOWN, start, day.date(), berlin),
                            sum(seen, Uptime.State.UNKNOWN, start, day.date(), berlin));
        }
    }

    private static Duration sum(Uptime.State[] seen, Uptime.State state, Instant start, LocalDate date, ZoneId zone) {
        int sum = 0;
        for (int i = 0; i < seen.length; i++) {
            if (seen[i] == state
                    && start.plus(Duration.ofMinutes(i))
                            .atZone(zone)
                            .toLocalDate()
                            .equals(date)) {
                sum++;
            }
        }
        return Duration.ofMinutes(sum);
    }
}
