package mirror.tiers.llama;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import mirror.tiers.Candidate;
import mirror.tiers.Gguf;
import mirror.tiers.Model;
import mirror.tiers.dialect.Adapter;
import mirror.tiers.dialect.ClientAdapter;
import mirror.tiers.dialect.Failure;
import mirror.tiers.dialect.LlamaAsk;
import mirror.tiers.llama.LlamaException.Kind;
import mirror.tiers.wire.Exchange;
import mirror.tiers.wire.Header;
import mirror.tiers.wire.Patience;
import mirror.tiers.wire.WireException;
import org.jspecify.annotations.Nullable;

/**
 * Answers calls with a model that runs in this process (docs/decisions/0040). One model is in memory at a time, from its first call until it
 * has had none for a while, and one reply is made at a time; some callers wait for their turn, and who comes then is asked to come again.
 * A reply goes on only as its caller reads it: who closes the exchange has ended it. Native code runs in one thread of its own, as it would hold
 * up the threads of others.
 *
 * <p>Must never: take more memory than is free, cut a prompt, or let one caller's text reach another. Thread-safe.
 */
public final class LlamaEngine implements AutoCloseable {
    /** So many wait for their turn at most. */
    static final int WAITING = 8;

    private static final Duration COME_AGAIN = Duration.ofSeconds(10);

    /** Tables and small buffers, on top of what can be computed. */
    private static final long AROUND = 64L << 20;

    /** The regular expressions of some vocabularies need it for long texts. */
    private static final long STACK = 64L << 20;

    private final LongSupplier free;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Semaphore turn = new Semaphore(1, true);
    private final AtomicInteger inside = new AtomicInteger();
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon(true).name("llama").stackSize(STACK).factory());

    // Used in that thread alone.
    private boolean stopped;
    private @Nullable LlamaLibrary library;
    private @Nullable Loaded loaded;

    private volatile Instant idleSince;
    private volatile Duration unload = Duration.ZERO;

    /** @param from what it was loaded by: a file that changed is another model */
    private record Loaded(LoadedModel model, Gguf gguf, long context, Object from) {}

    /**
     * @param free how many bytes of memory can be taken
     * @param random gives seeds to requests that have none, and names to replies; thread-safe
     */
    public LlamaEngine(LongSupplier free, InstantSource clock, RandomGenerator random) {
        this.free = free;
        this.clock = clock;
        this.random = random;
        this.idleSince = clock.instant();
    }

    /** Why a model could not be loaded now, without loading it; empty when nothing speaks against it. */
    public static Optional<String> trouble(Model model) {
        Gguf gguf = model.gguf();
        if (gguf == null) {
            return Optional.empty();
        }
        try {
            looked(gguf, model.context());
            return Optional.empty();
        } catch (LlamaException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private static GgufFile looked(Gguf gguf, long context) throws LlamaException {
        GgufFile file = GgufFile.read(gguf.file());
        if (file.trained() > 0 && context > file.trained()) {
            throw new LlamaException(
                    Kind.MODEL,
                    "tiers.yaml gives it a context of " + context + " tokens, and it was trained for "
                            + file.trained());
        }
        return file;
    }

    /**
     * Begins a reply. Waits for its turn, and for the model to be loaded.
     *
     * @param candidate whose model is a {@link Gguf}
     * @param body a {@link LlamaAsk}
     * @return in Anthropic's dialect: the reply, or why there is none
     * @throws WireException when its turn did not come in time
     */
    public Exchange send(Candidate candidate, byte[] body, Patience patience) throws WireException {
        LlamaAsk ask = LlamaAsk.read(body);
        if (inside.incrementAndGet() > WAITING + 1) {
            inside.decrementAndGet();
            return refused(
                    new Failure(Failure.Kind.RATE_LIMIT, WAITING + " calls wait for " + candidate.name() + " already"),
                    List.of(new Header("retry-after", Long.toString(COME_AGAIN.toSeconds()))));
        }
        boolean mine = false;
        boolean begun = false;
        try {
            mine = turn.tryAcquire(patience.answer().toNanos(), TimeUnit.NANOSECONDS);
            if (!mine) {
                throw new WireException(WireException.Kind.LATE, "its turn did not come in time");
            }
            Generation generation = run(() -> begin(candidate, ask));
            begun = true;
            return Exchange.inProcess(
                    200,
                    List.of(new Header("content-type", ask.stream() ? "text/event-stream" : "application/json")),
                    new Body(generation));
        } catch (LlamaException e) {
            return refused(failure(e), List.of());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new WireException(WireException.Kind.LATE, "the wait for its turn was ended");
        } finally {
            if (!begun) {
                leave(mine);
            }
        }
    }

    private void leave(boolean hadItsTurn) {
        if (hadItsTurn) {
            idleSince = clock.instant();
            turn.release();
        }
        inside.decrementAndGet();
    }

    private static Failure failure(LlamaException e) {
        return new Failure(
                switch (e.kind()) {
                    case REQUEST -> Failure.Kind.INVALID_REQUEST;
                    case MODEL -> Failure.Kind.API;
                    case BUSY -> Failure.Kind.OVERLOADED;
                },
                String.valueOf(e.getMessage()));
    }

    private static Exchange refused(Failure failure, List<Header> more) {
        ClientAdapter.ErrorReply error = Adapter.ANTHROPIC.writeError(failure, null);
        return Exchange.inProcess(error.status(), more, new ByteArrayInputStream(error.body()));
    }

    // ---- in the thread of native code

    /** Waits also when interrupted: the turn must not be given on while native code works. */
    private <T> T run(Callable<T> task) throws LlamaException {
        Future<T> result;
        try {
            result = thread.submit(() -> {
                if (stopped) {
                    throw stopping();
                }
                return task.call();
            });
        } catch (RejectedExecutionException e) {
            throw stopping();
        }
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return result.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof LlamaException known) {
                throw known;
            }
            throw new IllegalStateException("a model in this process failed", e.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Generation begin(Candidate candidate, LlamaAsk ask) throws LlamaException {
        Model model = candidate.model();
        byte[] id = new byte[12];
        random.nextBytes(id);
        return new Generation(
                model(candidate),
                ask,
                (int) Math.min(model.output(), Integer.MAX_VALUE),
                random.nextLong(),
                model.name(),
                new mirror.tiers.dialect.Exchange("msg_" + HexFormat.of().formatHex(id), clock.instant(), true));
    }

    private LoadedModel model(Candidate candidate) throws LlamaException {
        Model model = candidate.model();
        Gguf gguf = Objects.requireNonNull(model.gguf(), "a model in this process has a file");
        Loaded now = loaded;
        Object stamp = stamp(gguf.file());
        if (now != null && now.gguf.equals(gguf) && now.context == model.context() && now.from.equals(stamp)) {
            return now.model;
        }
        drop();
        GgufFile file = looked(gguf, model.context());
        long needed = needed(file, model.context());
        long there = free.getAsLong();
        if (needed > there) {
            throw new LlamaException(
                    Kind.BUSY,
                    candidate.name() + " needs about " + megabytes(needed) + " MB of memory with its context, and "
                            + megabytes(there) + " MB are free");
        }
        LlamaLibrary llama = library;
        if (llama == null) {
            llama = LlamaLibrary.load();
            library = llama;
        }
        LoadedModel fresh = new LoadedModel(llama, gguf, file, Math.toIntExact(model.context()));
        loaded = new Loaded(fresh, gguf, model.context(), stamp);
        unload = gguf.unload();
        return fresh;
    }

    static long needed(GgufFile file, long context) {
        return file.tensorBytes() + file.perToken() * context + 8 * file.widest() * LoadedModel.STEP + AROUND;
    }

    private static long megabytes(long bytes) {
        return Math.ceilDiv(bytes, 1_000_000);
    }

    private static Object stamp(Path file) throws LlamaException {
        try {
            return Files.readAttributes(file, "unix:ino,size,ctime");
        } catch (IOException e) {
            throw new LlamaException(Kind.MODEL, "the file cannot be read");
        }
    }

    private void drop() {
        Loaded now = loaded;
        loaded = null;
        if (now != null) {
            now.model.close();
        }
    }

    // ---- the end of it

    /** Takes a model out of memory that nobody has called for its time. To be called now and then. */
    public void unloadIdle() {
        if (turn.tryAcquire()) {
            try {
                if (!clock.instant().isBefore(idleSince.plus(unload))) {
                    run(() -> {
                        drop();
                        return true;
                    });
                }
            } catch (LlamaException e) {
                // It is being stopped, and takes the model out itself.
            } finally {
                turn.release();
            }
        }
    }

    /** How many callers have their turn or wait for it. */
    int inside() {
        return inside.get();
    }

    /** Whether a model is in memory. */
    boolean isLoaded() throws LlamaException {
        return run(() -> loaded != null);
    }

    /** Ends the reply that is being made, and takes the model out of memory. */
    @Override
    public void close() {
        try {
            run(() -> {
                stopped = true;
                drop();
                return true;
            });
        } catch (LlamaException e) {
            // It is closed already.
        }
        thread.close();
    }

    private static LlamaException stopping() {
        return new LlamaException(Kind.BUSY, "it is being stopped");
    }

    /** Makes the reply as it is read. */
    private final class Body extends InputStream {
        private final Generation generation;
        private final AtomicBoolean left = new AtomicBoolean();
        private byte[] ready = new byte[0];
        private int at;

        Body(Generation generation) {
            this.generation = generation;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int from, int length) throws IOException {
            while (at == ready.length) {
                if (generation.isOver()) {
                    close();
                    return -1;
                }
                try {
                    ready = run(generation::step);
                    at = 0;
                } catch (LlamaException e) {
                    close();
                    throw new WireException(WireException.Kind.TRUNCATED, String.valueOf(e.getMessage()));
                }
            }
            int some = Math.min(length, ready.length - at);
            System.arraycopy(ready, at, into, from, some);
            at += some;
            return some;
        }

        @Override
        public void close() {
            if (left.compareAndSet(false, true)) {
                leave(true);
            }
        }
    }
}
