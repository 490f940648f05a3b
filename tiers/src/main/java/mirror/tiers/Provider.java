package mirror.tiers;

import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import mirror.tiers.wire.Header;
import mirror.tiers.wire.Origin;
import mirror.tiers.wire.Patience;

/**
 * Who answers calls.
 *
 * @param path what stands before the endpoint's own path, without a slash at its end
 * @param local whether what is sent there stays with the owner
 * @param hang the least time after which a stream that has not begun is taken for a hang
 * @param models by name, in the order of the file
 */
public record Provider(
        String name,
        Dialect dialect,
        URI base,
        Origin origin,
        String path,
        ProviderKey key,
        boolean local,
        Patience patience,
        Duration hang,
        Map<String, Model> models) {
    /** Its key, where its dialect has it; never in an address, which proxies and servers write down. */
    public Optional<Header> authorization() {
        return Optional.ofNullable(key.secret()).map(secret -> switch (dialect) {
            case ANTHROPIC -> new Header("x-api-key", secret);
            case GEMINI -> new Header("x-goog-api-key", secret);
            case OPENAI, OLLAMA -> new Header("authorization", "Bearer " + secret);
        });
    }

    /** {@code local} or {@code cloud}. */
    public String tier() {
        return local ? "local" : "cloud";
    }
}
