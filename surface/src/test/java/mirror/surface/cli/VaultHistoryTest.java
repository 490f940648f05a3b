package mirror.surface.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import mirror.bus.AtomicFiles;
import mirror.bus.FileWrite;
import mirror.surface.cli.TestMirror.Answer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code mirror vault changes} and {@code rollback} as the owner calls them; the notes need not be open for them. */
final class VaultHistoryTest extends MirrorTest {
    @SuppressWarnings("NullAway.Init")
    private Path vault;

    @BeforeEach
    void open() throws IOException {
        vault = Files.createDirectories(mirror.root().resolve("vault"));
    }

    private void write(String path, String text, String base) throws IOException {
        mirror.core().changes().write(path, text.getBytes(UTF_8), base, "codex", "was \u001b[31masked");
    }

    @Test
    void changesAreListedNewestFirstAndNothingOfThemReachesTheTerminalAsACommand() throws Exception {
        assertThat(mirror.run("vault", "changes").text()).isEmpty();
        write("a.md", "one", FileWrite.NONE);
        write("a.md", "two", "0".repeat(64));
        Path inbox = Files.createDirectories(mirror.root().resolve("in\u001b[2Jbox"));
        mirror.core().changes().move(Files.writeString(inbox.resolve("b.md"), "b"), "c.md", "daemon", "");
        assertThat(mirror.run("vault", "changes").text())
                .doesNotContain("\u001b")
                .contains(
                        "c3    2026-01-02 03:04  moved     c.md from " + mirror.root() + "/in [2Jbox/b.md  by daemon\n")
                .contains(
                        "c2    2026-01-02 03:04  conflict  a (conflict 2026-01-02 0304).md for a.md  by codex: was  [31masked")
                .endsWith("c1    2026-01-02 03:04  written   a.md  by codex: was  [31masked\n");
        assertThat(mirror.run("vault", "changes", "--json")
                        .json()
                        .path(2)
                        .path("after")
                        .asString())
                .isEqualTo(AtomicFiles.digest("one".getBytes(UTF_8)));
        assertThat(mirror.events("mirror.note.changed.v1"))
                .extracting(event -> event.data().path("kind").asString())
                .containsExactly("written", "conflict", "moved");
    }

    @Test
    void aChangeIsTakenBackByItsIdAndARefusalSaysWhy() throws Exception {
        Files.write(vault.resolve("a.md"), new byte[] {1, '\r', '\n'});
        write("a.md", "one", AtomicFiles.digest(new byte[] {1, '\r', '\n'}));
        Answer answer = mirror.run("vault", "rollback", "c1");
        assertThat(answer.exit()).isZero();
        assertThat(answer.text()).isEqualTo("taken back: a.md is as it was; 'mirror vault rollback c2' undoes that\n");
        assertThat(vault.resolve("a.md")).hasBinaryContent(new byte[] {1, '\r', '\n'});
        assertThat(mirror.run("vault", "rollback", "c1").error()).contains("taken back already");
        assertThat(mirror.run("vault", "changes").text()).contains("(taken back)");
        assertThat(mirror.run("vault", "rollback", "c2", "--json")
                        .json()
                        .path("kind")
                        .asString())
                .isEqualTo("restored");
        assertThat(vault.resolve("a.md")).hasContent("one");
        Answer unknown = mirror.run("vault", "rollback", "nothing");
        assertThat(unknown.exit()).isEqualTo(1);
        assertThat(unknown.error()).contains("there is no change 'nothing'");
        assertThat(mirror.run("vault", "rollback").exit()).isNotZero();
    }
}
