package mirror.bus;

import java.security.DigestException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/**
 * The RFC 6962 Merkle tree over a run of events' hashes, kept as its frontier: the roots of the largest complete subtrees, from left
 * to right. A leaf's data is the event's 32 raw hash bytes. A tree that starts at leaf 0 has a root; one that starts later is a piece
 * that another thread made, to be {@linkplain #append appended} to the tree of everything before it. Adding is O(1) amortised, the
 * root O(log n), and memory is at most 126 hashes. Not thread-safe.
 */
final class MerkleTree {
    private static final int HASH = 32;

    /** The root of the complete subtree over the leaves {@code [index << level, (index + 1) << level)}. */
    private record Node(int level, long index, byte[] hash) {}

    private final MessageDigest sha256 = EventLine.sha256();
    private final byte[] leaf = new byte[1 + HASH];
    private final byte[] pair = new byte[1 + 2 * HASH];
    private final List<Node> frontier;
    private long size;

    MerkleTree() {
        this(0);
    }

    /** @param start number of leaves to the left that are not part of this piece */
    MerkleTree(long start) {
        this(start, List.of());
    }

    private MerkleTree(long size, List<Node> frontier) {
        this.size = size;
        this.frontier = new ArrayList<>(frontier);
        this.pair[0] = 1;
    }

    /** A tree from leaf 0 whose frontier is {@code hashes}, as {@link #frontier} gave them. */
    static MerkleTree restore(long size, List<byte[]> hashes) {
        if (Long.bitCount(size) != hashes.size()) {
            throw new IllegalArgumentException("a tree of " + size + " has " + Long.bitCount(size) + " subtrees");
        }
        MerkleTree tree = new MerkleTree();
        for (byte[] hash : hashes) {
            int level = 63 - Long.numberOfLeadingZeros(size - tree.size);
            tree.push(new Node(level, tree.size >> level, hash));
        }
        return tree;
    }

    void add(byte[] eventHash) {
        System.arraycopy(eventHash, 0, leaf, 1, HASH);
        sha256.update(leaf);
        push(new Node(0, size, sha256.digest()));
    }

    /** Adds a piece that starts where this tree ends. */
    void append(MerkleTree piece) {
        piece.frontier.forEach(this::push);
        if (size != piece.size) {
            throw new IllegalArgumentException("the piece does not start where the tree ends");
        }
    }

    private void push(Node node) {
        Node added = node;
        size += 1L << node.level;
        while (!frontier.isEmpty() && frontier.getLast().level == added.level && (added.index & 1) == 1) {
            Node left = frontier.removeLast();
            added = new Node(left.level + 1, left.index >> 1, parent(left.hash, added.hash));
        }
        frontier.add(added);
    }

    MerkleTree copy() {
        return new MerkleTree(size, frontier);
    }

    /** Leaves up to the end, those left of the start included. */
    long size() {
        return size;
    }

    List<byte[]> frontier() {
        return frontier.stream().map(Node::hash).toList();
    }

    byte[] root() {
        if (frontier.isEmpty()) {
            return sha256.digest();
        }
        byte[] root = frontier.getLast().hash;
        for (int i = frontier.size() - 2; i >= 0; i--) {
            root = parent(frontier.get(i).hash, root);
        }
        return root;
    }

    private byte[] parent(byte[] left, byte[] right) {
        System.arraycopy(left, 0, pair, 1, HASH);
        System.arraycopy(right, 0, pair, 1 + HASH, HASH);
        byte[] out = new byte[HASH];
        try {
            sha256.update(pair);
            sha256.digest(out, 0, HASH);
        } catch (DigestException e) {
            throw new AssertionError("the buffer holds a SHA-256", e);
        }
        return out;
    }
}
