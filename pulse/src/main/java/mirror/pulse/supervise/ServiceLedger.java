package mirror.pulse.supervise;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the log says of services: who wants them to run, what was started last and as which process, how they failed. With it a daemon
 * that comes after another finds what that one left. A fold; thread-safe.
 */
public final class ServiceLedger implements Projection {
    static final String BEGUN = "mirror.service.begun.v1";
    static final String STARTED = "mirror.service.started.v1";
    static final String ADOPTED = "mirror.service.adopted.v1";
    private static final String EXITED = "mirror.service.exited.v1";
    private static final String FAILED = "mirror.service.failed.v1";
    private static final String QUARANTINED = "mirror.service.quarantined.v1";
    private static final String SETTLED = "mirror.service.settled.v1";
    private static final String RELEASED = "mirror.service.released.v1";
    private static final String STOPPED = "mirror.service.stopped.v1";
    private static final int FAILURES = 20;

    /**
     * One service.
     *
     * @param wanted whether it is to run; what the daemon stops because it ends itself is still wanted
     * @param token what its processes are marked with, random for each beginning
     * @param digest of the definition it was started by
     * @param run number of its last start
     * @param pid and {@code key} of the process of that start; 0 when it ended or was never recorded
     * @param failures when it failed last, oldest first
     * @param level how often in a row it was in quarantine
     * @param until end of its quarantine, or null
     */
    record Known(
            boolean wanted,
            String token,
            String digest,
            int run,
            long pid,
            String key,
            List<Instant> failures,
            int level,
            @Nullable Instant until) {
        static final Known NOTHING = new Known(false, "", "", 0, 0, "", List.of(), 0, null);
    }

    private static final int TOKENS = 20;

    private final Map<String, Known> services = new TreeMap<>();

    /** The last marks of each service's processes, newest last. */
    private final Map<String, List<String>> tokens = new TreeMap<>();

    @Override
    public String name() {
        return "services";
    }

    @Override
    public int version() {
        return 2;
    }

    /** All services that were ever to run. */
    public synchronized Set<String> names() {
        return new TreeSet<>(services.keySet());
    }

    @Override
    public synchronized void accept(Event event) {
        if (!event.type().startsWith("mirror.service.")) {
            return;
        }
        String name = event.text("service");
        Known was = services.getOrDefault(name, Known.NOTHING);
        int run = event.data().path("run").asInt(was.run);
        @Nullable
        Known now = switch (event.type()) {
            case BEGUN ->
                new Known(
                        true,
                        event.text("token"),
                        event.text("digest"),
                        was.run,
                        0,
                        "",
                        event.text("cause").equals("owner") ? List.of() : was.failures,
                        event.text("cause").equals("owner") ? 0 : was.level,
                        event.text("cause").equals("owner") ? null : was.until);
            case STARTED, ADOPTED ->
                new Known(
                        true,
                        was.token,
                        event.text("digest"),
                        run,
                        event.data().path("pid").asLong(0),
                        event.text("key"),
                        was.failures,
                        was.level,
                        null);
            case EXITED -> {
                Known gone = gone(was);
                yield event.data().path("expected").asBoolean(false) ? gone : failed(gone, event.time());
            }
            case FAILED -> failed(was, event.time());
            case QUARANTINED ->
                new Known(
                        was.wanted,
                        was.token,
                        was.digest,
                        was.run,
                        was.pid,
                        was.key,
                        was.failures,
                        was.level + 1,
                        event.time()
                                .plus(Duration.ofSeconds(
                                        event.data().path("seconds").asLong(0))));
            // A trial that proved itself is forgiven all; of others the failures count until they are old.
            case SETTLED -> forgiven(was, was.level > 0 ? List.of() : was.failures);
            case RELEASED -> forgiven(was, List.of());
            case STOPPED -> {
                Known gone = gone(was);
                yield event.text("by").equals("owner")
                        ? new Known(false, gone.token, gone.digest, gone.run, 0, "", List.of(), 0, null)
                        : gone;
            }
            default -> null;
        };
        if (now != null) {
            services.put(name, now);
        }
        if (event.type().equals(BEGUN)) {
            List<String> known = tokens.computeIfAbsent(name, _ -> new ArrayList<>());
            known.add(event.text("token"));
            if (known.size() > TOKENS) {
                known.removeFirst();
            }
        }
    }

    /** The marks that were made for a service, those of its last beginnings. */
    synchronized List<String> tokens(String service) {
        return tokens.getOrDefault(service, List.of()).stream()
                .filter(token -> !token.isEmpty())
                .toList();
    }

    private static Known gone(Known was) {
        return new Known(was.wanted, was.token, was.digest, was.run, 0, "", was.failures, was.level, was.until);
    }

    private static Known failed(Known was, Instant at) {
        List<Instant> failures = new ArrayList<>(was.failures);
        failures.add(at);
        if (failures.size() > FAILURES) {
            failures.removeFirst();
        }
        return new Known(
                was.wanted,
                was.token,
                was.digest,
                was.run,
                was.pid,
                was.key,
                List.copyOf(failures),
                was.level,
                was.until);
    }

    private static Known forgiven(Known was, List<Instant> failures) {
        return new Known(was.wanted, was.token, was.digest, was.run, was.pid, was.key, failures, 0, null);
    }

    /** Whether it was ever begun, or stopped before it was. */
    synchronized boolean knows(String service) {
        return services.containsKey(service);
    }

    synchronized Known get(String service) {
        return services.getOrDefault(service, Known.NOTHING);
    }

    /** All that the log ever spoke of. */
    synchronized Map<String, Known> all() {
        return Map.copyOf(services);
    }

    @Override
    public synchronized JsonNode save() {
        ObjectNode saved = Json.object();
        services.forEach((name, known) -> {
            ObjectNode one = saved.putObject(name)
                    .put("wanted", known.wanted)
                    .put("token", known.token)
                    .put("digest", known.digest)
                    .put("run", known.run)
                    .put("pid", known.pid)
                    .put("key", known.key)
                    .put("level", known.level)
                    .put("until", known.until == null ? null : known.until.toString());
            known.failures.forEach(at -> one.withArray("failures").add(at.toString()));
            tokens.getOrDefault(name, List.of()).forEach(one.withArray("tokens")::add);
        });
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        services.clear();
        tokens.clear();
        saved.properties().forEach(entry -> {
            JsonNode one = entry.getValue();
            List<Instant> failures = new ArrayList<>();
            one.path("failures").forEach(at -> failures.add(Instant.parse(at.asString())));
            List<String> marks = new ArrayList<>();
            one.path("tokens").forEach(token -> marks.add(token.asString("")));
            tokens.put(entry.getKey(), marks);
            String until = one.path("until").asString("");
            services.put(
                    entry.getKey(),
                    new Known(
                            one.path("wanted").asBoolean(false),
                            one.path("token").asString(""),
                            one.path("digest").asString(""),
                            one.path("run").asInt(0),
                            one.path("pid").asLong(0),
                            one.path("key").asString(""),
                            List.copyOf(failures),
                            one.path("level").asInt(0),
                            until.isEmpty() ? null : Instant.parse(until)));
        });
    }
}
