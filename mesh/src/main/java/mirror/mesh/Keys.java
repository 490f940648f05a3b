package mirror.mesh;

/**
 * The names in Redis that belong to one origin. docs/transport.md is the contract for other software.
 *
 * @param events stream of lines and checkpoints, written by the origin's device
 * @param wanted list of requests, written by receivers
 */
record Keys(String origin, String events, String wanted) {
    static final String LINE = "line";
    static final String NOTE = "note";
    static final String END = "end";

    static Keys of(String origin) {
        return new Keys(origin, "mirror:" + origin + ":events", "mirror:" + origin + ":wanted");
    }

    /** Stream of what one receiver asked for. */
    String answers(String receiver) {
        return "mirror:" + origin + ":answers:" + receiver;
    }

    /** Where something goes that stood under one of these names and is not ours. */
    static String aside(String key) {
        return key + ":aside";
    }
}
