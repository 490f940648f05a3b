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

/**
 * Dead Simple Signing Envelope, protocol 1.0.2: a payload, its type, and one Ed25519 signature over both. An envelope has one
 * spelling: {@link #open} refuses whatever {@link #sign} would not have written in the same bytes, so that no byte of a file is
 * without a guardian. Stateless.
 *
 * @see <a href="https://github.com/secure-systems-lab/dsse">the specification</a>
 */
final class Dsse {
    /** The type of every in-toto Statement. */
    static final String STATEMENT = "application/vnd.in-toto+json";

    private static final String NOT_ONE = "the signature file is not a DSSE envelope";

    private Dsse() {}

    /** What was signed, and whose signature it is. */
    record Opened(byte[] payload, NoteKey key) {}

    static String sign(String payloadType, byte[] payload, DeviceKey key) {
        return text(payloadType, payload, key.keyId(), key.sign(preAuthEncoding(payloadType, payload)));
    }

    private static String text(String payloadType, byte[] payload, String keyId, byte[] signature) {
        var envelope = Json.object()
                .put("payloadType", payloadType)
                .put("payload", Base64.getEncoder().encodeToString(payload));
        envelope.putArray("signatures")
                .addObject()
                .put("keyid", keyId)
                .put("sig", Base64.getEncoder().encodeToString(signature));
        return Json.MAPPER.writeValueAsString(envelope) + "\n";
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
        byte[] payload;
        byte[] signature;
        String keyId;
        try {
            JsonNode json = Json.MAPPER.readTree(envelope);
            if (!json.path("payloadType").asString("").equals(payloadType)) {
                throw new TrustException("the envelope holds something else than " + payloadType);
            }
            payload = Base64.getDecoder().decode(json.path("payload").asString(""));
            JsonNode first = json.path("signatures").path(0);
            signature = Base64.getDecoder().decode(first.path("sig").asString(""));
            keyId = first.path("keyid").asString("");
        } catch (JacksonException | IllegalArgumentException e) {
            throw new TrustException(NOT_ONE, e);
        }
        if (!Arrays.equals(text(payloadType, payload, keyId, signature).getBytes(StandardCharsets.UTF_8), envelope)) {
            throw new TrustException(NOT_ONE + " in the one form that Mirror writes");
        }
        NoteKey key = keys.stream()
                .filter(one -> keyId(one).equals(keyId))
                .findFirst()
                .orElseThrow(() -> new TrustException("the envelope is not signed by a key that is trusted for this"));
        if (!key.verifies(preAuthEncoding(payloadType, payload), signature)) {
            throw new TrustException("the envelope's signature is not good: its key did not sign this");
        }
        return new Opened(payload, key);
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
