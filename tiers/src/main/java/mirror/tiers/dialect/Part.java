package mirror.tiers.dialect;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A piece of what was said. */
public sealed interface Part {
    record Text(String text) implements Part {}

    record Image(Source source) implements Part {}

    /**
     * @param title its name, for the model
     * @param context what the client says about it
     */
    record Document(
            Source source, @Nullable String title, @Nullable String context) implements Part {}

    /**
     * The model calls a tool.
     *
     * @param id what its result will name
     * @param arguments a JSON object as text, as the model wrote it where the dialect has it as text
     */
    record ToolUse(String id, String name, String arguments) implements Part {}

    /**
     * @param id of the call
     * @param parts texts, images and documents
     * @param failed whether the tool said that it failed
     */
    record ToolResult(String id, List<Part> parts, boolean failed) implements Part {
        public ToolResult {
            parts = List.copyOf(parts);
        }
    }

    /**
     * What the model thought.
     *
     * @param signature proves to the provider that made it that nobody changed it, and means nothing to any other; null: it has none
     */
    record Thinking(String text, @Nullable String signature) implements Part {}

    /** Thoughts that only the provider can read. */
    record RedactedThinking(String data) implements Part {}

    /** Where bytes come from. */
    sealed interface Source {
        record Inline(String mediaType, Base64Text data) implements Source {}

        record Url(String url) implements Source {}

        record Plain(String text) implements Source {}
    }
}
