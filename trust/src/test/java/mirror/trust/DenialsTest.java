package mirror.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import org.junit.jupiter.api.Test;

class DenialsTest {
    private static final Policy.Match ALLOW = new Policy.Match(Verdict.ALLOW, "read-here", "reading");

    private Instant now = Instant.parse("2026-03-01T10:00:00Z");
    private final Denials denials = new Denials(() -> now);
    private long seq;

    private void refuse(String session, String digest, String rule) {
        denials.accept(event(Draft.of(
                        Gate.DECIDED,
                        "claude-code",
                        Json.object()
                                .put("verdict", "block")
                                .put("rule", rule)
                                .put("reason", "no")
                                .put("tool", "Bash")
                                .put("digest", digest))
                .session(session)));
    }

    private Event event(Draft draft) {
        seq++;
        return TestEvents.of(draft, seq, now);
    }

    private static Action read(String session) {
        return new Action(
                "claude-code",
                session,
                "t1",
                "Read",
                Json.object(),
                Path.of("/p"),
                Path.of("/p"),
                List.of(new Effect.Read(Path.of("/p/a"))));
    }

    private boolean stops(String session) {
        return denials.check(read(session), ALLOW)
                .map(match -> match.verdict() == Verdict.BLOCK && match.rule().equals("breaker"))
                .orElse(false);
    }

    @Test
    void tenDifferentRefusalsStopTheSessionAndNoOther() {
        for (int i = 0; i < Denials.LIMIT - 1; i++) {
            refuse("s", "d" + i, "secrets");
            assertThat(stops("s")).isFalse();
        }
        refuse("s", "d0", "secrets");
        assertThat(stops("s")).as("the same action again").isFalse();
        refuse("s", "last", "secrets");
        assertThat(stops("s")).isTrue();
        assertThat(stops("other")).isFalse();
    }

    @Test
    void theDoctorsDrillsStandInNoLedgerAndStopNobody() {
        for (int i = 0; i < 2 * Denials.LIMIT; i++) {
            refuse(Denials.DRILL, "d" + i, "secrets");
        }
        assertThat(denials.list()).isEmpty();
        assertThat(stops(Denials.DRILL)).isFalse();
    }

    @Test
    void refusalsThatLieLongApartStopNobody() {
        for (int i = 0; i < 5 * Denials.LIMIT; i++) {
            refuse("s", "d" + i, "secrets");
            now = now.plus(Denials.WINDOW.dividedBy(Denials.LIMIT - 1).plusSeconds(1));
            assertThat(stops("s")).isFalse();
        }
    }

    @Test
    void theBreakerClosesAfterItsPauseWhateverIsTriedMeanwhile() {
        for (int i = 0; i < Denials.LIMIT; i++) {
            refuse("s", "d" + i, "secrets");
        }
        for (int i = 0; i < 100; i++) {
            refuse("s", "e" + i, "breaker");
        }
        now = now.plus(Denials.PAUSE).minus(Duration.ofSeconds(1));
        assertThat(stops("s")).isTrue();
        now = now.plusSeconds(1);
        assertThat(stops("s")).isFalse();
    }

    @Test
    void theOwnerLetsASessionGoOn() {
        assertThatThrownBy(() -> denials.reset("s")).isInstanceOf(TrustException.class);
        for (int i = 0; i < Denials.LIMIT; i++) {
            refuse("s", "d" + i, "secrets");
        }
        denials.accept(event(denials.reset("s")));
        assertThat(stops("s")).isFalse();
    }

    @Test
    void theLedgerShowsTheNewestFirstAndARestartKeepsIt() {
        for (int i = 0; i < Denials.LIMIT + 3; i++) {
            refuse("s", "d" + i, "secrets");
        }
        Denials again = new Denials(() -> now);
        again.restore(denials.save());
        assertThat(again.list()).isEqualTo(denials.list()).hasSize(Denials.LIMIT + 3);
        assertThat(again.list().getFirst().digest()).isEqualTo("d" + (Denials.LIMIT + 2));
        assertThat(again.stopped()).isEqualTo(denials.stopped()).containsOnlyKeys("s");
        assertThat(again.save()).isEqualTo(denials.save());
    }
}
