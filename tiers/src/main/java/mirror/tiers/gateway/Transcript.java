package mirror.tiers.gateway;

import java.util.Optional;
import mirror.tiers.dialect.Begun;
import mirror.tiers.dialect.StreamEvent;
import mirror.tiers.dialect.Usage;
import org.jspecify.annotations.Nullable;

/**
 * What a client has been told so far of one streamed message, so that another provider can go on with it when this one breaks. One
 * thread.
 */
final class Transcript {
    /** A longer text is not gone on with: it is kept for each call under way. */
    private static final int LONGEST = 1024 * 1024;

    private enum Block {
        NONE,
        TEXT,
        THINKING,
        OTHER
    }

    private final StringBuilder text = new StringBuilder();
    private String id = "";
    private String model = "";
    private boolean begun;
    private int blocks;
    private Block open = Block.NONE;
    private boolean called;
    private boolean over;
    private boolean tooLong;
    private @Nullable Usage usage;

    void accept(StreamEvent event) {
        switch (event) {
            case StreamEvent.Start start -> {
                begun = true;
                id = start.id();
                model = start.model();
            }
            case StreamEvent.TextOpen opened -> open(Block.TEXT);
            case StreamEvent.ThinkingOpen opened -> open(Block.THINKING);
            case StreamEvent.RedactedOpen opened -> open(Block.OTHER);
            case StreamEvent.ToolOpen opened -> {
                called = true;
                open(Block.OTHER);
            }
            case StreamEvent.TextDelta delta -> {
                tooLong |= text.length() + delta.text().length() > LONGEST;
                if (!tooLong) {
                    text.append(delta.text());
                }
            }
            case StreamEvent.Close close -> open = Block.NONE;
            case StreamEvent.Finish finish -> over = true;
            case StreamEvent.Failed failed -> over = true;
            case StreamEvent.ThinkingDelta delta -> {}
            case StreamEvent.SignatureDelta delta -> {}
            case StreamEvent.ToolDelta delta -> {}
            case StreamEvent.Ping ping -> {}
        }
    }

    private void open(Block block) {
        open = block;
        blocks++;
    }

    /** Adds what a provider that broke off had reported. */
    void used(@Nullable Usage more) {
        usage = sum(usage, more);
    }

    /** What the broken calls reported and this one did; what nobody reported is not in it. */
    @Nullable
    Usage with(@Nullable Usage last) {
        return sum(usage, last);
    }

    private static @Nullable Usage sum(@Nullable Usage a, @Nullable Usage b) {
        if (a == null || b == null) {
            return a == null ? b : a;
        }
        return new Usage(
                a.input() + b.input(),
                a.cacheRead() + b.cacheRead(),
                a.cacheWrite() + b.cacheWrite(),
                a.output() + b.output(),
                a.reasoning() + b.reasoning());
    }

    /** Nobody can go on with what cannot be read, or has ended. */
    void lose() {
        over = true;
    }

    boolean hasBegun() {
        return begun;
    }

    /** Where the message stands, for a writer that goes on with it. */
    Begun begun() {
        return new Begun(id, model, blocks, open != Block.NONE);
    }

    boolean isTextOpen() {
        return open == Block.TEXT;
    }

    boolean isOpen() {
        return open != Block.NONE;
    }

    boolean isThinking() {
        return open == Block.THINKING;
    }

    String text() {
        return text.toString();
    }

    /** Why no other provider can go on with it, for a person; empty when one can. */
    Optional<String> whyNot() {
        if (called) {
            return Optional.of("a call of a tool had begun");
        }
        if (open == Block.THINKING) {
            return Optional.of("its thoughts were not signed yet");
        }
        if (tooLong) {
            return Optional.of("it is too long");
        }
        return over ? Optional.of("it was at its end, or cannot be read") : Optional.empty();
    }
}
