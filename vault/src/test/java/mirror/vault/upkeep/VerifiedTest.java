package mirror.vault.upkeep;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import mirror.bus.Seed;
import mirror.vault.upkeep.Verified.Refused;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One line of a note is set, and no other byte of it changes. */
final class VerifiedTest {
    private static final LocalDate DAY = LocalDate.of(2026, 11, 22);

    private static String on(String note) throws Refused {
        return new String(Verified.on(note.getBytes(UTF_8), DAY), UTF_8);
    }

    @Test
    void theLineIsSetWhereItIsOrAddedLastAndAllElseStays() throws Refused {
        assertThat(on("---\n# mine\nb: 1 # why\na:   [x,  y]\n---\ntext\n"))
                .isEqualTo("---\n# mine\nb: 1 # why\na:   [x,  y]\nverified: 2026-11-22\n---\ntext\n");
        assertThat(on("---\r\nb: 1\r\nVerified:   \"2024-01-01\"   # by me\r\nc: 2\r\n---\r\ntext"))
                .isEqualTo("---\r\nb: 1\r\nVerified:   2026-11-22   # by me\r\nc: 2\r\n---\r\ntext");
        assertThat(on("---\nverified:\nc: 2\n---\n")).isEqualTo("---\nverified: 2026-11-22\nc: 2\n---\n");
        assertThat(on("---\n---\ntext")).isEqualTo("---\nverified: 2026-11-22\n---\ntext");
        assertThat(on("---\nx: |\n  verified: no\n---  \n"))
                .isEqualTo("---\nx: |\n  verified: no\nverified: 2026-11-22\n---  \n");
    }

    @Test
    void aNoteWithoutFrontMatterGetsOne() throws Refused {
        assertThat(on("text")).isEqualTo("---\nverified: 2026-11-22\n---\ntext");
        assertThat(on("")).isEqualTo("---\nverified: 2026-11-22\n---\n");
        assertThat(on("one\r\ntwo\n")).isEqualTo("---\r\nverified: 2026-11-22\r\n---\r\none\r\ntwo\n");
        assertThat(on("---\na rule and no end")).isEqualTo("---\nverified: 2026-11-22\n---\n---\na rule and no end");
        assertThat(on("\ufefftext")).isEqualTo("\ufeff---\nverified: 2026-11-22\n---\ntext");
    }

    @Test
    void bytesThatAreNoTextStay() throws Refused {
        byte[] note = "---\na: b\n---\n\u00ff\u00fe\u0000\u0080 text".getBytes(ISO_8859_1);
        assertThat(new String(Verified.on(note, DAY), ISO_8859_1))
                .isEqualTo("---\na: b\nverified: 2026-11-22\n---\n\u00ff\u00fe\u0000\u0080 text");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "---\na: [\n---\n",
                "---\n{a: 1}\n---\n",
                "---\njust text\n---\n",
                "---\nverified: [a, b]\n---\n",
                "---\nverified:\n  - a\n---\n",
                "---\nverified: |\n  a\n---\n",
                "---\na: 1\na: 2\n---\n",
                "---\nverified: {a: 1}\nverified: 2\n---\n",
                "---\na: \"x\nverified: y\"\n---\n"
            })
    void whatCannotBeSetWithoutAGuessIsRefused(String note) {
        try {
            // Where YAML allows it after all, only that one value may be another.
            String marked = on(note);
            assertThat(marked.replaceFirst("verified: 2026-11-22", ""))
                    .isEqualTo(note.replaceFirst("verified: \\S+ ?\\S*]?", ""));
        } catch (Refused e) {
            assertThat(e).hasMessageContaining("front matter");
        }
    }

    @Test
    void utf16IsRefused() {
        assertThatThrownBy(() -> Verified.on("\ufefftext".getBytes(UTF_16LE), DAY))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("UTF-16");
    }

    @Test
    void ofAnyBytesEitherNothingElseChangesOrItIsRefused() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        List<String> pieces = List.of(
                "---",
                "\n",
                "\r\n",
                "\r",
                "verified",
                ":",
                ": ",
                " ",
                "2024-01-01",
                "#",
                "\"",
                "'",
                "|",
                "[",
                "]",
                "{",
                "}",
                "- ",
                "a: b",
                "\ufeff",
                "é",
                "\u0000",
                "\t",
                "...",
                "%",
                "&x",
                "*x",
                "!!",
                "text");
        int marked = 0;
        for (int run = 0; run < 20_000; run++) {
            StringBuilder note = new StringBuilder(random.nextBoolean() ? "---\n" : "");
            for (int i = random.nextInt(14); i > 0; i--) {
                note.append(pieces.get(random.nextInt(pieces.size())));
            }
            byte[] bytes = note.toString().getBytes(UTF_8);
            try {
                unchanged(bytes, Verified.on(bytes, DAY), seed);
                marked++;
            } catch (Refused e) {
                assertThat(e.getMessage()).as("%s", seed).isNotBlank();
            }
        }
        assertThat(marked).as("%s", seed).isGreaterThan(5_000);
    }

    /** All that is not the new line, or its value, is the old bytes in their order. */
    private static void unchanged(byte[] before, byte[] after, Object where) {
        String old = new String(before, ISO_8859_1);
        String now = new String(after, ISO_8859_1);
        int head = 0;
        while (head < Math.min(old.length(), now.length()) && old.charAt(head) == now.charAt(head)) {
            head++;
        }
        int tail = 0;
        while (tail < Math.min(old.length(), now.length()) - head
                && old.charAt(old.length() - 1 - tail) == now.charAt(now.length() - 1 - tail)) {
            tail++;
        }
        String taken = old.substring(head, old.length() - tail);
        String put = now.substring(head, now.length() - tail);
        assertThat(taken).as("%s: what went from %s", where, old).doesNotContain("\n", "\r");
        assertThat(put).as("%s: what came to %s", where, old).matches("(?s)[-:\\sverifd0-9]*");
    }

    @Test
    void everyRealNoteIsMarkedOrRefusedAndOtherwiseUnchanged() throws IOException, Refused {
        Path notes = Path.of("..", "..", "shared", "data", "vault", "kepano-obsidian");
        Assumptions.assumeTrue(Files.isDirectory(notes));
        int marked = 0;
        try (Stream<Path> files = Files.walk(notes)) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".md")).toList()) {
                byte[] note = Files.readAllBytes(file);
                try {
                    byte[] once = Verified.on(note, DAY);
                    unchanged(note, once, file);
                    assertThat(Verified.on(once, DAY)).isEqualTo(once);
                    marked++;
                } catch (Refused e) {
                    assertThat(e).as("%s", file).hasMessageContaining("front matter");
                }
            }
        }
        assertThat(marked).isGreaterThan(50);
    }
}
