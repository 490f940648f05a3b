package mirror.trust;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import mirror.bus.Json;

/** An authenticator and the browser around it, in which every part can be made wrong. */
final class TestAuthenticator {
    private final KeyPair pair;
    private final int algorithm;
    private final byte[] id;
    int count;
    int flags = 0x05;
    String rp = "localhost";
    String origin = "http://localhost:7717";
    String type = "";
    boolean crossOrigin;

    TestAuthenticator(int algorithm, String id) throws GeneralSecurityException {
        this.algorithm = algorithm;
        this.id = id.getBytes(StandardCharsets.UTF_8);
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm == WebAuthn.ES256 ? "EC" : "Ed25519");
        if (algorithm == WebAuthn.ES256) {
            generator.initialize(new ECGenParameterSpec("secp256r1"));
        }
        pair = generator.generateKeyPair();
    }

    static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private byte[] client(String kind, byte[] challenge) {
        return Json.MAPPER.writeValueAsBytes(Json.object()
                .put("type", type.isEmpty() ? kind : type)
                .put("challenge", base64(challenge))
                .put("origin", origin)
                .put("crossOrigin", crossOrigin));
    }

    private byte[] data(int more, byte[] rest) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(WebAuthn.sha256(rp.getBytes(StandardCharsets.UTF_8)));
        out.write(flags | more);
        out.writeBytes(ByteBuffer.allocate(4).putInt(count).array());
        out.writeBytes(rest);
        return out.toByteArray();
    }

    Passkeys.Attested create(String challenge) {
        ByteBuffer credential = ByteBuffer.allocate(16 + 2 + id.length + 3);
        credential.position(16);
        // What follows the id is the key in CBOR, which is not read.
        credential.putShort((short) id.length).put(id).put(new byte[] {1, 2, 3});
        return new Passkeys.Attested(
                base64(id),
                base64(client("webauthn.create", WebAuthn.decode(challenge))),
                base64(data(0x40, credential.array())),
                base64(pair.getPublic().getEncoded()),
                algorithm);
    }

    Passkeys.Assertion sign(byte[] challenge) throws GeneralSecurityException {
        byte[] client = client("webauthn.get", challenge);
        byte[] data = data(0, new byte[0]);
        Signature signer = Signature.getInstance(algorithm == WebAuthn.ES256 ? "SHA256withECDSA" : "Ed25519");
        signer.initSign(pair.getPrivate());
        signer.update(data);
        signer.update(WebAuthn.sha256(client));
        return new Passkeys.Assertion(base64(id), base64(client), base64(data), base64(signer.sign()));
    }
}
