package mirror.mesh;

import java.io.Serial;

/** The transport cannot go on for now; one sentence, without secrets. */
public final class TransportException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    TransportException(String message) {
        super(message);
    }
}
