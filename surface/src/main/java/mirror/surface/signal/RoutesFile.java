package mirror.surface.signal;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import mirror.trust.yaml.Fields;
import mirror.trust.yaml.StrictYaml;
import org.jspecify.annotations.Nullable;

/**
 * {@code signal.yaml} in Mirror's home; docs/signal.md is the contract. Unknown keys and wrong values are faults, and all of them are told
 * at once. Read again when it changed; while it has a fault nothing is routed, and what was published meanwhile is routed once it is
 * mended. Thread-safe.
 */
final class RoutesFile {
    /** What the file gives: routes, or one sentence why there are none. Exactly one of the two is set. */
    record State(@Nullable Routes routes, @Nullable String fault) {}

    private static final int MAX_BYTES = 64 * 1024;
    private static final int MOST = 32;
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,31}");
    private static final Pattern TIME = Pattern.compile("[0-2][0-9]:[0-5][0-9]");
    private static final Pattern TOPIC = Pattern.compile("[-_A-Za-z0-9]{1,64}");
    private static final Pattern CHAT = Pattern.compile("-?[0-9]{1,20}|@[A-Za-z0-9_]{4,64}");
    private static final Pattern KEY =
            Pattern.compile("env:[A-Za-z_][A-Za-z0-9_]{0,127}|file:/\\S{1,1000}|keychain:\\S{1,300}");
    private static final Pattern ARGUMENT = Pattern.compile("[^\\x00]{1,4000}");
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");
    private static final String TELEGRAM = "https://api.telegram.org";

    private final Path file;
    private @Nullable Object stamp;
    private @Nullable State state;

    RoutesFile(Path file) {
        this.file = file;
    }

    synchronized State current() {
        Object now;
        try {
            now = Files.readAttributes(file, "unix:ino,size,ctime");
        } catch (NoSuchFileException e) {
            return new State(Routes.NONE, null);
        } catch (IOException e) {
            return new State(null, file + " cannot be read");
        }
        State known = state;
        if (known == null || !now.equals(stamp)) {
            known = load();
            state = known;
            stamp = now;
        }
        return known;
    }

    private State load() {
        try {
            List<String> faults = new ArrayList<>();
            Object loaded = StrictYaml.load(Files.readAllBytes(file), MAX_BYTES);
            Routes routes = loaded == null ? Routes.NONE : routes(loaded, faults);
            return faults.isEmpty()
                    ? new State(routes, null)
                    : new State(null, file + ": " + String.join("; ", faults));
        } catch (StrictYaml.NotYaml e) {
            return new State(null, file + " is not read: " + e.getMessage());
        } catch (IOException e) {
            return new State(null, file + " cannot be read");
        }
    }

    private static Routes routes(Object loaded, List<String> faults) {
        Fields top = new Fields(loaded, "", faults, List.of("keep", "quiet", "routes"));
        Duration keep = top.duration("keep", Duration.ofHours(1), Duration.ofDays(30), Routes.NONE.keep());
        QuietHours quiet = top.has("quiet") ? quiet(top.fields("quiet", List.of("from", "to", "through"))) : null;
        List<Route> routes = new ArrayList<>();
        Object named = top.get("routes");
        if (named instanceof Map<?, ?> map && map.size() <= MOST) {
            map.forEach((name, value) -> {
                if (name instanceof String text && NAME.matcher(text).matches()) {
                    Route route = route(text, value, faults);
                    if (route != null) {
                        routes.add(route);
                    }
                } else {
                    faults.add("a route's name is up to 32 lower case letters, digits and dashes");
                }
            });
        } else if (named != null) {
            top.fault("routes", "must be a mapping of at most " + MOST + " names to routes");
        }
        return new Routes(keep, quiet, routes);
    }

    private static QuietHours quiet(Fields quiet) {
        return new QuietHours(
                time(quiet, "from"), time(quiet, "to"), Math.toIntExact(quiet.number("through", 1, 6, 5)));
    }

    private static LocalTime time(Fields quiet, String key) {
        String text = quiet.name(key, TIME, "", "a time of the day such as \"22:00\"");
        try {
            return text.isEmpty() ? LocalTime.MIDNIGHT : LocalTime.parse(text);
        } catch (DateTimeException e) {
            quiet.fault(key, "must be a time of the day such as \"22:00\"");
            return LocalTime.MIDNIGHT;
        }
    }

    private static @Nullable Route route(String name, @Nullable Object value, List<String> faults) {
        String to = value instanceof Map<?, ?> map ? String.valueOf(map.get("to")) : "";
        List<String> known = new ArrayList<>(List.of("to", "topics", "priority", "deduplicate"));
        known.addAll(
                switch (to) {
                    case "desktop" -> List.of("text");
                    case "telegram" -> List.of("chat", "key", "url");
                    case "command" -> List.of("run");
                    default -> List.of();
                });
        Fields fields = new Fields(value, "routes." + name + ".", faults, known);
        Route.Target target = switch (to) {
            case "desktop" -> new Route.Target.Desktop(fields.flag("text"));
            case "telegram" -> telegram(fields);
            case "command" -> command(fields);
            default -> {
                fields.fault("to", "must be desktop, telegram or command");
                yield null;
            }
        };
        Set<String> topics = topics(fields);
        int priority = Math.toIntExact(fields.number("priority", 1, 5, 1));
        Duration deduplicate = fields.duration("deduplicate", Duration.ofSeconds(1), Duration.ofDays(1), Duration.ZERO);
        return target == null ? null : new Route(name, topics, priority, deduplicate, target);
    }

    private static Set<String> topics(Fields fields) {
        if ("all".equals(fields.get("topics"))) {
            return Set.of();
        }
        List<String> topics = fields.texts("topics", TOPIC, "topics");
        if (topics.isEmpty()) {
            fields.fault("topics", "must be a list of topics, or all");
        }
        return new HashSet<>(topics);
    }

    private static Route.@Nullable Target telegram(Fields fields) {
        Object number = fields.get("chat");
        String chat = number instanceof Number ? number.toString() : fields.text("chat", 100, true);
        if (!CHAT.matcher(chat).matches()) {
            fields.fault("chat", "must be the number of a chat, or @channel");
        }
        String key = fields.name(
                "key", KEY, "", "env:NAME, file:/PATH or keychain:SERVICE/ACCOUNT, and never the token itself");
        String url = fields.text("url", 500, false);
        try {
            URI address = new URI(url.isEmpty() ? TELEGRAM : url);
            String host = String.valueOf(address.getHost());
            boolean safe = "https".equals(address.getScheme())
                    || ("http".equals(address.getScheme()) && LOOPBACK.contains(host));
            if (safe
                    && address.getHost() != null
                    && address.getRawUserInfo() == null
                    && address.getRawPath().isEmpty()
                    && address.getRawQuery() == null
                    && address.getRawFragment() == null) {
                return new Route.Target.Telegram(chat, key, address);
            }
        } catch (URISyntaxException e) {
            // Said below.
        }
        fields.fault("url", "must be an https address without a path");
        return null;
    }

    private static Route.@Nullable Target command(Fields fields) {
        List<String> argv = fields.texts("run", ARGUMENT, "the program and its arguments");
        if (argv.isEmpty()) {
            fields.fault("run", "must be a list: the program and its arguments");
            return null;
        }
        return new Route.Target.Command(argv);
    }
}
