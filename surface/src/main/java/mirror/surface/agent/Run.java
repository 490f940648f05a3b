package mirror.surface.agent;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;
import mirror.bus.Json;
import mirror.continuity.LineCutter;
import mirror.surface.agent.AgentEvent.Ended;
import mirror.surface.agent.AgentEvent.Reason;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * One client at work. It ends when its input is closed and it has answered, when its time or tokens are used up, or when it is cancelled;
 * with it ends everything that it started ({@link ProcessTree} says what is found). The last event is {@link Ended}. Thread-safe.
 *
 * <p>Somebody has to take the events: a client whose events nobody takes comes to a standstill until it is cancelled or its time is over.
 */
public final class Run {
    /** Longer lines of a client are passed over. */
    private static final int LINE = 4 * 1024 * 1024;

    private static final int WAITING = 1_000;
    private static final int WORDS = 2_000;
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);
    private static final Duration STEP = Duration.ofMillis(200);

    private final Process process;
    private final ProcessTree tree;
    private final AgentProtocol protocol;
    private final Duration grace;
    private final AgentProtocol.Input input;
    private final BlockingQueue<AgentEvent> events = new LinkedBlockingQueue<>(WAITING);
    private final AtomicReference<@Nullable Reason> stopped = new AtomicReference<>();
    private final CompletableFuture<Ended> end = new CompletableFuture<>();
    private final StringBuilder words = new StringBuilder();

    /** Of the turn that is not over yet, by message. */
    private final Map<String, Usage> turn = new LinkedHashMap<>();

    private Usage before = Usage.NONE;
    private boolean failed;
    private volatile @Nullable Thread stopper;
    private volatile String session = "";
    private volatile long tokens = Long.MAX_VALUE;
    private volatile Predicate<AgentEvent> watch = _ -> true;

    /**
     * @param process the client, just started
     * @param grace time to end by itself before it is killed
     */
    Run(Process process, String mark, AgentProtocol protocol, Duration grace) {
        this.process = process;
        this.tree = new ProcessTree(process.toHandle(), mark);
        this.protocol = protocol;
        this.grace = grace;
        this.input = new Input(process.getOutputStream());
    }

    /**
     * Begins to read what the client says, and gives it its first turn.
     *
     * @param tokens above this many it is ended
     * @param watch sees every event first; on false the run is ended as {@link Reason#UNGATED}
     * @param last hears of the end before anybody else does
     */
    void begin(Task task, long tokens, Predicate<AgentEvent> watch, Consumer<Ended> last) {
        this.tokens = tokens;
        this.watch = watch;
        Thread output = Thread.ofVirtual().name("agent-output").start(this::readOutput);
        Thread errors = Thread.ofVirtual().name("agent-errors").start(this::readErrors);
        Thread.ofVirtual().name("agent-end").start(() -> supervise(task.limit(), output, errors, last));
        try {
            send(task.prompt());
        } catch (IOException e) {
            // It has ended before its first turn; the last event tells how.
        }
    }

    public long pid() {
        return process.pid();
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    /** The client's id of the session; empty until it has told. */
    public String session() {
        return session;
    }

    /** The next event, or nothing when none came in time. After {@link Ended} there are no more. */
    public Optional<AgentEvent> next(Duration atMost) throws InterruptedException {
        return Optional.ofNullable(events.poll(atMost.toMillis(), TimeUnit.MILLISECONDS));
    }

    /**
     * Gives the agent a further turn.
     *
     * @throws IOException when it takes none any more
     */
    public void send(String text) throws IOException {
        protocol.turn(text, input);
    }

    /** There are no more turns: the client ends when it has answered. */
    public void finish() {
        protocol.finish(input);
    }

    /** The client's standard input. */
    private record Input(OutputStream stream) implements AgentProtocol.Input {
        @Override
        public void line(String text) throws IOException {
            synchronized (stream) {
                stream.write((text + "\n").getBytes(StandardCharsets.UTF_8));
                stream.flush();
            }
        }

        @Override
        public void end() {
            try {
                stream.close();
            } catch (IOException e) {
                // It has ended already; how is for the last event to tell.
            }
        }
    }

    /** Ends the run and everything it started; returns at once, {@link #end} tells when it is over. */
    public void cancel() {
        stop(Reason.CANCELLED);
    }

    /** Completes with the last event, when nothing of the run is left. */
    public CompletableFuture<Ended> end() {
        return end.copy();
    }

    void stop(Reason reason) {
        if (stopped.compareAndSet(null, reason)) {
            Thread thread = Thread.ofVirtual().name("agent-stop").unstarted(() -> {
                try {
                    tree.end(grace);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            stopper = thread;
            thread.start();
        }
    }

    // ---- what the client says

    private void readOutput() {
        LineCutter cutter = new LineCutter(LINE, new LineCutter.Lines() {
            @Override
            public void line(byte[] bytes, int length) {
                try {
                    JsonNode line = Json.MAPPER.readTree(bytes, 0, length);
                    if (line.isObject()) {
                        protocol.read(line, input).forEach(Run.this::take);
                        return;
                    }
                } catch (JacksonException e) {
                    // Said below.
                } catch (IOException e) {
                    // It has ended before it could be answered; the last event tells how.
                    return;
                }
                take(new AgentEvent.Notice("a line that is no event: "
                        + new String(bytes, 0, Math.min(length, 200), StandardCharsets.UTF_8)));
            }

            @Override
            public void tooLong() {
                take(new AgentEvent.Notice("a line longer than " + LINE + " bytes was passed over"));
            }
        });
        byte[] buffer = new byte[16 * 1024];
        try (InputStream in = process.getInputStream()) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                cutter.accept(buffer, 0, n);
            }
            cutter.end();
        } catch (IOException e) {
            // The stream ends with the client, however that ended.
        }
    }

    private void readErrors() {
        byte[] buffer = new byte[4 * 1024];
        try (InputStream in = process.getErrorStream()) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                synchronized (words) {
                    words.append(new String(buffer, 0, n, StandardCharsets.UTF_8));
                    words.delete(0, Math.max(0, words.length() - WORDS));
                }
            }
        } catch (IOException e) {
            // As above.
        }
    }

    private void take(AgentEvent event) {
        if (event instanceof AgentEvent.Opened opened && opened.session().equals(session)) {
            // Said again at every turn.
            return;
        }
        count(event);
        if (used().total() > tokens) {
            stop(Reason.BUDGET);
        }
        if (!watch.test(event)) {
            stop(Reason.UNGATED);
        }
        hand(event);
    }

    private synchronized void count(AgentEvent event) {
        switch (event) {
            case AgentEvent.Opened opened -> session = opened.session();
            case AgentEvent.Used used -> turn.put(used.message(), used.usage());
            case AgentEvent.TurnEnded ended -> {
                failed = ended.error();
                // The client's own sum counts more than the messages that were seen: what those wrote is known only at
                // their end.
                before = ended.usage().total() > before.total() ? ended.usage() : used();
                turn.clear();
            }
            default -> {}
        }
    }

    /** What the run has used so far. */
    public synchronized Usage used() {
        Usage all = before;
        for (Usage each : turn.values()) {
            all = all.plus(each);
        }
        return all;
    }

    /** Waits for a place, unless nobody wants to see any more of it. */
    private void hand(AgentEvent event) {
        try {
            while (stopped.get() == null) {
                if (events.offer(event, STEP.toMillis(), TimeUnit.MILLISECONDS)) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- its end

    private void supervise(Duration limit, Thread output, Thread errors, Consumer<Ended> last) {
        int left = 0;
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                stop(Reason.TIME);
                process.waitFor();
            }
            Thread ending = stopper;
            if (ending != null) {
                ending.join();
            }
            // Whoever was started by the client and outlived it ends with the run.
            left = tree.end(grace);
            output.join(LAST_WORDS);
            errors.join(LAST_WORDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        int exit = process.isAlive() ? -1 : process.exitValue();
        Reason why = stopped.get();
        boolean bad;
        synchronized (this) {
            bad = failed;
        }
        if (why == null) {
            why = exit == 0 && !bad ? Reason.DONE : Reason.FAILED;
        }
        String said;
        synchronized (words) {
            said = words.toString().strip();
        }
        Ended ended = new Ended(why, exit, used(), left, said);
        try {
            last.accept(ended);
        } finally {
            if (!events.offer(ended)) {
                // Nobody took the others; whoever looks now must see the end.
                events.clear();
                events.add(ended);
            }
            end.complete(ended);
        }
    }
}
