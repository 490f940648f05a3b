package mirror.surface.signal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import mirror.bus.Seed;
import org.junit.jupiter.api.Test;

final class ParamsTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

    @Test
    void aHeaderCountsBeforeTheQueryAndAnEmptyOneDoesNot() {
        Params params = new Params(Map.of("x-title", " ", "t", " short "), Map.of("title", "query"));
        assertThat(params.text("x-title", "title", "t")).isEqualTo("short");
        assertThat(new Params(Map.of(), Map.of("t", "q")).text("x-title", "title", "t"))
                .isEqualTo("q");
    }

    @Test
    void encodedWordsOfBothKindsAreDecoded() {
        assertThat(EncodedWords.decode("=?UTF-8?B?8J+HqfCfh6o=?=")).isEqualTo("🇩🇪");
        assertThat(EncodedWords.decode("a =?utf-8?q?D=C3=A9gu=C3=A9?= b")).isEqualTo("a Dégué b");
        assertThat(EncodedWords.decode("=?iso-8859-1?q?caf=E9_au?= =?utf-8?q?_lait?="))
                .isEqualTo("café au lait");
    }

    @Test
    void whatIsNoEncodedWordStaysAsItIs() {
        for (String text : new String[] {
            "=?utf-8?b?***?=", "=?utf-8?q?=C3?=", "=?utf-8?q?=G0?=", "=?koi8-r?q?x?=", "=?utf-8?x?y?=", "=?", "a=?b"
        }) {
            assertThat(EncodedWords.decode(text)).isEqualTo(text);
        }
    }

    @Test
    void anyTextEncodedIsTheTextDecoded() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int i = 0; i < 2_000; i++) {
            StringBuilder text = new StringBuilder("x");
            for (int n = random.nextInt(20); n > 0; n--) {
                int c = random.nextInt(0x20, 0x1F700);
                text.appendCodePoint(c >= 0xD800 && c <= 0xDFFF ? 'u' : c);
            }
            String word = Base64.getEncoder().encodeToString(text.toString().getBytes(StandardCharsets.UTF_8));
            assertThat(EncodedWords.decode("=?utf-8?b?" + word + "?=")).isEqualTo(text.toString());
        }
    }

    @Test
    void thePriorityOfHttpItselfIsNoPriorityOfAMessage() {
        assertThat(new Params(Map.of("priority", "u=1, i"), Map.of("p", "5")).text("x-priority", "priority", "p"))
                .isEqualTo("5");
    }

    @Test
    void timesAreReadAsNtfysClientsWriteThem() {
        assertThat(Times.due("30m", NOW)).contains(NOW.plus(Duration.ofMinutes(30)));
        assertThat(Times.due("1h30m", NOW)).contains(NOW.plus(Duration.ofMinutes(90)));
        assertThat(Times.due("1.5h", NOW)).contains(NOW.plus(Duration.ofMinutes(90)));
        assertThat(Times.due("3 days", NOW)).contains(NOW.plus(Duration.ofDays(3)));
        assertThat(Times.due("2h", NOW)).contains(NOW.plus(Duration.ofHours(2)));
        assertThat(Times.due(String.valueOf(NOW.getEpochSecond() + 60), NOW))
                .contains(Instant.ofEpochSecond(NOW.getEpochSecond() + 60));
    }

    @Test
    void aTimeThatIsNoneOrPastIsNone() {
        for (String bad : new String[] {
            "", "soon", "-1h", "1", "10x", "h", "9999999999999", "tomorrow, 10am", "1h-", "١h", "999999999999h"
        }) {
            assertThat(Times.due(bad, NOW)).as(bad).isEqualTo(Optional.empty());
        }
    }
}
