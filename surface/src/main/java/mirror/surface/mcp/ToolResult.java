package mirror.surface.mcp;

import java.util.Map;

/** What a tool call came to: text for the model, data for programs, or a failure the model can read and act on. */
public sealed interface ToolResult {

    /** Plain text. */
    record Text(String text) implements ToolResult {}

    /**
     * Data, sent as {@code structuredContent} together with {@code text} for clients that only read text.
     *
     * @param content a JSON object: strings, numbers, booleans, nulls, lists and maps with string keys
     * @param text what a model reads; when blank, the JSON of {@code content} is sent instead
     */
    record Structured(Map<String, ?> content, String text) implements ToolResult {}

    /** The call did not do what was asked. Says what happened and what to do; sent as a result with {@code isError}. */
    record Failure(String message) implements ToolResult {}

    /** Plain text. */
    static ToolResult text(String text) {
        return new Text(text);
    }

    /** Data whose text form is its JSON. */
    static ToolResult structured(Map<String, ?> content) {
        return new Structured(content, "");
    }

    /** Data with a text form of its own. */
    static ToolResult structured(Map<String, ?> content, String text) {
        return new Structured(content, text);
    }

    /** A failure the model can read. */
    static ToolResult failure(String message) {
        return new Failure(message);
    }
}
