package mirror.bus;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/**
 * Roots of chosen subtrees, computed in one pass over the leaves: which subtrees a proof needs follows from numbers alone, and they
 * do not overlap, so each leaf goes into one small tree at most. Memory is O(log² n) hashes, time O(n).
 */
final class Subtrees {
    private Subtrees() {}

    /** The subtree over leaves {@code from} (counted from 0) up to and without {@code to}. */
    record Range(long from, long to) {}

    /** The largest power of two below {@code n}, for n of at least 2: where RFC 6962 splits a tree. */
    static long split(long n) {
        return Long.highestOneBit(n - 1);
    }

    /**
     * @param ranges disjoint, in any order
     * @return their roots, in the same order
     */
    static List<byte[]> roots(List<Range> ranges, long size, LeafHashes leaves) {
        List<Range> sorted =
                ranges.stream().sorted(Comparator.comparingLong(Range::from)).toList();
        List<MerkleTree> trees = new ArrayList<>();
        ranges.forEach(_ -> trees.add(new MerkleTree()));
        leaves.walk(size, new Consumer<>() {
            private long index;
            private int current;

            @Override
            public void accept(byte[] hash) {
                while (current < sorted.size() && sorted.get(current).to <= index) {
                    current++;
                }
                if (current < sorted.size() && sorted.get(current).from <= index) {
                    trees.get(current).add(hash);
                }
                index++;
            }
        });
        return ranges.stream()
                .map(range -> trees.get(sorted.indexOf(range)).root())
                .toList();
    }
}
