package mirror.pulse.supervise;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a service is.
 *
 * @param phase where it is in its life
 * @param settled whether it has been ready for its stable time
 * @param reason why it is not simply ready, in one sentence; empty when there is nothing to say
 * @param critical whether Mirror is unhealthy while it is not ready
 * @param wanted whether it is to run
 * @param does what is run
 * @param pid of its main process; 0 when there is none, or none that can be seen from here
 * @param run number of its last start; 0 when it was never started
 * @param since when that start was, or null
 * @param next when something is done about it by itself, or null: the end of a delay or of a quarantine
 * @param failures within the policy's window
 * @param lastExit how its process ended last, or null when that never happened under this daemon
 * @param lastExitAt when that was
 * @param ready what the last look for readiness found
 * @param live what the last look for life found
 */
public record ServiceStatus(
        String name,
        Phase phase,
        boolean settled,
        String reason,
        boolean critical,
        boolean wanted,
        List<String> needs,
        String does,
        long pid,
        int run,
        @Nullable Instant since,
        @Nullable Instant next,
        int failures,
        @Nullable Ending lastExit,
        @Nullable Instant lastExitAt,
        Look ready,
        Look live) {
    /**
     * What a probe found last. One that was never run found out nothing: that is {@code unknown}, and not good.
     *
     * @param state {@code works}, {@code fails} or {@code unknown}
     * @param at null when it was never run
     */
    public record Look(
            String state, String detail, @Nullable Instant at) {
        static final Look NEVER = new Look("unknown", "not looked at yet", null);
        static final Look NONE = new Look("unknown", "no such probe", null);
    }
}
