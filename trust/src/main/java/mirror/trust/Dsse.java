package mirror.trust;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import mirror.bus.AtomicFiles;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Dead Simple Signing Envelope, protocol 1.0.2: a payload, its type, and one Ed25519 signature over both. In a file an envelope has
 * one spelling: {@link #open} refuses whatever {@link #sign} would not have written in the same bytes, so that no byte of the file is
 * without a guardian. As a message of another program it may be spelled as the protocol allows ({@link #message}). Stateless.
 *
 * @see <a href="https://github.com/secure-systems-lab/dsse">the specification</a>
 */
final class Dsse {
    /** The type of every in-toto Statement. */
    static final String STATEMENT = "application/vnd.in-toto+json";

    private static final String STRANGER = "the envelope is not signed by a key that is trusted for this";
    private static final String NOT_ONE = "it is not a DSSE envelope";

    private Dsse() {}

    /** What was signed, and whose signature it is. */
    record Opened(byte[] payload, NoteKey key) {}

    static String sign(String payloadType, byte[] payload, DeviceKey key) {
        return text(payloadType, payload, key.keyId(), key.sign(preAuthEncoding(payloadType, payload)));
    }

    private static String text(String payloadType, byte[] payload, String keyId, byte[] signature) {
        return Json.MAPPER.writeValueAsString(json(payloadType, payload, keyId, signature)) + "\n";
    }

    private static ObjectNode json(String payloadType, byte[] payload, String keyId, byte[] signature) {
        ObjectNode envelope = Json.object()
                .put("payloadType", payloadType)
                .put("payload", Base64.getEncoder().encodeToString(payload));
        envelope.putArray("signatures")
                .addObject()
                .put("keyid", keyId)
                .put("sig", Base64.getEncoder().encodeToString(signature));
        return envelope;
    }

    /**
     * The payload, when {@code key} signed it as {@code payloadType}.
     *
     * @throws TrustException when it is no envelope, of another type, or not signed by the key
     */
    static byte[] open(String envelope, String payloadType, DeviceKey key) {
        return open(envelope.getBytes(StandardCharsets.UTF_8), payloadType, List.of(key.key("dsse")))
                .payload();
    }

    /**
     * The payload, when one of {@code keys} signed it as {@code payloadType}. The sentence of a refusal repeats nothing of the
     * envelope.
     *
     * @throws TrustException when it is no envelope, of another type, or not signed by one of the keys
     */
    static Opened open(byte[] envelope, String payloadType, Collection<NoteKey> keys) {
        Parts parts = parts(envelope, payloadType);
        String written = text(payloadType, parts.payload, parts.keyId, parts.signature);
        if (!Arrays.equals(written.getBytes(StandardCharsets.UTF_8), envelope)) {
            throw new TrustException(NOT_ONE + " in the one form that Mirror writes");
        }
        NoteKey key = keys.stream()
                .filter(one -> keyId(one).equals(parts.keyId))
                .findFirst()
                .orElseThrow(() -> new TrustException(STRANGER));
        return new Opened(proven(parts, payloadType, key), key);
    }

    /**
     * The payload of an envelope that another program wrote, with whatever spaces and order of fields, when its one signature is
     * {@code key}'s. The key id may be left out, as the protocol has it.
     *
     * @throws TrustException when it is no envelope, of another type, or not signed by the key
     */
    static byte[] message(String envelope, String payloadType, NoteKey key) {
        Parts parts = parts(envelope.getBytes(StandardCharsets.UTF_8), payloadType);
        if (!parts.keyId.isEmpty() && !parts.keyId.equals(keyId(key))) {
            throw new TrustException(STRANGER);
        }
        ObjectNode written = json(payloadType, parts.payload, parts.keyId, parts.signature);
        if (parts.keyId.isEmpty()) {
            ((ObjectNode) written.path("signatures").path(0)).remove("keyid");
        }
        if (!written.equals(parts.json)) {
            throw new TrustException(NOT_ONE);
        }
        return proven(parts, payloadType, key);
    }

    private record Parts(JsonNode json, byte[] payload, byte[] signature, String keyId) {}

    private static Parts parts(byte[] envelope, String payloadType) {
        try {
            JsonNode json = Json.one(envelope);
            if (!json.path("payloadType").asString("").equals(payloadType)) {
                throw new TrustException("the envelope holds something else than " + payloadType);
            }
            JsonNode first = json.path("signatures").path(0);
            return new Parts(
                    json,
                    Base64.getDecoder().decode(json.path("payload").asString("")),
                    Base64.getDecoder().decode(first.path("sig").asString("")),
                    first.path("keyid").asString(""));
        } catch (JacksonException | IllegalArgumentException e) {
            throw new TrustException(NOT_ONE, e);
        }
    }

    private static byte[] proven(Parts parts, String payloadType, NoteKey key) {
        if (!key.verifies(preAuthEncoding(payloadType, parts.payload), parts.signature)) {
            throw new TrustException("the envelope's signature is not good: its key did not sign this");
        }
        return parts.payload;
    }

    /** SHA-256 over the SubjectPublicKeyInfo, hex; what {@code sha256sum} says of the DER file. */
    static String keyId(NoteKey key) {
        String pem = key.pem();
        String base64 = pem.substring(pem.indexOf('\n') + 1, pem.indexOf("\n-----END"));
        return AtomicFiles.digest(Base64.getDecoder().decode(base64));
    }

    /** PAE: lengths in front of both parts, so that no two pairs encode alike. */
    private static byte[] preAuthEncoding(String type, byte[] payload) {
        byte[] head = ("DSSEv1 " + type.getBytes(StandardCharsets.UTF_8).length + " " + type + " " + payload.length
                        + " ")
                .getBytes(StandardCharsets.UTF_8);
        byte[] all = Arrays.copyOf(head, head.length + payload.length);
        System.arraycopy(payload, 0, all, head.length, payload.length);
        return all;
    }
}
