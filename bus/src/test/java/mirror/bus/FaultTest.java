package mirror.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

/** Disks that fail without a power cut. */
class FaultTest {
    private static final String ORIGIN = "test-0badcafe";
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-03-01T10:00:00Z"));

    private final Home home = new Home(Path.of("/home/owner/.mirror"));
    private final NoteSigner signer = TestSigner.ofRfc8032();

    private EventLog open(Storage storage) {
        return EventLog.open(home, ORIGIN, storage, CLOCK, signer);
    }

    private static Draft draft(String text) {
        return Draft.of("mirror.note.written.v1", "owner", Json.object().put("text", text));
    }

    @Test
    void aLogWhoseLastCheckpointCannotBeWrittenStillClosesItsFiles() {
        SimStorage disk = new SimStorage();
        EventLog log = open(disk);
        log.append(draft("x"));
        disk.powerOff();
        log.close();
        assertThat(disk.open()).isEmpty();
    }

    @Test
    void aLogThatCannotBeOpenedLeavesNoFileOpen() {
        SimStorage disk = new SimStorage();
        disk.failForce(1);
        assertThatThrownBy(() -> open(disk)).isInstanceOf(BusException.class);
        assertThat(disk.open()).isEmpty();
    }
}
