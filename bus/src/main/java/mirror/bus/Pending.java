package mirror.bus;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * One caller's drafts on their way through the writer thread, and the answer on its way back. Answered exactly once. Without drafts
 * it asks for a checkpoint.
 */
final class Pending {
    /** Tells the writer to finish. */
    static final Pending STOP = new Pending(List.of(), List.of());

    final List<Draft> drafts;
    final List<byte[]> data;
    final List<Written> written = new ArrayList<>();

    /** @param line without its line feed */
    record Written(long seq, Instant time, byte[] prev, byte[] hash, byte[] line) {}

    private final CountDownLatch answered = new CountDownLatch(1);
    private BusException.@Nullable NotDurable failure;

    Pending(List<Draft> drafts, List<byte[]> data) {
        this.drafts = drafts;
        this.data = data;
    }

    void done() {
        answered.countDown();
    }

    void fail(String outcome, IOException reason) {
        if (answered.getCount() > 0) {
            failure = new BusException.NotDurable(outcome + ": " + reason.getMessage(), reason);
            answered.countDown();
        }
    }

    /** Waits without regard to interrupts: the event is on its way, and the caller must learn what became of it. */
    List<Event> await(String origin) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    answered.await();
                    break;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        if (failure != null) {
            throw failure;
        }
        // Here and not on the writer's thread, which everybody waits for.
        List<Event> events = new ArrayList<>();
        for (int i = 0; i < written.size(); i++) {
            events.add(event(origin, drafts.get(i), data.get(i), written.get(i)));
        }
        return events;
    }

    /** The event as it would be read back, without reading all of the line. */
    private static Event event(String origin, Draft draft, byte[] data, Written written) {
        return new Event(
                origin + "-" + written.seq,
                draft.actor(),
                draft.type(),
                written.time.truncatedTo(ChronoUnit.MICROS),
                draft.subject(),
                origin,
                written.seq,
                written.seq,
                draft.permit(),
                draft.session(),
                Json.LINES.readTree(data),
                HexFormat.of().formatHex(written.prev),
                HexFormat.of().formatHex(written.hash),
                new String(written.line, StandardCharsets.UTF_8));
    }
}
