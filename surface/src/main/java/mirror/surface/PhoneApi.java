package mirror.surface;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import mirror.bus.BusException;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import mirror.surface.mcp.LoopbackGuard;
import mirror.trust.Approvals;
import mirror.trust.Devices;
import mirror.trust.Invitations;
import mirror.trust.TrustException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an enrolled device speaks, on the TCP port and without the home's token: every question and answer is signed by the device's
 * own key instead, and a key gets in by a code that the owner's terminal showed and a yes of the owner.
 *
 * <ul>
 *   <li>{@code POST /phone/enroll} {@code {"code", "key"}}: {@code key} is a raw Ed25519 public key in base64. Answers the device's
 *       name and the fingerprint that the owner has to see on both screens.
 *   <li>{@code POST /phone/approvals}: a DSSE envelope of type {@link Devices#QUESTION_TYPE}. Answers the requests that wait.
 *   <li>{@code POST /phone/answer}: a DSSE envelope of type {@link Devices#ANSWER_TYPE}.
 * </ul>
 *
 * Refusals are JSON with one sentence in {@code error}; at most {@value #REFUSALS} a minute are listened to. Thread-safe.
 */
public final class PhoneApi implements HttpService {
    private static final int MAX_BODY = 20 * 1024;

    /** Each refused answer is an event, and whoever reaches the port must not be able to fill the log. */
    static final int REFUSALS = 30;

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final Core core;
    private final LoopbackGuard guard;
    private Instant since = Instant.EPOCH;
    private int refused;

    public PhoneApi(Core core) {
        this.core = core;
        this.guard = LoopbackGuard.alsoAt(core.config().phoneUrl());
    }

    @Override
    public void routing(HttpRules rules) {
        rules.post("/enroll", (request, response) -> answer(request, response, this::enroll))
                .post("/approvals", (request, response) -> answer(request, response, this::approvals))
                .post("/answer", (request, response) -> answer(request, response, this::decide));
    }

    private interface Work {
        ObjectNode run(String body);
    }

    private void answer(ServerRequest request, ServerResponse response, Work work) throws IOException {
        response.header(HeaderNames.CONTENT_TYPE, "application/json").header(HeaderNames.CACHE_CONTROL, "no-store");
        var foreign = guard.check(request);
        if (foreign.isPresent()) {
            refuse(response, Status.FORBIDDEN_403, foreign.get().message());
            return;
        }
        if (tooMany(0)) {
            refuse(response, Status.TOO_MANY_REQUESTS_429, "too many refusals; wait a minute");
            return;
        }
        byte[] body;
        try (var in = request.content().inputStream()) {
            body = in.readNBytes(MAX_BODY + 1);
        }
        try {
            if (body.length > MAX_BODY) {
                throw new TrustException("the request is longer than " + MAX_BODY + " bytes");
            }
            response.send(Json.MAPPER.writeValueAsBytes(work.run(new String(body, StandardCharsets.UTF_8))));
        } catch (TrustException | BusException e) {
            tooMany(1);
            refuse(response, Status.FORBIDDEN_403, String.valueOf(e.getMessage()));
        } catch (JacksonException | IllegalArgumentException e) {
            tooMany(1);
            refuse(response, Status.BAD_REQUEST_400, "the request does not have the form of one");
        }
    }

    private synchronized boolean tooMany(int more) {
        Instant now = core.clock().instant();
        if (Duration.between(since, now).abs().compareTo(MINUTE) >= 0) {
            since = now;
            refused = 0;
        }
        refused += more;
        return refused >= REFUSALS;
    }

    private static void refuse(ServerResponse response, Status status, String why) {
        response.status(status).send(Json.MAPPER.writeValueAsBytes(Json.object().put("error", why)));
    }

    private ObjectNode enroll(String body) {
        JsonNode request = Json.MAPPER.readTree(body);
        byte[] raw = Base64.getDecoder().decode(request.path("key").asString(""));
        Invitations.Invitation invitation = core.invitations()
                .accept(
                        request.path("code").asString(""),
                        core.state().devices().candidate(new NoteKey("phone", raw)));
        return accepted(invitation);
    }

    /** What a device is told that handed in its key. */
    public static ObjectNode accepted(Invitations.Invitation invitation) {
        return Json.object()
                .put("device", invitation.device())
                .put("fingerprint", invitation.fingerprint())
                .put(
                        "next",
                        "compare the fingerprint, then confirm on the computer: mirror device confirm "
                                + invitation.device());
    }

    private ObjectNode approvals(String envelope) {
        core.state().devices().asked(envelope);
        ObjectNode answer = Json.object();
        var array = answer.putArray("approvals");
        for (Approvals.Request request : core.state().approvals().list()) {
            if (request.status() == Approvals.Status.PENDING) {
                request.writeTo(array.addObject());
            }
        }
        return answer;
    }

    private ObjectNode decide(String envelope) {
        Devices.Answered answered = answered(core, envelope);
        if (answered.refusal() != null) {
            throw new TrustException(answered.refusal());
        }
        // Of two devices that have to allow it the first has no answer yet.
        return Json.object()
                .put("answer", answered.draft().data().path("answer").asString("signed"));
    }

    /** Looks at an answer and records it as one step, or the same one could count twice. */
    public static Devices.Answered answered(Core core, String envelope) {
        synchronized (core.projector()) {
            Devices.Answered answered =
                    core.state().devices().answered(envelope, core.state().approvals());
            core.projector().record(answered.draft());
            return answered;
        }
    }
}
