package mirror.tiers.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import mirror.tiers.gateway.Breakers.Cause;
import org.junit.jupiter.api.Test;

/** What fails is left alone for a while, and tried again by one call. */
final class BreakersTest {
    private static final String NAME = "p/m";

    private Instant now = Instant.parse("2026-05-01T08:00:00Z");
    private final Breakers breakers = new Breakers(() -> now, new BreakerLedger());

    @Test
    void threeFailuresInARowOpenItAndASuccessBetweenThemCountsAnew() {
        assertThat(breakers.failed(NAME, Cause.FAILING, null)).isNull();
        assertThat(breakers.failed(NAME, Cause.FAILING, null)).isNull();
        assertThat(breakers.succeeded(NAME)).isNull();
        assertThat(breakers.failed(NAME, Cause.FAILING, null)).isNull();
        assertThat(breakers.failed(NAME, Cause.FAILING, null)).isNull();
        assertThat(breakers.closedFor(NAME)).isEmpty();
        assertThat(breakers.failed(NAME, Cause.FAILING, null)).isNotNull();
        assertThat(breakers.closedFor(NAME)).contains(Duration.ofSeconds(5));
    }

    @Test
    void afterItsTimeOneCallTriesAndTheOthersGoOnWaiting() {
        breakers.failed(NAME, Cause.RATE_LIMIT, Duration.ofSeconds(60));
        now = now.plusSeconds(59);
        assertThat(breakers.closedFor(NAME)).contains(Duration.ofSeconds(1));
        now = now.plusSeconds(1);
        assertThat(breakers.closedFor(NAME)).isEmpty();
        assertThat(breakers.closedFor(NAME)).isPresent();
        assertThat(Objects.requireNonNull(breakers.succeeded(NAME))
                        .data()
                        .path("state")
                        .asString())
                .isEqualTo("closed");
        assertThat(breakers.closedFor(NAME)).isEmpty();
    }

    @Test
    void eachFailedTrialDoublesTheTimeUpToTenMinutes() {
        for (int i = 0; i < 3; i++) {
            breakers.failed(NAME, Cause.FAILING, null);
        }
        Duration last = Duration.ZERO;
        for (int i = 0; i < 12; i++) {
            Duration time = breakers.closedFor(NAME).orElseThrow();
            assertThat(time).isGreaterThanOrEqualTo(last).isLessThanOrEqualTo(Duration.ofMinutes(10));
            last = time;
            now = now.plus(time);
            assertThat(breakers.closedFor(NAME)).isEmpty();
            breakers.failed(NAME, Cause.FAILING, null);
        }
        assertThat(last).isEqualTo(Duration.ofMinutes(10));
    }

    @Test
    void aProviderCannotCloseItselfForMoreThanAnHour() {
        breakers.failed(NAME, Cause.RATE_LIMIT, Duration.ofDays(400));
        assertThat(breakers.closedFor(NAME)).contains(Duration.ofHours(1));
    }

    @Test
    void oneModelsBreakerIsNotAnothers() {
        breakers.failed(NAME, Cause.KEY, null);
        assertThat(breakers.closedFor(NAME)).isPresent();
        assertThat(breakers.closedFor("p/other")).isEmpty();
    }
}
