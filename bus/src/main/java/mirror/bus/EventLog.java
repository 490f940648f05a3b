package mirror.bus;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import mirror.bus.VerifyReport.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * The append-only log of one origin.
 *
 * <p>One platform thread owns the files. Callers hand it drafts through a queue; it takes all that wait as one group, gives each its
 * number, chains and writes them, flushes once, and only then tells the callers (group commit: one flush pays for many). Nobody hears
 * of an event that is not on stable storage: neither the caller nor a reader. The first line of a group carries {@code ack}, the last
 * number known durable when it was written, which is what later tells a torn tail from damage (see {@link ChainWalk}).
 *
 * <p>A write that fails (a full disk) is taken back by truncation and its callers get an error; the log goes on. A flush that fails
 * poisons the log until restart: the kernel may have dropped the pages and would report success the second time.
 *
 * <p>Must never: acknowledge before the flush, retry a flush, let an interrupt of a caller reach a file, append to a chain that does
 * not prove.
 *
 * <p>All public methods are thread-safe.
 */
public final class EventLog implements AutoCloseable {
    /** Data above this many bytes of JSON goes to a blob, and the line names it. */
    public static final int INLINE_LIMIT = 60 * 1024;

    private static final int MAX_GROUP = 4096;
    private static final int MAX_GROUP_BYTES = 4 * 1024 * 1024;
    private static final long SEGMENT_BYTES = 64L * 1024 * 1024;
    private static final long SEGMENT_EVENTS = 100_000;
    private static final long CHECKPOINT_EVENTS = 1_000;
    private static final Duration CHECKPOINT_DELAY = Duration.ofMillis(900);

    private final Home home;
    private final Path chain;
    private final String origin;
    private final Storage storage;
    private final InstantSource clock;
    private final NoteSigner signer;
    private final Blobs blobs;
    private final BlockingQueue<Pending> queue = new LinkedBlockingQueue<>(65_536);
    private final Thread writer;
    private final MessageDigest sha256 = EventLine.sha256();
    private final LineBuffer buffer = new LineBuffer();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition grown = lock.newCondition();
    private final List<Segment> segments;

    private final MerkleTree tree;
    private byte[] head;
    private YearMonth month;
    private Storage.@Nullable Appender active;
    private Storage.@Nullable Appender checkpoints;
    private long checkpointed;
    private long checkpointDueNanos;
    private volatile long durable;
    private volatile @Nullable IOException poison;
    private volatile boolean closed;

    /**
     * Opens the chain, proving every byte of it, or starts a new one. A tail that a crash tore off is moved to {@code torn/}.
     *
     * @throws BusException.Damaged when the chain does not prove; nothing was changed then
     */
    public static EventLog open(Home home, String origin, Storage storage, InstantSource clock, NoteSigner signer) {
        try {
            Path chain = home.chain(origin);
            storage.createDirectories(chain);
            ChainWalk walk = new ChainWalk(storage, chain, origin);
            VerifyReport report = walk.walk(signer.key(origin));
            if (report.verdict().compareTo(Verdict.TORN_TAIL) > 0) {
                VerifyReport.Finding worst = report.findings().stream()
                        .filter(finding -> finding.kind() == report.verdict())
                        .findFirst()
                        .orElseThrow();
                throw new BusException.Damaged("the log is damaged and stays as it is: " + worst.sentence() + " ("
                        + worst.file() + "); run 'mirror verify' for the whole report");
            }
            if (report.intact()) {
                return new EventLog(home, origin, storage, clock, signer, walk, List.of());
            }
            List<Path> torn = new ArrayList<>();
            for (ChainWalk.Tear tear : walk.tears()) {
                torn.add(TornTail.moveAside(storage, home.torn(), chain, tear));
            }
            ChainWalk repaired = new ChainWalk(storage, chain, origin);
            if (!repaired.walk(signer.key(origin)).intact()) {
                throw new BusException.Damaged("the log does not prove after its torn tail was moved to " + torn);
            }
            return new EventLog(home, origin, storage, clock, signer, repaired, torn);
        } catch (IOException e) {
            throw new BusException("the log in " + home.chain(origin) + " cannot be opened: " + e.getMessage(), e);
        }
    }

    /**
     * Opens the chain for reading only, without a lock and without changing a byte: for commands while no daemon runs. What can be
     * proven of a damaged chain can be read; {@link #append(Draft)} throws.
     */
    public static EventLog openForReading(
            Home home, String origin, Storage storage, InstantSource clock, NoteSigner signer) {
        try {
            ChainWalk walk = new ChainWalk(storage, home.chain(origin), origin);
            walk.walk(signer.key(origin));
            return new EventLog(home, origin, storage, clock, signer, walk, null);
        } catch (IOException e) {
            throw new BusException("the log in " + home.chain(origin) + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** @param torn what recovery moved aside, or null to read only */
    private EventLog(
            Home home,
            String origin,
            Storage storage,
            InstantSource clock,
            NoteSigner signer,
            ChainWalk walk,
            @Nullable List<Path> torn)
            throws IOException {
        this.home = home;
        this.chain = home.chain(origin);
        this.origin = origin;
        this.storage = storage;
        this.clock = clock;
        this.signer = signer;
        this.blobs = new Blobs(home.blobs(), storage);
        this.tree = walk.tree();
        this.head = walk.head();
        this.segments = new ArrayList<>(walk.segments());
        this.durable = tree.size();
        this.checkpointed = tree.size();
        this.month = month(clock.instant());
        this.writer = Thread.ofPlatform().name("bus-writer").daemon(true).unstarted(this::run);
        if (torn == null) {
            this.closed = true;
            return;
        }
        if (!segments.isEmpty()) {
            if (segments.getLast().count() > 0) {
                this.month =
                        month(read(segments.getLast().first(), 1).getFirst().time());
            }
            this.active = storage.append(segments.getLast().file());
        }
        this.writer.start();
        try {
            first(torn);
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Makes what was found durable, and appends what the log itself has to say when it opens. */
    private void first(List<Path> torn) throws IOException {
        // A process that was killed may have left bytes and names that only the kernel holds, and a power cut could
        // still take.
        if (active != null) {
            active.force();
        }
        if (storage.exists(chain.resolve("checkpoints"))) {
            checkpoints = storage.append(chain.resolve("checkpoints"));
            checkpoints.force();
        }
        storage.forceDirectory(chain);
        if (durable == 0) {
            keyFile();
            append(Draft.of(
                    "mirror.log.created.v1",
                    "daemon",
                    Json.object().put("format", 1).put("key", signer.key(origin).verifierKey())));
        }
        for (Path file : torn) {
            append(Draft.of(
                    "mirror.tail.torn.v1",
                    "daemon",
                    Json.object().put("moved-to", home.root().relativize(file).toString())));
        }
    }

    private void keyFile() throws IOException {
        NoteKey key = signer.key(origin);
        Path file = chain.resolve("key.pub");
        try (Storage.Appender appender = storage.append(file)) {
            appender.truncate(0);
            appender.write(ByteBuffer.wrap((key.verifierKey() + "\n" + key.pem()).getBytes(StandardCharsets.US_ASCII)));
            appender.force();
        }
        storage.forceDirectory(chain);
    }

    public String origin() {
        return origin;
    }

    /** Number of the last durable event; 0 when there is none. */
    public long durable() {
        return durable;
    }

    public Blobs blobs() {
        return blobs;
    }

    /** Why the log takes no more events, or null while it does. */
    public @Nullable String trouble() {
        IOException reason = poison;
        return reason == null ? null : "a flush failed (" + reason.getMessage() + "); restart Mirror";
    }

    /**
     * Appends and returns when the event is on stable storage. An interrupt of the caller does not cut the wait short; it is kept
     * for the caller to see afterwards.
     *
     * @throws BusException.NotDurable when the event is not in the log and never will be; or, as the message then says, when a
     *     flush failed while it was written, so that only the next start can tell
     */
    public Event append(Draft draft) {
        return append(List.of(draft)).getFirst();
    }

    /** Appends several events that stand side by side in the log; all of them are durable, or the call throws. */
    public List<Event> append(List<Draft> drafts) {
        List<byte[]> data = new ArrayList<>();
        for (Draft draft : drafts) {
            data.add(inline(draft));
        }
        Pending pending = new Pending(drafts, data);
        boolean interrupted = false;
        while (true) {
            if (closed) {
                throw new BusException.NotDurable("the log is closed");
            }
            try {
                if (queue.offer(pending, 100, TimeUnit.MILLISECONDS)) {
                    break;
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        try {
            return pending.await();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private byte[] inline(Draft draft) {
        byte[] bytes = Json.MAPPER.writeValueAsBytes(draft.data());
        if (bytes.length <= INLINE_LIMIT) {
            return bytes;
        }
        try {
            String hash = blobs.put(bytes);
            return Json.MAPPER.writeValueAsBytes(Json.object().put("blob", hash).put("bytes", bytes.length));
        } catch (IOException e) {
            throw new BusException.NotDurable(
                    "a payload of " + bytes.length + " bytes could not be stored in " + home.blobs() + ": "
                            + e.getMessage(),
                    e);
        }
    }

    // ---- the writer thread

    private void run() {
        List<Pending> group = new ArrayList<>();
        while (true) {
            try {
                Pending next = checkpointed == durable
                        ? queue.take()
                        : queue.poll(checkpointDueNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
                if (next == null) {
                    checkpoint();
                    continue;
                }
                if (next == Pending.STOP) {
                    break;
                }
                group.add(next);
                while (group.size() < MAX_GROUP && queue.peek() != Pending.STOP && queue.peek() != null) {
                    group.add(queue.remove());
                }
                commit(group);
                if (durable - checkpointed >= CHECKPOINT_EVENTS) {
                    checkpoint();
                }
            } catch (InterruptedException e) {
                // Nobody has this thread to interrupt it; the queue's signature asks for the clause.
            } catch (IOException e) {
                poisoned(e);
            } catch (RuntimeException e) {
                poisoned(new IOException("the writer failed: " + e, e));
            } finally {
                IOException reason = poison;
                for (Pending pending : group) {
                    pending.fail(
                            "whether the event is in the log will be known after a restart, because " + trouble(),
                            reason == null ? new IOException("the writer stopped") : reason);
                }
                group.clear();
            }
        }
        try {
            finish();
        } catch (IOException e) {
            poisoned(e);
        }
    }

    /** Writes one group, in several flushes when it is large. Callers that were already told are not told again. */
    private void commit(List<Pending> group) throws IOException {
        IOException reason = poison;
        if (reason != null) {
            group.forEach(pending -> pending.fail("the event is not in the log, because " + trouble(), reason));
            return;
        }
        int at = 0;
        while (at < group.size()) {
            int from = at;
            roll();
            Segment segment = segments.getLast();
            Storage.Appender file = requireNonNull(active);
            long start = segment.end();
            byte[] groupHead = head;
            buffer.clear();
            List<Placed> placed = new ArrayList<>();
            while (at < group.size() && buffer.length() < MAX_GROUP_BYTES) {
                encode(group.get(at++), start, placed);
            }
            try {
                file.write(buffer.toByteBuffer());
            } catch (IOException e) {
                head = groupHead;
                file.truncate(start);
                // The callers hear that their events will never be in the log; a power cut must not bring them back.
                file.force();
                group.subList(from, at).forEach(pending -> pending.fail("the event is not in the log", e));
                continue;
            }
            file.force();
            publish(segment, placed);
            group.subList(from, at).forEach(Pending::done);
        }
    }

    /** An encoded event and where it stands in the segment. */
    private record Placed(long seq, byte[] hash, long offset, long end) {}

    private void encode(Pending pending, long start, List<Placed> placed) {
        Instant now = clock.instant();
        for (int i = 0; i < pending.drafts.size(); i++) {
            long seq = durable + placed.size() + 1;
            int from = buffer.length();
            byte[] hash = EventLine.encode(
                    pending.drafts.get(i),
                    pending.data.get(i),
                    origin,
                    seq,
                    seq,
                    now,
                    placed.isEmpty() ? durable : -1,
                    head,
                    buffer,
                    sha256);
            pending.events.add(EventLine.parse(Arrays.copyOfRange(buffer.array(), from, buffer.length() - 1)));
            head = hash;
            placed.add(new Placed(seq, hash, start + from, start + buffer.length()));
        }
    }

    private void publish(Segment segment, List<Placed> placed) {
        if (checkpointed == durable) {
            checkpointDueNanos = System.nanoTime() + CHECKPOINT_DELAY.toNanos();
        }
        for (Placed event : placed) {
            tree.add(event.hash);
        }
        lock.lock();
        try {
            for (Placed event : placed) {
                segment.add(event.seq, event.offset, event.end);
            }
            durable = placed.getLast().seq;
            grown.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Opens a new segment when there is none or the active one is full. */
    private void roll() throws IOException {
        Instant now = clock.instant();
        if (!segments.isEmpty()) {
            Segment last = segments.getLast();
            boolean full = last.end() >= SEGMENT_BYTES
                    || last.count() >= SEGMENT_EVENTS
                    || (last.count() > 0 && !month.equals(month(now)));
            if (!full) {
                return;
            }
            checkpoint();
            requireNonNull(active).close();
        }
        Path file = chain.resolve("%06d.jsonl".formatted(segments.size() + 1));
        active = storage.append(file);
        storage.forceDirectory(chain);
        month = month(now);
        lock.lock();
        try {
            segments.add(new Segment(file, durable + 1));
        } finally {
            lock.unlock();
        }
    }

    private void checkpoint() throws IOException {
        if (checkpointed == durable || poison != null) {
            checkpointed = durable;
            return;
        }
        Storage.Appender file = checkpoints;
        if (file == null) {
            file = storage.append(chain.resolve("checkpoints"));
            checkpoints = file;
            storage.forceDirectory(chain);
        }
        String note = Checkpoint.sign(origin, tree.size(), tree.root(), signer).note();
        long size = file.size();
        try {
            file.write(ByteBuffer.wrap((note + "\n").getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            // A full disk: the events are safe without this checkpoint, and the next one covers them.
            file.truncate(size);
            checkpointDueNanos = System.nanoTime() + CHECKPOINT_DELAY.toNanos();
            return;
        }
        file.force();
        checkpointed = durable;
    }

    private void poisoned(IOException reason) {
        if (poison == null) {
            poison = reason;
        }
    }

    /** Closes the files also when the last checkpoint, or the other file's close, fails. */
    private void finish() throws IOException {
        try {
            checkpoint();
        } finally {
            try {
                if (active != null) {
                    active.close();
                }
            } finally {
                if (checkpoints != null) {
                    checkpoints.close();
                }
            }
        }
    }

    private static YearMonth month(Instant time) {
        return YearMonth.from(time.atOffset(ZoneOffset.UTC));
    }

    // ---- reading

    /**
     * Up to {@code limit} durable events from {@code seq} on; each line is proven as it is read.
     *
     * @throws BusException when a line cannot be read or is not what was written
     */
    public List<Event> read(long seq, int limit) {
        List<Event> events = new ArrayList<>();
        Segment segment;
        long position;
        long last;
        int skip;
        long at = Math.max(seq, 1);
        while (events.size() < limit) {
            lock.lock();
            try {
                last = durable;
                segment = segmentOf(at);
                if (segment == null || at > last) {
                    return events;
                }
                position = segment.near(at);
                skip = segment.after(at);
                last = Math.min(last, segment.first() + segment.count() - 1);
            } finally {
                lock.unlock();
            }
            try (LineReader lines = new LineReader(storage.read(segment.file()), position)) {
                MessageDigest digest = EventLine.sha256();
                while (skip > 0 && lines.next()) {
                    skip--;
                }
                while (events.size() < limit && at <= last && lines.next()) {
                    EventLine.Proof proof = EventLine.prove(lines.array(), lines.from(), lines.to(), digest);
                    if (proof.seq() != at) {
                        throw new EventLine.Unproven("is another event");
                    }
                    events.add(EventLine.parse(lines.copy()));
                    at++;
                }
            } catch (IOException e) {
                throw new BusException(
                        "event " + at + " cannot be read from " + segment.file() + ": " + e.getMessage(), e);
            } catch (EventLine.Unproven e) {
                throw new BusException.Damaged("event " + at + " in " + segment.file()
                        + " was altered after it was written; run 'mirror verify'");
            }
        }
        return events;
    }

    private @Nullable Segment segmentOf(long seq) {
        for (int i = segments.size() - 1; i >= 0; i--) {
            if (segments.get(i).first() <= seq) {
                return segments.get(i);
            }
        }
        return null;
    }

    /** Hands all events from {@code seq} to the present end to {@code consumer}, in order. */
    public void replay(long seq, Consumer<Event> consumer) {
        long at = seq;
        while (true) {
            List<Event> events = read(at, 512);
            if (events.isEmpty()) {
                return;
            }
            events.forEach(consumer);
            at = events.getLast().seq() + 1;
        }
    }

    /**
     * Waits until an event after {@code seq} is durable, or the time is over, or the log is closed.
     *
     * @return whether there is one
     */
    public boolean awaitAfter(long seq, Duration atMost) throws InterruptedException {
        long nanos = atMost.toNanos();
        lock.lock();
        try {
            while (durable <= seq && nanos > 0 && !closed) {
                nanos = grown.awaitNanos(nanos);
            }
            return durable > seq;
        } finally {
            lock.unlock();
        }
    }

    /** Hash of the last durable event, 64 hex. */
    public String head() {
        List<Event> last = read(durable, 1);
        return last.isEmpty() ? EventLine.GENESIS_PREV : last.getFirst().hash();
    }

    /** Walks the stored bytes again from the first, independent of what this log keeps in memory. */
    public static VerifyReport verify(Home home, String origin, Storage storage, @Nullable NoteKey key) {
        try {
            return new ChainWalk(storage, home.chain(origin), origin).walk(key);
        } catch (IOException e) {
            throw new BusException("the log in " + home.chain(origin) + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Finishes what is queued, signs a last checkpoint and closes the files. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        lock.lock();
        try {
            grown.signalAll();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        while (true) {
            try {
                queue.put(Pending.STOP);
                writer.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
