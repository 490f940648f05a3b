package mirror.surface.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import mirror.bus.Seed;
import org.junit.jupiter.api.Test;

final class ReportHourTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    private static Instant at(String time) {
        return Instant.parse(time);
    }

    @Test
    void anHourThatDoesNotExistIsAsMuchLaterAsIsLeftOut() {
        ReportHour hour = new ReportHour(LocalTime.of(2, 30), BERLIN);
        assertThat(hour.due(LocalDate.parse("2026-03-29"))).isEqualTo(at("2026-03-29T01:30:00Z"));
    }

    @Test
    void ofAnHourThatExistsTwiceTheFirstCountsAndTheSecondMakesNoOtherReport() {
        ReportHour hour = new ReportHour(LocalTime.of(2, 30), BERLIN);
        LocalDate day = LocalDate.parse("2026-10-25");
        assertThat(hour.due(day)).isEqualTo(at("2026-10-25T00:30:00Z"));
        assertThat(hour.now(at("2026-10-25T00:30:00Z"), _ -> false, Instant.EPOCH))
                .contains(day);
        assertThat(hour.now(at("2026-10-25T01:30:00Z"), day::equals, Instant.EPOCH))
                .isEmpty();
    }

    @Test
    void whoSleptOverSeveralHoursMakesTheLatestReportOnly() {
        ReportHour hour = new ReportHour(LocalTime.of(7, 0), BERLIN);
        LocalDate tuesday = LocalDate.parse("2026-01-06");
        assertThat(hour.now(at("2026-01-07T03:00:00Z"), LocalDate.parse("2026-01-04")::equals, Instant.EPOCH))
                .contains(tuesday);
        assertThat(hour.now(at("2026-01-07T03:01:00Z"), tuesday::equals, Instant.EPOCH))
                .isEmpty();
    }

    @Test
    void aMirrorThatIsNewMakesNoReportOfTheTimeBeforeIt() {
        ReportHour hour = new ReportHour(LocalTime.of(7, 0), BERLIN);
        Instant installed = at("2026-01-06T14:00:00Z");
        assertThat(hour.now(at("2026-01-06T14:00:10Z"), _ -> false, installed)).isEqualTo(Optional.empty());
        assertThat(hour.now(at("2026-01-07T06:00:00Z"), _ -> false, installed)).contains(LocalDate.parse("2026-01-07"));
    }

    @Test
    void aClockThatWasFarAheadForAWhileKeepsNoLaterDayFromItsReport() {
        ReportHour hour = new ReportHour(LocalTime.of(7, 0), BERLIN);
        Set<LocalDate> made = new HashSet<>();
        for (String now : new String[] {"2026-01-06T07:00:00Z", "2031-01-06T07:00:00Z", "2026-01-07T07:00:00Z"}) {
            hour.now(at(now), made::contains, Instant.EPOCH).ifPresent(made::add);
        }
        assertThat(made).hasSize(3).contains(LocalDate.parse("2026-01-07"));
    }

    /** Awake at random, restarted at random (only what was made survives), in any zone and at any hour, over a year with its changes. */
    @Test
    void whereverAndHoweverItSleepsEachDayHasAtMostOneReportAndEachDayItIsAwakeAfterItsHourExactlyOne() {
        List<String> zones = ZoneId.getAvailableZoneIds().stream().sorted().toList();
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int round = 0; round < 300; round++) {
            ZoneId zone = ZoneId.of(zones.get(random.nextInt(zones.size())));
            ReportHour hour = new ReportHour(LocalTime.of(random.nextInt(24), random.nextInt(60)), zone);
            Instant start = at("2025-12-30T00:00:00Z").plusSeconds(random.nextInt(86_400));
            Instant now = start;
            List<LocalDate> made = new ArrayList<>();
            Set<LocalDate> due = new HashSet<>();
            while (now.isBefore(at("2027-01-03T00:00:00Z"))) {
                Optional<LocalDate> date = hour.now(now, made::contains, start);
                date.ifPresent(made::add);
                LocalDate latest = hour.latest(now);
                assertThat(hour.due(latest)).isBeforeOrEqualTo(now);
                assertThat(hour.due(latest.plusDays(1))).isAfter(now).isEqualTo(hour.next(now));
                if (!hour.due(latest).isBefore(start)) {
                    due.add(latest);
                }
                boolean sleeps = random.nextInt(10) == 0;
                now = now.plus(Duration.ofMinutes(sleeps ? random.nextInt(1, 6_000) : random.nextInt(1, 400)));
                if (random.nextInt(50) == 0) {
                    now = now.minus(Duration.ofMinutes(random.nextInt(90)));
                }
            }
            assertThat(made).as(zone + " " + hour).doesNotHaveDuplicates();
            assertThat(new HashSet<>(made)).as(zone + " " + hour).isEqualTo(due);
        }
    }
}
