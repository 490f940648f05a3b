package mirror.vault.upkeep;

import java.util.Arrays;
import mirror.vault.NoteText;

/**
 * A note's text as the set of all runs of {@link #WORDS} words, each as a 64-bit hash: what two notes have in common is what these
 * sets have in common. Case, marks and front matter do not count. Two different runs share a hash about once in 10^19.
 *
 * @param hashes sorted, each once
 */
record Shingles(long[] hashes) {
    static final int WORDS = 3;

    /** Characters of a note that count, so that one huge file cannot fill the memory. */
    private static final int LONGEST = 1_000_000;

    static Shingles of(byte[] note) {
        String all = NoteText.body(NoteText.of(note));
        String text = all.length() <= LONGEST ? all : all.substring(0, LONGEST);
        long[] words = new long[text.length() / 2 + 1];
        int count = 0;
        long word = 0;
        for (int at = 0; at < text.length(); ) {
            int c = text.codePointAt(at);
            at += Character.charCount(c);
            if (Character.isLetterOrDigit(c)) {
                word = mix(word * 31 + Character.toLowerCase(c) + 1);
            } else if (word != 0) {
                words[count++] = word;
                word = 0;
            }
        }
        if (word != 0) {
            words[count++] = word;
        }
        int runs = count == 0 ? 0 : Math.max(1, count - WORDS + 1);
        long[] hashes = new long[runs];
        for (int run = 0; run < runs; run++) {
            long hash = 0;
            for (int i = run; i < Math.min(count, run + WORDS); i++) {
                hash = mix(hash * 31 + words[i]);
            }
            hashes[run] = hash;
        }
        return new Shingles(Arrays.stream(hashes).sorted().distinct().toArray());
    }

    /** The finaliser of SplitMix64: every bit of the input moves every bit of the output. */
    static long mix(long value) {
        long z = value + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    boolean isEmpty() {
        return hashes.length == 0;
    }

    /** Jaccard's index: what both have of what either has, from 0 to 1. */
    double similarity(Shingles other) {
        int both = 0;
        for (int i = 0, j = 0; i < hashes.length && j < other.hashes.length; ) {
            int order = Long.compare(hashes[i], other.hashes[j]);
            both += order == 0 ? 1 : 0;
            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }
        int either = hashes.length + other.hashes.length - both;
        return either == 0 ? 0 : (double) both / either;
    }
}
