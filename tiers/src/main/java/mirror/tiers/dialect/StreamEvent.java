package mirror.tiers.dialect;

import org.jspecify.annotations.Nullable;

/**
 * A piece of a streamed reply. A reader gives {@code Start}, then blocks one after the other (an opening event, its deltas, {@code Close}), then
 * exactly one of {@code Finish} and {@code Failed}; {@code Ping} may come at any time. No two blocks are open at once, whatever the provider did.
 */
public sealed interface StreamEvent {
    /** @param usage what is known of it so far; null: nothing */
    record Start(String id, String model, @Nullable Usage usage) implements StreamEvent {}

    record TextOpen() implements StreamEvent {}

    record TextDelta(String text) implements StreamEvent {}

    record ThinkingOpen() implements StreamEvent {}

    record ThinkingDelta(String text) implements StreamEvent {}

    /** The signature of the block of thoughts that is open, or a piece of it. */
    record SignatureDelta(String signature) implements StreamEvent {}

    record RedactedOpen(String data) implements StreamEvent {}

    record ToolOpen(String id, String name) implements StreamEvent {}

    /** A piece of the arguments' text, cut anywhere. */
    record ToolDelta(String arguments) implements StreamEvent {}

    record Close() implements StreamEvent {}

    /** The reply is whole. Nothing follows. */
    record Finish(
            Stop stop,
            @Nullable String stopSequence,
            @Nullable Usage usage) implements StreamEvent {}

    /** The reply is not whole and will not be. Nothing follows. */
    record Failed(Failure failure) implements StreamEvent {}

    /** The provider is alive and has nothing to say. */
    record Ping() implements StreamEvent {}
}
