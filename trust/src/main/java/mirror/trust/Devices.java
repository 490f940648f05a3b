package mirror.trust;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mirror.bus.BusException;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import mirror.bus.Projection;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Devices whose owner may answer approval requests by signature, such as a phone. A device is its Ed25519 key; which ones count is a
 * fold over events. An answer is a DSSE envelope whose payload repeats the request's digest and nonce and has an end of its own, so it
 * holds for one action, once, for a short time, and only from this device. Thread-safe.
 *
 * <p>Must never: take an answer for another action than the one that was signed, a second time, or from a key that is not enrolled now.
 */
public final class Devices implements Projection {
    static final String ENROLLED = "mirror.device.enrolled.v1";
    static final String REVOKED = "mirror.device.revoked.v1";
    static final String REFUSED = "mirror.answer.refused.v1";

    /** Payload type of a signed answer. */
    public static final String ANSWER_TYPE = "application/vnd.mirror.approval.v1+json";

    /** Payload type of a signed question for what waits. */
    public static final String QUESTION_TYPE = "application/vnd.mirror.inbox.v1+json";

    private static final Duration JUST_NOW = Duration.ofMinutes(1);

    /** More is no answer. */
    private static final int MAX_ENVELOPE = 16 * 1024;

    /** @param revoked when the owner took the device's word away, or null */
    public record Device(
            String name,
            String key,
            Instant enrolled,
            @Nullable Instant revoked) {}

    private final InstantSource clock;
    private final Map<String, Device> devices = new LinkedHashMap<>();

    public Devices(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public String name() {
        return "devices";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized void accept(Event event) {
        switch (event.type()) {
            case ENROLLED ->
                devices.put(
                        event.text("device"), new Device(event.text("device"), event.text("key"), event.time(), null));
            case REVOKED ->
                devices.computeIfPresent(
                        event.text("device"),
                        (_, device) -> new Device(device.name, device.key, device.enrolled, event.time()));
            default -> {}
        }
    }

    @Override
    public synchronized JsonNode save() {
        return Json.array(devices.values());
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        devices.clear();
        for (Device device : Json.list(saved, Device.class)) {
            devices.put(device.name, device);
        }
    }

    public synchronized List<Device> list() {
        return List.copyOf(devices.values());
    }

    private synchronized @Nullable Device get(String name) {
        return devices.get(name);
    }

    /**
     * The event that enrols a device.
     *
     * @param key its verifier key, as {@link NoteKey#verifierKey} gives it; the name in it does not matter
     * @throws TrustException when the name is taken or the key is none
     */
    public Draft enroll(String name, String key) {
        free(name);
        NoteKey parsed;
        try {
            parsed = NoteKey.parse(key);
        } catch (BusException | IllegalArgumentException e) {
            throw new TrustException(String.valueOf(e.getMessage()));
        }
        boolean taken = list().stream()
                .anyMatch(device -> device.revoked == null
                        && NoteKey.parse(device.key).pem().equals(parsed.pem()));
        if (taken) {
            throw new TrustException("this key is enrolled already under another name");
        }
        return Draft.of(ENROLLED, "owner", Json.object().put("device", name).put("key", parsed.verifierKey()))
                .subject(name);
    }

    /** A device that offers its Ed25519 key. */
    public Invitations.Candidate candidate(NoteKey key) {
        return new Invitations.Candidate() {
            @Override
            public String fingerprint() {
                return Invitations.fingerprint(Dsse.keyId(key));
            }

            @Override
            public Draft enrolled(String name) {
                return enroll(name, key.verifierKey());
            }
        };
    }

    /** @throws TrustException when no device can be given this name */
    void free(String name) {
        if (!name.matches("[a-z0-9][a-z0-9-]{0,31}")) {
            throw new TrustException(
                    "'" + name + "' is not a name for a device: lower case, digits and dashes, at most 32");
        }
        Device known = get(name);
        if (known != null && known.revoked == null) {
            throw new TrustException("there is a device '" + name + "' already; 'mirror device revoke " + name
                    + "' first, or take another name");
        }
    }

    /**
     * The event that takes a device's word away.
     *
     * @throws TrustException when there is no such device
     */
    public Draft revoke(String name) {
        Device device = get(name);
        if (device == null || device.revoked != null) {
            throw new TrustException("there is no device '" + name + "' that counts; 'mirror device list' shows them");
        }
        return Draft.of(REVOKED, "owner", Json.object().put("device", name)).subject(name);
    }

    /**
     * What an enrolled device asks for by signature, such as the list of requests that wait.
     *
     * @param envelope a DSSE envelope as JSON text, whose payload has {@code device} and {@code time}
     * @return the name of the device
     * @throws TrustException when it is not signed by a device that is enrolled now, or was not signed just now
     */
    public String asked(String envelope) {
        try {
            if (envelope.length() > MAX_ENVELOPE) {
                throw new TrustException("the question is longer than " + MAX_ENVELOPE + " characters");
            }
            String name = payload(envelope).path("device").asString("");
            JsonNode question = Json.MAPPER.readTree(opened(name, envelope, QUESTION_TYPE));
            Instant time = Instant.parse(question.path("time").asString(""));
            if (Duration.between(time, clock.instant()).abs().compareTo(JUST_NOW) > 0) {
                throw new TrustException("the question was not signed within the last minute by this machine's clock");
            }
            return name;
        } catch (JacksonException | IllegalArgumentException | DateTimeParseException e) {
            throw new TrustException("the question does not have the form of one", e);
        }
    }

    /** The payload that the device signed. */
    private byte[] opened(String name, String envelope, String type) {
        Device known = get(name);
        if (known == null || known.revoked != null) {
            throw new TrustException("the device '" + Redactor.field(name) + "' is not enrolled");
        }
        return Dsse.message(envelope, type, NoteKey.parse(known.key));
    }

    /**
     * The events that a signed answer leads to: the answer, or why it is refused. Hostile input is expected; this never throws.
     *
     * @param envelope a DSSE envelope as JSON text
     */
    public Answered answered(String envelope, Approvals approvals) {
        String approval = "";
        String device = "";
        try {
            if (envelope.length() > MAX_ENVELOPE) {
                throw new TrustException("the answer is longer than " + MAX_ENVELOPE + " characters");
            }
            // Whom the payload names as its signer says which key to try, and nothing else is believed before that key
            // fits.
            JsonNode claimed = payload(envelope);
            approval = Redactor.field(claimed.path("approval").asString(""));
            device = Redactor.field(claimed.path("device").asString(""));
            JsonNode answer = Json.MAPPER.readTree(opened(device, envelope, ANSWER_TYPE));
            Approvals.Request request =
                    approvals.get(approval).orElseThrow(() -> new TrustException("there is no such request"));
            if (!answer.path("digest").asString("").equals(request.digest())) {
                throw new TrustException("the answer is for another action");
            }
            if (!answer.path("nonce").asString("").equals(request.nonce())) {
                throw new TrustException("the answer is for another request");
            }
            Instant until = Instant.parse(answer.path("expires").asString(""));
            if (!clock.instant().isBefore(until)) {
                throw new TrustException("the answer has expired");
            }
            boolean allow = switch (answer.path("answer").asString("")) {
                case "allow" -> true;
                case "deny" -> false;
                default -> throw new TrustException("the answer is neither allow nor deny");
            };
            Draft draft = approvals.answer(approval, allow, "device:" + device);
            draft.data().put("envelope", envelope);
            return new Answered(draft, null);
        } catch (TrustException | JacksonException | IllegalArgumentException | DateTimeParseException e) {
            String why = e instanceof TrustException
                    ? String.valueOf(e.getMessage())
                    : "the answer does not have the form of one";
            return new Answered(
                    Draft.of(
                            REFUSED,
                            "daemon",
                            Json.object()
                                    .put("approval", approval)
                                    .put("device", device)
                                    .put("reason", why)),
                    why);
        }
    }

    /**
     * What became of an answer.
     *
     * @param draft the event to record, in both cases
     * @param refusal one sentence, or null when the answer counts
     */
    public record Answered(Draft draft, @Nullable String refusal) {}

    private static JsonNode payload(String envelope) {
        String base64 = Json.MAPPER.readTree(envelope).path("payload").asString("");
        return Json.MAPPER.readTree(new String(java.util.Base64.getDecoder().decode(base64), StandardCharsets.UTF_8));
    }

    /** What a device has to sign: the payload of its answer. */
    public static byte[] payload(Approvals.Request request, String device, boolean allow, Instant expires) {
        return Json.MAPPER.writeValueAsBytes(Json.object()
                .put("approval", request.id())
                .put("digest", request.digest())
                .put("nonce", request.nonce())
                .put("answer", allow ? "allow" : "deny")
                .put("device", device)
                .put("expires", expires.toString()));
    }
}
