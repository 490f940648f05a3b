package mirror.pulse.reap;

import java.util.List;
import java.util.Optional;

/** The processes of this machine. */
public interface ProcessTable {
    /** All of them, as far as they can be seen; empty where that is not known. */
    List<OsProcess> list();

    /** The key of the process that has this number now; empty when there is none, or it has ended. */
    Optional<String> key(long pid);

    /** Asks it to end, or ends it, should its key still be this one; the caller has looked at that a moment ago. */
    void signal(OsProcess process, boolean kill);
}
