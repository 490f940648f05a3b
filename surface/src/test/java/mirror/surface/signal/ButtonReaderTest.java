package mirror.surface.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import mirror.bus.Seed;
import org.junit.jupiter.api.Test;

final class ButtonReaderTest {
    private static List<Button> read(String text) {
        return ButtonReader.read(text, () -> "id");
    }

    @Test
    void theShortFormsOfTheDocumentationAreRead() {
        assertThat(read("view, Open portal, https://home.nest.com/, clear=true;"
                        + " http, Turn down, https://api.nest.com/, body='{\"temperature\": 65}'"))
                .containsExactly(
                        new Button(
                                "id",
                                "view",
                                "Open portal",
                                true,
                                "https://home.nest.com/",
                                "",
                                Map.of(),
                                "",
                                "",
                                Map.of()),
                        new Button(
                                "id",
                                "http",
                                "Turn down",
                                false,
                                "https://api.nest.com/",
                                "",
                                Map.of(),
                                "{\"temperature\": 65}",
                                "",
                                Map.of()));
        assertThat(read("action=http, label=Close door, url=https://api.mygarage.lan/, method=PUT,"
                        + " headers.Authorization=Bearer zAzsx1sk.."))
                .containsExactly(new Button(
                        "id",
                        "http",
                        "Close door",
                        false,
                        "https://api.mygarage.lan/",
                        "PUT",
                        Map.of("Authorization", "Bearer zAzsx1sk.."),
                        "",
                        "",
                        Map.of()));
        assertThat(read("broadcast, Take picture, extras.cmd=pic, extras.camera=front"))
                .containsExactly(new Button(
                        "id",
                        "broadcast",
                        "Take picture",
                        false,
                        "",
                        "",
                        Map.of(),
                        "",
                        "",
                        Map.of("cmd", "pic", "camera", "front")));
    }

    @Test
    void quotesHoldCommasSemicolonsAndEscapedQuotes() {
        assertThat(read("view, \"Look ma, \\\"quotes\\\"; and commas\", url='https://x.de/?a=1;b'"))
                .singleElement()
                .satisfies(button -> {
                    assertThat(button.label()).isEqualTo("Look ma, \"quotes\"; and commas");
                    assertThat(button.url()).isEqualTo("https://x.de/?a=1;b");
                });
    }

    @Test
    void jsonSaysTheSameAsTheShortForm() {
        assertThat(read("[{\"action\":\"VIEW\",\"label\":\"Open\",\"url\":\"https://x.de\",\"clear\":true}]"))
                .isEqualTo(read("view, Open, https://x.de, clear=yes"));
    }

    @Test
    void whatNtfyRefusesIsRefusedWithItsCode() {
        for (String bad : List.of(
                "fly, Up, https://x.de",
                "view, , https://x.de",
                "view, Open",
                "http, Go, https://x.de, method=GET, body=x",
                "view, Open, https://x.de, clear=maybe",
                "view, Open, https://x.de, colour=red",
                "view, Open, https://x.de, and more",
                "view, \"Open, https://x.de",
                "view, \"Open\" now, https://x.de",
                "[{\"action\":\"view\"}]",
                "[1]",
                "[{\"action\":\"view\",\"label\":1,\"url\":\"https://x.de\"}]",
                "[{",
                "view,a,https://x.de;view,b,https://x.de;view,c,https://x.de;view,d,https://x.de")) {
            assertThatThrownBy(() -> read(bad))
                    .as(bad)
                    .isInstanceOfSatisfying(
                            SignalRefused.class,
                            refusal -> assertThat(refusal.code()).isEqualTo(40018));
        }
    }

    @Test
    void noTextMakesAnythingButButtonsOrARefusal() {
        String letters = "viewhttpbroadcast ,;='\"\\[]{}:.-\n\tüx09";
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder(random.nextBoolean() ? "view,a,https://x.de" : "");
            for (int n = random.nextInt(30); n > 0; n--) {
                text.append(letters.charAt(random.nextInt(letters.length())));
            }
            try {
                assertThat(read(text.toString()))
                        .hasSizeLessThanOrEqualTo(ButtonReader.MOST)
                        .allSatisfy(button -> {
                            assertThat(button.action()).isIn("view", "http", "broadcast");
                            assertThat(button.label()).isNotEmpty();
                        });
            } catch (SignalRefused e) {
                assertThat(e.status()).isEqualTo(400);
            }
        }
    }
}
