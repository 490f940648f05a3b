package mirror.tiers.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

final class RoomTest {
    private static final int MB = 1024 * 1024;

    @Test
    void aCallThatFindsNoRoomIsToldToComeAgain() throws Refusal {
        Room room = new Room(10 * MB, Duration.ZERO);
        room.take(3 * MB);

        assertThatExceptionOfType(Refusal.class).isThrownBy(() -> room.take(MB)).satisfies(refusal -> {
            assertThat(refusal.status()).isEqualTo(503);
            assertThat(refusal.headers()).anyMatch(header -> header.is("retry-after"));
        });
    }

    @Test
    void whatACallHadIsThereForTheNextAndOnlyOnce() throws Refusal {
        Room room = new Room(10 * MB, Duration.ZERO);
        Room.Place first = room.take(3 * MB);
        first.close();
        first.close();

        Room.Place second = room.take(3 * MB);

        assertThatExceptionOfType(Refusal.class).isThrownBy(() -> room.take(MB));
        second.close();
    }

    @Test
    void aCallThatIsLargerThanEverythingGoesAlone() throws Refusal {
        Room room = new Room(MB, Duration.ZERO);
        Room.Place alone = room.take(32L * MB);

        assertThatExceptionOfType(Refusal.class).isThrownBy(() -> room.take(0));
        alone.close();
        room.take(0).close();
    }

    @Test
    void aCallWaitsForOthersToEnd() throws Exception {
        Room room = new Room(MB, Duration.ofMinutes(1));
        Room.Place first = room.take(MB);
        FutureTask<Room.Place> second = new FutureTask<>(() -> room.take(MB));
        Thread.ofVirtual().start(second);

        first.close();

        second.get().close();
    }

    @Test
    void thousandsOfSmallCallsGoAtOnce() throws Refusal {
        Room room = new Room(128 * MB, Duration.ZERO);
        for (int i = 0; i < 4_000; i++) {
            room.take(100);
        }
    }
}
