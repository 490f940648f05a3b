package mirror.bus;

import java.io.Serial;

/** The bus could not do what was asked; the message says what happened, where, and what to do. */
public class BusException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    public BusException(String message) {
        super(message);
    }

    public BusException(String message, Throwable cause) {
        super(message, cause);
    }

    /** The chain on disk is not what was written; nothing may be appended until the owner has decided what to do. */
    public static final class Damaged extends BusException {
        @Serial
        private static final long serialVersionUID = 1;

        public Damaged(String message) {
            super(message);
        }
    }

    /** The event is not durable: the disk refused it, or an earlier flush failed and the log accepts nothing more. */
    public static final class NotDurable extends BusException {
        @Serial
        private static final long serialVersionUID = 1;

        public NotDurable(String message) {
            super(message);
        }

        public NotDurable(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
