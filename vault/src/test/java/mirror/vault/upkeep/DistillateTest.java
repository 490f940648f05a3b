package mirror.vault.upkeep;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import mirror.bus.Seed;
import mirror.vault.Note;
import mirror.vault.NoteParser;
import mirror.vault.Noted;
import org.junit.jupiter.api.Test;

/** One note of several that leaves nothing out. */
final class DistillateTest {
    private final Map<String, byte[]> texts = new TreeMap<>();
    private final List<Noted> notes = new ArrayList<>();

    private void note(String path, String text, int second) {
        texts.put(path, text.getBytes(UTF_8));
        notes.add(new Noted(path, "", Instant.ofEpochSecond(second), Map.of()));
    }

    private Distillate distilled() throws IOException {
        return Distillate.of(notes, path -> texts.getOrDefault(path, new byte[0]));
    }

    @Test
    void theNewestTextComesFirstThenWhatOnlyOthersHaveWithItsSource() throws IOException {
        note(
                "a/Plan v1.md",
                "---\ntags: [x, y]\nsensitivity: secret\n---\n# Plan\r\n\r\nold words\r\n\r\nshared  Words\r\n",
                9);
        note("b/Plan v2.md", "---\ntags: z\n---\n# Plan\n\nnew words\n\nshared words\n", 5);
        Distillate made = distilled();
        assertThat(made.path()).isEqualTo("b/Plan v2 (distilled).md");
        assertThat(made.text()).isEqualTo("""
                ---
                sources:
                  - "[[b/Plan v2]]"
                  - "[[a/Plan v1]]"
                tags:
                  - "z"
                  - "x"
                  - "y"
                sensitivity: secret
                ---
                # Plan

                new words

                shared words

                old words

                *From [[a/Plan v1]]*
                """);
        assertThat(NoteParser.parse(made.text()).fault()).isEmpty();
    }

    @Test
    void noParagraphOfAnySourceIsMissingAndEverySourceIsLinked() throws IOException {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        List<String> pieces = List.of(
                "one\n",
                "two words\n",
                "- a\n- b\n",
                "```js\ncode\n\nmore\n```\n",
                "> quote\n",
                "# Top\n",
                "\n",
                "\n\n",
                "~~~\nx\n",
                "| a | b |\n",
                "three",
                " \t\n",
                "---\n");
        for (int run = 0; run < 300; run++) {
            texts.clear();
            notes.clear();
            for (int i = 0; i < 2 + random.nextInt(3); i++) {
                StringBuilder text = new StringBuilder();
                for (int p = random.nextInt(12); p > 0; p--) {
                    text.append(pieces.get(random.nextInt(pieces.size())));
                }
                note("n" + i + ".md", text + "", random.nextInt(3));
            }
            String made = distilled().text();
            assertThat(distilled().text()).as("%s", seed).isEqualTo(made);
            Note parsed = NoteParser.parse(made);
            assertThat(parsed.fault()).as("%s", seed).isEmpty();
            for (Map.Entry<String, byte[]> source : texts.entrySet()) {
                assertThat(parsed.links())
                        .as("%s", seed)
                        .anyMatch(link -> (link.target() + ".md").equals(source.getKey()));
                String body = mirror.vault.NoteText.body(new String(source.getValue(), UTF_8));
                for (String paragraph : Distillate.paragraphs(body)) {
                    assertThat(made).as("%s: of %s", seed, source.getKey()).contains(paragraph);
                }
            }
        }
    }

    @Test
    void codeThatDiffersInNothingButBlanksIsKept() throws IOException {
        note("a.md", "```py\nif a:\n  b\n```\n", 2);
        note("b.md", "```py\nif a:\n    b\n```\n", 1);
        assertThat(distilled().text()).contains("if a:\n  b\n").contains("if a:\n    b\n");
    }

    @Test
    void aPublicNoteMakesNothingPublicThatNobodyLabelled() throws IOException {
        note("a.md", "---\nsensitivity: public\n---\na", 2);
        note("b.md", "the other half", 1);
        assertThat(NoteParser.parse(distilled().text()).sensitivity()).isEqualTo("internal");
    }

    @Test
    void anOddNameOrAnUnknownSensitivityMakesNothingMoreOpen() throws IOException {
        note("x [[y]] |\n#z.md", "---\nsensitivity: public\n---\na", 2);
        note("b.md", "---\nsensitivity: family\n---\nb", 1);
        String text = distilled().text();
        assertThat(text).contains("[source](x%20%5B%5By%5D%5D%20%7C%0A%23z.md)").contains("sensitivity: never-share\n");
        assertThat(NoteParser.parse(text).sensitivity()).isEqualTo("never-share");
    }
}
