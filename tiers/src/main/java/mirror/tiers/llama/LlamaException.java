package mirror.tiers.llama;

/** Why a model in this process does not answer, in one sentence for the owner. */
public final class LlamaException extends Exception {
    private static final long serialVersionUID = 1;

    /** Who can do something about it. */
    public enum Kind {
        /** The request. */
        REQUEST,
        /** The owner: the file, the library or tiers.yaml. */
        MODEL,
        /** Nobody; later it may go. */
        BUSY
    }

    private final Kind kind;

    LlamaException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    Kind kind() {
        return kind;
    }
}
