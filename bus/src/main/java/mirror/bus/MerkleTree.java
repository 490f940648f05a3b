package mirror.bus;

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
    /** The root of the complete subtree over the leaves {@code [index << level, (index + 1) << level)}. */
    private record Node(int level, long index, byte[] hash) {}

    private final MessageDigest sha256 = EventLine.sha256();
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
        push(new Node(0, size, leaf(sha256, eventHash)));
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
            added = new Node(left.level + 1, left.index >> 1, parent(sha256, left.hash, added.hash));
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
            root = parent(sha256, frontier.get(i).hash, root);
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
