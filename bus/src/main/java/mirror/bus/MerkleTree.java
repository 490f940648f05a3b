package mirror.bus;

import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/**
 * The RFC 6962 Merkle tree over the events' hashes, kept as its frontier: the roots of the complete subtrees that the binary digits
 * of the size name, largest first. A leaf's data is the event's 32 raw hash bytes. Adding is O(1) amortised, the root O(log n), and
 * memory is at most 63 hashes. Not thread-safe.
 */
final class MerkleTree {
    private final MessageDigest sha256 = EventLine.sha256();
    private final List<byte[]> frontier = new ArrayList<>();
    private long size;

    /**
     * A tree that goes on where another stood.
     *
     * @param frontier as {@link #frontier()} gave it; as many nodes as {@code size} has binary ones
     */
    static MerkleTree of(long size, List<byte[]> frontier) {
        MerkleTree tree = new MerkleTree();
        tree.size = size;
        tree.frontier.addAll(frontier);
        return tree;
    }

    /** Roots of the complete subtrees, largest first: all that is needed to go on. */
    List<byte[]> frontier() {
        return List.copyOf(frontier);
    }

    void add(byte[] eventHash) {
        sha256.update((byte) 0);
        byte[] node = sha256.digest(eventHash);
        for (long digits = size; (digits & 1) == 1; digits >>= 1) {
            node = parent(frontier.removeLast(), node);
        }
        frontier.add(node);
        size++;
    }

    long size() {
        return size;
    }

    byte[] root() {
        if (frontier.isEmpty()) {
            return sha256.digest();
        }
        byte[] root = frontier.getLast();
        for (int i = frontier.size() - 2; i >= 0; i--) {
            root = parent(frontier.get(i), root);
        }
        return root;
    }

    private byte[] parent(byte[] left, byte[] right) {
        sha256.update((byte) 1);
        sha256.update(left);
        return sha256.digest(right);
    }
}
