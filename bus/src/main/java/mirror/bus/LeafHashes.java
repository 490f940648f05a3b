package mirror.bus;

import java.util.function.Consumer;

/** The leaves of the Merkle tree, in order: what a proof is computed from. */
@FunctionalInterface
interface LeafHashes {
    /**
     * Hands the 32 raw hash bytes of events 1 … {@code size} to {@code consumer}, each proven against its stored line.
     *
     * @throws BusException when there are fewer, or a line does not prove
     */
    void walk(long size, Consumer<byte[]> consumer);

    /** The leaves of an open log. */
    static LeafHashes of(EventLog log) {
        return log::hashes;
    }
}
