package mirror.tiers.dialect;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads one streamed reply of a provider. It takes the body's bytes, cut anywhere, and never throws on any of them: what is wrong comes out as
 * {@link StreamEvent.Failed}. After that, or after {@link StreamEvent.Finish}, nothing comes out any more. One thread at a time.
 */
public interface StreamReader {
    void feed(byte[] bytes, int offset, int length, Consumer<StreamEvent> out);

    /** The provider closed the connection. Without a proper end before, that is a failure. */
    void end(Consumer<StreamEvent> out);

    /** What the provider reported so far, also of a stream that failed; null: nothing. */
    @Nullable
    Usage usage();

    /** Whether a call of a tool was begun and its arguments are not whole: no other model can go on from here. */
    boolean toolOpen();

    /** Whether it was told why the reply ends: what is missing is at most its very end, and nobody has anything to add. */
    boolean ending();

    /** Whether {@code Finish} or {@code Failed} came out. */
    boolean over();
}
