package mirror.tiers.dialect;

import java.util.function.Consumer;
import mirror.tiers.dialect.StreamEvent.Close;
import mirror.tiers.dialect.StreamEvent.Failed;
import mirror.tiers.dialect.StreamEvent.Finish;
import mirror.tiers.dialect.StreamEvent.Start;
import mirror.tiers.dialect.StreamEvent.TextDelta;
import mirror.tiers.dialect.StreamEvent.TextOpen;
import mirror.tiers.dialect.StreamEvent.ThinkingDelta;
import mirror.tiers.dialect.StreamEvent.ThinkingOpen;
import mirror.tiers.dialect.StreamEvent.ToolDelta;
import mirror.tiers.dialect.StreamEvent.ToolOpen;
import org.jspecify.annotations.Nullable;

/**
 * What every stream reader keeps: that events come in the order that {@link StreamEvent} promises, with whole characters, and that there is one end. A
 * dialect's reader says what it read; this says what comes out.
 */
abstract class ReplyState implements StreamReader {
    /** No provider sends an event this large; a line that never ends must not fill the memory. */
    static final int MOST_BYTES = 32 * 1024 * 1024;

    private enum Block {
        NONE,
        TEXT,
        THINKING,
        OTHER
    }

    final Exchange exchange;
    private final Halves halves = new Halves();
    private @Nullable Consumer<StreamEvent> out;
    private @Nullable Usage usage;
    private Block open = Block.NONE;
    private boolean started;
    private boolean calledTool;
    private boolean over;

    ReplyState(Exchange exchange) {
        this.exchange = exchange;
    }

    @Override
    public final @Nullable Usage usage() {
        return usage;
    }

    @Override
    public final boolean over() {
        return over;
    }

    /** What the dialect makes of these bytes. */
    abstract void read(byte[] bytes, int offset, int length) throws SseParser.TooLarge;

    /** The connection is closed: finish, when that is a proper end in this dialect. */
    abstract void closed();

    @Override
    public final void feed(byte[] bytes, int offset, int length, Consumer<StreamEvent> to) {
        guarded(to, () -> read(bytes, offset, length));
    }

    @Override
    public final void end(Consumer<StreamEvent> to) {
        guarded(to, () -> {
            closed();
            if (!over) {
                throw Answers.notUnderstood("it ended before it was whole");
            }
        });
    }

    private interface Step {
        void run() throws SseParser.TooLarge;
    }

    private void guarded(Consumer<StreamEvent> to, Step step) {
        if (over) {
            return;
        }
        out = to;
        try {
            step.run();
        } catch (DialectException e) {
            fail(e.failure());
        } catch (SseParser.TooLarge e) {
            fail(new Failure(
                    Failure.Kind.API, "The provider's answer cannot be used: a piece of it is larger than 32 MiB."));
        } finally {
            out = null;
        }
    }

    final void emit(StreamEvent event) {
        if (!over && out != null) {
            over = event instanceof Finish || event instanceof Failed;
            out.accept(event);
        }
    }

    final void fail(Failure failure) {
        emit(new Failed(failure));
    }

    final void reported(@Nullable Usage now) {
        usage = now;
    }

    final boolean started() {
        return started;
    }

    final void start(String id, String model) {
        if (!started) {
            started = true;
            emit(new Start(id, model, usage));
        }
    }

    final void text(String piece) {
        if (open != Block.TEXT) {
            close();
            open = Block.TEXT;
            emit(new TextOpen());
        }
        String whole = halves.add(piece);
        if (!whole.isEmpty()) {
            emit(new TextDelta(whole));
        }
    }

    final void thinking(String piece) {
        if (open != Block.THINKING) {
            close();
            open = Block.THINKING;
            emit(new ThinkingOpen());
        }
        String whole = halves.add(piece);
        if (!whole.isEmpty()) {
            emit(new ThinkingDelta(whole));
        }
    }

    final void tool(String id, String name) {
        close();
        open = Block.OTHER;
        calledTool = true;
        emit(new ToolOpen(id, name));
    }

    final void arguments(String piece) {
        String whole = halves.add(piece);
        if (!whole.isEmpty()) {
            emit(new ToolDelta(whole));
        }
    }

    final void redacted(String data) {
        close();
        open = Block.OTHER;
        emit(new StreamEvent.RedactedOpen(data));
    }

    final void close() {
        if (open != Block.NONE) {
            String rest = halves.rest();
            if (!rest.isEmpty()) {
                emit(
                        switch (open) {
                            case TEXT -> new TextDelta(rest);
                            case THINKING -> new ThinkingDelta(rest);
                            case OTHER, NONE -> new ToolDelta(rest);
                        });
            }
            open = Block.NONE;
            emit(new Close());
        }
    }

    final boolean calledTool() {
        return calledTool;
    }

    final void finish(Stop stop, @Nullable String stopSequence) {
        close();
        if (stop == Stop.TOOL_USE && !calledTool) {
            throw Answers.notUnderstood("it waits for a tool and calls none");
        }
        emit(new Finish(stop, stopSequence, usage));
    }
}
