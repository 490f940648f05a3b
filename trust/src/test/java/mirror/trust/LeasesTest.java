package mirror.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import mirror.bus.DiskStorage;
import mirror.bus.Draft;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LeasesTest {
    private static final String NOTIFY = "organism:notify";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private Instant now = Instant.parse("2026-05-01T08:00:00Z");

    @SuppressWarnings("NullAway.Init")
    private EventLog log;

    @SuppressWarnings("NullAway.Init")
    private Projector projector;

    @SuppressWarnings("NullAway.Init")
    private Leases leases;

    @BeforeEach
    void open() throws java.io.IOException {
        Home home = new Home(folder);
        DeviceKey key = DeviceKey.create(home.keys().resolve("device.key"));
        log = EventLog.open(home, "test-" + key.shortId(), new DiskStorage(), () -> now, key);
        replay();
    }

    @AfterEach
    void close() {
        log.close();
    }

    private void replay() {
        leases = new Leases(() -> now, new Random(7));
        projector = new Projector(log, List.of(leases));
        projector.catchUp();
    }

    private String grant(String... events) {
        return projector
                .record(leases.grant(NOTIFY, List.of(events), List.of("run:notify-send"), Duration.ofDays(30), "owner"))
                .text("lease");
    }

    @Test
    void aLeaseHoldsForItsHolderUntilItsEndAndOverARestart() {
        String id = grant("session", "mirror.memory.written.v1");
        replay();
        Lease lease = leases.held(NOTIFY).getFirst();
        assertThat(lease.id()).isEqualTo(id);
        assertThat(lease.covers("mirror.session.opened.v1")).isTrue();
        assertThat(lease.covers("mirror.memory.written.v1")).isTrue();
        assertThat(lease.covers("mirror.memory.written.v10")).isFalse();
        assertThat(lease.covers("mirror.sessions.counted.v1")).isFalse();
        assertThat(lease.allows("run", "notify-send")).isTrue();
        assertThat(lease.allows("run", "rm")).isFalse();
        assertThat(lease.allows("egress", "notify-send")).isFalse();
        assertThat(leases.held("organism:other")).isEmpty();
        now = lease.expires().minusNanos(1);
        assertThat(leases.held(NOTIFY)).hasSize(1);
        now = lease.expires();
        assertThat(leases.held(NOTIFY)).isEmpty();
        assertThat(lease.state(now)).isEqualTo("expired");
    }

    @Test
    void aRevokedLeaseIsNothingAtOnceAndForever() {
        String id = grant("session");
        projector.record(leases.revoke(id));
        assertThat(leases.held(NOTIFY)).isEmpty();
        replay();
        assertThat(leases.held(NOTIFY)).isEmpty();
        assertThatThrownBy(() -> leases.revoke(id)).hasMessageContaining("revoked already");
        assertThatThrownBy(() -> leases.revoke("l0")).hasMessageContaining("no lease 'l0'");
        String next = grant("session");
        assertThat(leases.held(NOTIFY)).extracting(Lease::id).containsExactly(next);
    }

    @Test
    void aGrantedLeaseCannotBeWidenedByASecondEventWithItsId() {
        String id = grant("session");
        projector.record(Draft.of(
                "mirror.lease.granted.v1",
                "claude-code",
                Json.object().put("lease", id).put("holder", NOTIFY).put("expires", "2030-01-01T00:00:00Z")));
        assertThat(leases.held(NOTIFY).getFirst().by()).isEqualTo("owner");
    }

    @Test
    void whatIsMalformedPermitsNothing() {
        projector.record(Draft.of(
                "mirror.lease.granted.v1",
                "owner",
                Json.object().put("lease", "l1").put("holder", NOTIFY).put("expires", "never")));
        assertThat(leases.held(NOTIFY)).isEmpty();
        assertThatThrownBy(() ->
                        leases.grant("Notify", List.of("Session"), List.of("spend"), Duration.ofDays(4000), "owner"))
                .isInstanceOf(TrustException.class)
                .hasMessageContaining("'Notify'")
                .hasMessageContaining("'Session'")
                .hasMessageContaining("'spend'")
                .hasMessageContaining("366 days");
    }
}
