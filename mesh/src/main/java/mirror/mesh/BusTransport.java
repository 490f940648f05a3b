package mirror.mesh;

/**
 * What carries this device's durable events to others. A transport reads the log like anybody else, after the flush, at its own
 * speed; so it can be slow, be gone for hours or lose all it holds, and the log and its writers do not notice.
 *
 * <p>Must never: be asked what happened. The log is.
 *
 * <p>Thread-safe.
 */
public sealed interface BusTransport extends AutoCloseable permits EmbeddedTransport, RedisTransport {
    /** Begins to carry; called once. Does not wait for anybody to answer. */
    BusTransport start();

    TransportStatus status();

    /** Ends it; returns when nothing of it runs any more. What was not sent is sent at the next start. */
    @Override
    void close();
}
