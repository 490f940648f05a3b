package mirror.tiers.ask;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.random.RandomGenerator;
import mirror.bus.Seed;
import org.junit.jupiter.api.Test;

/** However a text is cut, no character is. */
final class TextsTest {
    private static String wild(RandomGenerator random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(40); i > 0; i--) {
            switch (random.nextInt(4)) {
                case 0 -> text.append((char) random.nextInt(0xD800, 0xE000));
                case 1 -> text.appendCodePoint(random.nextInt(0x10000, 0x110000));
                default -> text.append((char) random.nextInt(0x20, 0x7F));
            }
        }
        return text.toString();
    }

    @Test
    void soundTextsCanBeWrittenWhateverTheyWereAndSoCanEveryHeadOfThem() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int round = 0; round < 5_000; round++) {
            String text = wild(random);
            String sound = Texts.sound(text);
            assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(sound))
                    .as("%s", seed)
                    .isTrue();
            assertThat(Texts.sound(sound)).as("%s", seed).isSameAs(sound);
            assertThat(sound.codePointCount(0, sound.length()))
                    .as("%s", seed)
                    .isEqualTo(text.codePointCount(0, text.length()));
            int most = random.nextInt(30);
            String head = Texts.head(sound, most);
            assertThat(sound).as("%s", seed).startsWith(head);
            assertThat(head.codePointCount(0, head.length()))
                    .as("%s", seed)
                    .isEqualTo(Math.min(most, sound.codePointCount(0, sound.length())));
            assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(head))
                    .as("%s", seed)
                    .isTrue();
        }
    }
}
