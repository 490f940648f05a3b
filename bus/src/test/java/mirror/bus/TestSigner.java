package mirror.bus;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;

/** A throw-away device key. */
public final class TestSigner implements NoteSigner {
    private final KeyPair pair;

    public TestSigner() {
        try {
            pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private TestSigner(KeyPair pair) {
        this.pair = pair;
    }

    /** The key of RFC 8032, section 7.1, test 1: everybody has it, so that what it signs is the same everywhere. */
    public static TestSigner ofRfc8032() {
        HexFormat hex = HexFormat.of();
        try {
            KeyFactory keys = KeyFactory.getInstance("Ed25519");
            return new TestSigner(new KeyPair(
                    keys.generatePublic(new X509EncodedKeySpec(hex.parseHex("302a300506032b6570032100"
                            + "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))),
                    keys.generatePrivate(new PKCS8EncodedKeySpec(hex.parseHex("302e020100300506032b657004220420"
                            + "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")))));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public byte[] sign(byte[] message) {
        try {
            Signature ed25519 = Signature.getInstance("Ed25519");
            ed25519.initSign(pair.getPrivate());
            ed25519.update(message);
            return ed25519.sign();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public NoteKey key(String name) {
        return NoteKey.of(name, pair.getPublic());
    }
}
