package mirror.vault;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import mirror.vault.Note.Heading;
import mirror.vault.Note.Kind;
import mirror.vault.Note.Link;
import org.junit.jupiter.api.Test;

/** What is read from a note's text, as Obsidian reads it. */
final class NoteParserTest {
    private static List<String> targets(String text) {
        return NoteParser.parse(text).links().stream().map(Link::target).toList();
    }

    @Test
    void linksOfAllKindsAreFoundWithTheirLines() {
        Note note = NoteParser.parse("""
                See [[A note|shown]] and ![[pic.png|100]].
                [text](sub/My%20note.md "title") ![img](<a b.png>) [web](https://example.org/x.md)
                [[#Here]] [[B#Part one]] [[C#^id1]] [m](mailto:a@b) [n](//host/x)
                """);
        assertThat(note.links())
                .containsExactly(
                        new Link(Kind.WIKI, "A note", "", 1),
                        new Link(Kind.EMBED, "pic.png", "", 1),
                        new Link(Kind.MARKDOWN, "sub/My note.md", "", 2),
                        new Link(Kind.EMBED, "a b.png", "", 2),
                        new Link(Kind.WIKI, "", "Here", 3),
                        new Link(Kind.WIKI, "B", "Part one", 3),
                        new Link(Kind.WIKI, "C", "^id1", 3));
    }

    @Test
    void aTablesEscapedBarEndsTheTarget() {
        assertThat(targets("| a | [[Note\\|shown]] |\n")).containsExactly("Note");
    }

    @Test
    void whatStandsInCodeOrCommentsIsNoLinkTagHeadingOrBlock() {
        Note note = NoteParser.parse("""
                `[[a]]` ``x ` [[b]]`` \\[[c]] %%[[d]] #no%% <!-- [[e]] --> [[yes]]
                ```
                [[f]] #no ^block
                # No heading
                ```
                ~~~~ js
                ```
                [[g]]
                ~~~~
                > ```
                > [[h]]
                > ```
                %%
                [[i]]
                # nor this
                %% [[too]]

                    [[j]] is indented code

                - item

                    [[k]] is a paragraph of the item
                """);
        assertThat(note.links().stream().map(Link::target)).containsExactly("yes", "too", "k");
        assertThat(note.tags()).isEmpty();
        assertThat(note.headings()).isEmpty();
        assertThat(note.blocks()).isEmpty();
    }

    @Test
    void headingsTagsAndBlocksAreRead() {
        Note note = NoteParser.parse("""
                # One ##
                #two is a tag, #123 is none, a#three neither, #a/b-c_d is, #größe
                ### Three #x
                #### #
                Underlined
                ===
                text ^block-1
                """);
        assertThat(note.headings())
                .containsExactly(
                        new Heading(1, "One", 1),
                        new Heading(3, "Three #x", 3),
                        new Heading(4, "", 4),
                        new Heading(1, "Underlined", 5));
        assertThat(note.tags()).containsExactly("two", "a/b-c_d", "größe", "x");
        assertThat(note.blocks()).containsExactly("block-1");
        assertThat(note.headingAt(7)).isEqualTo("Underlined");
        assertThat(note.headingAt(2)).isEqualTo("One");
    }

    @Test
    void frontMatterGivesNamesTagsPropertiesAndLinks() {
        Note note = NoteParser.parse("""
                ---
                aliases: [Other, "Third name"]
                tags: one, two
                Status: open
                related: "[[B|b]]"
                many:
                  - 1
                  - 2026-05-01
                ---
                text
                """.replace("\n", "\r\n"));
        assertThat(note.aliases()).containsExactly("Other", "Third name");
        assertThat(note.tags()).containsExactly("one", "two");
        assertThat(note.properties())
                .containsEntry("Status", List.of("open"))
                .containsEntry("many", List.of("1", "2026-05-01"));
        assertThat(note.links()).containsExactly(new Link(Kind.WIKI, "B", "", 5));
        assertThat(note.fault()).isEmpty();
    }

    @Test
    void frontMatterThatIsNoYamlIsFlaggedAndReadLineByLine() {
        Note note = NoteParser.parse("---\ntitle: a: b\ntags: [x, y]\nstatus: \"open\n---\n# H\n");
        assertThat(note.fault()).startsWith("line 2: ");
        assertThat(note.tags()).containsExactly("x", "y");
        assertThat(note.properties()).containsEntry("title", List.of("a: b"));
        assertThat(note.headings()).containsExactly(new Heading(1, "H", 6));
        assertThat(NoteParser.parse("---\na: x\na: y\n---\n").fault()).startsWith("line 3: ");
        assertThat(NoteParser.parse("---\ntitle: {{title}}\n---\n").fault()).isEmpty();
        assertThat(NoteParser.parse("---\n- just\n- a list\n---\n").fault()).isNotEmpty();
        assertThat(NoteParser.parse("---\nno end").fault()).isEmpty();
    }

    /** Bytes of any kind, and the characters that mean something more often than by chance. */
    @Test
    void anyTextIsReadAndALineOfBracketsTakesNoMoreThanItsLength() {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        String[] pieces = {
            "[", "]", "[[", "]]", "(", ")", "](", "`", "``", "```", "%%", "<!--", "-->", "#", "^a", "|", "\\", "---",
            "\n", "\r", "- ", "    ", ">", "a", "é", "\ud83d", "\u0000", "![[", ": ", "{", "&a", "*a", "\t"
        };
        for (int i = 0; i < 3_000; i++) {
            StringBuilder text = new StringBuilder(random.nextBoolean() ? "---\n" : "");
            for (int n = random.nextInt(60); n > 0; n--) {
                text.append(pieces[random.nextInt(pieces.length)]);
            }
            assertThat(NoteParser.parse(text.toString())).as("%s", text).isNotNull();
        }
        for (String piece : pieces) {
            NoteParser.parse(piece.repeat(200_000) + "](x)]]");
        }
        NoteParser.parse("`a``b```c".repeat(30_000));
    }

    @Test
    void aCharacterOfTwoHalvesMayStandAnywhereInTheFrontMatter() {
        for (int at = 900; at < 1_100; at++) {
            String text = "---\ntitle: \"" + "x".repeat(at) + "\ud83d\ude00\"\nnext: 1\n---\n";
            Note note = NoteParser.parse(text);
            assertThat(note.fault()).as("at %s", at).isEmpty();
            assertThat(note.properties()).containsKey("next");
        }
    }
}
