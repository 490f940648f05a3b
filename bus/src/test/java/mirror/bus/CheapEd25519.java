package mirror.bus;

import java.io.Serial;
import java.security.Key;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import java.security.SignatureSpi;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for Ed25519 in tests that open logs by the hundred thousand: the JDK's takes almost a millisecond for each signature. This
 * one is SHA-512 over public key and message, 64 bytes as well, which any changed bit of key, message or signature breaks. What it lacks
 * is the secret, and in these tests nobody forges. Signatures themselves are tested with the real ones.
 */
final class CheapEd25519 extends Provider {
    @Serial
    private static final long serialVersionUID = 1;

    private static final String NAME = "CheapEd25519";

    private CheapEd25519(byte[] publicKey) {
        super(NAME, "1", "a stand-in for Ed25519, for tests");
        putService(new Service(this, "Signature", "Ed25519", Digest.class.getName(), List.of(), Map.of()) {
            @Override
            public Object newInstance(@Nullable Object parameter) {
                return new Digest(publicKey);
            }
        });
    }

    /** Puts it before the JDK's own until {@link #remove}; {@code signer} is then the only one that can sign. */
    static void install(NoteSigner signer) {
        Security.insertProviderAt(new CheapEd25519(signer.key("any").key()), 1);
    }

    static void remove() {
        Security.removeProvider(NAME);
    }

    private static final class Digest extends SignatureSpi {
        private final byte[] signerKey;
        private final MessageDigest sha512;

        Digest(byte[] signerKey) {
            this.signerKey = signerKey;
            try {
                sha512 = MessageDigest.getInstance("SHA-512");
            } catch (NoSuchAlgorithmException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        protected void engineInitVerify(PublicKey key) {
            begin(raw(key));
        }

        @Override
        protected void engineInitSign(PrivateKey key) {
            begin(signerKey);
        }

        private static byte[] raw(Key key) {
            byte[] encoded = key.getEncoded();
            return Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length);
        }

        private void begin(byte[] key) {
            sha512.reset();
            sha512.update(key);
        }

        @Override
        protected void engineUpdate(byte b) {
            sha512.update(b);
        }

        @Override
        protected void engineUpdate(byte[] bytes, int offset, int length) {
            sha512.update(bytes, offset, length);
        }

        @Override
        protected byte[] engineSign() {
            return sha512.digest();
        }

        @Override
        protected boolean engineVerify(byte[] signature) {
            return Arrays.equals(sha512.digest(), signature);
        }

        @Override
        @Deprecated
        protected void engineSetParameter(String name, Object value) {
            throw new UnsupportedOperationException();
        }

        @Override
        @Deprecated
        protected Object engineGetParameter(String name) {
            throw new UnsupportedOperationException();
        }
    }
}
