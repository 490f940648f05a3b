package mirror.surface;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import mirror.bus.Home;
import mirror.mesh.RedisAddress;
import mirror.mesh.TransportException;
import mirror.trust.Risk;
import mirror.trust.TrustException;
import mirror.trust.claims.Publishable;
import mirror.trust.yaml.StrictYaml;
import org.jspecify.annotations.Nullable;

/**
 * {@code config.yaml}. Unknown keys and wrong values are errors, and all of them are reported at once.
 *
 * @param vault folder of the owner's notes
 * @param embeddings whether notes are found by what they mean, too
 * @param httpPort loopback port, 1 … 65535; 0 lets the system choose
 * @param approvalsExpire how long a request waits for the owner, 1 s … 15 min (a client gives up on its hook after that)
 * @param twoDevices of which risk an action is that two devices have to allow
 * @param contextTokens budget of a new session's context, 100 … 2400 (a client cuts it at 10,000 characters)
 * @param publishable which files of a project may state only what was recorded; none turns that off
 * @param phoneUrl the address by which the owner's phone reaches {@code httpPort}, without a path, or null when none does
 * @param redis the Redis that carries the bus to other machines, or null when nothing does
 */
public record Config(
        Path vault,
        boolean embeddings,
        int httpPort,
        Duration approvalsExpire,
        Set<Risk> twoDevices,
        int contextTokens,
        Publishable publishable,
        @Nullable RedisAddress redis,
        @Nullable URI phoneUrl,
        Signal signal,
        ZoneId zone,
        @Nullable LocalTime report) {
    public static final int DEFAULT_PORT = 7717;

    /** The default hour of the morning report. */
    public static final LocalTime SEVEN = LocalTime.of(7, 0);

    /**
     * Where messages are published and heard.
     *
     * @param port loopback port, 1 … 65535; 0 lets the system choose, {@link #OFF} opens none
     * @param url the address by which phones reach it, without a path, or null when none does
     */
    public record Signal(int port, @Nullable URI url) {
        public static final int OFF = -1;
    }

    private static final int MAX_BYTES = 64 * 1024;

    private static final Set<String> KEYS = Set.of(
            "vault",
            "embeddings",
            "http-port",
            "approvals-expire",
            "two-devices",
            "context-tokens",
            "publishable",
            "phone-url",
            "signal-port",
            "signal-url",
            "zone",
            "report",
            "redis-url",
            "redis-ca",
            "redis-insecure");

    private static final Pattern DURATION = Pattern.compile("([1-9][0-9]{0,5})(s|m|h)");

    /** What a new home gets: all keys with their defaults, as comments. */
    public static final String TEMPLATE = """
            # Mirror's configuration; what is commented out is the default. Takes effect at the next start.
            # vault: ~/vault             # folder of your notes; sessions are written to Mirror/sessions in it
            # embeddings: true           # find notes by what they mean, too; computed on this machine
            # http-port: 7717            # loopback only, with a token
            # approvals-expire: 10m      # how long 'ask' waits for 'mirror approve'
            # two-devices: [destructive] # of which risk an action is that two devices have to allow; none by default
            # context-tokens: 2000       # how much memory a new session starts with
            # publishable: [README.md, CHANGELOG.md, "docs/**.md", "posts/**", "site/**.html"]   # 'mirror claims --help'; [] for none
            # phone-url: https://host.tailnet.ts.net   # what leads a phone to http-port, such as 'tailscale serve'; off by default
            # signal-port: 7718          # where messages are published and heard, by default http-port + 1; off for none
            # signal-url: https://host.tailnet.ts.net:8443   # what leads phones to signal-port; off by default
            # zone: Europe/Berlin        # whose hours you live by; by default this machine's
            # report: "07:00"            # hour of the morning report; off for none
            # redis-url: rediss://user:password@host:6379   # lets other machines hear the bus; off by default
            # redis-ca: ~/ca.pem         # certificates that may vouch for that server, if not the JDK's
            # redis-insecure: false      # true allows a host other than this one without TLS
            """;

    /** A configuration that cannot be used; the message names every fault. */
    public static final class Faulty extends RuntimeException {
        private static final long serialVersionUID = 1;

        Faulty(String message) {
            super(message);
        }
    }

    public static Config read(Home home, Path user) throws IOException {
        Config defaults = new Config(
                user.resolve("vault"),
                true,
                DEFAULT_PORT,
                Duration.ofMinutes(10),
                Set.of(),
                2000,
                new Publishable(),
                null,
                null,
                new Signal(DEFAULT_PORT + 1, null),
                ZoneId.systemDefault(),
                SEVEN);
        if (!Files.exists(home.config())) {
            return defaults;
        }
        Object loaded;
        try {
            loaded = StrictYaml.load(Files.readAllBytes(home.config()), MAX_BYTES);
        } catch (StrictYaml.NotYaml e) {
            throw new Faulty(home.config() + " is not read: " + e.getMessage());
        }
        if (loaded == null) {
            return defaults;
        }
        if (!(loaded instanceof Map<?, ?> map)) {
            throw new Faulty(home.config() + " is not a list of 'key: value' lines");
        }
        List<String> faults = new ArrayList<>();
        for (Object key : map.keySet()) {
            if (!KEYS.contains(String.valueOf(key))) {
                faults.add("unknown key '" + key + "'");
            }
        }
        int httpPort = number("http-port", map.get("http-port"), 0, 65535, defaults.httpPort, faults);
        Config config = new Config(
                vault(map.get("vault"), user, defaults.vault, faults),
                flag("embeddings", map.get("embeddings"), true, faults),
                httpPort,
                duration(map.get("approvals-expire"), defaults.approvalsExpire, faults),
                risks(map.get("two-devices"), faults),
                number("context-tokens", map.get("context-tokens"), 100, 2400, defaults.contextTokens, faults),
                publishable(map.get("publishable"), faults),
                redis(home, user, map, faults),
                address("phone-url", map.get("phone-url"), faults),
                new Signal(
                        signalPort(map.get("signal-port"), httpPort, faults),
                        address("signal-url", map.get("signal-url"), faults)),
                zone(map.get("zone"), faults),
                report(map.get("report"), faults));
        if (!faults.isEmpty()) {
            throw new Faulty(home.config() + ": " + String.join("; ", faults));
        }
        return config;
    }

    private static Path vault(@Nullable Object value, Path user, Path otherwise, List<String> faults) {
        if (value == null) {
            return otherwise;
        }
        String text = value.toString();
        boolean home = text.startsWith("~/");
        if (!(value instanceof String) || text.indexOf('\0') >= 0 || (!home && !text.startsWith("/"))) {
            faults.add("vault must be an absolute path or start with ~/");
            return otherwise;
        }
        return (home ? user.resolve(text.substring(2)) : Path.of(text)).normalize();
    }

    /** The port after the other one, so that two Mirrors that have different ones do not meet here either. */
    private static int signalPort(@Nullable Object value, int httpPort, List<String> faults) {
        if ("off".equals(value)) {
            return Signal.OFF;
        }
        int otherwise = httpPort == 0 || httpPort == 65535 ? 0 : httpPort + 1;
        if (value != null && !(value instanceof Integer)) {
            faults.add("signal-port must be a whole number from 0 to 65535, or off");
            return otherwise;
        }
        return number("signal-port", value, 0, 65535, otherwise, faults);
    }

    private static ZoneId zone(@Nullable Object value, List<String> faults) {
        try {
            return value == null ? ZoneId.systemDefault() : ZoneId.of(value.toString());
        } catch (DateTimeException e) {
            faults.add("zone must be the name of a time zone such as Europe/Berlin");
            return ZoneId.systemDefault();
        }
    }

    private static @Nullable LocalTime report(@Nullable Object value, List<String> faults) {
        if (value == null) {
            return SEVEN;
        }
        if (value.equals("off")) {
            return null;
        }
        try {
            if (value.toString().matches("[0-2][0-9]:[0-5][0-9]")) {
                return LocalTime.parse(value.toString());
            }
        } catch (DateTimeException e) {
            // Said below.
        }
        faults.add("report must be a time of the day such as \"07:00\", or off");
        return SEVEN;
    }

    private static @Nullable URI address(String key, @Nullable Object value, List<String> faults) {
        if (value == null) {
            return null;
        }
        try {
            URI url = new URI(value.toString());
            boolean sound = "https".equals(url.getScheme())
                    && url.getHost() != null
                    && url.getRawUserInfo() == null
                    && url.getRawPath().isEmpty()
                    && url.getRawQuery() == null
                    && url.getRawFragment() == null;
            if (sound) {
                return url;
            }
        } catch (URISyntaxException e) {
            // Said below.
        }
        faults.add(key + " must be an https address without a path, such as https://host.tailnet.ts.net");
        return null;
    }

    private static Publishable publishable(@Nullable Object value, List<String> faults) {
        if (value == null) {
            return new Publishable();
        }
        if (value instanceof List<?> list && list.stream().allMatch(String.class::isInstance)) {
            try {
                return new Publishable(list.stream().map(String.class::cast).toList());
            } catch (TrustException e) {
                faults.add(String.valueOf(e.getMessage()));
                return new Publishable();
            }
        }
        faults.add("publishable must be a list of patterns such as [README.md, \"docs/**.md\"]");
        return new Publishable();
    }

    private static Set<Risk> risks(@Nullable Object value, List<String> faults) {
        Set<Risk> risks = EnumSet.noneOf(Risk.class);
        boolean sound = value == null || value instanceof List<?>;
        for (Object each : value instanceof List<?> list ? list : List.of()) {
            Optional<Risk> risk = Risk.of(String.valueOf(each));
            risk.ifPresent(risks::add);
            sound &= risk.isPresent();
        }
        if (!sound) {
            faults.add("two-devices must be a list of risks such as [destructive]; they are "
                    + Stream.of(Risk.values()).map(Risk::text).collect(Collectors.joining(", ")));
        }
        return Set.copyOf(risks);
    }

    private static @Nullable RedisAddress redis(Home home, Path user, Map<?, ?> map, List<String> faults)
            throws IOException {
        boolean insecure = flag("redis-insecure", map.get("redis-insecure"), false, faults);
        Object ca = map.get("redis-ca");
        Path authority = null;
        if (ca != null) {
            String text = ca.toString();
            authority = text.startsWith("~/") ? user.resolve(text.substring(2)) : Path.of(text);
            if (!authority.isAbsolute()) {
                faults.add("redis-ca must be an absolute path or start with ~/");
            } else if (!Files.isReadable(authority)) {
                faults.add("redis-ca: there is no readable file " + authority);
            }
        }
        Object url = map.get("redis-url");
        if (url == null) {
            return null;
        }
        try {
            RedisAddress address = RedisAddress.parse(url.toString(), insecure, authority);
            if (address.hasPassword() && others(home.config())) {
                faults.add("redis-url has a password and others may read this file; run: chmod 600 " + home.config());
            }
            return address;
        } catch (TransportException e) {
            faults.add("redis-url: " + e.getMessage());
            return null;
        }
    }

    /** Whether somebody but the owner may read the file. */
    public static boolean others(Path file) throws IOException {
        Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
        return mode.contains(PosixFilePermission.GROUP_READ) || mode.contains(PosixFilePermission.OTHERS_READ);
    }

    private static boolean flag(String key, @Nullable Object value, boolean otherwise, List<String> faults) {
        if (value == null || value instanceof Boolean) {
            return value == null ? otherwise : Boolean.TRUE.equals(value);
        }
        faults.add(key + " must be true or false");
        return otherwise;
    }

    private static int number(
            String key, @Nullable Object value, int least, int most, int otherwise, List<String> faults) {
        if (value == null) {
            return otherwise;
        }
        if (value instanceof Integer number && number >= least && number <= most) {
            return number;
        }
        faults.add(key + " must be a whole number from " + least + " to " + most);
        return otherwise;
    }

    private static Duration duration(@Nullable Object value, Duration otherwise, List<String> faults) {
        if (value == null) {
            return otherwise;
        }
        Matcher matcher = DURATION.matcher(value.toString());
        if (matcher.matches()) {
            long n = Long.parseLong(matcher.group(1));
            Duration duration = switch (matcher.group(2)) {
                case "s" -> Duration.ofSeconds(n);
                case "m" -> Duration.ofMinutes(n);
                default -> Duration.ofHours(n);
            };
            if (duration.compareTo(Duration.ofMinutes(15)) <= 0) {
                return duration;
            }
        }
        faults.add("approvals-expire must be a time from 1s to 15m, such as 90s or 10m");
        return otherwise;
    }
}
