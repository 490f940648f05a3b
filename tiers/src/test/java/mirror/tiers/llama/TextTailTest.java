package mirror.tiers.llama;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** However a text is cut into tokens, what is told is the text, up to the first stop text in it. */
final class TextTailTest {
    private static final String[] PIECES = {
        "a", "ab", "b", "\u00e4", "\u20ac", "\ud83d\ude42", "END", "E", "N", "\n", "User:", "Use"
    };
    private static final List<String> STOPS = List.of("END", "User:", "\ud83d\ude42\u20ac", "");

    private static String text(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(30); i > 0; i--) {
            text.append(PIECES[random.nextInt(PIECES.length)]);
        }
        return text.toString();
    }

    /** The place of the first stop text, or the end. */
    private static int end(String text, List<String> stops) {
        return stops.stream()
                .filter(stop -> !stop.isEmpty())
                .mapToInt(text::indexOf)
                .filter(at -> at >= 0)
                .min()
                .orElse(text.length());
    }

    @Test
    void whereverATextIsCutNothingOfItIsLostOrToldTwiceAndNothingOfAStopTextIsTold() {
        for (int seed = 0; seed < 2_000; seed++) {
            Random random = new Random(seed);
            String text = text(random);
            List<String> stops = seed % 4 == 0 ? List.of() : STOPS;
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            TextTail tail = new TextTail(stops);
            StringBuilder told = new StringBuilder();
            for (int at = 0; at < bytes.length && tail.met().isEmpty(); ) {
                int to = Math.min(bytes.length, at + 1 + random.nextInt(5));
                told.append(tail.add(Arrays.copyOfRange(bytes, at, to)));
                at = to;
            }
            told.append(tail.end());
            int end = end(text, stops);
            assertThat(told.toString()).as("seed " + seed).isEqualTo(text.substring(0, end));
            assertThat(tail.met().isPresent()).as("seed " + seed).isEqualTo(end < text.length());
            assertThat(text.startsWith(tail.met().orElse(""), end))
                    .as("seed " + seed)
                    .isTrue();
        }
    }

    @Test
    void bytesThatAreNoTextAreToldAsSuch() {
        TextTail tail = new TextTail(List.of());
        assertThat(tail.add(new byte[] {'a', (byte) 0xFF, 'b', (byte) 0xE2})).isEqualTo("a\uFFFDb");
        assertThat(tail.add(new byte[] {(byte) 0x82, (byte) 0xAC})).isEqualTo("\u20ac");
        tail.add(new byte[] {(byte) 0xE2});
        assertThat(tail.end()).isEqualTo("\uFFFD");
    }
}
