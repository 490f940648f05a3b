package mirror.bus;

import java.io.IOException;
import java.util.ArrayList;
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
    /** The written lines, without their line feeds. */
    final List<byte[]> lines = new ArrayList<>();

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
    List<Event> await() {
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
        return lines.stream().map(EventLine::parse).toList();
    }
}
