package mirror.bus;

import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * That a tree is the beginning of a larger one: nothing was changed or taken away, only added. Whoever remembers one checkpoint, a
 * witness for example, needs only this to accept the next.
 *
 * @param from leaves of the older tree, at least 1
 * @param to leaves of the newer tree, not fewer
 * @param path roots of subtrees, 32 bytes each, in the order of RFC 9162; empty when both trees are of one size
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9162.html#section-2.1.4">RFC 9162, section 2.1.4</a>
 */
record ConsistencyProof(long from, long to, List<byte[]> path) {
    ConsistencyProof {
        if (from < 1 || to < from) {
            throw new IllegalArgumentException("a tree of " + from + " leaves does not begin one of " + to);
        }
        path = List.copyOf(path);
    }

    /** Computes the proof in one pass over the leaves of the newer tree. */
    static ConsistencyProof compute(long from, long to, LeafHashes leaves) {
        List<Subtrees.Range> ranges = new ArrayList<>();
        long start = 0;
        long end = to;
        // Down from the root to the subtree that ends where the older tree ends.
        while (end != from) {
            long middle = start + Subtrees.split(end - start);
            if (from <= middle) {
                ranges.add(new Subtrees.Range(middle, end));
                end = middle;
            } else {
                ranges.add(new Subtrees.Range(start, middle));
                start = middle;
            }
        }
        if (start != 0) {
            ranges.add(new Subtrees.Range(start, end));
        }
        return new ConsistencyProof(from, to, Subtrees.roots(ranges.reversed(), to, leaves));
    }

    /** Whether the path leads to both roots, by RFC 9162, section 2.1.4.2. */
    boolean verifies(byte[] olderRoot, byte[] newerRoot) {
        if (from == to) {
            return path.isEmpty() && Arrays.equals(olderRoot, newerRoot);
        }
        List<byte[]> nodes = new ArrayList<>(path);
        if (Long.bitCount(from) == 1) {
            nodes.addFirst(olderRoot);
        }
        if (nodes.isEmpty()) {
            return false;
        }
        MessageDigest sha256 = EventLine.sha256();
        int whole = Long.numberOfTrailingZeros(from);
        long place = (from - 1) >> whole;
        long last = (to - 1) >> whole;
        byte[] older = nodes.getFirst();
        byte[] newer = nodes.getFirst();
        for (byte[] node : nodes.subList(1, nodes.size())) {
            if (last == 0) {
                return false;
            }
            if ((place & 1) == 1 || place == last) {
                older = MerkleTree.parent(sha256, node, older);
                newer = MerkleTree.parent(sha256, node, newer);
                while ((place & 1) == 0 && place != 0) {
                    place >>= 1;
                    last >>= 1;
                }
            } else {
                newer = MerkleTree.parent(sha256, newer, node);
            }
            place >>= 1;
            last >>= 1;
        }
        return last == 0 && Arrays.equals(older, olderRoot) && Arrays.equals(newer, newerRoot);
    }
}
