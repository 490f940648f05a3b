package mirror.trust.guard;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** All words of all concepts with their inflections, as a trie over a … z. Immutable and thread-safe. */
final class Lexicon {
    static final Lexicon WORDS = new Lexicon();

    /** Shorter words are found between blanks only: within a string of letters they are mostly accidents. */
    private static final int SHORTEST_WITHIN = 4;

    private int[][] next = new int[1024][];
    private long[] meaning = new long[1024];
    private int nodes = 1;

    private Lexicon() {
        next[0] = row();
        for (Concept concept : Concept.values()) {
            for (String word : concept.words.split(" ", -1)) {
                if (word.isEmpty()) {
                    continue;
                }
                put(word, concept.bit() | Concept.COMMAND.bit());
                for (String form : inflections(word)) {
                    put(form, concept.bit());
                }
            }
        }
    }

    private static List<String> inflections(String word) {
        List<String> forms = new ArrayList<>(List.of(word + "s", word + "ed", word + "ing", word + "es"));
        if (word.endsWith("e")) {
            forms.add(word + "d");
            forms.add(word.substring(0, word.length() - 1) + "ing");
        } else if (word.endsWith("y")) {
            forms.add(word.substring(0, word.length() - 1) + "ies");
            forms.add(word.substring(0, word.length() - 1) + "ied");
        }
        return forms;
    }

    private static int[] row() {
        int[] row = new int[26];
        Arrays.fill(row, -1);
        return row;
    }

    private void put(String word, long bits) {
        int node = 0;
        for (int i = 0; i < word.length(); i++) {
            int letter = word.charAt(i) - 'a';
            if (next[node][letter] < 0) {
                if (nodes == next.length) {
                    next = Arrays.copyOf(next, nodes * 2);
                    meaning = Arrays.copyOf(meaning, nodes * 2);
                }
                next[nodes] = row();
                next[node][letter] = nodes++;
            }
            node = next[node][letter];
        }
        meaning[node] |= bits;
    }

    /** What the word from {@code from} to {@code to} means, 0 when nothing. */
    long meaning(CharSequence text, int from, int to) {
        int node = 0;
        for (int i = from; i < to; i++) {
            int letter = text.charAt(i) - 'a';
            node = letter < 0 || letter > 25 ? -1 : next[node][letter];
            if (node < 0) {
                return 0;
            }
        }
        return meaning[node];
    }

    /** Length of the longest word that begins at {@code from} within a string of letters, 0 when none does. */
    int longest(CharSequence text, int from) {
        int node = 0;
        int longest = 0;
        for (int i = from; i < text.length(); i++) {
            int letter = text.charAt(i) - 'a';
            node = letter < 0 || letter > 25 ? -1 : next[node][letter];
            if (node < 0) {
                break;
            }
            if (meaning[node] != 0 && i + 1 - from >= SHORTEST_WITHIN) {
                longest = i + 1 - from;
            }
        }
        return longest;
    }
}
