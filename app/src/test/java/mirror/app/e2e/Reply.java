package mirror.app.e2e;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * One step of a script for {@link ScriptedMessagesApi}: what the "model" says next, or how its API fails.
 * Tests import the factories statically, so that a script reads as the conversation. It must never decide by itself
 * which request it answers; the server does that.
 */
sealed interface Reply {

    /** Content blocks of a message, in order. */
    record Message(List<Block> blocks) implements Reply {
        /** The same message followed by another block, for text before a tool call or several calls at once. */
        Message and(Message next) {
            var all = new ArrayList<>(blocks);
            all.addAll(next.blocks);
            return new Message(List.copyOf(all));
        }
    }

    /** An HTTP error in the API's error shape. */
    record Status(int code, Map<String, String> headers) implements Reply {}

    /** The stream begins and ends before {@code message_stop}; Claude Code then asks once more without streaming. */
    record TruncatedStream(String partialText) implements Reply {}

    /** The request is read and never answered. */
    record Hang() implements Reply {}

    /** A 200 with an event stream whose data is not JSON. */
    record Garbage() implements Reply {}

    /** The connection is reset (RST) after the request was read. */
    record ConnectionReset() implements Reply {}

    /** Decided when the request is there. */
    record Computed(Function<ApiRequest, Reply> answer) implements Reply {}

    sealed interface Block {}

    record Text(String text) implements Block {}

    record ToolUse(String name, Map<String, ?> input) implements Block {}

    static Message text(String text) {
        return new Message(List.of(new Text(text)));
    }

    static Message toolUse(String name, Map<String, ?> input) {
        return new Message(List.of(new ToolUse(name, input)));
    }

    static Reply status(int code) {
        return new Status(code, Map.of());
    }

    static Reply status(int code, Map<String, String> headers) {
        return new Status(code, Map.copyOf(headers));
    }

    static Reply truncatedStream() {
        return new TruncatedStream("half a senten");
    }

    static Reply hang() {
        return new Hang();
    }

    static Reply garbage() {
        return new Garbage();
    }

    static Reply connectionReset() {
        return new ConnectionReset();
    }

    static Reply computed(Function<ApiRequest, Reply> answer) {
        return new Computed(answer);
    }
}
