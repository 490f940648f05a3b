package mirror.tiers;

/**
 * A rule of a route: for which calls other models answer.
 *
 * @param id as receipts and the owner name it
 * @param when what must hold of a call
 * @param why the owner's words for it
 * @param to who answers then; its name is {@code ROUTE:ID}
 */
public record Rule(String id, Condition when, String why, Route to) {
    /** Whether nothing that it is for leaves the owner's machines: by its own word, or because nobody else is named. */
    public boolean staysLocal() {
        return to.localOnly()
                || to.candidates().stream()
                        .allMatch(candidate -> candidate.provider().local());
    }
}
