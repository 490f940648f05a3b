package mirror.tiers.council;

/** The models that are asked. Thread-safe. */
public interface Models {
    /**
     * Asks one.
     *
     * @param member its name in {@code tiers.yaml}
     * @param text all that it is told
     * @return its answer, or why there is none; never fails and never takes much longer than a member may
     */
    Said ask(String member, String text);

    /** What came of a question. */
    sealed interface Said {
        /**
         * It answered.
         *
         * @param in tokens read, as its provider reports them; 0 when it does not
         * @param out tokens written
         */
        record Answer(String text, long in, long out) implements Said {}

        /** @param why half a sentence */
        record Absent(String why) implements Said {}
    }
}
