package mirror.vault;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is read without the YAML reader is what it would have read. */
final class PlainFrontMatterTest {
    /** Names, values, and what stands between them, most of it at the border of what is plain. */
    private static final String[] PIECES = {
        "title",
        "ms.date",
        "a b",
        "a",
        "_",
        "true",
        "null",
        "1",
        "é",
        "-",
        "",
        ":",
        ": ",
        ":\n",
        ": \n",
        "\n",
        "\r\n",
        "\r",
        "\n- ",
        "\n  - ",
        "\n - ",
        " ",
        "  ",
        "\t",
        "Some words",
        "x:y",
        "x: y",
        "http://a.b/c?d=e#f",
        "a #b",
        "a#b",
        "#",
        "05/03/2018",
        "2024-01-02",
        "12",
        "1.50",
        "1e3",
        "1e",
        "0x1f",
        "0o7",
        "12a",
        "10.0.1",
        "1_000",
        "-5",
        ".5",
        "true",
        "false",
        "null",
        "Null",
        "~",
        "yes",
        "[\"a\"]",
        "[\"a\", \"b\"]",
        "[\"a\",\"b\"]",
        "[\"\"]",
        "[\"a\\n\"]",
        "[a, b]",
        "[]",
        "{}",
        "\"q\"",
        "'q'",
        "|",
        ">",
        "&a",
        "*a",
        "!t",
        "%",
        "@",
        "`",
        "?",
        "? ",
        "---",
        "...",
        "<<",
        "\u00a0",
        "\u0085",
        "\u2028",
        "\ufeff",
        "\u0001",
        "\ud83d\ude00",
        "\ud83d",
        "a, b [c] {d}",
        "a \"b\" 'c'",
        "a\\b",
        "/x",
        "_x"
    };

    private static final String[] PLAIN = {
        "title", "ms.date", "word", "a/b", "2024-01-02T10:00", "x::y (z)", "\n- item", "\n"
    };

    @Test
    void namesWithWordsAndListsNeedNoYamlReader() {
        assertThat(PlainFrontMatter.read("""
                        title: A note (of mine)
                        ms.date: 05/03/2018
                        empty:
                        tags:
                          - one
                          - two::three
                        keywords: ["a b", "c"]
                        """))
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "title", List.of("A note (of mine)"),
                        "ms.date", List.of("05/03/2018"),
                        "empty", List.of(),
                        "tags", List.of("one", "two::three"),
                        "keywords", List.of("a b", "c")));
    }

    @Test
    void itSaysWhatTheYamlReaderSaysOrNothing() {
        long seed = Long.getLong("mirror.seed", new Random().nextLong());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        int read = 0;
        for (int i = 0; i < 100_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int lines = 1 + random.nextInt(4); lines > 0; lines--) {
                if (random.nextInt(4) > 0) {
                    text.append(piece(random)).append(random.nextInt(8) == 0 ? "" : ": ");
                }
                for (int n = random.nextInt(3); n >= 0; n--) {
                    text.append(piece(random));
                }
                text.append(random.nextInt(8) == 0 ? "\r\n" : "\n");
            }
            Map<String, List<String>> plain = PlainFrontMatter.read(text.toString());
            if (plain != null) {
                read++;
                FrontMatter yaml = FrontMatter.yaml(text.toString());
                assertThat(yaml.fault()).as("seed %d: %s", seed, text).isEmpty();
                assertThat(plain).as("seed %d: %s", seed, text).isEqualTo(yaml.values());
                assertThat(List.copyOf(plain.keySet()))
                        .isEqualTo(List.copyOf(yaml.values().keySet()));
            }
        }
        assertThat(read).isGreaterThan(1_000);
    }

    private static String piece(Random random) {
        String[] from = random.nextInt(3) == 0 ? PIECES : PLAIN;
        return from[random.nextInt(from.length)];
    }
}
