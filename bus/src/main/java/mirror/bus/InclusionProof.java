package mirror.bus;

import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/**
 * That one leaf stands at one place of a Merkle tree: the hashes beside its way up to the root. Whoever knows the root needs nothing
 * else of the tree, and about log2(size) hashes prove a leaf.
 *
 * @param index place of the leaf, from 0; for events it is seq - 1
 * @param size leaves of the whole tree, more than {@code index}
 * @param path roots of the sibling subtrees, 32 bytes each, from the leaf's sibling to the root's child
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9162.html#section-2.1.3">RFC 9162, section 2.1.3</a>
 */
record InclusionProof(long index, long size, List<byte[]> path) {
    InclusionProof {
        if (index < 0 || index >= size) {
            throw new IllegalArgumentException("a tree of " + size + " leaves has none at index " + index);
        }
        path = List.copyOf(path);
    }

    /** Computes the proof in one pass over the leaves. */
    static InclusionProof compute(long index, long size, LeafHashes leaves) {
        List<Subtrees.Range> siblings = new ArrayList<>();
        long from = 0;
        long to = size;
        while (to - from > 1) {
            long middle = from + Subtrees.split(to - from);
            if (index < middle) {
                siblings.add(new Subtrees.Range(middle, to));
                to = middle;
            } else {
                siblings.add(new Subtrees.Range(from, middle));
                from = middle;
            }
        }
        return new InclusionProof(index, size, Subtrees.roots(siblings.reversed(), size, leaves));
    }

    /**
     * The root of the tree that has {@code leaf} at this place, by RFC 9162, section 2.1.3.2. The leaf is in the tree if and only
     * if this is the root that somebody trustworthy signed.
     *
     * @param leaf the leaf's data, before it is hashed
     * @throws IllegalArgumentException when the path has not as many hashes as the place needs
     */
    byte[] root(byte[] leaf) {
        MessageDigest sha256 = EventLine.sha256();
        byte[] node = MerkleTree.leaf(sha256, leaf);
        long place = index;
        long last = size - 1;
        for (byte[] sibling : path) {
            if (last == 0) {
                throw wrongLength();
            }
            if ((place & 1) == 1 || place == last) {
                node = MerkleTree.parent(sha256, sibling, node);
                // On the ragged right edge a node without a sibling moves up as it is.
                while ((place & 1) == 0 && place != 0) {
                    place >>= 1;
                    last >>= 1;
                }
            } else {
                node = MerkleTree.parent(sha256, node, sibling);
            }
            place >>= 1;
            last >>= 1;
        }
        if (last != 0) {
            throw wrongLength();
        }
        return node;
    }

    private IllegalArgumentException wrongLength() {
        return new IllegalArgumentException("the inclusion proof of index " + index + " in a tree of " + size
                + " leaves does not have " + path.size() + " hashes");
    }
}
