package mirror.bus.organism;

/** How one delivery ended, as the organism says. */
public sealed interface Outcome {
    /** The event is dealt with; it is not delivered again, unless a crash loses the memory of it. */
    record Done() implements Outcome {}

    /** Not now. Tried again with backoff until {@link Retry#patience} is over; this does not use up an attempt. */
    record Later(String reason) implements Outcome {}

    /** It went wrong. Tried again with backoff until the attempts are used up, then a dead letter. */
    record Failed(String reason) implements Outcome {}

    /** It will never work: a dead letter at once. */
    record Dead(String reason) implements Outcome {}

    static Outcome done() {
        return new Done();
    }
}
