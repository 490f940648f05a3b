package mirror.tiers.wire;

import java.io.IOException;
import java.util.Locale;

/** An exchange with an upstream that did not come to its end. The message is Mirror's own words and quotes nothing that was received. */
public final class WireException extends IOException {
    private static final long serialVersionUID = 1;

    /** How far it came. */
    public enum Kind {
        /** No connection: refused, unknown host, certificate not right, late. Nothing was sent. */
        CONNECT,
        /** The request could not be sent whole, and no answer came. */
        SEND,
        /** The connection ended before the first byte of an answer. */
        NO_ANSWER,
        /** The answer's head is not HTTP/1.1, or not within bounds. */
        HEAD,
        /** The answer, or the next part of it, did not come in time. */
        LATE,
        /** The body ended before its end. */
        TRUNCATED,
        /** More than may be held. */
        TOO_LARGE;

        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private final Kind kind;

    public WireException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    WireException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
