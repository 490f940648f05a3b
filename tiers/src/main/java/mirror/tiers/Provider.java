package mirror.tiers;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mirror.tiers.wire.Header;
import mirror.tiers.wire.Origin;
import mirror.tiers.wire.Patience;
import mirror.trust.Effect;
import mirror.trust.LeaseScope;

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
            case OPENAI, OLLAMA, LLAMA -> new Header("authorization", "Bearer " + secret);
        });
    }

    /** What stands for all models in this process, as they are no host. */
    public static final String LLAMA = "llama.cpp";

    /** One whose models run in this process: there is nothing to connect to. */
    public static Provider inProcess(String name, Patience patience, Map<String, Model> models) {
        return new Provider(
                name,
                Dialect.LLAMA,
                URI.create("in-process:" + LLAMA),
                new Origin("in-process.invalid", 0, true),
                "",
                ProviderKey.NONE,
                true,
                patience,
                Duration.ofMinutes(60),
                models);
    }

    /** What a call of it brings about, for leases and the gate: bytes go to its host, or this process computes. */
    public Effect effect() {
        return dialect == Dialect.LLAMA ? new Effect.Run(List.of(LLAMA)) : new Effect.Egress(origin.host());
    }

    /** The same as a lease writes it. */
    public String term() {
        return dialect == Dialect.LLAMA ? "run:" + LLAMA : "egress:" + origin.host();
    }

    /** Whether a lease covers calls of it. */
    public boolean isCovered(LeaseScope scope) {
        return dialect == Dialect.LLAMA ? scope.allows("run", LLAMA) : scope.allows("egress", origin.host());
    }

    /** {@code local} or {@code cloud}. */
    public String tier() {
        return local ? "local" : "cloud";
    }
}
