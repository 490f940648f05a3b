package mirror.bus;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;

/**
 * A named Ed25519 public key as C2SP signed-note knows it. Its text form, the verifier key, is
 * {@code <name>+<key id, 8 hex>+<base64 of 0x01 and the 32 key bytes>}.
 *
 * @param name non-empty, without white space or {@code +}; the log's origin
 * @param key 32 raw bytes (RFC 8032)
 * @see <a href="https://c2sp.org/signed-note">c2sp.org/signed-note</a>
 */
public record NoteKey(String name, byte[] key) {
    private static final byte ED25519 = 1;
    private static final int KEY_LENGTH = 32;
    /** DER of a SubjectPublicKeyInfo for Ed25519 (RFC 8410) up to the key bytes. */
    private static final byte[] SPKI = HexFormat.of().parseHex("302a300506032b6570032100");

    public NoteKey {
        if (key.length != KEY_LENGTH) {
            throw new IllegalArgumentException("an Ed25519 public key has 32 bytes, not " + key.length);
        }
        if (name.isEmpty() || name.chars().anyMatch(c -> c == '+' || Character.isWhitespace(c))) {
            throw new IllegalArgumentException("a note key's name is not empty and has no white space or '+'");
        }
    }

    public static NoteKey of(String name, PublicKey key) {
        byte[] encoded = key.getEncoded();
        return new NoteKey(name, Arrays.copyOfRange(encoded, encoded.length - KEY_LENGTH, encoded.length));
    }

    /** Reads a verifier key; the key id must fit. */
    public static NoteKey parse(String text) {
        String[] parts = text.strip().split("\\+", 3);
        if (parts.length == 3) {
            byte[] typed = decode(parts[2]);
            if (typed.length == KEY_LENGTH + 1 && typed[0] == ED25519) {
                NoteKey key = new NoteKey(parts[0], Arrays.copyOfRange(typed, 1, typed.length));
                if (HexFormat.of().formatHex(key.id()).equals(parts[1])) {
                    return key;
                }
            }
        }
        throw new BusException("'" + text.strip() + "' is not an Ed25519 verifier key (name+id+base64)");
    }

    private static byte[] decode(String base64) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }

    /** The first four bytes of SHA-256 over name, line feed, algorithm and key. */
    byte[] id() {
        MessageDigest sha256 = EventLine.sha256();
        sha256.update((name + "\n").getBytes(StandardCharsets.UTF_8));
        sha256.update(ED25519);
        return Arrays.copyOf(sha256.digest(key), 4);
    }

    public String verifierKey() {
        byte[] typed = new byte[KEY_LENGTH + 1];
        typed[0] = ED25519;
        System.arraycopy(key, 0, typed, 1, KEY_LENGTH);
        return name + "+" + HexFormat.of().formatHex(id()) + "+"
                + Base64.getEncoder().encodeToString(typed);
    }

    /** PEM of the SubjectPublicKeyInfo, for OpenSSL. */
    public String pem() {
        byte[] der = Arrays.copyOf(SPKI, SPKI.length + KEY_LENGTH);
        System.arraycopy(key, 0, der, SPKI.length, KEY_LENGTH);
        return "-----BEGIN PUBLIC KEY-----\n" + Base64.getEncoder().encodeToString(der)
                + "\n-----END PUBLIC KEY-----\n";
    }

    public boolean verifies(byte[] message, byte[] signature) {
        try {
            byte[] der = Arrays.copyOf(SPKI, SPKI.length + KEY_LENGTH);
            System.arraycopy(key, 0, der, SPKI.length, KEY_LENGTH);
            Signature ed25519 = Signature.getInstance("Ed25519");
            ed25519.initVerify(KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(der)));
            ed25519.update(message);
            return ed25519.verify(signature);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NoteKey that && name.equals(that.name) && Arrays.equals(key, that.key);
    }

    @Override
    public int hashCode() {
        return name.hashCode() * 31 + Arrays.hashCode(key);
    }

    @Override
    public String toString() {
        return verifierKey();
    }
}
