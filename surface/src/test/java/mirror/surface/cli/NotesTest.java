package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import mirror.bus.Json;
import mirror.surface.MirrorTools;
import mirror.surface.cli.TestMirror.Answer;
import mirror.surface.mcp.Caller;
import mirror.surface.mcp.ToolResult;
import org.junit.jupiter.api.Test;

/** The owner's notes as commands and tools find them. */
final class NotesTest extends MirrorTest {
    private void write(String path, String text) throws IOException {
        Path file = mirror.root().resolve("vault").resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void start() throws InterruptedException {
        mirror.core().notes().start().settle();
    }

    private ToolResult search(String query) throws Exception {
        return call("vault_search", "query", query);
    }

    private ToolResult call(String name, String argument, String value) throws Exception {
        Caller caller = new Caller(Caller.Transport.STDIO, "m1", "notes", "1", Map.of("mirror-project", "/"));
        return new MirrorTools(mirror.core())
                .tools().stream()
                        .filter(tool -> tool.name().equals(name))
                        .findFirst()
                        .orElseThrow()
                        .handler()
                        .call(Map.of(argument, value), caller);
    }

    @Test
    void aHitIsPrintedWithItsPlaceAndNothingOfANoteReachesTheTerminalAsACommand() throws Exception {
        write("a/Sea.md", "# Top\n\nThe \u001b[31mkeeper\u0007 wrote letters.\n");
        start();
        Answer answer = mirror.run("search", "letters");
        assertThat(answer.exit()).isZero();
        assertThat(answer.text())
                .startsWith("a/Sea.md:3  Top\n")
                .contains("wrote letters.")
                .doesNotContain("\u001b");
        Answer json = mirror.run("search", "letters", "--json");
        assertThat(Json.MAPPER
                        .readTree(json.text())
                        .path("hits")
                        .path(0)
                        .path("first")
                        .asInt())
                .isEqualTo(3);
        assertThat(mirror.run("search", "nothing-like-this").exit()).isEqualTo(1);
        assertThat(mirror.run("search").exit()).isEqualTo(2);
        assertThat(mirror.run("search", "--folder", "A").text()).startsWith("a/Sea.md:1");
        assertThat(mirror.run("search", "x", "--since", "soon").error()).contains("a day such as");
        assertThat(mirror.run("search", "x", "--limit", "0").error()).contains("from 1 to");
        assertThat(mirror.run("search", "x", "--property", "type").error()).contains("NAME=VALUE");
    }

    @Test
    void linksAreListedFromBothEndsAndWhatLeadsNowhereIsNamed() throws Exception {
        write("a.md", "see [[b#Part]]\nand [[none]]");
        write("x/b.md", "---\nbad: [\n---\nback to [a](../a.md)");
        write("alone.md", "text");
        start();
        assertThat(mirror.run("vault", "links", "a").text()).isEqualTo("1  b#Part  x/b.md\n2  none  leads nowhere\n");
        assertThat(mirror.run("vault", "backlinks", "A.md").text()).isEqualTo("x/b.md:4  ../a.md\n");
        write("y.md", "\n\nThe other name is told here, and B too.");
        write("x/b.md", "---\naliases: Other Name\nbad: [\n---\nback to [a](../a.md)");
        mirror.run("vault", "reconcile");
        assertThat(mirror.run("vault", "mentions", "b").text())
                .isEqualTo("y.md:3  The other name is told here, and B too.\n");
        Files.delete(mirror.root().resolve("vault/y.md"));
        write("x/b.md", "---\nbad: [\n---\nback to [a](../a.md)");
        mirror.run("vault", "reconcile");
        assertThat(mirror.run("vault", "broken").text()).isEqualTo("a.md:2  none\n");
        assertThat(mirror.run("vault", "orphans").text()).isEqualTo("alone.md\n");
        assertThat(mirror.run("vault", "faults").text()).startsWith("x/b.md: line 3: ");
        assertThat(mirror.run("vault").text()).contains("3 notes").contains("1 with faults");
        assertThat(mirror.run("vault", "links", "zzz").error()).contains("there is no note 'zzz'");
        write("new.md", "fresh");
        assertThat(mirror.run("vault", "reconcile").text()).startsWith("4 notes: ");
    }

    @Test
    void withoutNotesItIsSaidWhy() throws Exception {
        Answer answer = mirror.run("search", "x");
        assertThat(answer.exit()).isEqualTo(1);
        assertThat(answer.error()).contains("being opened");
    }

    @Test
    void aModelSeesNoNoteThatItsOwnerKeepsFromModels() throws Exception {
        write("open.md", "umbrella one");
        write("private.md", "---\nsensitivity: private\n---\numbrella two");
        write("secret.md", "---\nSensitivity: Secret\n---\numbrella three");
        write("typo.md", "---\nsensitivity: secrte\n---\numbrella four");
        start();
        String text = String.valueOf(search("umbrella"));
        assertThat(text).contains("open.md", "private.md").doesNotContain("secret.md", "typo.md", "three", "four");
        // The owner at the terminal sees all of it.
        assertThat(mirror.run("search", "umbrella").text()).contains("secret.md", "typo.md");
    }

    @Test
    void aQuestionIsAnsweredWithAQuotationAndItsPlaceOrNotAtAll() throws Exception {
        write("boat.md", "# Boat\n\nThe \u001b[31mmast needs varnish in April.\nThe dinghy is green.\n");
        start();
        Answer answer = mirror.run("ask", "When does the mast need varnish?");
        assertThat(answer.exit()).isZero();
        assertThat(answer.text())
                .contains("mast needs varnish in April. [boat.md:3]")
                .doesNotContain("\u001b");
        Answer json = mirror.run("ask", "When does the mast need varnish?", "--json");
        assertThat(Json.MAPPER
                        .readTree(json.text())
                        .path("sentences")
                        .path(0)
                        .path("sha256")
                        .asString(""))
                .hasSize(64);
        Answer unknown = mirror.run("ask", "Who won the election?");
        assertThat(unknown.exit()).isEqualTo(1);
        assertThat(unknown.text()).startsWith("I do not know: your notes do not say; 1 notes");
        assertThat(mirror.run("ask").exit()).isEqualTo(2);
        assertThat(mirror.run("ask", "mast", "--limit", "0").exit()).isEqualTo(2);
    }

    @Test
    void noSentenceOfANoteThatIsKeptFromModelsIsInTheirAnswer() throws Exception {
        write("open.md", "The mast needs varnish in April.\n");
        write("secret.md", "---\nsensitivity: secret\n---\nThe mast needs varnish in May.\n");
        start();
        String told = String.valueOf(call("vault_ask", "question", "When does the mast need varnish?"));
        assertThat(told).contains("varnish in April").doesNotContain("May");
        assertThat(mirror.run("ask", "When does the mast need varnish?").text()).contains("May");
    }
}
