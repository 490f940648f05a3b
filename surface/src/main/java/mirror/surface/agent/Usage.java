package mirror.surface.agent;

/**
 * Tokens of a model.
 *
 * @param input read by it, what came from its cache not among them
 * @param cached read from its cache
 * @param output written by it
 */
public record Usage(long input, long cached, long output) {
    public static final Usage NONE = new Usage(0, 0, 0);

    public Usage plus(Usage more) {
        return new Usage(input + more.input, cached + more.cached, output + more.output);
    }

    /** What of this is more than in {@code less}; nothing below zero. */
    Usage minus(Usage less) {
        return new Usage(
                Math.max(0, input - less.input), Math.max(0, cached - less.cached), Math.max(0, output - less.output));
    }

    /** What budgets count. */
    public long total() {
        return input + cached + output;
    }
}
