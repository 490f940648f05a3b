package mirror.surface.cli;

import java.io.IOException;

/** Where a command writes. Text is held back until {@link #flush} or the end, so that an error can still change the exit code. */
public interface Out {
    void print(String text);

    default void line(String text) {
        print(text + "\n");
    }

    /**
     * Sends what was printed so far; for commands that follow something.
     *
     * @throws IOException when the caller is gone
     */
    void flush() throws IOException;

    /** Asks the person on the terminal; on yes the launcher calls again with {@code --yes}. */
    void confirm(String question);
}
