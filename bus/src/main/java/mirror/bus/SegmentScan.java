package mirror.bus;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableSet;
import java.util.function.LongConsumer;
import mirror.bus.EventLine.Unproven;

/**
 * What one segment proves on its own, without regard to what stands before it: every line by its hash, each line's place by the line
 * before. Made on any thread; {@link ChainWalk} joins the scans in order. A scan that meets anything irregular stops there and says
 * so: to name what is wrong needs the context, and is the walk's work.
 *
 * @param regular whether all lines prove and follow each other
 * @param first number of the first event, 0 when the segment is empty
 * @param prev what the first line names as its predecessor's hash
 * @param head hash of the last line
 * @param ack highest number that a line of this segment says was durable
 * @param end bytes of plain text
 * @param tree the piece of the Merkle tree over these events
 * @param payloads what is stored outside, by the number of the event that names it
 * @param anchors the piece as it was at each size that was asked for
 */
record SegmentScan(
        Path file,
        boolean regular,
        long first,
        long count,
        byte[] prev,
        byte[] head,
        long ack,
        long end,
        MerkleTree tree,
        Map<Long, BlobRef> payloads,
        Map<Long, MerkleTree> anchors) {
    private static final byte[] NONE = new byte[0];

    static SegmentScan of(Storage storage, Path file, NavigableSet<Long> sizes, LongConsumer progress)
            throws IOException {
        LineProver prover = new LineProver();
        MerkleTree tree = new MerkleTree();
        Map<Long, MerkleTree> anchors = new HashMap<>();
        Map<Long, BlobRef> payloads = new HashMap<>();
        byte[] prev = NONE;
        long first = 0;
        long expected = 0;
        long ack = -1;
        long next = Long.MAX_VALUE;
        try (LineReader lines = new LineReader(Segment.open(storage, file), 0)) {
            long told = 0;
            while (lines.next()) {
                if (!lines.terminated()) {
                    return irregular(file);
                }
                prover.prove(lines.array(), lines.from(), lines.to());
                if (expected == 0) {
                    first = prover.seq();
                    expected = first;
                    prev = prover.prev();
                    tree = new MerkleTree(first - 1);
                    next = ceiling(sizes, first);
                } else if (!prover.continuesPrevious()) {
                    return irregular(file);
                }
                if (prover.seq() != expected) {
                    return irregular(file);
                }
                tree.add(prover.hash());
                BlobRef payload = prover.blob();
                if (payload != null) {
                    payloads.put(expected, payload);
                }
                ack = Math.max(ack, prover.ack());
                if (expected == next) {
                    anchors.put(next, tree.copy());
                    next = ceiling(sizes, next + 1);
                }
                expected++;
                if (lines.end() - told > PROGRESS_BYTES) {
                    progress.accept(lines.end() - told);
                    told = lines.end();
                }
            }
            progress.accept(lines.end() - told);
            return new SegmentScan(
                    file,
                    true,
                    first,
                    expected - first,
                    prev,
                    prover.hash(),
                    ack,
                    lines.end(),
                    tree,
                    payloads,
                    anchors);
        } catch (Unproven e) {
            return irregular(file);
        } catch (IOException e) {
            if (Segment.isCompressed(file)) {
                return irregular(file);
            }
            throw e;
        }
    }

    private static final long PROGRESS_BYTES = 4L * 1024 * 1024;

    private static long ceiling(NavigableSet<Long> sizes, long from) {
        Long size = sizes.ceiling(from);
        return size == null ? Long.MAX_VALUE : size;
    }

    private static SegmentScan irregular(Path file) {
        return new SegmentScan(file, false, 0, 0, NONE, NONE, -1, 0, new MerkleTree(), Map.of(), Map.of());
    }
}
