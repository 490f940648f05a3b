package mirror.tiers.dialect;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A whole reply of a model, in no API's form.
 *
 * @param model who answered, by the provider's own word
 * @param parts texts, thoughts and calls of tools
 * @param stopSequence the text it stopped at, where the provider tells
 * @param usage null: the provider did not say
 */
public record Reply(
        String id,
        String model,
        List<Part> parts,
        Stop stop,
        @Nullable String stopSequence,
        @Nullable Usage usage) {
    public Reply {
        parts = List.copyOf(parts);
    }
}
