package mirror.tiers.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import mirror.bus.Seed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** What the scanner accepts is JSON, and what it reads is what every other reader reads. */
final class JsonScanTest {
    private static final Members WANTED = Members.of("model", "stream", "max_tokens", "stop");
    private static final int MODEL = 0;
    private static final int STREAM = 1;
    private static final int MAX = 2;

    private static JsonScan scan(String json) {
        return JsonScan.of(json.getBytes(StandardCharsets.UTF_8), WANTED);
    }

    @Test
    void theMembersOfTheOutermostObjectAreRead() {
        JsonScan scan = scan(
                " {\"messages\":[{\"model\":\"inner\",\"x\":[1.5e-3,true,null]}], \"model\" : \"a\\u0062\\n\\\"c\",\r\n\"stream\":true,\"max_tokens\":32000} \n");
        assertThat(scan.text(MODEL)).isEqualTo("ab\n\"c");
        assertThat(scan.isTrue(STREAM)).isTrue();
        assertThat(scan.count(MAX)).hasValue(32_000);
        assertThat(scan.has(3)).isFalse();
    }

    @Test
    void oneValueIsReplacedAndEveryOtherByteStays() {
        byte[] body = "{ \"a\":\"é\", \"model\" :\t\"x\" ,\"b\":1}".getBytes(StandardCharsets.UTF_8);
        byte[] spliced = JsonScan.of(body, WANTED).splice(MODEL, "\"claude\"".getBytes(StandardCharsets.UTF_8));
        assertThat(new String(spliced, StandardCharsets.UTF_8))
                .isEqualTo("{ \"a\":\"é\", \"model\" :\t\"claude\" ,\"b\":1}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"model\":\"a\",\"model\":\"b\"}",
                "{\"model\":\"a\",\"mod\\u0065l\":\"b\"}",
                "{\"model\":\"a\",\"Model\":\"b\"}",
                "{\"\\u004dodel\":\"b\"}",
                "{\"STREAM\":true}",
                "{\"\u017Ftream\":true}",
                "{\"max_to\u212Aens\":5}",
                "{\"model\":\"a\"}{",
                "{\"model\":\"a\"} x",
                "\uFEFF{\"model\":\"a\"}",
                "{\"model\":\"a\",}",
                "{\"a\":[1,]}",
                "{\"a\":01}",
                "{\"a\":1.}",
                "{\"a\":.5}",
                "{\"a\":+1}",
                "{\"a\":NaN}",
                "{\"a\":'x'}",
                "{a:1}",
                "{\"a\":\"\t\"}",
                "{\"a\":\"\\x\"}",
                "{\"a\":\"\\u00g0\"}",
                "{\"a\":/**/1}",
                "{\"a\":tru}",
                "{\"a\" 1}",
                "[]",
                "\"x\"",
                "",
                "{",
                "{\"a\":\"",
                "{\"a\":1",
            })
    void whatTwoReadersCouldReadDifferentlyIsRefused(String json) {
        assertThatThrownBy(() -> scan(json)).isInstanceOf(MalformedJson.class);
    }

    @Test
    void aNameThatIsWrittenWithEscapesIsTheSameName() {
        assertThat(scan("{\"\\u006dodel\":\"a\"}").text(MODEL)).isEqualTo("a");
    }

    @Test
    void nestingIsBounded() {
        String deep = "{\"a\":" + "[".repeat(JsonScan.DEPTH - 1) + "]".repeat(JsonScan.DEPTH - 1) + "}";
        assertThat(scan(deep).has(MODEL)).isFalse();
        String deeper = "{\"a\":" + "[".repeat(100_000);
        assertThatThrownBy(() -> scan(deeper)).hasMessageContaining("nested deeper");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e3", "1.0", "-1", "\"5\"", "99999999999999999", "true", "[]"})
    void aLimitThatIsNoPlainWholeNumberIsRefused(String value) {
        assertThatThrownBy(() -> scan("{\"max_tokens\":" + value + "}").count(MAX))
                .isInstanceOf(MalformedJson.class);
    }

    @Test
    void halfASurrogatePairIsNoModel() {
        assertThatThrownBy(() -> scan("{\"model\":\"\\ud800\"}").text(MODEL)).isInstanceOf(MalformedJson.class);
    }

    @Test
    void nestedTypesAreHeardHoweverTheyAreWritten() {
        List<String> heard = new ArrayList<>();
        byte[] body = "{\"type\":\"top\",\"a\":[{\"type\":\"image\"},{\"t\\u0079pe\":\"file\",\"b\":{\"type\":7}}]}"
                .getBytes(StandardCharsets.UTF_8);
        JsonScan.of(
                body,
                0,
                body.length,
                WANTED,
                (bytes, from, to, depth) ->
                        heard.add(new String(bytes, from, to - from, StandardCharsets.UTF_8) + " at " + depth));
        assertThat(heard).containsExactly("image at 3", "file at 3", "7 at 4");
    }

    /** Any bytes: what the scanner takes, Jackson takes and reads the same; what Jackson refuses, the scanner refuses. */
    @Test
    void ofAnyBytesNothingIsAcceptedOrReadOtherwiseThanByAFullParser() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        int accepted = 0;
        for (int round = 0; round < 60_000; round++) {
            byte[] bytes = RandomJson.object(random, WANTED.names());
            for (int flips = random.nextInt(3); flips > 0 && bytes.length > 0; flips--) {
                bytes = RandomJson.damage(bytes, random);
            }
            JsonScan scan;
            try {
                scan = JsonScan.of(bytes, WANTED);
            } catch (MalformedJson e) {
                continue;
            }
            accepted++;
            compare(bytes, scan, seed);
        }
        assertThat(accepted).as(seed.toString()).isGreaterThan(10_000);
    }

    /** Sound objects are not refused, unless for one of the stated reasons. */
    @Test
    void everySoundObjectIsAccepted() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = RandomJson.object(random, List.of());
            assertThat(JsonScan.of(bytes, WANTED).has(MODEL))
                    .as("%s: %s", seed, new String(bytes, StandardCharsets.UTF_8))
                    .isFalse();
        }
    }

    private static void compare(byte[] bytes, JsonScan scan, Seed seed) {
        String shown = seed + ": " + new String(bytes, StandardCharsets.UTF_8);
        boolean[] seen = new boolean[WANTED.names().size()];
        try (JsonParser parser = JsonFactory.builder().build().createParser(ObjectReadContext.empty(), bytes)) {
            assertThat(parser.nextToken()).as(shown).isEqualTo(JsonToken.START_OBJECT);
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                int member = WANTED.names().indexOf(parser.currentName());
                JsonToken token = parser.nextToken();
                if (member >= 0) {
                    seen[member] = true;
                    if (token == JsonToken.VALUE_STRING && scan.isSet(member)) {
                        String text = parser.getString();
                        if (StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
                            assertThat(scan.text(member)).as(shown).isEqualTo(text);
                        }
                    } else if (token == JsonToken.VALUE_TRUE || token == JsonToken.VALUE_FALSE) {
                        assertThat(scan.isTrue(member)).as(shown).isEqualTo(token == JsonToken.VALUE_TRUE);
                    }
                }
                parser.skipChildren();
                if (token.isScalarValue()) {
                    parser.getString();
                }
            }
            assertThat(parser.nextToken()).as(shown).isNull();
        } catch (JacksonException e) {
            // Halves of surrogate pairs are within the grammar (RFC 8259, 8.2); no name that is wanted has any.
            if (!e.getOriginalMessage().contains("surrogate")) {
                throw new AssertionError(shown, e);
            }
            return;
        }
        for (int i = 0; i < seen.length; i++) {
            assertThat(scan.has(i)).as(shown).isEqualTo(seen[i]);
        }
    }
}
