package mirror.mesh;

import java.nio.file.Path;
import java.time.InstantSource;
import mirror.bus.CheckpointFile;
import mirror.bus.EventLog;
import mirror.bus.Storage;

/**
 * Carries the log over Redis 7 or later, or Valkey, to receivers on other machines. Two threads, each with a connection of its own:
 * one follows the log, one answers what receivers miss. Without Redis both wait and try again; the log does not notice.
 */
public final class RedisTransport implements BusTransport {
    /** Events that the stream keeps at least; older ones are asked for. */
    public static final int WINDOW = 10_000;

    private final RedisAddress address;
    private final EventLog log;
    private final Publisher publisher;
    private final Answerer answerer;
    private final Link publishing;
    private final Link answering;

    /**
     * Prepares it; nothing runs before {@link #start}.
     *
     * @param chain folder of the log's chain, where its checkpoints are
     * @param window events that the stream keeps at least, see {@link #WINDOW}
     */
    public RedisTransport(
            RedisAddress address,
            EventLog log,
            Storage storage,
            Path chain,
            int window,
            Backoff backoff,
            InstantSource clock) {
        this.address = address;
        this.log = log;
        Keys keys = Keys.of(log.origin());
        CheckpointFile checkpoints = new CheckpointFile(storage, chain);
        this.publisher = new Publisher(log, checkpoints, keys.events(), window);
        this.answerer = new Answerer(log, checkpoints, keys);
        this.publishing = new Link("redis-publisher", address, backoff, clock, publisher);
        this.answering = new Link("redis-answerer", address, backoff, clock, answerer);
    }

    @Override
    public RedisTransport start() {
        publishing.start();
        answering.start();
        return this;
    }

    @Override
    public TransportStatus status() {
        Link.State state = publishing.state();
        long published = publisher.published();
        String trouble = state.trouble().isEmpty() ? publisher.finding() : state.trouble();
        return new TransportStatus(
                address.toString(),
                state.connected(),
                published,
                Math.max(0, log.durable() - published),
                publisher.refused() + answerer.refused(),
                publisher.healed() + answerer.healed(),
                trouble,
                state.since());
    }

    @Override
    public void close() {
        publishing.close();
        answering.close();
    }
}
