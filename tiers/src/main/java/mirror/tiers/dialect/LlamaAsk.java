package mirror.tiers.dialect;

import java.util.List;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;

/**
 * What a model in this process is asked: a conversation of texts, and how its reply is drawn. Its bytes go nowhere; they are what the
 * gateway counts and hands over, as it does with a request for a provider. Null is the engine's default.
 *
 * @param begun the begin of the reply, which the model goes on with; empty when there is none
 */
public record LlamaAsk(
        List<Said> said,
        String begun,
        @Nullable Integer maxTokens,
        List<String> stop,
        @Nullable Double temperature,
        @Nullable Double topP,
        @Nullable Integer topK,
        @Nullable Double presencePenalty,
        @Nullable Double frequencyPenalty,
        @Nullable Long seed,
        boolean stream) {
    public LlamaAsk {
        said = List.copyOf(said);
        stop = List.copyOf(stop);
    }

    /** @param role {@code system}, {@code user} or {@code assistant} */
    public record Said(String role, String text) {}

    /** What {@link LlamaAdapter} wrote. */
    public static LlamaAsk read(byte[] bytes) {
        return Json.MAPPER.readValue(bytes, LlamaAsk.class);
    }
}
