package mirror.surface.console;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import mirror.bus.Json;

/**
 * A digest as four words that a person compares on two screens: its first 44 bits, eleven for each word of a list of 2,048. The pages have
 * the same list. Thread-safe.
 */
public final class FourWords {
    private static final int BITS = 11;
    private static final int WORDS = 1 << BITS;
    private static final int COUNT = 4;

    private static final List<String> LIST = list();

    private FourWords() {}

    private static List<String> list() {
        try (InputStream in = Objects.requireNonNull(FourWords.class.getResourceAsStream("words.json"), "words.json")) {
            List<String> words = new ArrayList<>();
            Json.MAPPER.readTree(in).forEach(word -> words.add(word.asString("")));
            if (words.stream().distinct().count() != WORDS) {
                throw new IllegalStateException("words.json must have " + WORDS + " different words");
            }
            return List.copyOf(words);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param digest in hex, of at least 44 bits */
    public static String of(String digest) {
        long bits = HexFormat.fromHexDigitsToLong(digest, 0, 11);
        List<String> words = new ArrayList<>();
        for (int i = COUNT - 1; i >= 0; i--) {
            words.add(LIST.get((int) (bits >>> (BITS * i)) & (WORDS - 1)));
        }
        return String.join(" ", words);
    }
}
