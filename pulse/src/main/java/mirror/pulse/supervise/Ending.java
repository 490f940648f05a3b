package mirror.pulse.supervise;

import org.jspecify.annotations.Nullable;

/**
 * How a process ended, as far as it can be told.
 *
 * @param code its exit code, or null when a signal ended it or it is not known
 * @param signal name of the signal without SIG, or null
 * @param memory {@code yes} when the system ended it for want of memory, {@code no}, or {@code unknown}
 */
public record Ending(@Nullable Integer code, @Nullable String signal, String memory) {
    static final Ending UNKNOWN = new Ending(null, null, "unknown");

    /** Sentence for people. */
    public String text() {
        String how = signal != null ? "SIG" + signal : code != null ? "exit code " + code : "its exit code is unknown";
        return memory.equals("yes") ? how + ", killed for memory" : how;
    }
}
