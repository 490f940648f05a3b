package mirror.continuity;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One session of one client, as the events tell it.
 *
 * @param client the actor, such as {@code claude-code}
 * @param project absolute path of the project it works in
 * @param intent first prompt, shortened; empty before the first
 * @param answer the client's last message, shortened
 * @param first number of its first event
 * @param last number of its last event
 * @param opened id of the event that opened it
 * @param ended id of the event that ended it, or null while it runs
 * @param completed id of its accepted completion report, or null
 * @param error why its last turn broke off, such as {@code rate_limit}; empty when it did not
 * @param crystal path of its crystal in the vault, or null
 * @param crystallized number of the last event that the crystal covers
 * @param files files it changed, in order of first change
 */
public record Session(
        String id,
        String client,
        String project,
        Instant openedAt,
        Instant lastAt,
        String intent,
        String answer,
        int prompts,
        int actions,
        int failures,
        int denials,
        int compactions,
        long first,
        long last,
        String opened,
        @Nullable String ended,
        @Nullable String completed,
        String error,
        @Nullable String crystal,
        long crystallized,
        List<String> files) {
    public String state() {
        return ended == null ? "open" : "ended";
    }

    /** Whether it changed something, is over, and nobody said what came of it. */
    public boolean unreported() {
        return ended != null && completed == null && !files.isEmpty();
    }

    /** Last part of the project's path. */
    public String projectName() {
        return Projects.name(project);
    }
}
