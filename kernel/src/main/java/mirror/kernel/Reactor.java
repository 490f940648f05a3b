package mirror.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.organism.Delivery;
import mirror.bus.organism.Outcome;
import mirror.trust.Action;
import mirror.trust.Decision;
import mirror.trust.Denials;
import mirror.trust.Effect;
import mirror.trust.Gate;
import mirror.trust.Redactor;
import mirror.trust.Switch;
import mirror.trust.shell.ShellContext;
import mirror.trust.shell.ShellEffects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Does what organisms of the owner ask for: starts a program or sends an HTTP request, each time through the permit gate, which judges
 * the command by its effects as it does an agent's.
 *
 * <p>Must never: act before the gate has said ALLOW for exactly this delivery, follow a redirect, use a proxy. Thread-safe.
 */
final class Reactor implements AutoCloseable {
    /** "Temporary failure; try again later", as sysexits.h has it since 4.3BSD. */
    private static final int EX_TEMPFAIL = 75;

    /** The gate's reasons that speak of the gate and not of the action: nothing is lost by waiting until it works again. */
    private static final Set<String> NOT_JUDGED = Set.of("kill-switch", "no-policy", "no-record", "late");

    private final Home home;
    private final Gate gate;
    private final Programs programs;
    private final ShellContext shell;
    private final Path user;

    /** Made when the first request is sent: most homes never send one. */
    private @Nullable HttpClient http;

    /** The request for the owner's yes that a delivery waits for, by session; see {@link Delivery#session()}. */
    private final Map<String, String> asked = new ConcurrentHashMap<>();

    /**
     * @param user the person's home folder, where programs start
     * @param shell what is known of the disk and the environment when a command is analysed
     * @param environment the daemon's, of which programs get a small part
     */
    Reactor(Home home, Gate gate, Path user, ShellContext shell, Map<String, String> environment) {
        this.home = home;
        this.gate = gate;
        this.user = user;
        this.shell = shell;
        this.programs = new Programs(user, environment);
    }

    private synchronized HttpClient http() {
        if (http == null) {
            http = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .proxy(HttpClient.Builder.NO_PROXY)
                    .executor(task -> Thread.ofVirtual().start(task))
                    .build();
        }
        return http;
    }

    Outcome react(OrganismFile file, Delivery delivery) throws IOException, InterruptedException {
        if (new Switch(home.kill()).isOn()) {
            return new Outcome.Later("the owner has stopped everything; " + home.kill() + " exists");
        }
        Action action = action(file.reaction(), delivery);
        String open = asked.remove(delivery.session());
        Decision decision = open == null ? gate.decide(action) : gate.settle(action, open);
        return switch (decision.verdict()) {
            case ALLOW -> act(file, delivery);
            case ASK -> {
                String approval = String.valueOf(decision.approval());
                asked.put(delivery.session(), approval);
                yield new Outcome.Later(
                        "waits for your answer: mirror approve " + approval + " (" + decision.reason() + ")");
            }
            case BLOCK ->
                NOT_JUDGED.contains(decision.rule())
                        ? new Outcome.Later("the gate cannot decide: " + decision.reason())
                        : new Outcome.Dead("blocked by rule " + decision.rule() + ": " + decision.reason());
        };
    }

    /** What the gate says of a command if an organism came with it; recorded like every decision, and never carried out. */
    Decision drill(String command) {
        return gate.decide(new Action(
                Denials.DRILL,
                Denials.DRILL,
                "canary",
                "organism",
                Json.object().put("command", command),
                user,
                user,
                ShellEffects.of(command, shell)));
    }

    private Action action(Reaction reaction, Delivery delivery) {
        ObjectNode input = Json.object();
        List<Effect> effects = switch (reaction) {
            case Reaction.Run run -> {
                input.put("command", run.command());
                yield ShellEffects.of(run.command(), shell);
            }
            case Reaction.Http request -> {
                input.put("method", request.method()).put("url", request.url().toString());
                yield List.of(new Effect.Egress(request.host()));
            }
        };
        input.put("event", delivery.event().id()).put("key", delivery.key()).put("lease", delivery.lease());
        return new Action(delivery.actor(), delivery.session(), delivery.key(), "organism", input, user, user, effects);
    }

    private Outcome act(OrganismFile file, Delivery delivery) throws IOException, InterruptedException {
        return switch (file.reaction()) {
            case Reaction.Run run -> run(run, delivery, file.timeout());
            case Reaction.Http request -> send(request, delivery, file.timeout());
        };
    }

    private Outcome run(Reaction.Run run, Delivery delivery, Duration timeout)
            throws IOException, InterruptedException {
        Programs.Result result = programs.run(
                run.argv(),
                Map.of(
                        "MIRROR_KEY", delivery.key(),
                        "MIRROR_EVENT", delivery.event().id(),
                        "MIRROR_ORGANISM", delivery.organism(),
                        "MIRROR_ATTEMPT", String.valueOf(delivery.attempt())),
                delivery.event().line(),
                timeout);
        String words = result.output().isEmpty() ? "" : ": " + Redactor.redact(result.output());
        if (result.late()) {
            return new Outcome.Failed("it did not end within " + timeout.toMillis() + " ms" + words);
        }
        return switch (result.exit()) {
            case 0 -> Outcome.done();
            case EX_TEMPFAIL -> new Outcome.Later("it asks to be tried again later (exit code 75)" + words);
            default -> new Outcome.Failed("exit code " + result.exit() + words);
        };
    }

    /** Only the status counts; the answer's body is not read, so it can be neither endless nor too large. */
    private Outcome send(Reaction.Http request, Delivery delivery, Duration timeout)
            throws IOException, InterruptedException {
        HttpRequest message = HttpRequest.newBuilder(request.url())
                .timeout(timeout)
                .header("Content-Type", "application/cloudevents+json; charset=utf-8")
                .header("Idempotency-Key", delivery.key())
                .method(
                        request.method(),
                        HttpRequest.BodyPublishers.ofString(delivery.event().line(), StandardCharsets.UTF_8))
                .build();
        HttpResponse<InputStream> response;
        try {
            response = http().send(message, HttpResponse.BodyHandlers.ofInputStream());
        } catch (HttpTimeoutException e) {
            return new Outcome.Failed("no answer within " + timeout.toMillis() + " ms from " + request.url());
        } catch (IOException e) {
            return new Outcome.Failed("no answer from " + request.url() + ": " + e);
        }
        response.body().close();
        int status = response.statusCode();
        if (status >= 200 && status < 300) {
            return Outcome.done();
        }
        return status == 429 || status == 503
                ? new Outcome.Later("HTTP " + status + " from " + request.url())
                : new Outcome.Failed("HTTP " + status + " from " + request.url());
    }

    @Override
    public synchronized void close() {
        if (http != null) {
            http.shutdownNow();
        }
    }
}
