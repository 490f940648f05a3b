package mirror.bus;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Makes the proofs that outsiders check. It proves nothing that it did not verify: the line is read and hashed again, so is every
 * leaf of the tree, the root must be the signed one, and the finished proof passes the same check that its receiver will do.
 * Thread-safe.
 */
public final class Prover {
    private final EventLog log;
    private final Path file;
    private final Storage storage;
    private final NoteKey key;

    /** @param key the key that signed the log's checkpoints */
    public Prover(Home home, EventLog log, Storage storage, NoteKey key) {
        this.log = log;
        this.file = home.chain(log.origin()).resolve("checkpoints");
        this.storage = storage;
        this.key = key;
    }

    /**
     * Proves that event {@code seq} is in the log, under the first checkpoint that covers it; so the same event always gives the
     * same proof. An event too young for one gets a checkpoint now. O(size of the tree).
     *
     * @throws BusException when there is no such event, no checkpoint covers it and none can be signed, or the stored log is not
     *     what was signed
     */
    public TlogProof prove(long seq) {
        List<Event> found = seq < 1 ? List.of() : log.read(seq, 1);
        if (found.isEmpty()) {
            throw new BusException("there is no event " + seq + "; the log ends at " + log.durable());
        }
        Checkpoint checkpoint = covering(seq).orElseGet(() -> signed(seq));
        InclusionProof inclusion = InclusionProof.compute(seq - 1, checkpoint.size(), LeafHashes.of(log));
        Event event = found.getFirst();
        if (!Arrays.equals(inclusion.root(HexFormat.of().parseHex(event.hash())), checkpoint.root())) {
            throw new BusException.Damaged("the history up to event " + checkpoint.size()
                    + " is not the one that its checkpoint signed; run 'mirror verify'");
        }
        TlogProof proof = new TlogProof(event.line().getBytes(StandardCharsets.UTF_8), inclusion, checkpoint);
        proof.check(key);
        return proof;
    }

    /** Has a checkpoint signed now, for an event that is younger than the last one. */
    private Checkpoint signed(long seq) {
        String reason = "the disk may be full";
        try {
            log.checkpointNow();
        } catch (BusException.NotDurable e) {
            reason = String.valueOf(e.getMessage());
        }
        String why = reason;
        return covering(seq)
                .orElseThrow(
                        () -> new BusException("no checkpoint covers event " + seq + " yet and none can be signed now ("
                                + why + "); let the daemon run ('mirror boot') and try again"));
    }

    private Optional<Checkpoint> covering(long seq) {
        try {
            if (!storage.exists(file)) {
                return Optional.empty();
            }
            return Checkpoint.parse(ChainWalk.readAll(storage, file, 0)).checkpoints().stream()
                    .filter(checkpoint ->
                            checkpoint.size() >= seq && checkpoint.origin().equals(log.origin()))
                    .sorted(Comparator.comparingLong(Checkpoint::size))
                    // One signature costs a millisecond, so only as many are looked at as need be.
                    .filter(checkpoint -> checkpoint.signedBy(key))
                    .findFirst();
        } catch (IOException e) {
            throw new BusException(file + " cannot be read: " + e.getMessage(), e);
        }
    }
}
