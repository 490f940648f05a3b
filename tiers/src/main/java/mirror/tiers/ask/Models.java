package mirror.tiers.ask;

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

    /** Why there is no answer. */
    enum Cause {
        /** The call ended without one; another one may do better. */
        FAILED,
        /** Mirror itself said no, by lease, gate or budget. Another call would hear the same. */
        REFUSED,
        /** Nobody waited for the call's end, so nobody knows what it will have used. */
        LEFT
    }

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
        record Absent(String why, Cause cause) implements Said {
            public Absent(String why) {
                this(why, Cause.FAILED);
            }
        }
    }
}
