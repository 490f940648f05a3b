package mirror.vault.triage;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Since when each entry looks as it does now. An entry counts as finished when it was the same at two looks that lie far enough apart;
 * one look says nothing, however old its times are, because a program may set those. Kept in memory: after a restart everything is
 * looked at twice again. Not thread-safe.
 */
final class Looks {
    private record Look(String stamp, Instant since) {}

    private final InstantSource clock;
    private final Map<Path, Look> looks = new HashMap<>();

    Looks(InstantSource clock) {
        this.clock = clock;
    }

    /** Takes note of how the entry looks now, and tells whether it has looked so for long enough. */
    boolean isSettled(Entry entry, Duration stable) {
        Instant now = clock.instant();
        Look before = looks.get(entry.path());
        // A clock that was put back begins anew, rather than never.
        if (before == null || !before.stamp.equals(entry.stamp()) || now.isBefore(before.since)) {
            looks.put(entry.path(), new Look(entry.stamp(), now));
            return false;
        }
        return !now.isBefore(before.since.plus(stable));
    }

    /** Forgets what is not there any more. */
    void retain(Set<Path> there) {
        looks.keySet().retainAll(there);
    }
}
