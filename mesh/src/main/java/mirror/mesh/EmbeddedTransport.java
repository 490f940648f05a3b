package mirror.mesh;

import java.time.Instant;
import mirror.bus.EventLog;

/**
 * The default: nothing is carried. Threads of this process follow the log with {@link EventLog#awaitAfter} and {@link EventLog#read},
 * other processes of this device read its files.
 */
public record EmbeddedTransport(EventLog log) implements BusTransport {
    @Override
    public EmbeddedTransport start() {
        return this;
    }

    @Override
    public TransportStatus status() {
        return new TransportStatus("embedded", true, log.durable(), 0, 0, 0, "", Instant.EPOCH);
    }

    @Override
    public void close() {}
}
