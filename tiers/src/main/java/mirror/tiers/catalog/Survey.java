package mirror.tiers.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import mirror.bus.BusException;
import mirror.bus.Draft;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.tiers.Candidate;
import mirror.tiers.Dialect;
import mirror.tiers.Provider;
import mirror.tiers.Tiers;
import mirror.tiers.TiersFile;
import mirror.tiers.wire.Exchange;
import mirror.tiers.wire.Header;
import mirror.tiers.wire.Patience;
import mirror.tiers.wire.Upstreams;
import mirror.tiers.wire.WireException;
import mirror.trust.Action;
import mirror.trust.Decision;
import mirror.trust.Effect;
import mirror.trust.Gate;
import mirror.trust.Verdict;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Asks the providers what their models can do, and records what changed. Each provider is asked as the daemon itself, through the gate
 * as an egress to its host, and with no lease of any client. An answer that is late, large or no list changes nothing. One survey at a
 * time; thread-safe.
 */
public final class Survey {
    private static final int MAX_ANSWER = 4 * 1024 * 1024;
    private static final byte[] NONE = {};
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._-]+");
    private static final Duration EVERY = Duration.ofDays(1);
    private static final Patience PATIENCE =
            new Patience(Duration.ofSeconds(5), Duration.ofSeconds(20), Duration.ofSeconds(10));

    /**
     * How it went with one provider.
     *
     * @param problem why nothing was learned, or empty
     * @param changed models of which it says something else than before
     */
    public record Outcome(String provider, String problem, List<String> changed) {}

    private final TiersFile tiers;
    private final Gate gate;
    private final Projector projector;
    private final Catalog catalog;
    private final Upstreams upstreams;
    private final Path home;
    private final InstantSource clock;

    /** @param home stands for the place that it is asked from, as there is none */
    public Survey(
            TiersFile tiers,
            Gate gate,
            Projector projector,
            Catalog catalog,
            Upstreams upstreams,
            Path home,
            InstantSource clock) {
        this.tiers = tiers;
        this.gate = gate;
        this.projector = projector;
        this.catalog = catalog;
        this.upstreams = upstreams;
        this.home = home;
        this.clock = clock;
    }

    /** Asks all providers of {@code tiers.yaml} now. */
    public synchronized List<Outcome> refresh() {
        Tiers now = tiers.current().tiers();
        return now == null
                ? List.of()
                : now.providers().values().stream()
                        .filter(Survey::isElsewhere)
                        .map(this::ask)
                        .toList();
    }

    /** Asks those that were not asked for a day. Whom the gate does not simply allow is left out: nobody is there to be asked. */
    public synchronized List<Outcome> daily() {
        Tiers now = tiers.current().tiers();
        Instant old = clock.instant().minus(EVERY);
        return now == null
                ? List.of()
                : now.providers().values().stream()
                        .filter(Survey::isElsewhere)
                        .filter(provider -> provider.key().fault() == null)
                        .filter(provider ->
                                catalog.asked(provider).filter(old::isBefore).isEmpty())
                        .filter(provider -> gate.dryRun(action(provider)).verdict() == Verdict.ALLOW)
                        .map(this::ask)
                        .toList();
    }

    /** What runs in this process says what it can in its file. */
    private static boolean isElsewhere(Provider provider) {
        return provider.dialect() != Dialect.LLAMA;
    }

    private Action action(Provider provider) {
        return new Action(
                "daemon",
                "",
                null,
                Catalog.TOOL,
                Json.object().put("endpoint", Catalog.ENDPOINT).put("route", provider.name()),
                home,
                home,
                List.of(new Effect.Egress(provider.origin().host())));
    }

    private Outcome ask(Provider provider) {
        String fault = provider.key().fault();
        if (fault != null) {
            return new Outcome(provider.name(), "no key: " + fault, List.of());
        }
        Decision decision = gate.decide(action(provider));
        if (decision.verdict() != Verdict.ALLOW) {
            return new Outcome(
                    provider.name(),
                    "the gate does not allow it (" + decision.rule() + "): " + decision.reason()
                            + (decision.approval() == null ? "" : "; 'mirror approve " + decision.approval() + "'"),
                    List.of());
        }
        try {
            return new Outcome(provider.name(), "", record(provider, said(provider)));
        } catch (WireException e) {
            return new Outcome(provider.name(), String.valueOf(e.getMessage()), List.of());
        } catch (IOException | JacksonException e) {
            return new Outcome(provider.name(), "its answer cannot be read", List.of());
        } catch (Listing.NoList e) {
            return new Outcome(provider.name(), String.valueOf(e.getMessage()), List.of());
        } catch (BusException e) {
            return new Outcome(provider.name(), "the log takes nothing: " + e.getMessage(), List.of());
        }
    }

    /** @return names of the models of which it says something new */
    private List<String> record(Provider provider, Map<String, Said> models) {
        List<String> changed = new ArrayList<>();
        List<Draft> drafts = new ArrayList<>();
        provider.models().forEach((name, model) -> {
            Said said = models.get(name);
            Candidate candidate = new Candidate(provider, model);
            if (said != null && !catalog.said(candidate).equals(Optional.of(said))) {
                changed.add(name);
                drafts.add(Catalog.draft(candidate, said));
            }
        });
        if (!drafts.isEmpty()) {
            projector.record(drafts);
        }
        return changed;
    }

    /** What it says of the models that the owner names; of those that it says nothing of nothing is known. */
    private Map<String, Said> said(Provider provider) throws IOException, Listing.NoList {
        Set<String> wanted = provider.models().keySet();
        Listing listing = switch (provider.dialect()) {
            case ANTHROPIC -> Listing.anthropic(list(provider, "/v1/models?limit=1000"), wanted);
            case OPENAI -> Listing.openai(list(provider, "/models"), wanted);
            case GEMINI -> Listing.gemini(list(provider, "/models?pageSize=1000"), wanted);
            case OLLAMA -> Listing.ollama(list(provider, "/api/tags"), wanted);
            case LLAMA -> throw new Listing.NoList();
        };
        Map<String, Said> models = new HashMap<>(listing.models());
        for (String name : wanted) {
            Said listed = listing.models().get(name);
            Said said = switch (provider.dialect()) {
                // Names such as claude-sonnet-4-5 lead to a dated one and stand on no list.
                case ANTHROPIC ->
                    listed != null || !PLAIN.matcher(name).matches()
                            ? listed
                            : call(provider, "GET", "/v1/models/" + name, NONE)
                                    .map(Listing::anthropicModel)
                                    .orElse(Said.GONE);
                case OLLAMA -> listed == null ? Said.GONE : show(provider, name);
                case OPENAI, GEMINI, LLAMA -> listed == null && listing.whole() ? Said.GONE : listed;
            };
            if (said != null) {
                models.put(name, said);
            }
        }
        return models;
    }

    private Said show(Provider provider, String name) throws IOException {
        byte[] body = Json.MAPPER.writeValueAsBytes(Json.object().put("model", name));
        return call(provider, "POST", "/api/show", body)
                .map(Listing::ollamaModel)
                .orElse(Said.GONE);
    }

    private JsonNode list(Provider provider, String path) throws IOException {
        return call(provider, "GET", path, NONE)
                .orElseThrow(() -> new WireException(WireException.Kind.HEAD, "it has no list of models (404)"));
    }

    /** @return empty when there is no such thing */
    private Optional<JsonNode> call(Provider provider, String method, String path, byte[] body) throws IOException {
        List<Header> headers = new ArrayList<>(List.of(
                new Header("accept", "application/json"),
                new Header("accept-encoding", "identity"),
                new Header("user-agent", "Mirror")));
        if (body.length > 0) {
            headers.add(new Header("content-type", "application/json"));
        }
        if (provider.dialect() == Dialect.ANTHROPIC) {
            headers.add(new Header("anthropic-version", "2023-06-01"));
        }
        provider.authorization().ifPresent(headers::add);
        try (Exchange exchange =
                upstreams.send(provider.origin(), method, provider.path() + path, headers, body, PATIENCE)) {
            if (exchange.status() == 404) {
                return Optional.empty();
            }
            if (exchange.status() != 200) {
                throw new WireException(WireException.Kind.HEAD, "it answered " + exchange.status());
            }
            byte[] answer;
            try (InputStream in = exchange.body()) {
                answer = in.readNBytes(MAX_ANSWER + 1);
            }
            if (answer.length > MAX_ANSWER) {
                throw new WireException(
                        WireException.Kind.TOO_LARGE, "its answer is larger than " + MAX_ANSWER + " bytes");
            }
            return Optional.of(Json.MAPPER.readTree(new String(answer, StandardCharsets.UTF_8)));
        }
    }
}
