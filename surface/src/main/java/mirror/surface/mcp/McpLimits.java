package mirror.surface.mcp;

import java.time.Duration;

/**
 * How much one endpoint may hold. Whatever a client does, memory stays within about
 * {@code maxSessions * (maxCallsPerSession + 1)} MiB plus the messages in flight; in practice a session costs a few kilobytes.
 *
 * @param maxSessions open sessions; the longest idle one makes room for a new one, and when all are busy a newcomer is refused
 * @param idle a session nobody used, listened to or computed in for this long is closed
 * @param maxMessageBytes the largest message accepted, in bytes of JSON
 * @param maxCallsPerSession requests of one session computed at once
 * @param requestTimeout how long a question to the client (sampling, elicitation, roots) may take; also how long calls still
 *     running are waited for after a stdio client closed its end
 * @param heartbeat a silent event stream gets a comment this often, which is what finds dead clients
 */
public record McpLimits(
        int maxSessions,
        Duration idle,
        int maxMessageBytes,
        int maxCallsPerSession,
        Duration requestTimeout,
        Duration heartbeat) {

    /** 64 sessions, an hour, 4 MiB, 32 calls, one minute, 25 seconds. */
    public static final McpLimits DEFAULT =
            new McpLimits(64, Duration.ofHours(1), 4 << 20, 32, Duration.ofMinutes(1), Duration.ofSeconds(25));

    public McpLimits {
        if (maxSessions < 1 || maxMessageBytes < 1 || maxCallsPerSession < 1) {
            throw new IllegalArgumentException("Limits must be positive");
        }
        if (!idle.isPositive() || !requestTimeout.isPositive() || !heartbeat.isPositive()) {
            throw new IllegalArgumentException("Durations must be positive");
        }
    }
}
