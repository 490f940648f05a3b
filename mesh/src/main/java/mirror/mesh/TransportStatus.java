package mirror.mesh;

import java.time.Instant;

/**
 * How a transport or a receiver is.
 *
 * @param address {@code embedded}, or the server without its secret
 * @param connected whether it talks with the server now
 * @param position last event published, or heard and proven
 * @param lag events that are known to exist after it
 * @param refused entries and requests that were not what this device or the origin wrote, as far as they can be told apart
 * @param healed events that were sent, or heard, a second way because the first had lost them
 * @param trouble why it is not connected, or what was refused last; one sentence, empty when there is nothing
 * @param since when {@code connected} last changed
 */
public record TransportStatus(
        String address,
        boolean connected,
        long position,
        long lag,
        long refused,
        long healed,
        String trouble,
        Instant since) {}
