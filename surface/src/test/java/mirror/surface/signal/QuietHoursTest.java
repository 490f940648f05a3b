package mirror.surface.signal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.List;
import java.util.random.RandomGenerator;
import mirror.bus.Seed;
import org.junit.jupiter.api.Test;

final class QuietHoursTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
    private static final QuietHours NIGHT = new QuietHours(LocalTime.of(22, 0), LocalTime.of(7, 0), 5);

    @Test
    void aMessageOfTheNightWaitsForTheMorningUnlessItIsUrgent() {
        Instant night = Instant.parse("2026-01-02T23:30:00Z");
        assertThat(NIGHT.earliest(night, BERLIN, 3)).isEqualTo(Instant.parse("2026-01-03T06:00:00Z"));
        assertThat(NIGHT.earliest(night, BERLIN, 5)).isEqualTo(night);
        Instant day = Instant.parse("2026-01-02T12:00:00Z");
        assertThat(NIGHT.earliest(day, BERLIN, 1)).isEqualTo(day);
    }

    @Test
    void anEndThatDoesNotExistIsAsMuchLaterAsIsLeftOut() {
        QuietHours quiet = new QuietHours(LocalTime.of(1, 0), LocalTime.of(2, 30), 5);
        // 02:30 does not exist on 29 March 2026 in Berlin; the clock goes from 02:00 to 03:00.
        assertThat(quiet.earliest(Instant.parse("2026-03-29T00:30:00Z"), BERLIN, 3))
                .isEqualTo(Instant.parse("2026-03-29T01:30:00Z"));
    }

    @Test
    void whereverAndWheneverWhatMayGoIsNeverInQuietHoursAndNeverWaitsADay() {
        List<String> zones = ZoneId.getAvailableZoneIds().stream().sorted().toList();
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int i = 0; i < 20_000; i++) {
            ZoneId zone = ZoneId.of(zones.get(random.nextInt(zones.size())));
            LocalTime from = LocalTime.of(random.nextInt(24), random.nextInt(60));
            LocalTime to = LocalTime.of(random.nextInt(24), random.nextInt(60));
            QuietHours quiet = new QuietHours(from, to, 5);
            Instant now = Instant.ofEpochSecond(1_700_000_000L + random.nextInt(200_000_000));
            Instant earliest = quiet.earliest(now, zone, 3);
            assertThat(earliest).isBetween(now, now.plusSeconds(26 * 3600));
            assertThat(quiet.earliest(earliest, zone, 5)).isEqualTo(earliest);
        }
    }
}
