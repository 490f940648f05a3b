package mirror.bus;

import static java.util.Objects.requireNonNull;

import java.io.FileNotFoundException;
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
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import mirror.bus.VerifyReport.Verdict;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

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
    private static final int MAX_RECOVERIES = 4;
    private static final int HOLD_FRACTION = 2;
    private static final long HOLD_STEP_NANOS = 20_000;
    private static final Duration CHECKPOINT_DELAY = Duration.ofMillis(900);

    /**
     * When a segment is full and a checkpoint due. The format fixes them; tests use smaller ones.
     *
     * @param compressAfter age of a segment's last event at which the segment is compressed
     */
    record Limits(long segmentBytes, long segmentEvents, long checkpointEvents, Duration compressAfter) {
        static final Limits FORMAT = new Limits(64L * 1024 * 1024, 100_000, 1_000, Duration.ofDays(30));
    }

    private final Home home;
    private final Path chain;
    private final String origin;
    private final Storage storage;
    private final InstantSource clock;
    private final NoteSigner signer;
    private final Limits limits;
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
    private ChainIndex.Mark sealed = ChainIndex.Mark.START;
    private volatile long checkpointed;
    private long checkpointDueNanos;
    private int callers;
    private long commitNanos;
    private volatile long durable;
    private volatile @Nullable IOException poison;
    private volatile boolean closed;

    /**
     * Opens the chain or starts a new one. What was sealed and not touched since is taken from the index; everything else is proven.
     * A tail that a crash tore off is moved to {@code torn/}; one whose flush failed is written anew.
     *
     * @throws BusException.Damaged when the chain does not prove; nothing was changed then
     */
    public static EventLog open(Home home, String origin, Storage storage, InstantSource clock, NoteSigner signer) {
        return open(home, origin, storage, clock, signer, Limits.FORMAT);
    }

    static EventLog open(
            Home home, String origin, Storage storage, InstantSource clock, NoteSigner signer, Limits limits) {
        try {
            Path chain = home.chain(origin);
            storage.createDirectories(chain);
            NoteKey key = signer.key(origin);
            List<Draft> said = new ArrayList<>();
            Proven proven = proven(home, origin, storage, key);
            // A crash within an earlier recovery may leave both a torn tail and an unflushed one; each round removes
            // one.
            for (int round = 0; ; round++) {
                ChainWalk walk = proven.walk;
                if (round == MAX_RECOVERIES) {
                    throw new BusException.Damaged(
                            "the log in " + chain + " does not prove after its torn tail was moved to " + home.torn());
                }
                if (!walk.tears().isEmpty()) {
                    for (ChainWalk.Tear tear : walk.tears()) {
                        Path torn = TornTail.moveAside(storage, home.torn(), chain, tear);
                        said.add(Draft.of(
                                "mirror.tail.torn.v1",
                                "daemon",
                                Json.object()
                                        .put(
                                                "moved-to",
                                                home.root().relativize(torn).toString())));
                    }
                } else if (UnflushedTail.rewrite(
                        storage, chain, walk.segments(), walk.tree().size())) {
                    said.add(Draft.of(
                            "mirror.tail.rewritten.v1",
                            "daemon",
                            Json.object().put("after", walk.tree().size())));
                } else {
                    break;
                }
                proven = proven(home, origin, storage, key);
            }
            EventLog log = new EventLog(home, origin, storage, clock, signer, limits, proven.walk);
            log.start(proven, said);
            return log;
        } catch (IOException e) {
            throw new BusException("the log in " + home.chain(origin) + " cannot be opened: " + e.getMessage(), e);
        }
    }

    /** @param sealed the mark of the index at the end of the last sealed segment */
    private record Proven(ChainWalk walk, ChainIndex.Mark sealed) {}

    /** Walks the chain from the farthest mark that can be trusted; from the first byte when there is none or something is wrong. */
    private static Proven proven(Home home, String origin, Storage storage, NoteKey key) throws IOException {
        Path chain = home.chain(origin);
        ChainIndex index =
                ChainIndex.read(storage, ChainIndex.file(home, origin), key).orElse(null);
        List<Witness> witnesses = index == null ? List.of() : List.of(index.witness());
        ChainIndex.Mark sealed = index == null ? ChainIndex.Mark.START : index.sealed();
        ChainIndex.Mark mark =
                index == null ? null : index.usable(storage, chain).orElse(null);
        if (mark != null) {
            ChainWalk quick = new ChainWalk(storage, chain, origin, mark).lastSignatureOnly();
            if (quick.witnesses(witnesses).walk(key).verdict().compareTo(Verdict.TORN_TAIL) <= 0) {
                return new Proven(quick, sealed);
            }
        }
        ChainWalk walk = new ChainWalk(storage, chain, origin)
                .threads(Runtime.getRuntime().availableProcessors())
                .lastSignatureOnly()
                .witnesses(witnesses);
        VerifyReport report = walk.walk(key);
        if (report.verdict().compareTo(Verdict.TORN_TAIL) > 0) {
            VerifyReport.Finding worst = report.findings().stream()
                    .filter(finding -> finding.kind() == report.verdict())
                    .findFirst()
                    .orElseThrow();
            throw new BusException.Damaged("the log is damaged and stays as it is: " + worst.sentence() + " ("
                    + worst.file() + "); run 'mirror verify' for the whole report");
        }
        return new Proven(walk, sealed);
    }

    /**
     * Opens the chain for reading only, without a lock and without changing a byte: for commands while no daemon runs. What can be
     * proven of a damaged chain can be read; {@link #append(Draft)} throws.
     */
    public static EventLog openForReading(
            Home home, String origin, Storage storage, InstantSource clock, NoteSigner signer) {
        try {
            ChainWalk walk;
            try {
                walk = proven(home, origin, storage, signer.key(origin)).walk;
            } catch (BusException.Damaged e) {
                walk = new ChainWalk(storage, home.chain(origin), origin);
                walk.walk(signer.key(origin));
            }
            return new EventLog(home, origin, storage, clock, signer, Limits.FORMAT, walk);
        } catch (IOException e) {
            throw new BusException("the log in " + home.chain(origin) + " cannot be read: " + e.getMessage(), e);
        }
    }

    private EventLog(
            Home home,
            String origin,
            Storage storage,
            InstantSource clock,
            NoteSigner signer,
            Limits limits,
            ChainWalk walk) {
        this.home = home;
        this.chain = home.chain(origin);
        this.origin = origin;
        this.storage = storage;
        this.clock = clock;
        this.signer = signer;
        this.limits = limits;
        this.blobs = new Blobs(home.blobs(), storage);
        this.tree = walk.tree();
        this.head = walk.head();
        this.segments = new ArrayList<>(walk.segments());
        this.durable = tree.size();
        this.checkpointed = walk.lastAnchor();
        this.month = month(clock.instant());
        this.writer = Thread.ofPlatform().name("bus-writer").daemon(true).unstarted(this::run);
        this.closed = true;
    }

    private void start(Proven proven, List<Draft> said) throws IOException {
        closed = false;
        try {
            begin(proven, said);
        } catch (IOException | RuntimeException e) {
            if (writer.isAlive()) {
                close();
            } else if (active != null) {
                active.close();
            }
            throw e;
        }
    }

    private void begin(Proven proven, List<Draft> said) throws IOException {
        if (!segments.isEmpty()) {
            active = storage.append(segments.getLast().file());
            if (durable > proven.walk.watermark()) {
                // A killed process leaves lines that the kernel has and the disk may not; nobody may hear of them
                // before.
                active.force();
            }
            // The same for names: of the segment, or of what a recovery that was cut short has renamed.
            storage.forceDirectory(chain);
            if (segments.getLast().count() > 0) {
                month = month(read(segments.getLast().first(), 1).getFirst().time());
            }
        }
        ChainIndex.Mark mark = proven.walk.beforeLast();
        if (mark != null) {
            sealed = mark;
            writeIndex(mark);
        } else {
            sealed = proven.sealed;
        }
        writer.start();
        if (durable == 0) {
            keyFile();
            append(Draft.of(
                    "mirror.log.created.v1",
                    "daemon",
                    Json.object().put("format", 1).put("key", signer.key(origin).verifierKey())));
        }
        if (!said.isEmpty()) {
            append(said);
        }
    }

    /** Notes where the walk may start next time. The index only saves time, so that it cannot be written is no error. */
    private void writeIndex(ChainIndex.Mark end) {
        try {
            new ChainIndex(sealed, end).write(storage, ChainIndex.file(home, origin), signer);
        } catch (IOException e) {
            // The next start walks from the first byte.
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

    /** Number of the last event that a checkpoint signed by this log covers; 0 when there is none yet. */
    public long checkpointed() {
        return checkpointed;
    }

    Snapshots snapshots() {
        return new Snapshots(home, origin, storage, signer);
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
        return answer(new Pending(drafts, data)).stream().map(this::whole).toList();
    }

    /**
     * Erases the payload of {@code event} that is stored outside its line, for good. The line keeps the payload's hash, so the chain
     * holds; an event that says so comes first. Other events with the same payload lose it too. Doing it again does no harm.
     *
     * @throws BusException when the event has no such payload, or the file cannot be removed; then it is to be done again
     */
    public Event erase(Event event, String actor, String reason) {
        BlobRef ref = BlobRef.of(event)
                .orElseThrow(() -> new BusException("the payload of event " + event.seq()
                        + " is part of its line and of the chain; only payloads over " + INLINE_LIMIT / 1024
                        + " KB are stored apart and can be erased"));
        Event erased = append(Draft.of(
                        "mirror.blob.erased.v1",
                        actor,
                        ref.json().put("event", event.seq()).put("reason", reason))
                .subject(event.id()));
        try {
            blobs.erase(ref.hash());
        } catch (IOException e) {
            throw new BusException(
                    "payload " + blobs.file(ref.hash()) + " could not be removed: " + e.getMessage() + "; try again",
                    e);
        }
        return erased;
    }

    /** The event with its payload, where that is stored outside the line and is what it was. */
    private Event whole(Event event) {
        return BlobRef.of(event.data())
                .flatMap(ref -> {
                    try {
                        return blobs.get(ref.hash());
                    } catch (IOException | BusException.Damaged e) {
                        // 'mirror verify' names it. What cannot be proven is not used, and one payload must not keep
                        // Mirror
                        // from starting.
                        return Optional.empty();
                    }
                })
                .map(bytes -> event.data(Json.LINES.readTree(bytes)))
                .orElse(event);
    }

    /**
     * Signs a checkpoint over all events that are durable now, unless there is one, instead of waiting for the next. A full disk or an
     * earlier failed flush leaves the log without it.
     *
     * @throws BusException.NotDurable when the log is closed or only read
     */
    public void checkpointNow() {
        answer(new Pending(List.of(), List.of()));
    }

    /** Puts the request into the queue and waits for the writer's answer. */
    private List<Event> answer(Pending pending) {
        boolean interrupted = false;
        while (true) {
            if (closed) {
                throw new BusException.NotDurable("the log is closed");
            }
            try {
                if (queue.offer(pending, 100, TimeUnit.MILLISECONDS)) {
                    if (!writer.isAlive()) {
                        refuseQueued();
                    }
                    break;
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        try {
            return pending.await(origin);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Answers those who came after the writer ended. */
    private void refuseQueued() {
        for (Pending late = queue.poll(); late != null; late = queue.poll()) {
            late.fail("the event is not in the log", new IOException("the log is closed"));
        }
    }

    private byte[] inline(Draft draft) {
        byte[] bytes;
        try {
            bytes = Json.MAPPER.writeValueAsBytes(draft.data());
        } catch (JacksonException e) {
            throw new IllegalArgumentException(
                    "the data of " + draft.type() + " is not JSON that can be stored: " + e.getOriginalMessage(), e);
        }
        if (BlobRef.of(draft.data()).isPresent()) {
            throw new IllegalArgumentException("the data of " + draft.type() + " would be taken for a stored payload");
        }
        if (bytes.length <= INLINE_LIMIT) {
            return bytes;
        }
        try {
            return Json.MAPPER.writeValueAsBytes(new BlobRef(blobs.put(bytes), bytes.length).json());
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
                if (next.drafts.isEmpty()) {
                    checkpoint();
                    next.done();
                    continue;
                }
                gather(group);
                callers = group.size();
                long start = System.nanoTime();
                commit(group);
                commitNanos = System.nanoTime() - start;
                if (durable - checkpointed >= limits.checkpointEvents) {
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

    /**
     * Takes what else waits. When the last group had several callers, most are back in a moment: a flush without them would make them
     * wait for a second one. So the group is held open until as many are here again, or for a fraction of what the last flush took.
     * One caller alone never waits.
     */
    private void gather(List<Pending> group) {
        long until = System.nanoTime() + commitNanos / HOLD_FRACTION;
        while (queue.size() + group.size() < callers && System.nanoTime() < until) {
            LockSupport.parkNanos(HOLD_STEP_NANOS);
        }
        for (Pending more = queue.peek();
                group.size() < MAX_GROUP && more != null && !more.drafts.isEmpty();
                more = queue.peek()) {
            group.add(queue.remove());
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
            if (segments.isEmpty() || full(segments.getLast())) {
                Storage.Appender next;
                Path name = nextSegment();
                try {
                    next = storage.append(name);
                } catch (IOException e) {
                    // A full disk, or too many open files: nothing was written yet.
                    group.subList(from, group.size())
                            .forEach(pending -> pending.fail("the event is not in the log", e));
                    return;
                }
                roll(name, next);
            }
            Segment segment = segments.getLast();
            Storage.Appender file = requireNonNull(active);
            long start = segment.end();
            byte[] groupHead = head;
            buffer.clear();
            List<Placed> placed = new ArrayList<>();
            Instant now = clock.instant();
            String time = EventLine.time(now);
            while (at < group.size() && buffer.length() < MAX_GROUP_BYTES) {
                encode(group.get(at++), now, time, start, placed);
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
            try {
                file.force();
            } catch (IOException e) {
                UnflushedTail.mark(storage, chain, durable);
                throw e;
            }
            publish(segment, placed);
            group.subList(from, at).forEach(Pending::done);
        }
    }

    /** An encoded event and where its line ends in the segment. */
    private record Placed(long seq, byte[] hash, long end) {}

    private void encode(Pending pending, Instant now, String time, long start, List<Placed> placed) {
        for (int i = 0; i < pending.drafts.size(); i++) {
            long seq = durable + placed.size() + 1;
            int from = buffer.length();
            byte[] prev = head;
            byte[] hash = EventLine.encode(
                    pending.drafts.get(i),
                    pending.data.get(i),
                    origin,
                    seq,
                    seq,
                    time,
                    placed.isEmpty() ? durable : -1,
                    prev,
                    buffer,
                    sha256);
            byte[] line = Arrays.copyOfRange(buffer.array(), from, buffer.length() - 1);
            pending.written.add(new Pending.Written(seq, now, prev, hash, line));
            head = hash;
            placed.add(new Placed(seq, hash, start + buffer.length()));
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
                segment.add(event.seq, event.end);
            }
            durable = placed.getLast().seq;
            grown.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private boolean full(Segment segment) {
        return segment.end() >= limits.segmentBytes
                || segment.count() >= limits.segmentEvents
                || (segment.count() > 0 && !month.equals(month(clock.instant())));
    }

    private Path nextSegment() {
        int number = segments.isEmpty() ? 1 : Segment.number(segments.getLast().file()) + 1;
        return chain.resolve("%06d%s".formatted(number, Segment.PLAIN));
    }

    /** Closes the segment that was written to until now, and goes on with {@code file}. */
    private void roll(Path file, Storage.Appender next) throws IOException {
        Storage.Appender last = active;
        active = next;
        if (last != null) {
            try (last) {
                checkpoint();
            }
            noteSealed();
        }
        storage.forceDirectory(chain);
        month = month(clock.instant());
        lock.lock();
        try {
            segments.add(new Segment(file, durable + 1));
        } finally {
            lock.unlock();
        }
    }

    private void noteSealed() throws IOException {
        lock.lock();
        try {
            sealed = ChainIndex.mark(tree, head, notes(), segments, storage);
            writeIndex(sealed);
        } finally {
            lock.unlock();
        }
    }

    private byte[] notes() throws IOException {
        Path file = chain.resolve("checkpoints");
        return storage.exists(file) ? ChainWalk.readAll(storage, file, 0) : new byte[0];
    }

    private void checkpoint() throws IOException {
        if (checkpointed == durable || poison != null) {
            checkpointed = durable;
            return;
        }
        Storage.Appender file = checkpoints;
        if (file == null) {
            try {
                file = storage.append(chain.resolve("checkpoints"));
            } catch (IOException e) {
                checkpointDueNanos = System.nanoTime() + CHECKPOINT_DELAY.toNanos();
                return;
            }
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
        } catch (IOException e) {
            // The index below must not vouch for a note that the disk may not have.
            poisoned(e);
            throw e;
        } finally {
            try {
                if (active != null) {
                    active.close();
                }
                if (poison == null && durable > 0) {
                    lock.lock();
                    try {
                        writeIndex(ChainIndex.mark(tree, head, notes(), segments, storage));
                    } finally {
                        lock.unlock();
                    }
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

    // ---- sealed segments

    /**
     * Gives each sealed segment its digest file and compresses those that are old. To be called now and then, from any thread;
     * costs little when there is nothing to do. Readers and the writer go on meanwhile.
     *
     * @throws BusException.Damaged when a segment is not what its digest file says; it stays as it is then
     */
    public void tend() throws IOException {
        SealedSegments keeper = new SealedSegments(storage);
        List<Segment> done;
        lock.lock();
        try {
            done = List.copyOf(segments.subList(0, Math.max(0, segments.size() - 1)));
        } finally {
            lock.unlock();
        }
        boolean changed = false;
        for (Segment segment : done) {
            Path file = segment.file();
            if (Segment.isCompressed(file) || segment.count() == 0) {
                continue;
            }
            if (!keeper.isSealed(file)) {
                keeper.seal(file);
            }
            Instant last = read(segment.last(), 1).getFirst().time();
            if (last.plus(limits.compressAfter).isBefore(clock.instant())) {
                Path packed = keeper.compress(file);
                lock.lock();
                try {
                    segment.file(packed);
                } finally {
                    lock.unlock();
                }
                keeper.removePlain(file);
                changed = true;
            }
        }
        if (changed) {
            lock.lock();
            try {
                sealed = sealed.moved(segments, storage);
                writeIndex(sealed);
            } finally {
                lock.unlock();
            }
        }
    }

    // ---- reading

    private static BusException unreadable(long seq, Path file, IOException e) {
        return new BusException("event " + seq + " cannot be read from " + file + ": " + e.getMessage(), e);
    }

    /**
     * Up to {@code limit} durable events from {@code seq} on; each line is proven as it is read.
     *
     * @throws BusException when a line cannot be read or is not what was written
     */
    public List<Event> read(long seq, int limit) {
        List<Event> events = new ArrayList<>();
        long at = Math.max(seq, 1);
        while (events.size() < limit) {
            Segment segment;
            Path file;
            long end;
            long last;
            lock.lock();
            try {
                segment = Segment.of(segments, at);
                if (segment == null || at > durable) {
                    return events;
                }
                file = segment.file();
                end = segment.end();
                last = Math.min(durable, segment.last());
            } finally {
                lock.unlock();
            }
            try (Storage.Reader reader = Segment.open(storage, file)) {
                at = read(reader, file, end, at, last, limit, events);
            } catch (FileNotFoundException e) {
                // Compressed a moment ago: the segment has another file now.
                if (file.equals(segment.file())) {
                    throw unreadable(at, file, e);
                }
            } catch (IOException e) {
                throw unreadable(at, file, e);
            }
        }
        return events;
    }

    /**
     * Hands the raw hashes of events 1 … {@code size} to {@code consumer}, each computed anew from the stored bytes.
     *
     * @throws BusException.Damaged when there are fewer, or a line does not prove
     */
    void hashes(long size, Consumer<byte[]> consumer) {
        List<Path> files;
        lock.lock();
        try {
            files = segments.stream().map(Segment::file).toList();
        } finally {
            lock.unlock();
        }
        LineProver prover = new LineProver();
        long at = 1;
        for (Path file : files) {
            try (LineReader lines = new LineReader(Segment.open(storage, file), 0)) {
                while (at <= size && lines.next()) {
                    prover.prove(lines.array(), lines.from(), lines.to());
                    if (prover.seq() != at || (at > 1 && !prover.continuesPrevious())) {
                        throw new EventLine.Unproven("is not in its place");
                    }
                    consumer.accept(prover.hash());
                    at++;
                }
            } catch (IOException e) {
                throw unreadable(at, file, e);
            } catch (EventLine.Unproven e) {
                throw new BusException.Damaged("event " + at + " in " + file + " was altered: its line "
                        + e.getMessage() + "; run 'mirror verify'");
            }
        }
        if (at <= size) {
            throw new BusException.Damaged("a checkpoint covers " + size + " events, but the log ends at " + (at - 1)
                    + "; run 'mirror verify'");
        }
    }

    private long read(Storage.Reader reader, Path file, long end, long from, long last, int limit, List<Event> events)
            throws IOException {
        LineProver prover = new LineProver();
        long at = from;
        LineReader lines = new LineReader(reader, Segment.near(reader, end, at), 64 * 1024);
        while (events.size() < limit && at <= last && lines.next()) {
            if (at == from && EventLine.seqOf(lines.array(), lines.from(), lines.to()) < at) {
                continue;
            }
            try {
                prover.prove(lines.array(), lines.from(), lines.to());
                if (prover.seq() != at) {
                    throw new EventLine.Unproven("is another event");
                }
            } catch (EventLine.Unproven e) {
                throw new BusException.Damaged(
                        "event " + at + " in " + file + " was altered after it was written; run 'mirror verify'");
            }
            events.add(whole(EventLine.parse(lines.copy())));
            at++;
        }
        if (at <= last && events.size() < limit) {
            throw new BusException.Damaged("event " + at + " is not in " + file + " any more; run 'mirror verify'");
        }
        return at;
    }

    /**
     * What changes when somebody changes the file that holds the event {@code seq}, or appends to it; empty when there is no such event
     * or its file cannot be looked at. Whoever read the event back under a stamp need not read it again while it stands.
     */
    public String stamp(long seq) {
        Path file;
        lock.lock();
        try {
            Segment segment = Segment.of(segments, seq);
            if (segment == null || seq > durable) {
                return "";
            }
            file = segment.file();
        } finally {
            lock.unlock();
        }
        try {
            return storage.stamp(file);
        } catch (IOException e) {
            return "";
        }
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

    /** Walks the stored bytes again from the first, independent of what this log keeps in memory, with all processors. */
    public static VerifyReport verify(Home home, String origin, Storage storage, @Nullable NoteKey key) {
        return verify(
                home, origin, storage, key, List.of(), Runtime.getRuntime().availableProcessors(), _ -> {});
    }

    /**
     * Walks the stored bytes again from the first, independent of what this log keeps in memory.
     *
     * @param key the key that must have signed the checkpoints, or null when it is not known
     * @param witnesses what others know of this log; the device's own index is one in any case
     * @param progress is told how many bytes were read since it was told last, from several threads
     */
    public static VerifyReport verify(
            Home home,
            String origin,
            Storage storage,
            @Nullable NoteKey key,
            List<Witness> witnesses,
            int threads,
            LongConsumer progress) {
        try {
            List<Witness> all = new ArrayList<>(witnesses);
            ChainIndex index =
                    ChainIndex.read(storage, ChainIndex.file(home, origin), key).orElse(null);
            if (index != null) {
                all.add(index.witness());
            }
            ChainWalk walk = new ChainWalk(storage, home.chain(origin), origin)
                    .notesOf(index == null ? ChainIndex.Mark.START : index.end())
                    .threads(threads)
                    .progress(progress)
                    .witnesses(all);
            VerifyReport report = walk.walk(key);
            return report.and(new Payloads(home, storage).check(walk.payloads(), walk.segments()));
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
                refuseQueued();
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
