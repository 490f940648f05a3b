package mirror.trust;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Dead Simple Signing Envelope, protocol 1.0.2: a payload, its type, and Ed25519 signatures over both.
 *
 * @see <a href="https://github.com/secure-systems-lab/dsse">the specification</a>
 */
final class Dsse {
    private Dsse() {}

    static String sign(String payloadType, byte[] payload, DeviceKey key) {
        var envelope = Json.object()
                .put("payloadType", payloadType)
                .put("payload", Base64.getEncoder().encodeToString(payload));
        envelope.putArray("signatures")
                .addObject()
                .put("keyid", key.keyId())
                .put("sig", Base64.getEncoder().encodeToString(key.sign(preAuthEncoding(payloadType, payload))));
        return Json.MAPPER.writeValueAsString(envelope) + "\n";
    }

    /**
     * The payload, when {@code key} signed it as {@code payloadType}.
     *
     * @throws TrustException when it is no envelope, of another type, or not signed by the key
     */
    static byte[] open(String envelope, String payloadType, DeviceKey key) {
        return open(envelope, payloadType, key.key("dsse"), "this device's key");
    }

    /** @param who whose key it is, for the message */
    static byte[] open(String envelope, String payloadType, NoteKey key, String who) {
        try {
            JsonNode json = Json.MAPPER.readTree(envelope);
            byte[] payload = decode(json.path("payload").asString());
            if (!json.path("payloadType").asString().equals(payloadType)) {
                throw new TrustException("the envelope holds " + json.path("payloadType") + ", not " + payloadType);
            }
            byte[] signed = preAuthEncoding(payloadType, payload);
            for (JsonNode signature : json.path("signatures")) {
                byte[] sig = decode(signature.path("sig").asString());
                if (key.verifies(signed, sig)) {
                    return payload;
                }
            }
        } catch (JacksonException | IllegalArgumentException e) {
            throw new TrustException("the signature file is not a DSSE envelope", e);
        }
        throw new TrustException("no signature in the envelope is by " + who);
    }

    /** One sequence of bytes has one spelling: bits that the JDK's decoder would ignore are refused. */
    private static byte[] decode(String base64) {
        byte[] bytes = Base64.getDecoder().decode(base64);
        if (!Base64.getEncoder().encodeToString(bytes).equals(base64)) {
            throw new IllegalArgumentException("not canonical base64");
        }
        return bytes;
    }

    /** PAE: lengths in front of both parts, so that no two pairs encode alike. */
    private static byte[] preAuthEncoding(String type, byte[] payload) {
        byte[] head = ("DSSEv1 " + type.getBytes(StandardCharsets.UTF_8).length + " " + type + " " + payload.length
                        + " ")
                .getBytes(StandardCharsets.UTF_8);
        byte[] all = java.util.Arrays.copyOf(head, head.length + payload.length);
        System.arraycopy(payload, 0, all, head.length, payload.length);
        return all;
    }
}
