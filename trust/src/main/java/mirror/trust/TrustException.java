package mirror.trust;

import java.io.Serial;

/** Something that trust rests on is missing or does not hold; the message says what, where, and what to do. */
public final class TrustException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    public TrustException(String message) {
        super(message);
    }

    public TrustException(String message, Throwable cause) {
        super(message, cause);
    }
}
