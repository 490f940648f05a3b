package mirror.surface.agent;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What an agent is to do.
 *
 * @param prompt the first turn of the person
 * @param cwd folder it works in
 * @param config the client's configuration folder where it is not the usual one
 * @param model the client's name for the model, or null for the client's choice
 * @param resume id of the session to go on with, or null for a new one
 * @param limit time after which it is ended
 */
public record Task(
        String prompt,
        Path cwd,
        @Nullable Path config,
        @Nullable String model,
        @Nullable String resume,
        Duration limit) {
    /** @throws IllegalArgumentException with a sentence when a value cannot be what it is for */
    public Task {
        if (prompt.isBlank()) {
            throw new IllegalArgumentException("the prompt is empty; say what the agent is to do");
        }
        // Both become arguments of the client: nothing that looks like an option, and nothing that it would have to
        // quote.
        if (model != null && !model.matches("[A-Za-z0-9][A-Za-z0-9._:/@\\[\\]-]{0,99}")) {
            throw new IllegalArgumentException("'" + model + "' is not the name of a model");
        }
        if (resume != null && !resume.matches("[A-Za-z0-9][A-Za-z0-9_-]{0,99}")) {
            throw new IllegalArgumentException("'" + resume + "' is not the id of a session");
        }
        if (limit.isNegative() || limit.isZero()) {
            throw new IllegalArgumentException("a run needs some time");
        }
    }
}
