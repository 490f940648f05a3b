package mirror.surface.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import mirror.bus.FileWrite;
import mirror.surface.cli.TestMirror.Answer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Reviewing, verifying, distilling and auditing the vault as the owner does it. */
final class VaultUpkeepTest extends MirrorTest {
    private static final String TEXT =
            "the tide comes in twice a day and the keeper writes it down in a book that nobody ever reads";

    @SuppressWarnings("NullAway.Init")
    private Path vault;

    @BeforeEach
    void open() throws IOException {
        vault = mirror.root().resolve("vault");
    }

    private void write(String path, String text) throws IOException {
        Path file = vault.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2025-12-31T00:00:00Z")));
    }

    private void start() throws InterruptedException {
        mirror.core().notes().start().settle();
    }

    @Test
    void theOldestForItsKindIsReviewedFirstAndVerifyingItTakesItOffTheList() throws Exception {
        write("a.md", "---\r\ntype: project # mine\r\ncreated: 2025-11-01\r\n---\r\ntext");
        write("b.md", "---\ntype: fact\nverified: 2024-01-01\n---\n");
        write("c.md", "fresh");
        start();
        assertThat(mirror.run("vault", "review").text().lines())
                .containsExactly(
                        "b.md  verified 2024-01-01, 732 days ago; 'fact' is due after 180",
                        "a.md  never verified, created 2025-11-01, 62 days ago; 'project' is due after 30");
        Answer verified = mirror.run("vault", "verified", "a");
        assertThat(verified.text())
                .isEqualTo("a.md was verified on 2026-01-02; 'mirror vault rollback c1' takes it back\n");
        assertThat(Files.readString(vault.resolve("a.md")))
                .isEqualTo("---\r\ntype: project # mine\r\ncreated: 2025-11-01\r\nverified: 2026-01-02\r\n---\r\ntext");
        mirror.run("vault", "reconcile");
        JsonNode queue = mirror.run("vault", "review", "--json").json();
        assertThat(queue.size()).isEqualTo(1);
        assertThat(queue.path(0).path("overdue").asInt()).isEqualTo(552);
        assertThat(mirror.run("vault", "verified", "a").text()).contains("marked as verified today before");
        mirror.run("vault", "rollback", "c1");
        assertThat(Files.readString(vault.resolve("a.md"))).doesNotContain("verified");
    }

    @Test
    void theOwnersLimitsHoldAndFaultyOnesAreNamed() throws Exception {
        write("b.md", "---\ntype: fact\nverified: 2024-01-01\n---\n");
        start();
        Files.writeString(mirror.core().home().maintenance(), "review-days: {fact: never}\n");
        assertThat(mirror.run("vault", "review").text()).isEmpty();
        Files.writeString(mirror.core().home().maintenance(), "review: {fact: never}\n");
        assertThat(mirror.run("vault", "review").error()).contains("unknown key 'review'");
        assertThat(mirror.run("vault", "audit").error()).contains("unknown key 'review'");
    }

    @Test
    void aFaultyNoteAndOneThatItsOwnerIsAtAreNotMarked() throws Exception {
        write("bad.md", "---\na: [\n---\n");
        write("busy.md", "text");
        Files.setLastModifiedTime(vault.resolve("busy.md"), FileTime.from(Instant.parse("2026-01-02T03:03:05Z")));
        start();
        assertThat(mirror.run("vault", "verified", "bad").error())
                .contains("was not changed")
                .contains("faulty");
        Answer busy = mirror.run("vault", "verified", "busy");
        assertThat(busy.exit()).isEqualTo(1);
        assertThat(busy.error()).contains("2026-01-02T03:05:05Z");
        assertThat(vault.resolve("busy.md")).hasContent("text");
        assertThat(mirror.run("vault", "changes").text()).isEmpty();
    }

    @Test
    void duplicatesAreListedAndOneNoteIsMadeOfThemOnce() throws Exception {
        write("x/Tide v1.md", TEXT + "\n\nonly in the first");
        write("x/Tide v2.md", TEXT + "\n\nonly in the second");
        write("other.md", "nothing of the kind");
        start();
        assertThat(mirror.run("vault", "duplicates").text())
                .startsWith("1  versions of one note, ")
                .contains("   100%  x/Tide v2.md\n")
                .contains("x/Tide v1.md");
        Answer made = mirror.run("vault", "distill", "--group", "1");
        assertThat(made.text())
                .isEqualTo("x/Tide v2 (distilled).md was made of x/Tide v2.md, x/Tide v1.md;"
                        + " 'mirror vault rollback c1' takes it back\n");
        assertThat(vault.resolve("x/Tide v2 (distilled).md"))
                .content()
                .contains("only in the second", "only in the first", "*From [[x/Tide v1]]*");
        assertThat(vault.resolve("x/Tide v1.md")).hasContent(TEXT + "\n\nonly in the first");
        assertThat(mirror.run("vault", "distill", "Tide v1", "Tide v2").text())
                .isEqualTo("x/Tide v2 (distilled).md is already made of x/Tide v1.md, x/Tide v2.md\n");
        Files.writeString(vault.resolve("x/Tide v2 (distilled).md"), "the owner's");
        mirror.run("vault", "distill", "Tide v1", "Tide v2");
        assertThat(vault.resolve("x/Tide v2 (distilled).md")).hasContent("the owner's");
        assertThat(vault.resolve("x/Tide v2 (distilled) 2.md")).exists();
        assertThat(mirror.run("vault", "distill", "other").exit()).isEqualTo(2);
        assertThat(mirror.run("vault", "distill", "other", "--group", "1").exit())
                .isEqualTo(2);
        assertThat(mirror.run("vault", "distill", "--group", "99").error()).contains("no group 99");
        assertThat(mirror.run("vault", "duplicates", "--json")
                        .json()
                        .path("complete")
                        .asBoolean())
                .isTrue();
    }

    @Test
    void theAuditCountsEverythingAndEndsWithOneWhenSomethingNeedsTheOwner() throws Exception {
        write("a.md", "see [[b]]");
        write("b.md", "see [[a]]");
        start();
        Answer fine = mirror.run("vault", "audit");
        assertThat(fine.exit()).isZero();
        assertThat(fine.text()).contains("2 notes").contains("nothing needs you");

        mirror.core().changes().write("w.md", "[[a]] w".getBytes(UTF_8), FileWrite.NONE, "owner", "");
        mirror.core().changes().move(vault.resolve("w.md"), "y/w.md", "owner", "");
        mirror.core().changes().write("gone.md", "[[a]] g".getBytes(UTF_8), FileWrite.NONE, "owner", "");
        mirror.core().changes().write("a.md", "other".getBytes(UTF_8), FileWrite.NONE, "owner", "");
        Files.writeString(vault.resolve("y/w.md"), "edited since \u001b[2J");
        Files.delete(vault.resolve("gone.md"));
        write("bad.md", "---\na: [\n---\n[[nowhere]]");
        write("old.md", "---\nverified: 2001-01-01\n---\n" + TEXT);
        write("twin.md", TEXT);
        mirror.run("vault", "reconcile");
        Answer answer = mirror.run("vault", "audit", "--json");
        assertThat(answer.exit()).isEqualTo(1);
        JsonNode audit = answer.json();
        assertThat(audit.path("notes").asInt()).isEqualTo(7);
        assertThat(audit.path("needs").toString())
                .isEqualTo("{\"conflicts\":1,\"faults\":1,\"broken\":1,\"duplicates\":1,\"overdue\":1}");
        assertThat(audit.path("conflicts").path(0).asString()).isEqualTo("a (conflict 2026-01-02 0304).md");
        assertThat(audit.path("changed-since").toString()).isEqualTo("{\"gone.md\":\"gone\",\"y/w.md\":\"changed\"}");
        assertThat(audit.path("standing").asInt()).isEqualTo(4);
        assertThat(audit.path("orphans").toString()).contains("twin.md", "old.md", "y/w.md");
        assertThat(mirror.run("vault", "audit").text())
                .contains("1 conflicts to put together\n  a (conflict")
                .contains("2 notes changed since Mirror wrote them\n  gone.md (gone)\n  y/w.md (changed)")
                .doesNotContain("\u001b");
        mirror.pass(Duration.ofDays(1));
        assertThat(mirror.run("vault", "rollback", "c4").exit()).isZero();
        mirror.run("vault", "reconcile");
        assertThat(mirror.run("vault", "audit", "--json").json().path("needs").has("conflicts"))
                .isFalse();
    }
}
