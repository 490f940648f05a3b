package mirror.tiers.wire;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** The members of an object that somebody wants to read, by name; their places are those of the names given. Immutable. */
public final class Members {
    private final byte[][] names;
    private final String[] texts;
    private final int longest;

    private Members(String... names) {
        this.texts = names;
        this.names = Arrays.stream(names)
                .map(name -> name.getBytes(StandardCharsets.US_ASCII))
                .toArray(byte[][]::new);
        this.longest = Arrays.stream(names).mapToInt(String::length).max().orElse(0);
    }

    /** @param names lower-case ASCII */
    public static Members of(String... names) {
        return new Members(names.clone());
    }

    public List<String> names() {
        return List.of(texts);
    }

    int size() {
        return names.length;
    }

    String name(int index) {
        return texts[index];
    }

    /** The place of the name with exactly these bytes, or -1. */
    int exactly(byte[] bytes, int from, int to) {
        for (int i = 0; i < names.length; i++) {
            if (names[i].length == to - from && Arrays.equals(names[i], 0, names[i].length, bytes, from, to)) {
                return i;
            }
        }
        return -1;
    }

    /**
     * The place of the name that a lenient reader would take this one for, or -1. Go's {@code encoding/json} matches names without
     * regard to case, with Unicode's simple folding: there the Kelvin sign is a k and the long s is an s.
     */
    int loosely(String name) {
        if (name.length() > longest) {
            return -1;
        }
        String plain = name.replace('\u212A', 'k').replace('\u017F', 's');
        for (int i = 0; i < texts.length; i++) {
            if (texts[i].equalsIgnoreCase(plain)) {
                return i;
            }
        }
        return -1;
    }
}
