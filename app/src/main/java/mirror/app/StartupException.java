package mirror.app;

import java.io.Serial;

/** The daemon cannot start; the message is one sentence with what to do. */
final class StartupException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    StartupException(String message) {
        super(message);
    }
}
