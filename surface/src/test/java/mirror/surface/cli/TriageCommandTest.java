package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import mirror.surface.cli.TestMirror.Answer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The commands by which the owner sees what became of a drop, and takes it back. */
final class TriageCommandTest extends MirrorTest {
    @BeforeEach
    void open() throws IOException {
        Files.createDirectories(mirror.root().resolve("vault/Inbox"));
    }

    private Path vault(String path) {
        return mirror.root().resolve("vault").resolve(path);
    }

    private void drop(String path, String text) throws IOException {
        Path file = Files.createDirectories(vault("Inbox")).resolve(path);
        Files.writeString(file, text);
        age(file);
    }

    private static void age(Path file) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2025-06-07T08:09:10Z")));
    }

    @Test
    void aDropIsPlannedMovedListedAndPutBack() throws Exception {
        drop("a.pdf", "%PDF-1");
        drop("what.bin", "\0\1");
        Path zip = vault("Inbox/z.zip");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
            out.putNextEntry(new ZipEntry("n.md"));
            out.write("text".getBytes(StandardCharsets.UTF_8));
            out.closeEntry();
        }
        age(zip);
        assertThat(mirror.run("triage", "run").text())
                .contains("Inbox/a.pdf waits: it may still be written")
                .contains("looked at again in 5 s");
        mirror.pass(Duration.ofSeconds(5));
        Answer dry = mirror.run("triage", "--dry-run");
        assertThat(dry.exit()).isZero();
        assertThat(dry.text())
                .contains("Inbox/a.pdf -> Documents/2025/a.pdf: a document [documents]\n")
                .contains("Inbox/z.zip -> Evidence/Bundles/2025/z.zip, its files -> Bundles/2025/z: ")
                .contains("Inbox/what.bin stays: no other rule fits")
                .contains("nothing was changed");
        assertThat(vault("Inbox/a.pdf")).exists();
        Answer run = mirror.run("triage", "run");
        assertThat(run.exit()).isZero();
        assertThat(run.text().lines().filter(line -> line.contains("Inbox/")).toList())
                .isEqualTo(dry.text()
                        .lines()
                        .filter(line -> line.contains("Inbox/"))
                        .toList());
        assertThat(vault("Bundles/2025/z/n.md")).hasContent("text");
        String id = run.text().replaceAll("(?s).*mirror triage undo (\\S+)\n.*", "$1");
        assertThat(mirror.run("triage").text()).contains(id + "  3 moved").contains("Inbox/what.bin stays");
        assertThat(mirror.run("triage", "status", "--json")
                        .json()
                        .path("runs")
                        .path(0)
                        .path("moves"))
                .hasSize(3);
        assertThat(mirror.events("mirror.triage.moved.v1")).hasSize(3);

        assertThat(mirror.run("triage", "undo", "none").error()).contains("there is no run 'none'");
        assertThat(mirror.run("triage", "undo", "--last").text())
                .contains("Documents/2025/a.pdf -> Inbox/a.pdf")
                .contains("the files in Bundles/2025/z are packed again");
        assertThat(vault("Inbox/z.zip")).exists();
        assertThat(vault("Bundles/2025/z")).doesNotExist();
        assertThat(mirror.run("triage", "undo", id).error()).contains("taken back already");
        assertThat(mirror.run("triage").text()).contains(id + "  3 moved, taken back");
        assertThat(mirror.run("triage", "run", "--json")
                        .json()
                        .path("steps")
                        .path(0)
                        .path("reason")
                        .asString())
                .contains("you took this move back");
        mirror.core()
                .projector()
                .log()
                .replay(1, event -> assertThat(event.line()).doesNotContain("%PDF"));
    }

    @Test
    void theRulesAreShownAndAFaultInThemIsToldEverywhere() throws Exception {
        assertThat(mirror.run("triage", "rules").text())
                .contains("inbox: Inbox")
                .contains("- name: bundles");
        Path file = mirror.core().home().triage();
        Files.writeString(file, "rules:\n  - {name: a, \"too\\e[2J\": b}\n");
        drop("a.pdf", "%PDF-1");
        for (String[] words : new String[][] {{"run"}, {"--dry-run"}, {"status"}, {}}) {
            Answer answer = mirror.run("triage", words);
            assertThat(answer.exit()).isEqualTo(1);
            assertThat(answer.text())
                    .contains("nothing is moved, because of " + file)
                    .contains("unknown key 'too")
                    .doesNotContain("\u001b");
        }
        Answer rules = mirror.run("triage", "rules");
        assertThat(rules.error()).contains("unknown key 'too").doesNotContain("\u001b");
        assertThat(rules.text()).doesNotContain("\u001b");
        assertThat(mirror.run("triage", "rules", "--json").json().path("fault").asString())
                .contains("reason must be");
        mirror.pass(Duration.ofSeconds(5));
        mirror.run("triage", "run");
        assertThat(vault("Inbox/a.pdf")).exists();
    }

    @Test
    void aHostileNameReachesNoTerminalAsACommand() throws Exception {
        drop("a\u001b]0;x\u0007.pdf", "%PDF-1");
        mirror.run("triage", "run");
        mirror.pass(Duration.ofSeconds(5));
        Answer answer = mirror.run("triage", "run");
        assertThat(answer.exit()).isEqualTo(1);
        assertThat(answer.text())
                .contains("is refused: its name has control characters")
                .doesNotContain("\u001b");
        assertThat(mirror.run("triage", "status").text()).doesNotContain("\u001b");
    }

    @Test
    void wordsThatMeanNothingAreAUsageError() throws Exception {
        for (String[] words : new String[][] {
            {"x"}, {"undo"}, {"undo", "a", "b"}, {"--last"}, {"undo", "a", "--last"}, {"rules", "--dry-run"}
        }) {
            assertThat(mirror.run("triage", words).exit())
                    .as(String.join(" ", words))
                    .isEqualTo(2);
        }
        assertThat(mirror.run("triage", "run").text()).contains("nothing was dropped");
    }
}
