package mirror.tiers.gateway;

import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.random.RandomGenerator;
import mirror.tiers.Candidate;
import mirror.tiers.Dialect;
import mirror.tiers.dialect.Adapter;
import mirror.tiers.dialect.ClientAdapter;
import mirror.tiers.dialect.DialectException;
import mirror.tiers.dialect.Exchange;
import mirror.tiers.dialect.Failure;
import mirror.tiers.dialect.Prompt;
import mirror.tiers.dialect.ProviderAdapter;
import mirror.tiers.dialect.Query;
import mirror.tiers.dialect.StreamEvent;
import mirror.tiers.dialect.StreamWriter;
import mirror.tiers.dialect.Target;
import mirror.tiers.wire.Header;
import org.jspecify.annotations.Nullable;

/**
 * Writes one client's request for providers of other dialects, and for those who go on with a reply that broke off. The request is read
 * once, when that is first needed. Used by one thread.
 */
final class Translator {
    private static final String OPENAI = "api.openai.com";
    private static final String AZURE = ".openai.azure.com";

    /** A token of a text has about so many characters; what was said counts against the client's limit. */
    private static final int CHARACTERS = 4;

    /** Models that are given the begin of the reply go on from it: what looks like a repetition mostly is none. */
    private static final int BEGUN = 16;

    /** Models that are asked to go on like to say the last word, or a part of it, once more. */
    private static final int ASKED = 5;

    private final Call call;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Habits habits;
    private @Nullable Prompt prompt;
    private @Nullable Exchange talk;
    private @Nullable Transcript told;
    private @Nullable StreamWriter writer;
    private boolean lastWasBegun;

    /** @param habits shared by all calls */
    Translator(Call call, InstantSource clock, RandomGenerator random, Habits habits) {
        this.call = call;
        this.clock = clock;
        this.random = random;
        this.habits = habits;
    }

    /** Whether the provider speaks as the client does, as far as is known. */
    boolean passes(Candidate candidate) {
        Endpoint endpoint = call.request().endpoint();
        return candidate.provider().dialect() == endpoint.dialect()
                && !(endpoint == Endpoint.RESPONSES && habits.hasChatAlone(candidate));
    }

    void hasChatAlone(Candidate candidate) {
        habits.learnHasChatAlone(candidate);
    }

    /** @throws DialectException when the request is none, or cannot be said to this provider */
    Passage to(Candidate candidate) {
        if (!call.request().endpoint().generates()) {
            return new Inquiry(candidate, provider(candidate), client(), query(candidate));
        }
        Prompt asked = prompt();
        Prompt limited = asked.withMaxTokens(limit(asked, candidate, 0));
        ProviderAdapter provider = provider(candidate);
        byte[] body = provider.writeRequest(limited, target(candidate));
        Transcript transcript = new Transcript();
        StreamWriter fresh = client().writer(talk());
        told = transcript;
        writer = fresh;
        return new Translation(candidate, provider, client(), talk(), limited, body, transcript, fresh, null);
    }

    private Query query(Candidate candidate) {
        byte[] request = call.request().body();
        Target target = target(candidate);
        if (call.request().endpoint() == Endpoint.COUNT_TOKENS) {
            return Query.countAtGemini(request, target);
        }
        return candidate.provider().dialect() == Dialect.OLLAMA
                ? Query.embedAtOllama(request, target)
                : Query.embedAtGemini(request, target);
    }

    // ---- going on with what broke off

    /** Hears a stream of the client's own dialect that passes. */
    Listener listen(Candidate candidate) {
        Transcript transcript = new Transcript();
        told = transcript;
        writer = null;
        return new Listener(provider(candidate).reader(new Exchange("mirror", clock.instant(), false)), transcript);
    }

    /** What was told before is not what the client is told now. */
    void forget() {
        told = null;
        writer = null;
    }

    /** Why nobody can go on with what the client was told; empty when somebody can. */
    Optional<String> whyNot() {
        Transcript transcript = told;
        if (transcript == null) {
            return Optional.of(
                    call.request().endpoint().heard() == null
                            ? "a stream of this kind is not read on its way"
                            : "nobody else is there");
        }
        Optional<String> why = transcript.whyNot();
        if (why.isPresent()) {
            return why;
        }
        try {
            // A second model would begin its JSON anew.
            return prompt().format() == null ? Optional.empty() : Optional.of("it must be of one form");
        } catch (DialectException e) {
            return Optional.of("the request cannot be carried over");
        }
    }

    /** How many characters of text the client has. */
    int sent() {
        return told == null ? 0 : told.text().length();
    }

    /**
     * Asks for the rest of what the client was told.
     *
     * @throws DialectException when that cannot be said to this provider
     */
    Translation goOn(Candidate candidate) {
        Transcript transcript = Objects.requireNonNull(told, "nothing was told");
        // APIs refuse white space at the end of a reply's begin; it is cut from the rest instead.
        String said = transcript.text().stripTrailing();
        Prompt asked = prompt();
        Prompt limited = asked.withMaxTokens(limit(asked, candidate, said.length() / CHARACTERS));
        ProviderAdapter provider = provider(candidate);
        byte[] body;
        lastWasBegun = false;
        if (said.isEmpty()) {
            body = provider.writeRequest(limited, target(candidate));
        } else {
            Optional<byte[]> begun = habits.mustBeAsked(candidate)
                    ? Optional.empty()
                    : provider.writeBegun(limited.begun(said), target(candidate));
            lastWasBegun = begun.isPresent();
            body = begun.isPresent()
                    ? begun.get()
                    : provider.writeRequest(limited.askedToGoOn(said), target(candidate));
        }
        StreamWriter goesOn = writer;
        if (goesOn == null) {
            Adapter heard = Objects.requireNonNull(call.request().endpoint().heard(), "nobody listened");
            goesOn = transcript.hasBegun() ? heard.writer(talk(), transcript.begun()) : heard.writer(talk());
            writer = goesOn;
        }
        Overlap overlap = new Overlap(transcript.text(), lastWasBegun ? BEGUN : ASKED);
        return new Translation(candidate, provider, client(), talk(), limited, body, transcript, goesOn, overlap);
    }

    /** After a refusal to go on: whether to ask the same in another way. Remembers that for the calls to come. */
    boolean asksInstead(Candidate candidate) {
        return lastWasBegun && habits.learnMustBeAsked(candidate);
    }

    // ---- the parts

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
        return call.request().endpoint().client();
    }

    /** What ends a stream that is not whole, in the client's dialect. */
    byte[] end(Refusal cut) {
        StreamWriter known = writer;
        return known == null
                ? cut.event(call.request().endpoint())
                : known.write(new StreamEvent.Failed(
                        new Failure(Failure.Kind.API, "Mirror: " + cut.getMessage(), null, "mirror_cut")));
    }

    private static ProviderAdapter provider(Candidate candidate) {
        return switch (candidate.provider().dialect()) {
            case ANTHROPIC -> Adapter.ANTHROPIC;
            case OPENAI -> Adapter.OPENAI;
            case GEMINI -> Adapter.GEMINI;
            case OLLAMA -> Adapter.OLLAMA;
            case LLAMA -> Adapter.LLAMA;
        };
    }

    /** A client knows the limits of its own models, and asks for more than a smaller one can write. */
    private static @Nullable Integer limit(Prompt asked, Candidate candidate, int written) {
        Integer most = asked.sampling().maxTokens();
        return most == null
                ? null
                : (int) Math.min(Math.max(1, most - written), candidate.model().output());
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
            known = Exchange.of("mirror-" + HexFormat.of().formatHex(id), clock.instant(), prompt());
            talk = known;
        }
        return known;
    }
}
