package mirror.trust.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StrictYamlTest {
    private static final int MOST = 64 * 1024;
    private static final long SEED = Long.getLong("mirror.seed", System.nanoTime());

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a: 1\na: 2",
                "a: &x [1]\nb: *x",
                "a: !!java.net.URL [http://localhost]",
                "a: [",
                "a: 1\n---\nb: 2",
                "\u0001",
            })
    void whatCouldSurpriseIsNotRead(String yaml) {
        assertThatThrownBy(() -> StrictYaml.load(yaml, MOST))
                .isInstanceOf(StrictYaml.NotYaml.class)
                .hasMessageStartingWith("it is not YAML: ")
                .message()
                .doesNotContain("\n")
                .hasSizeLessThan(400);
    }

    @Test
    void depthIsAFaultAndNotTheEndOfAThread() {
        assertThatThrownBy(() -> StrictYaml.load("[".repeat(60_000), MOST)).isInstanceOf(StrictYaml.NotYaml.class);
    }

    @Test
    void whatIsTooLargeOrNoTextSaysSo() {
        assertThatThrownBy(() -> StrictYaml.load("a: " + "b".repeat(MOST), MOST))
                .hasMessage("it is larger than 64 KB");
        assertThatThrownBy(() -> StrictYaml.load(new byte[] {'a', ':', ' ', (byte) 0xff}, MOST))
                .hasMessage("it is not UTF-8 text; save it as UTF-8");
    }

    @Test
    void anyBytesAreReadOrAreNotYaml() {
        Random random = new Random(SEED);
        byte[] start =
                "a: {b: [1, 'c', \"d\"], e: !!int 3}\nf: |\n  g\n? h\n: &i j\nk: *i\n".getBytes(StandardCharsets.UTF_8);
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = start.clone();
            for (int i = random.nextInt(8); i >= 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            try {
                StrictYaml.load(bytes, MOST);
            } catch (StrictYaml.NotYaml e) {
                assertThat(e).as("seed %d", SEED).hasMessageStartingWith("it is ");
            }
        }
    }

    @Test
    void allFaultsAreToldAndEachSaysWhere() {
        List<String> faults = new ArrayList<>();
        Fields fields = new Fields(
                Map.of(
                        "name",
                        "A",
                        "n",
                        11,
                        "flag",
                        "yes",
                        "list",
                        List.of("a", 1),
                        "wait",
                        "1w",
                        "text",
                        "a\ud800",
                        "odd",
                        1),
                "top.",
                faults,
                List.of("name", "n", "flag", "list", "wait", "text", "in"));
        Pattern word = Pattern.compile("[a-z]+");
        assertThat(fields.name("name", word, "", "a word")).isEmpty();
        assertThat(fields.number("n", 1, 10, 5)).isEqualTo(5);
        assertThat(fields.flag("flag")).isFalse();
        fields.texts("list", word, "words");
        assertThat(fields.duration("wait", Duration.ofSeconds(1), Duration.ofDays(1), Duration.ofHours(3)))
                .isEqualTo(Duration.ofHours(3));
        assertThat(fields.text("text", 10, true)).isEmpty();
        fields.fields("in", List.of()).text("deep", 5, true);
        assertThat(faults)
                .containsExactly(
                        "unknown key 'top.odd'; there are name, n, flag, list, wait, text, in",
                        "top.name must be a word",
                        "top.n must be a whole number from 1 to 10",
                        "top.flag must be true or false",
                        "top.list must be a list of words",
                        "top.wait must be a time from 1s to 1d, such as 500ms, 30s, 10m, 12h or 7d",
                        "top.text has a character that is none",
                        "top.in.deep must be text of 1 to 5 characters");
    }

    @ParameterizedTest
    @CsvSource({"250ms,PT0.25S", "0s,PT0S", "90s,PT90S", "10m,PT10M", "36h,PT36H", "7d,P7D"})
    void aTimeIsReadAndToldInTheSameForm(String text, Duration duration) {
        List<String> faults = new ArrayList<>();
        assertThat(new Fields(Map.of("t", text), "", faults, List.of("t"))
                        .duration("t", Duration.ZERO, Duration.ofDays(9), Duration.ofDays(1)))
                .isEqualTo(duration);
        assertThat(faults).isEmpty();
        assertThat(Fields.told(duration)).isEqualTo(text);
    }
}
