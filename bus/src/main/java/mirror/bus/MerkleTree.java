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

    void add(byte[] eventHash) {
        byte[] node = leaf(sha256, eventHash);
        for (long digits = size; (digits & 1) == 1; digits >>= 1) {
            node = parent(sha256, frontier.removeLast(), node);
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
            root = parent(sha256, frontier.get(i), root);
        }
        return root;
    }

    /** Hash of a leaf: the prefix 0 keeps it from ever being read as a node. */
    static byte[] leaf(MessageDigest sha256, byte[] data) {
        sha256.update((byte) 0);
        return sha256.digest(data);
    }

    /** Hash of a node over its two children. */
    static byte[] parent(MessageDigest sha256, byte[] left, byte[] right) {
        sha256.update((byte) 1);
        sha256.update(left);
        return sha256.digest(right);
    }
}
