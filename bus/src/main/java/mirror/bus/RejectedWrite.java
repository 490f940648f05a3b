package mirror.bus;

import java.io.IOException;
import java.io.Serial;
import java.util.Locale;

/** A file was not written; the message says which, why, and what to do. It is in the rejection log too, with the reason. */
public final class RejectedWrite extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    /** Why; the name in lower case with dashes is what logs say. */
    public enum Reason {
        /** A folder stands at the target. */
        FOLDER,
        /** A device, a pipe or a socket stands at the target. */
        NOT_A_FILE,
        /** The target is a link that leads nowhere. */
        DANGLING_LINK,
        /** The target leaves the folder it must lie in, through a link or {@code ..}. */
        OUTSIDE,
        /** Others than the owner would get rights that they do not have now. */
        MODE_WIDENS,
        /** Another version stands there than the caller expected. */
        STALE,
        /** Others write to the file faster than Mirror can look. */
        CHANGING,
        /** The disk gave back other bytes than were written. */
        READ_BACK,
        DISK_FULL,
        /** Any other error of the disk. */
        DISK,
        /** The file's backup chain is damaged, so that the old bytes could not be kept. */
        CHAIN_DAMAGED;

        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private final Reason reason;

    RejectedWrite(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    RejectedWrite(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
