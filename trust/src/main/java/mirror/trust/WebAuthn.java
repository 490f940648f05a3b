package mirror.trust;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Set;
import mirror.bus.Json;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * What a browser's authenticator signed, checked as the relying party has to. Attestation is not asked for: who made an authenticator
 * is not known, and its key counts because the owner compared its fingerprint. Stateless; every method throws on what is not exactly
 * right.
 *
 * @see <a href="https://www.w3.org/TR/webauthn-2/">Web Authentication, level 2, sections 7.1 and 7.2</a>
 */
final class WebAuthn {
    /** COSE's numbers (RFC 9053) of the two algorithms. */
    static final int ES256 = -7;

    static final int EDDSA = -8;

    private static final int RP_HASH = 32;
    private static final int FIXED = RP_HASH + 1 + 4;
    private static final int AAGUID = 16;
    private static final int USER_PRESENT = 0x01;
    private static final int USER_VERIFIED = 0x04;
    private static final int HAS_CREDENTIAL = 0x40;
    private static final int HAS_EXTENSIONS = 0x80;
    private static final int P256 = 256;

    private WebAuthn() {}

    /**
     * Who may be asked, and where.
     *
     * @param rp host whose keys these are
     * @param origins of the pages that may ask
     */
    record Party(String rp, Set<String> origins) {}

    static byte[] decode(String base64url) {
        try {
            return Base64.getUrlDecoder().decode(base64url);
        } catch (IllegalArgumentException e) {
            throw new TrustException("the answer is not base64url", e);
        }
    }

    /** The challenge that a page says was signed; to be looked up, and not to be believed before the signature fits. */
    static byte[] challenge(byte[] clientData) {
        return decode(read(clientData).path("challenge").asString(""));
    }

    private static JsonNode read(byte[] clientData) {
        try {
            return Json.MAPPER.readTree(new String(clientData, StandardCharsets.UTF_8));
        } catch (JacksonException e) {
            throw new TrustException("the answer does not have the form of one", e);
        }
    }

    /** @throws TrustException when it is none of the two kinds */
    static PublicKey key(byte[] spki, int algorithm) {
        String kind = switch (algorithm) {
            case ES256 -> "EC";
            case EDDSA -> "Ed25519";
            default -> throw new TrustException("a passkey must be of ES256 or Ed25519, not of COSE's " + algorithm);
        };
        try {
            PublicKey key = KeyFactory.getInstance(kind).generatePublic(new X509EncodedKeySpec(spki));
            boolean fits = key instanceof ECPublicKey curve
                    ? curve.getParams().getCurve().getField().getFieldSize() == P256
                    : key instanceof EdECPublicKey;
            if (!fits || !Arrays.equals(key.getEncoded(), spki)) {
                throw new TrustException("the passkey's key is not one of its algorithm");
            }
            return key;
        } catch (GeneralSecurityException e) {
            throw new TrustException("the passkey's key is not one of its algorithm", e);
        }
    }

    /**
     * A new credential, as section 7.1 has it but for attestation.
     *
     * @param id of the credential, as the page says
     * @throws TrustException when anything does not fit
     */
    static void created(Party party, byte[] challenge, byte[] id, byte[] clientData, byte[] authenticator) {
        client(party, challenge, clientData, "webauthn.create");
        authenticator(party, authenticator, HAS_CREDENTIAL);
        ByteBuffer rest = ByteBuffer.wrap(authenticator, FIXED, authenticator.length - FIXED);
        if (rest.remaining() < AAGUID + 2) {
            throw new TrustException("the authenticator's data is cut off");
        }
        rest.position(rest.position() + AAGUID);
        byte[] known = new byte[Short.toUnsignedInt(rest.getShort())];
        if (known.length > rest.remaining()) {
            throw new TrustException("the authenticator's data is cut off");
        }
        rest.get(known);
        if (known.length == 0 || !Arrays.equals(known, id)) {
            throw new TrustException("the passkey is another one than the authenticator made");
        }
    }

    /**
     * An assertion, as section 7.2 has it.
     *
     * @param counted the signature counter of the last time
     * @return its counter now
     * @throws TrustException when anything does not fit
     */
    static long asserted(
            Party party,
            byte[] challenge,
            PublicKey key,
            long counted,
            byte[] clientData,
            byte[] authenticator,
            byte[] signature) {
        client(party, challenge, clientData, "webauthn.get");
        authenticator(party, authenticator, 0);
        try {
            Signature verifier = Signature.getInstance(key instanceof ECPublicKey ? "SHA256withECDSA" : "Ed25519");
            verifier.initVerify(key);
            verifier.update(authenticator);
            verifier.update(sha256(clientData));
            if (!verifier.verify(signature)) {
                throw new TrustException("the signature does not fit");
            }
        } catch (GeneralSecurityException e) {
            throw new TrustException("the signature does not fit", e);
        }
        long count = Integer.toUnsignedLong(ByteBuffer.wrap(authenticator).getInt(RP_HASH + 1));
        if ((count != 0 || counted != 0) && count <= counted) {
            throw new TrustException("the passkey's counter went back; there may be a copy of it");
        }
        return count;
    }

    private static void client(Party party, byte[] challenge, byte[] clientData, String type) {
        JsonNode client = read(clientData);
        if (!client.path("type").asString("").equals(type)) {
            throw new TrustException("the answer is of another kind than " + type);
        }
        if (!MessageDigest.isEqual(decode(client.path("challenge").asString("")), challenge)) {
            throw new TrustException("the answer is to another question");
        }
        if (!party.origins.contains(client.path("origin").asString(""))) {
            throw new TrustException("the answer was given on another page");
        }
        if (client.path("crossOrigin").asBoolean(false) || client.has("topOrigin")) {
            throw new TrustException("the answer was given in a page within another");
        }
    }

    /** @param must the flag that it must have of those that say what follows */
    private static void authenticator(Party party, byte[] data, int must) {
        if (data.length < FIXED
                || !MessageDigest.isEqual(
                        Arrays.copyOf(data, RP_HASH), sha256(party.rp.getBytes(StandardCharsets.UTF_8)))) {
            throw new TrustException("the answer is for another host");
        }
        int flags = data[RP_HASH];
        if ((flags & USER_PRESENT) == 0 || (flags & USER_VERIFIED) == 0) {
            throw new TrustException("the authenticator did not verify who answered");
        }
        if ((flags & HAS_CREDENTIAL) != must
                || (data.length == FIXED) != ((flags & (HAS_CREDENTIAL | HAS_EXTENSIONS)) == 0)) {
            throw new TrustException("the authenticator's data does not have the form of it");
        }
    }

    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
