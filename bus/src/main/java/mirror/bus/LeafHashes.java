package mirror.bus;

import java.util.HexFormat;
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
        return (size, consumer) -> {
            long at = 1;
            while (at <= size) {
                var events = log.read(at, (int) Math.min(512, size - at + 1));
                if (events.isEmpty()) {
                    throw new BusException.Damaged("a checkpoint covers " + size + " events, but the log ends at "
                            + (at - 1) + "; run 'mirror verify'");
                }
                events.forEach(event -> consumer.accept(HexFormat.of().parseHex(event.hash())));
                at += events.size();
            }
        };
    }
}
