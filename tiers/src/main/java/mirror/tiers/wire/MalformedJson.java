package mirror.tiers.wire;

/** Bytes that are not the JSON they should be. The message says what is wrong and at which byte, and quotes nothing of them. */
public final class MalformedJson extends RuntimeException {
    private static final long serialVersionUID = 1;

    MalformedJson(String message) {
        super(message);
    }

    MalformedJson(String what, int at) {
        super(what + " at byte " + at);
    }
}
