package mirror.trust;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Set;
import mirror.bus.AtomicFiles;
import mirror.bus.NoteKey;
import mirror.bus.NoteSigner;

/**
 * The Ed25519 key that makes this device who it is: it signs the log's checkpoints and the policy. Stored as PKCS #8 and
 * SubjectPublicKeyInfo PEM (RFC 8410) in {@code keys/device.key}, for the owner alone; a file that others may read is refused.
 * Thread-safe.
 */
public final class DeviceKey implements NoteSigner {
    private static final String PRIVATE = "PRIVATE KEY";
    private static final String PUBLIC = "PUBLIC KEY";
    private static final Set<PosixFilePermission> OTHERS = EnumSet.complementOf(EnumSet.of(
            PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_EXECUTE));

    private final PrivateKey privateKey;
    private final PublicKey publicKey;

    private DeviceKey(PrivateKey privateKey, PublicKey publicKey) {
        this.privateKey = privateKey;
        this.publicKey = publicKey;
    }

    /** Makes a new key and stores it; an existing file is never replaced. */
    public static DeviceKey create(Path file) throws IOException {
        if (Files.exists(file)) {
            throw new TrustException(file + " exists already; a device key is never replaced");
        }
        try {
            var pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
            AtomicFiles.write(
                    file,
                    pem(PRIVATE, pair.getPrivate().getEncoded())
                            + pem(PUBLIC, pair.getPublic().getEncoded()));
            return new DeviceKey(pair.getPrivate(), pair.getPublic());
        } catch (GeneralSecurityException e) {
            throw new TrustException("this JDK cannot make an Ed25519 key: " + e.getMessage(), e);
        }
    }

    public static DeviceKey load(Path file) throws IOException {
        Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
        if (mode.stream().anyMatch(OTHERS::contains)) {
            throw new TrustException("others may read the device key (" + PosixFilePermissions.toString(mode)
                    + "); run: chmod 600 " + file);
        }
        String text = Files.readString(file);
        try {
            KeyFactory factory = KeyFactory.getInstance("Ed25519");
            DeviceKey key = new DeviceKey(
                    factory.generatePrivate(new PKCS8EncodedKeySpec(unpem(PRIVATE, text))),
                    factory.generatePublic(new X509EncodedKeySpec(unpem(PUBLIC, text))));
            byte[] probe = {1, 2, 3};
            if (!key.key("probe").verifies(probe, key.sign(probe))) {
                throw new TrustException(
                        "the two halves of " + file + " do not belong together; restore it from a backup");
            }
            return key;
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new TrustException(file + " is not a device key; restore it from a backup", e);
        }
    }

    private static String pem(String label, byte[] der) {
        return "-----BEGIN " + label + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + label + "-----\n";
    }

    private static byte[] unpem(String label, String text) {
        String open = "-----BEGIN " + label + "-----";
        int from = text.indexOf(open);
        int to = text.indexOf("-----END " + label + "-----");
        if (from < 0 || to < from) {
            throw new IllegalArgumentException("no " + label);
        }
        return Base64.getMimeDecoder().decode(text.substring(from + open.length(), to));
    }

    @Override
    public byte[] sign(byte[] message) {
        try {
            Signature ed25519 = Signature.getInstance("Ed25519");
            ed25519.initSign(privateKey);
            ed25519.update(message);
            return ed25519.sign();
        } catch (GeneralSecurityException e) {
            throw new TrustException("the device key cannot sign: " + e.getMessage(), e);
        }
    }

    @Override
    public NoteKey key(String name) {
        return NoteKey.of(name, publicKey);
    }

    /** First 8 hex digits of SHA-256 over the raw public key; part of the origin's name, which no other key can claim. */
    public String shortId() {
        return AtomicFiles.digest(key("k").key()).substring(0, 8);
    }

    /** SHA-256 over the SubjectPublicKeyInfo, hex; the key id in DSSE signatures. */
    String keyId() {
        return AtomicFiles.digest(publicKey.getEncoded());
    }
}
