package mirror.pulse.supervise;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import mirror.bus.AtomicFiles;
import mirror.bus.Json;
import mirror.trust.yaml.Fields;
import mirror.trust.yaml.StrictYaml;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads a service's file. Unknown keys and wrong values are faults, all of a file are told at once, and a file with a fault is no
 * service. Used by one thread, for one file.
 */
final class ServiceReader {
    static final int MAX_BYTES = 64 * 1024;
    static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,31}");
    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,127}");
    private static final Pattern LABEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9@:._-]{0,199}");
    private static final Pattern WORD = Pattern.compile("[^\0]{1,8192}", Pattern.DOTALL);
    private static final String WORDS = "texts that are not empty; put numbers in quotes";
    private static final Pattern BYTES = Pattern.compile("([1-9][0-9]{0,8})(KB|MB|GB)");
    private static final Pattern SIGNAL = Pattern.compile("TERM|INT|QUIT|HUP|USR1|USR2|KILL");
    private static final Pattern START = Pattern.compile("boot|manual");
    private static final Set<String> LOCAL = Set.of("127.0.0.1", "localhost", "[::1]");
    private static final List<String> KINDS = List.of("run", "systemd", "launchd", "docker");
    private static final List<String> PROBES = List.of("process", "port", "http", "command", "file", "heartbeat");
    private static final Duration TICK = Duration.ofMillis(1);
    private static final Duration DAY = Duration.ofDays(1);
    private static final Duration TEN_MINUTES = Duration.ofMinutes(10);

    /** What is wrong with a file, in one sentence. */
    static final class Faulty extends Exception {
        private static final long serialVersionUID = 1;

        Faulty(String message) {
            super(message);
        }
    }

    private final List<String> faults = new ArrayList<>();
    private final Path user;

    private ServiceReader(Path user) {
        this.user = user;
    }

    /**
     * @param name what the file is called, without {@code .yaml}
     * @param user the person's home folder, where programs start and relative paths begin
     */
    static Service parse(String name, byte[] yaml, Path user) throws Faulty {
        try {
            return new ServiceReader(user).service(name, StrictYaml.load(yaml, MAX_BYTES));
        } catch (StrictYaml.NotYaml e) {
            throw new Faulty(e.getMessage());
        }
    }

    private Service service(String file, @Nullable Object yaml) throws Faulty {
        Fields fields = new Fields(
                yaml,
                "",
                faults,
                List.of(
                        "name",
                        "run",
                        "cwd",
                        "env",
                        "systemd",
                        "launchd",
                        "docker",
                        "needs",
                        "critical",
                        "start",
                        "port",
                        "ready",
                        "live",
                        "stop",
                        "limits",
                        "log",
                        "restart"));
        String name = fields.name("name", NAME, file, "lower case letters, digits and dashes, at most 32");
        if (!name.isEmpty() && !name.equals(file)) {
            fields.fault("name", "is " + name + " but the file is " + file + ".yaml; they must be the same");
        } else if (!NAME.matcher(file).matches()) {
            faults.add("the file's name must be lower case letters, digits and dashes, at most 32");
        }
        Service.Kind kind = kind(fields);
        List<String> needs = fields.texts("needs", NAME, "names of services");
        String start = fields.name("start", START, "boot", "boot or manual");
        int port = (int) fields.number("port", 1, 65_535, 0);
        Service.Limits limits = limits(fields, kind);
        Service service = new Service(
                name,
                digest(name, kind, limits),
                kind,
                List.copyOf(needs),
                !fields.has("critical") || fields.flag("critical"),
                start.equals("boot"),
                port,
                ready(fields, port),
                live(fields, port, limits.memory() > 0),
                stop(fields, kind),
                limits,
                log(fields),
                restart(fields));
        if (!faults.isEmpty()) {
            throw new Faulty(String.join("; ", faults));
        }
        return service;
    }

    private static String digest(String name, Service.Kind kind, Service.Limits limits) {
        ObjectNode all = Json.object().put("name", name).put("limits", limits.toString());
        switch (kind) {
            case Service.Kind.Own own -> {
                own.argv().forEach(all.putArray("argv")::add);
                all.put("cwd", own.cwd().toString());
                ObjectNode env = all.putObject("env");
                new TreeMap<>(own.env()).forEach(env::put);
            }
            default -> all.put("kind", kind.toString());
        }
        return AtomicFiles.digest(Json.MAPPER.writeValueAsBytes(all));
    }

    // ---- what is run

    private Service.Kind kind(Fields fields) {
        Service.Kind none = new Service.Kind.Own(List.of("false"), user, Map.of());
        List<String> named = KINDS.stream().filter(fields::has).toList();
        if (named.size() != 1) {
            faults.add("it must have one of run, systemd, launchd and docker"
                    + (named.isEmpty() ? "" : ", not " + String.join(" and ", named)));
            return none;
        }
        String which = named.getFirst();
        for (String key : List.of("cwd", "env")) {
            if (!which.equals("run") && fields.has(key)) {
                fields.fault(key, "is for run alone; " + which + " has its own");
            }
        }
        return switch (which) {
            case "run" -> {
                List<String> argv = words(fields, "run");
                yield argv.isEmpty()
                        ? none
                        : new Service.Kind.Own(argv, fields.has("cwd") ? path(fields, "cwd") : user, env(fields));
            }
            case "systemd" -> {
                if (fields.get("systemd") instanceof Map<?, ?>) {
                    Fields unit = fields.fields("systemd", List.of("unit", "user"));
                    yield new Service.Kind.Systemd(label(unit, "unit"), unit.flag("user"));
                }
                yield new Service.Kind.Systemd(label(fields, "systemd"), false);
            }
            case "launchd" -> {
                Fields agent = fields.fields("launchd", List.of("label", "plist"));
                yield new Service.Kind.Launchd(label(agent, "label"), path(agent, "plist"));
            }
            default -> new Service.Kind.Docker(label(fields, "docker"));
        };
    }

    private static String label(Fields fields, String key) {
        return fields.name(key, LABEL, "", "a name of letters, digits and @ : . _ -");
    }

    private Map<String, String> env(Fields fields) {
        Map<String, String> env = new LinkedHashMap<>();
        if (!fields.has("env")) {
            return env;
        }
        if (!(fields.get("env") instanceof Map<?, ?> map)) {
            fields.fault("env", "must be a mapping");
            return env;
        }
        map.forEach((key, value) -> {
            String name = String.valueOf(key);
            if (!VARIABLE.matcher(name).matches() || name.startsWith("MIRROR_")) {
                fields.fault("env", "has a key that is not the name of a variable of your own");
            } else if (!(value instanceof String text) || text.indexOf('\0') >= 0) {
                fields.fault("env." + name, "must be text; put numbers in quotes");
            } else {
                env.put(name, text);
            }
        });
        return env;
    }

    // ---- probes

    private Service.@Nullable Readiness ready(Fields fields, int port) {
        Duration every = Duration.ofMillis(250);
        Duration timeout = Duration.ofSeconds(1);
        Duration within = Duration.ofSeconds(60);
        if (!fields.has("ready")) {
            return port == 0 ? null : new Service.Readiness(new Probe.Port(port), every, timeout, within);
        }
        Fields ready = fields.fields("ready", keys("every", "timeout", "within"));
        return new Service.Readiness(
                probe(ready),
                ready.duration("every", TICK, DAY, every),
                ready.duration("timeout", TICK, TEN_MINUTES, timeout),
                ready.duration("within", TICK, DAY, within));
    }

    private Service.@Nullable Liveness live(Fields fields, int port, boolean memory) {
        Duration every = Duration.ofSeconds(5);
        Duration timeout = Duration.ofSeconds(1);
        if (!fields.has("live")) {
            Probe probe = port == 0 ? new Probe.Running() : new Probe.Port(port);
            return port == 0 && !memory ? null : new Service.Liveness(probe, every, timeout, 2, TEN_MINUTES);
        }
        Fields live = fields.fields("live", keys("every", "timeout", "misses", "busy"));
        return new Service.Liveness(
                probe(live),
                live.duration("every", TICK, DAY, every),
                live.duration("timeout", TICK, TEN_MINUTES, timeout),
                (int) live.number("misses", 1, 100, 2),
                live.duration("busy", Duration.ZERO, DAY, TEN_MINUTES));
    }

    /** What a probe may have, and these. */
    private static List<String> keys(String... more) {
        return Stream.of(PROBES, List.of("status", "fresh"), List.of(more))
                .flatMap(List::stream)
                .toList();
    }

    private Probe probe(Fields fields) {
        List<String> named = PROBES.stream().filter(fields::has).toList();
        if (named.size() != 1) {
            fields.fault("", "must have one of " + String.join(", ", PROBES));
            return new Probe.Running();
        }
        String which = named.getFirst();
        if (fields.has("status") && !which.equals("http")) {
            fields.fault("status", "is for http alone");
        }
        if (fields.has("fresh") != which.equals("file")) {
            fields.fault("fresh", which.equals("file") ? "is missing: how old the file may be" : "is for file alone");
        }
        return switch (which) {
            case "process" -> {
                if (!fields.flag("process")) {
                    fields.fault("process", "must be true");
                }
                yield new Probe.Running();
            }
            case "port" -> new Probe.Port((int) fields.number("port", 1, 65_535, 1));
            case "http" -> http(fields);
            case "command" -> {
                List<String> argv = words(fields, "command");
                yield argv.isEmpty() ? new Probe.Running() : new Probe.Command(argv);
            }
            case "file" ->
                new Probe.Fresh(
                        path(fields, "file"), fields.duration("fresh", TICK, Duration.ofDays(366), TEN_MINUTES));
            default -> new Probe.Heartbeat(fields.duration("heartbeat", TICK, DAY, TEN_MINUTES));
        };
    }

    private static Probe http(Fields fields) {
        int status = (int) fields.number("status", 100, 599, 0);
        try {
            URI url = new URI(fields.text("http", 2_000, true));
            String host = url.getHost();
            if (!"http".equals(url.getScheme())
                    || host == null
                    || !LOCAL.contains(host)
                    || url.getUserInfo() != null
                    || url.getFragment() != null) {
                fields.fault(
                        "http",
                        "must be an http address of this machine (127.0.0.1, localhost or [::1]), without user or fragment");
                return new Probe.Running();
            }
            String path = url.getRawPath().isEmpty() ? "/" : url.getRawPath();
            String query = url.getRawQuery() == null ? "" : "?" + url.getRawQuery();
            return new Probe.Http(
                    host.replace("[", "").replace("]", ""),
                    url.getPort() < 0 ? 80 : url.getPort(),
                    path + query,
                    status);
        } catch (URISyntaxException e) {
            fields.fault("http", "is not an address: " + e.getReason());
            return new Probe.Running();
        }
    }

    // ---- the rest

    private static Service.Stop stop(Fields fields, Service.Kind kind) {
        Fields stop = fields.fields("stop", List.of("signal", "grace"));
        if (stop.has("signal") && !(kind instanceof Service.Kind.Own)) {
            stop.fault("signal", "is for run alone");
        }
        return new Service.Stop(
                stop.name("signal", SIGNAL, "TERM", "one of HUP, INT, KILL, QUIT, TERM, USR1 and USR2"),
                stop.duration("grace", TICK, TEN_MINUTES, Duration.ofSeconds(10)));
    }

    private static Service.Limits limits(Fields fields, Service.Kind kind) {
        Fields limits = fields.fields("limits", List.of("memory", "address-space", "file-size", "files", "cpu"));
        Service.Limits read = new Service.Limits(
                bytes(limits, "memory", 0),
                bytes(limits, "address-space", 0),
                bytes(limits, "file-size", 0),
                (int) limits.number("files", 8, 1_000_000, 0),
                (int) limits.number("cpu", 1, 100_000_000, 0));
        if (read.any() && !(kind instanceof Service.Kind.Own)) {
            fields.fault("limits", "other than memory are for run alone; what else starts a service has its own");
        }
        return read;
    }

    private static Service.LogFiles log(Fields fields) {
        Fields log = fields.fields("log", List.of("size", "keep"));
        return new Service.LogFiles(bytes(log, "size", 10L << 20), (int) log.number("keep", 1, 100, 5));
    }

    private static RestartPolicy restart(Fields fields) {
        RestartPolicy standard = RestartPolicy.STANDARD;
        Fields restart = fields.fields(
                "restart",
                List.of("first", "longest", "stable", "failures", "window", "quarantine", "longest-quarantine"));
        RestartPolicy policy = new RestartPolicy(
                restart.duration("first", TICK, DAY, standard.first()),
                restart.duration("longest", TICK, DAY, standard.longest()),
                standard.jitter(),
                restart.duration("stable", TICK, DAY, standard.stable()),
                (int) restart.number("failures", 1, 100, standard.failures()),
                restart.duration("window", TICK, DAY, standard.window()),
                restart.duration("quarantine", TICK, DAY, standard.quarantine()),
                restart.duration("longest-quarantine", TICK, Duration.ofDays(30), standard.longestQuarantine()));
        if (policy.longest().compareTo(policy.first()) < 0) {
            restart.fault("longest", "must not be shorter than first");
        }
        if (policy.longestQuarantine().compareTo(policy.quarantine()) < 0) {
            restart.fault("longest-quarantine", "must not be shorter than quarantine");
        }
        return policy;
    }

    // ---- parts

    private static List<String> words(Fields fields, String key) {
        List<String> words = fields.texts(key, WORD, WORDS);
        if (fields.get(key) instanceof List<?> list && list.isEmpty()) {
            fields.fault(key, "must have a program");
        }
        return List.copyOf(words);
    }

    private Path path(Fields fields, String key) {
        String text = fields.text(key, 4_096, true);
        try {
            return user.resolve(text.startsWith("~/") ? text.substring(2) : text)
                    .normalize();
        } catch (InvalidPathException e) {
            fields.fault(key, "is not a path");
            return user;
        }
    }

    private static long bytes(Fields fields, String key, long otherwise) {
        if (!fields.has(key)) {
            return otherwise;
        }
        Matcher matcher = BYTES.matcher(String.valueOf(fields.get(key)));
        if (matcher.matches()) {
            int shift = matcher.group(2).equals("KB") ? 10 : matcher.group(2).equals("MB") ? 20 : 30;
            return Long.parseLong(matcher.group(1)) << shift;
        }
        fields.fault(key, "must be a size such as 500MB or 2GB");
        return otherwise;
    }
}
