package mirror.tiers.council;

/** What stands somewhere that no model wrote. Thread-safe. */
public interface Evidence {
    Finding look(String claim);

    /** What it says to a claim. */
    enum Word {
        /** A sentence says it. */
        SUPPORTED,
        /** A sentence says the same of another number, or the opposite. */
        CONTRADICTED,
        /** Nothing does either. */
        NONE,
        /** Nobody could look. */
        UNKNOWN
    }

    /** @param place of the sentence: path, lines and the start of the note's digest; empty without one */
    record Finding(Word word, String place) {
        static final Finding NONE = new Finding(Word.NONE, "");
        static final Finding UNKNOWN = new Finding(Word.UNKNOWN, "");
    }
}
