package mirror.bus;

import java.io.ByteArrayOutputStream;
import java.io.Serial;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.security.SignatureException;
import java.security.SignatureSpi;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's Ed25519 with a memory. Signing and verifying are pure functions that take almost a millisecond; a test that opens a
 * hundred thousand logs with the same few checkpoints would spend minutes in them. Each distinct question is still answered by the
 * JDK, once.
 */
final class MemoEd25519 extends Provider {
    @Serial
    private static final long serialVersionUID = 1;

    private static final String NAME = "MemoEd25519";

    private record Question(
            Key key, String message, @Nullable String signature) {
        static String text(byte[] bytes) {
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }

        static byte[] bytes(String text) {
            return text.getBytes(StandardCharsets.ISO_8859_1);
        }
    }

    private MemoEd25519() {
        super(NAME, "1", "Ed25519 with a memory, for tests");
        Map<Question, Object> answers = new ConcurrentHashMap<>();
        putService(new Service(this, "Signature", "Ed25519", Memo.class.getName(), List.of(), Map.of()) {
            @Override
            public Object newInstance(@Nullable Object parameter) {
                return new Memo(answers);
            }
        });
    }

    /** Puts it before the JDK's own until {@link #remove}. */
    static void install() {
        Security.insertProviderAt(new MemoEd25519(), 1);
    }

    static void remove() {
        Security.removeProvider(NAME);
    }

    private static final class Memo extends SignatureSpi {
        private final Map<Question, Object> answers;
        private final ByteArrayOutputStream message = new ByteArrayOutputStream();
        private @Nullable Key key;

        Memo(Map<Question, Object> answers) {
            this.answers = answers;
        }

        @Override
        protected void engineInitVerify(PublicKey publicKey) {
            key = publicKey;
        }

        @Override
        protected void engineInitSign(PrivateKey privateKey) {
            key = privateKey;
        }

        @Override
        protected void engineUpdate(byte b) {
            message.write(b);
        }

        @Override
        protected void engineUpdate(byte[] bytes, int offset, int length) {
            message.write(bytes, offset, length);
        }

        private Question question(byte @Nullable [] signature) {
            if (key == null) {
                throw new IllegalStateException("no key");
            }
            String asked = Question.text(message.toByteArray());
            message.reset();
            return new Question(key, asked, signature == null ? null : Question.text(signature));
        }

        @Override
        protected byte[] engineSign() throws SignatureException {
            return ((byte[]) answer(question(null))).clone();
        }

        @Override
        protected boolean engineVerify(byte[] signature) throws SignatureException {
            return (Boolean) answer(question(signature));
        }

        private Object answer(Question question) throws SignatureException {
            Object known = answers.get(question);
            if (known == null) {
                known = compute(question);
                answers.put(question, known);
            }
            return known;
        }

        private static Object compute(Question question) throws SignatureException {
            try {
                Signature ed25519 = Signature.getInstance("Ed25519", "SunEC");
                if (question.signature == null) {
                    ed25519.initSign((PrivateKey) question.key);
                    ed25519.update(Question.bytes(question.message));
                    return ed25519.sign();
                }
                ed25519.initVerify((PublicKey) question.key);
                ed25519.update(Question.bytes(question.message));
                return verify(ed25519, Question.bytes(question.signature));
            } catch (SignatureException e) {
                throw e;
            } catch (GeneralSecurityException e) {
                throw new AssertionError(e);
            }
        }

        /** The JDK throws for a signature that is not even well-formed; callers take both for no. */
        private static boolean verify(Signature ed25519, byte[] signature) {
            try {
                return ed25519.verify(signature);
            } catch (SignatureException e) {
                return false;
            }
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
