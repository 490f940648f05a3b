package mirror.pulse.heal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import mirror.pulse.check.Finding;
import mirror.trust.Effect;

/** Something that mends. Doing it again does nothing worse than doing it once. Thread-safe. */
public interface Fix {
    /** What there is to be done about something that was found wrong. */
    sealed interface Plan {
        /** It is none of this fix's business. */
        record Nothing() implements Plan {}

        /** It would be, but that is not for Mirror to do: the owner has to hear of it. */
        record Ask(String why) implements Plan {}

        /**
         * @param does in words, for the owner and the gate
         * @param needs what a lease has to allow
         * @param work does it
         */
        record Do(String does, List<String> needs, List<Effect> effects, Path cwd, Work work) implements Plan {}
    }

    /** Does what was planned. */
    @FunctionalInterface
    interface Work {
        /**
         * @return what was done, in words
         * @throws IOException what kept it from being done; then things are as they were, or nearly
         */
        String run() throws IOException, InterruptedException;
    }

    /** What it is for, in words. */
    String does();

    /**
     * Finds out what to do, and does nothing.
     *
     * @param check id of what was found wrong
     */
    Plan plan(String check, Finding finding) throws IOException;
}
