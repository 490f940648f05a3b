package mirror.tiers.gateway;

import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.random.RandomGenerator;
import mirror.tiers.Candidate;
import mirror.tiers.dialect.Adapter;
import mirror.tiers.dialect.ClientAdapter;
import mirror.tiers.dialect.DialectException;
import mirror.tiers.dialect.Exchange;
import mirror.tiers.dialect.Failure;
import mirror.tiers.dialect.Prompt;
import mirror.tiers.dialect.ProviderAdapter;
import mirror.tiers.dialect.Target;
import mirror.tiers.wire.Header;
import org.jspecify.annotations.Nullable;

/** Writes one client's request for providers of other dialects. The request is read once, when that is first needed. Used by one thread. */
final class Translator {
    private static final String OPENAI = "api.openai.com";
    private static final String AZURE = ".openai.azure.com";

    private final Call call;
    private final InstantSource clock;
    private final RandomGenerator random;
    private @Nullable Prompt prompt;
    private @Nullable Exchange talk;

    Translator(Call call, InstantSource clock, RandomGenerator random) {
        this.call = call;
        this.clock = clock;
        this.random = random;
    }

    /** @throws DialectException when the request is none, or cannot be said to this provider */
    Translation to(Candidate candidate) {
        Prompt asked = prompt();
        Prompt limited = asked.withMaxTokens(limit(asked, candidate));
        return translation(candidate, limited);
    }

    private Translation translation(Candidate candidate, Prompt limited) {
        ProviderAdapter provider = provider(candidate);
        byte[] body = provider.writeRequest(limited, target(candidate));
        return new Translation(candidate, provider, client(), talk(), limited, body);
    }

    /** What the client asked, in the form between the dialects. */
    Prompt prompt() {
        Prompt known = prompt;
        if (known == null) {
            known = client().readRequest(call.request().body());
            prompt = known;
        }
        return known;
    }

    /** What the client hears when no provider can be told what it asks. */
    Attempt.Saved refusal(Failure failure) {
        ClientAdapter.ErrorReply reply = client().writeError(
                        new Failure(failure.kind(), "Mirror: " + failure.message(), failure.param(), failure.code()),
                        null);
        return new Attempt.Saved(reply.status(), List.of(new Header("content-type", "application/json")), reply.body());
    }

    ClientAdapter client() {
        return switch (call.request().endpoint()) {
            case MESSAGES -> Adapter.ANTHROPIC;
            case CHAT -> Adapter.OPENAI;
            case COUNT_TOKENS, RESPONSES, EMBEDDINGS ->
                throw new IllegalStateException("only messages and chats are carried over");
        };
    }

    private static ProviderAdapter provider(Candidate candidate) {
        return switch (candidate.provider().dialect()) {
            case ANTHROPIC -> Adapter.ANTHROPIC;
            case OPENAI -> Adapter.OPENAI;
            case GEMINI -> Adapter.GEMINI;
            case OLLAMA -> Adapter.OLLAMA;
        };
    }

    /** A client knows the limits of its own models, and asks for more than a smaller one can write. */
    private static @Nullable Integer limit(Prompt asked, Candidate candidate) {
        Integer most = asked.sampling().maxTokens();
        return most == null ? null : (int) Math.min(most, candidate.model().output());
    }

    private static Target target(Candidate candidate) {
        String host = candidate.provider().origin().host();
        return new Target(
                candidate.model().name(),
                (int) candidate.model().output(),
                candidate.model().thinks(),
                !host.equals(OPENAI) && !host.endsWith(AZURE),
                (int) candidate.model().context());
    }

    private Exchange talk() {
        Exchange known = talk;
        if (known == null) {
            byte[] id = new byte[12];
            random.nextBytes(id);
            known = new Exchange("mirror-" + HexFormat.of().formatHex(id), clock.instant(), prompt().streamUsage());
            talk = known;
        }
        return known;
    }
}
