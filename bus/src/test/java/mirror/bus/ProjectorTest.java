package mirror.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Who looks and records as one step, while others fold. */
class ProjectorTest {
    private final EventLog log = EventLog.open(
            new Home(Path.of("/home/owner/.mirror")),
            "test-0badcafe",
            new SimStorage(),
            InstantSource.fixed(Instant.parse("2026-03-01T10:00:00Z")),
            new TestSigner());
    private final Count count = new Count();
    private final Projector projector = new Projector(log, List.of(count));

    /** A projection with a lock of its own, as they have. */
    private static final class Count implements Projection {
        private int seen;

        @Override
        public String name() {
            return "count";
        }

        @Override
        public int version() {
            return 1;
        }

        @Override
        public synchronized void accept(Event event) {
            if (event.type().equals("mirror.note.written.v1")) {
                seen++;
            }
        }

        @Override
        public JsonNode save() {
            return Json.object();
        }

        @Override
        public void restore(JsonNode saved) {}
    }

    private static Draft note() {
        return Draft.of("mirror.note.written.v1", "owner", Json.object().put("text", "a note"));
    }

    @AfterEach
    void close() {
        log.close();
    }

    @Test
    void whoHoldsAProjectionsLockCannotRecordAsSomebodyWhoFoldsWouldWaitForItForEver() {
        long before = log.durable();
        synchronized (count) {
            assertThatThrownBy(() -> projector.record(note()))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("'count'");
        }
        assertThat(log.durable()).isEqualTo(before);
    }

    @Test
    void whoHoldsTheProjectorsLockFirstCanRecord() {
        synchronized (projector) {
            synchronized (count) {
                projector.record(note());
            }
        }
        assertThat(count.seen).isOne();
    }
}
