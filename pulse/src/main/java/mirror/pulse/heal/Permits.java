package mirror.pulse.heal;

/** Whether a deed may be done. Whatever is unclear is a no. Thread-safe. */
public interface Permits {
    /** What may be done. */
    sealed interface Answer {
        /** @param lease under which */
        record Yes(String lease) implements Answer {}

        /** @param asked whether it waits for the owner's answer, which may come at any time */
        record No(String why, boolean asked) implements Answer {}
    }

    /** The kill switch and the lease. Takes microseconds and records nothing. */
    Answer look(Deed deed);

    /** These, and the gate's word; recorded, and durable when this returns. */
    Answer ask(Deed deed);

    /** What {@link #ask} would say, without recording or asking anything. */
    Answer rehearse(Deed deed);
}
