package mirror.tiers;

import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import mirror.tiers.wire.Origin;
import mirror.tiers.wire.Patience;
import mirror.trust.yaml.StrictYaml;
import org.jspecify.annotations.Nullable;

/**
 * {@code tiers.yaml} in Mirror's home; docs/tiers.md is the contract. Unknown keys and wrong values are faults, all of them are told at
 * once, and a file with a fault gives no tiers at all. Looked at again, at most once a second, when it or a key file changed; only then
 * the keychain is asked, and while it is, what was known holds. Thread-safe.
 */
public final class TiersFile {
    private static final int MAX_BYTES = 256 * 1024;
    private static final long LOOK_NANOS = 1_000_000_000L;
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9.-]{0,63}");

    /** What providers call their models, and clients ask for: {@code meta-llama/Llama-3.3-70B}, {@code llama3:8b}. */
    static final Pattern MODEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}");

    private static final Duration HANG = Duration.ofSeconds(10);
    private static final Duration UNLOAD = Duration.ofMinutes(5);

    /** Of a model in this process: one processor is left to others, where there are several. */
    private static final int THREADS = Math.clamp(Runtime.getRuntime().availableProcessors() - 1, 1, 8);

    private static final Pattern VERSION = Pattern.compile("v[0-9][0-9a-z]{0,15}");
    private static final Pattern VARIABLE = Pattern.compile("env:[A-Za-z_][A-Za-z0-9_]{0,127}");
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "::1");
    private static final Pattern PRIVATE = Pattern.compile(
            "127\\.\\d+\\.\\d+\\.\\d+|10\\.\\d+\\.\\d+\\.\\d+|192\\.168\\.\\d+\\.\\d+|172\\.(1[6-9]|2\\d|3[01])\\.\\d+\\.\\d+|f[cd][0-9a-f]{2}:[0-9a-f:]+");

    /**
     * What the file gives: tiers, or one sentence why there are none. Exactly one of the two is set.
     */
    public record State(@Nullable Tiers tiers, @Nullable String refusal) {}

    private final Path file;
    private final Map<String, String> environment;
    private final String user;
    private final LongSupplier nanoTime;
    private final Keychain keychain;
    private final ReentrantLock looking = new ReentrantLock();
    private @Nullable Map<Path, Object> seen;
    private volatile @Nullable State state;
    private volatile long looked;

    /**
     * With the keychain of this machine.
     *
     * @param environment where {@code env:} keys are looked up
     * @param user who must own key files
     */
    public TiersFile(Path file, Map<String, String> environment, String user, LongSupplier nanoTime) {
        this(file, environment, user, nanoTime, Keychain.ofThisMachine(environment));
    }

    /** With a keychain. */
    TiersFile(Path file, Map<String, String> environment, String user, LongSupplier nanoTime, Keychain keychain) {
        this.file = file;
        this.environment = Map.copyOf(environment);
        this.user = user;
        this.nanoTime = nanoTime;
        this.keychain = keychain;
    }

    public Path file() {
        return file;
    }

    public State current() {
        long now = nanoTime.getAsLong();
        State known = state;
        // A file that gives nothing is looked at each time: whoever has just mended it waits for nothing.
        if (known != null && known.tiers != null && now - looked < LOOK_NANOS) {
            return known;
        }
        if (known == null) {
            looking.lock();
        } else if (!looking.tryLock()) {
            return known;
        }
        try {
            return look(now);
        } finally {
            looking.unlock();
        }
    }

    private State look(long now) {
        State known = state;
        Map<Path, Object> stamps = stamps(known);
        looked = now;
        if (known != null && stamps.equals(seen)) {
            return known;
        }
        // Taken before: what changes meanwhile, and a key file that was not known yet, is looked at once more.
        seen = stamps;
        State loaded = load();
        if (known != null && known.equals(loaded)) {
            // Calls under way rest on the object.
            return known;
        }
        state = loaded;
        return loaded;
    }

    /** Of the file and of all key files that it names, by path. */
    private Map<Path, Object> stamps(@Nullable State known) {
        Map<Path, Object> stamps = new HashMap<>();
        stamps.put(file, stamp(file));
        if (known != null && known.tiers != null) {
            for (Provider provider : known.tiers.providers().values()) {
                provider.key().file().ifPresent(key -> stamps.put(key, stamp(key)));
            }
        }
        return stamps;
    }

    private static Object stamp(Path file) {
        try {
            return Files.readAttributes(file, "unix:ino,size,ctime");
        } catch (IOException e) {
            return "none";
        }
    }

    private State load() {
        try {
            byte[] yaml = Files.readAllBytes(file);
            return new State(parse(yaml), null);
        } catch (NoSuchFileException e) {
            return new State(null, "there is no " + file + " that names providers; 'mirror tiers --help' shows one");
        } catch (IOException e) {
            return new State(null, file + " cannot be read");
        } catch (Faulty e) {
            return new State(null, file + ": " + e.getMessage());
        }
    }

    /** What is wrong with a file, in one sentence. */
    static final class Faulty extends Exception {
        private static final long serialVersionUID = 1;

        Faulty(String message) {
            super(message);
        }
    }

    Tiers parse(byte[] yaml) throws Faulty {
        Object loaded;
        try {
            loaded = StrictYaml.load(yaml, MAX_BYTES);
        } catch (StrictYaml.NotYaml e) {
            throw new Faulty(e.getMessage());
        }
        return new Reader().tiers(loaded);
    }

    /** Reads providers and the rest; {@link RouteReader} reads routes. */
    private final class Reader extends YamlParts {
        /** By place: two providers with one key look once. */
        private final Map<String, ProviderKey> keys = new HashMap<>();

        private String offline = "";

        Reader() {
            super(new ArrayList<>());
        }

        Tiers tiers(@Nullable Object loaded) throws Faulty {
            Map<?, ?> top = map(loaded, "it");
            keys(top, "", "providers", "routes", "council");
            Map<String, Provider> providers = new LinkedHashMap<>();
            map(top.get("providers"), "providers").forEach((name, value) -> {
                if (!(name instanceof String text) || !NAME.matcher(text).matches()) {
                    faults.add("a provider's name is lower case letters, digits, dots and dashes");
                    return;
                }
                Map<?, ?> map = map(value, "providers." + text);
                Provider provider = switch (String.valueOf(map.get("dialect"))) {
                    case Tiers.VAULT -> vault(text, map);
                    case "llama" -> llama(text, map);
                    default -> provider(text, map);
                };
                if (provider != null) {
                    providers.put(text, provider);
                }
            });
            Map<String, Route> routes = new LinkedHashMap<>();
            RouteReader reader = new RouteReader(faults, providers, offline);
            if (top.get("routes") != null) {
                map(top.get("routes"), "routes").forEach((name, value) -> {
                    if (!(name instanceof String text) || !MODEL.matcher(text).matches()) {
                        faults.add("a route's name is one that clients can ask for as a model");
                        return;
                    }
                    routes.put(text, reader.route(text, value));
                });
            }
            if (providers.isEmpty() && offline.isEmpty() && faults.isEmpty()) {
                faults.add("providers names none");
            }
            Tiers tiers = Tiers.of(providers, routes, offline);
            CouncilSeats seats = top.get("council") == null ? null : council(map(top.get("council"), "council"), tiers);
            if (!faults.isEmpty()) {
                throw new Faulty(String.join("; ", faults));
            }
            return seats == null ? tiers : tiers.with(seats);
        }

        private CouncilSeats council(Map<?, ?> map, Tiers tiers) {
            String at = "council.";
            keys(map, at, "members", "judge", "cents", "answer", "output");
            List<String> members = new ArrayList<>();
            if (map.get("members") instanceof List<?> list && !list.isEmpty() && list.size() <= 8) {
                list.forEach(each -> members.add(seat(String.valueOf(each), at + "members", tiers)));
            } else {
                faults.add(at + "members must be a list of 1 to 8 names of routes or models");
            }
            if (members.stream().distinct().count() < members.size()) {
                faults.add(at + "members names one twice; the same model twice is no second opinion");
            }
            String judge = text(map, at, "judge");
            String first = members.isEmpty() ? "" : members.getFirst();
            return new CouncilSeats(
                    members,
                    judge.isEmpty() ? first : seat(judge, at + "judge", tiers),
                    map.get("cents") == null ? 100 : number(map, at, "cents", 1_000_000),
                    duration(map, "council", "answer", Duration.ofMinutes(2)),
                    map.get("output") == null ? 2_000 : number(map, at, "output", 100_000));
        }

        private String seat(String name, String at, Tiers tiers) {
            boolean answers = tiers.route(name)
                    .filter(route -> !route.candidates().isEmpty())
                    .isPresent();
            if (!answers) {
                faults.add(at + ": there is no route and no model " + clip(name));
            }
            return name;
        }

        /** The owner's notes: nothing is sent anywhere, so there is nothing to say about it. */
        private @Nullable Provider vault(String name, Map<?, ?> map) {
            String at = "providers." + name + ".";
            keys(map, at, "dialect", "local");
            if (map.get("local") != null && !flag(map, at, "local")) {
                faults.add(at + "local cannot be false: the vault is on this machine");
            }
            if (!offline.isEmpty()) {
                faults.add(at + "dialect: there is one vault, and " + offline + " is it already");
            }
            offline = name;
            return null;
        }

        /** Models that run in this process: there is no address, no key and no price. */
        private Provider llama(String name, Map<?, ?> map) {
            String at = "providers." + name + ".";
            keys(map, at, "dialect", "local", "timeouts", "unload", "models");
            if (map.get("local") != null && !flag(map, at, "local")) {
                faults.add(at + "local cannot be false: its models run in this process");
            }
            Duration unload = duration(map, "providers." + name, "unload", UNLOAD);
            Map<String, Model> models = models(map, at, (model, each, here) -> {
                keys(each, here, "gguf", "context", "output", "threads");
                String file = text(each, here, "gguf");
                if (!file.startsWith("/") || file.indexOf('\0') >= 0) {
                    faults.add(here + "gguf must be the absolute path of a GGUF file");
                }
                long context = count(each, here, "context");
                long output = each.get("output") == null ? context : count(each, here, "output");
                int threads = each.get("threads") == null ? THREADS : number(each, here, "threads", 256);
                Gguf gguf = new Gguf(Path.of(file.replace('\0', ' ')), threads, unload);
                return new Model(model, context, output, gguf);
            });
            return Provider.inProcess(name, patience(map.get("timeouts"), at + "timeouts"), models);
        }

        /** Reads one model of a provider. */
        private interface ModelReader {
            Model read(String name, Map<?, ?> map, String at);
        }

        private Map<String, Model> models(Map<?, ?> map, String at, ModelReader reader) {
            Map<String, Model> models = new LinkedHashMap<>();
            map(map.get("models"), at + "models").forEach((model, value) -> {
                if (!(model instanceof String text) || !MODEL.matcher(text).matches()) {
                    faults.add(at + "models: a model's name has letters, digits and . _ : / @ + -");
                } else {
                    String here = at + "models." + text;
                    models.put(text, reader.read(text, map(value, here), here + "."));
                }
            });
            if (models.isEmpty()) {
                faults.add(at + "models names none");
            }
            return Collections.unmodifiableMap(models);
        }

        private @Nullable Provider provider(String name, Map<?, ?> map) {
            String at = "providers." + name + ".";
            keys(map, at, "dialect", "base-url", "key", "local", "timeouts", "models");
            Dialect dialect = Dialect.of(text(map, at, "dialect")).orElse(null);
            if (dialect == null) {
                faults.add(at + "dialect must be anthropic, openai, gemini, ollama, llama or vault");
            }
            boolean local = flag(map, at, "local");
            URI base = base(map, at, local);
            if (base != null && dialect != null) {
                version(base, dialect, at);
            }
            String place = text(map, at, "key");
            ProviderKey key = key(place, at, local);
            Map<String, Model> models = models(map, at, (model, each, here) -> model(model, each, here, local));
            Patience patience = patience(map.get("timeouts"), at + "timeouts");
            Duration hang = hang(map.get("timeouts"), at + "timeouts");
            return dialect == null || base == null || key == null
                    ? null
                    : new Provider(
                            name,
                            dialect,
                            base,
                            Origin.of(base),
                            base.getRawPath().replaceFirst("/+$", ""),
                            key,
                            local,
                            patience,
                            hang,
                            models);
        }

        private @Nullable URI base(Map<?, ?> map, String at, boolean local) {
            try {
                URI base = new URI(text(map, at, "base-url"));
                boolean http = "http".equals(base.getScheme());
                boolean sound = (http || "https".equals(base.getScheme()))
                        && base.getHost() != null
                        && base.getRawUserInfo() == null
                        && base.getRawQuery() == null
                        && base.getRawFragment() == null
                        && base.toString().chars().allMatch(c -> c > ' ' && c < 0x7F);
                if (!sound) {
                    faults.add(at + "base-url must be an http or https address without user, query and fragment");
                    return null;
                }
                String host = Origin.of(base).host();
                boolean near = LOOPBACK.contains(host) || PRIVATE.matcher(host).matches();
                if (http && !near) {
                    faults.add(at + "base-url must be https: what is sent there could be read on the way");
                    return null;
                }
                // A name can be made to lead anywhere; an address of a private range cannot leave the owner's network.
                if (local && !near) {
                    faults.add(at + "local is true, but " + host
                            + " is neither this machine nor an address of a private network");
                    return null;
                }
                return base;
            } catch (URISyntaxException e) {
                faults.add(at + "base-url is not an address");
                return null;
            }
        }

        /** Where a version stands in the address differs; with it in the wrong place every call would be "not found". */
        private void version(URI base, Dialect dialect, String at) {
            String last = base.getRawPath().replaceFirst("/+$", "").replaceFirst(".*/", "");
            boolean versioned = VERSION.matcher(last).matches();
            if (dialect == Dialect.GEMINI && !versioned) {
                faults.add(at + "base-url of dialect gemini must end with the version, such as /v1beta");
            } else if (dialect == Dialect.OLLAMA && versioned) {
                faults.add(at + "base-url of dialect ollama must not end with /" + last
                        + ", which is Ollama's imitation of OpenAI");
            }
        }

        private @Nullable ProviderKey key(String place, String at, boolean local) {
            if (place.isEmpty() || place.equals("none")) {
                if (!local && place.isEmpty()) {
                    faults.add(at + "key is missing; write env:NAME, file:/PATH, keychain:SERVICE/ACCOUNT or none");
                    return null;
                }
                return ProviderKey.NONE;
            }
            if (VARIABLE.matcher(place).matches()
                    || Keychain.isPlace(place)
                    || (place.startsWith("file:/") && place.indexOf('\0') < 0)) {
                return keys.computeIfAbsent(place, each -> ProviderKey.at(each, environment, user, keychain));
            }
            // What stands there may be the key itself, so it is not repeated.
            faults.add(
                    at
                            + "key must be env:NAME, file:/PATH or keychain:SERVICE/ACCOUNT; a key itself does not belong into this file");
            return null;
        }

        private Model model(String name, Map<?, ?> map, String at, boolean local) {
            keys(map, at, "context", "output", "thinks", "tools", "images", "price");
            Object price = map.get("price");
            Price read = Price.FREE;
            if (price != null) {
                read = price(map(price, at + "price"), at + "price.");
            } else if (!local) {
                faults.add(at + "price is missing; without it no budget of money can be kept");
            }
            long context = count(map, at, "context");
            long output = map.get("output") == null ? context : count(map, at, "output");
            return new Model(
                    name,
                    context,
                    output,
                    flag(map, at, "thinks"),
                    known(map, at, "tools"),
                    known(map, at, "images"),
                    read);
        }

        private Known known(Map<?, ?> map, String at, String key) {
            return map.get(key) == null ? Known.UNKNOWN : Known.of(flag(map, at, key));
        }

        private Price price(Map<?, ?> map, String at) {
            keys(map, at, "in", "out", "cache-read", "cache-write");
            long in = dollars(map, at, "in", -1);
            long out = dollars(map, at, "out", -1);
            return new Price(in, out, dollars(map, at, "cache-read", in), dollars(map, at, "cache-write", in));
        }

        private long dollars(Map<?, ?> map, String at, String key, long otherwise) {
            Object value = map.get(key);
            if (value == null && otherwise >= 0) {
                return otherwise;
            }
            if (value instanceof Number) {
                try {
                    BigDecimal dollars = new BigDecimal(value.toString());
                    if (dollars.signum() >= 0 && dollars.compareTo(BigDecimal.valueOf(100_000)) <= 0) {
                        return Price.of(dollars);
                    }
                } catch (ArithmeticException | NumberFormatException e) {
                    // Said below.
                }
            }
            faults.add(at + key + " must be US dollars a million tokens, such as 3.75");
            return 0;
        }

        private Patience patience(@Nullable Object value, String at) {
            if (value == null) {
                return Patience.STANDARD;
            }
            Map<?, ?> map = map(value, at);
            keys(map, at + ".", "connect", "answer", "idle", "hang");
            return new Patience(
                    duration(map, at, "connect", Patience.STANDARD.connect()),
                    duration(map, at, "answer", Patience.STANDARD.answer()),
                    duration(map, at, "idle", Patience.STANDARD.idle()));
        }

        private Duration hang(@Nullable Object value, String at) {
            return value instanceof Map<?, ?> map ? duration(map, at, "hang", HANG) : HANG;
        }
    }
}
