package mirror.vault.upkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import mirror.vault.Noted;
import mirror.vault.upkeep.Review.Due;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which notes are due, in which order, and why. */
final class ReviewTest {
    private static final LocalDate TODAY = LocalDate.of(2026, 11, 22);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private static Noted note(String path, String written, Map<String, List<String>> properties) {
        return new Noted(path, "", Instant.parse(written + "T12:00:00Z"), properties);
    }

    private static List<Due> queue(Noted... notes) {
        return Review.queue(List.of(notes), Limits.STANDARD, TODAY);
    }

    @Test
    void whatWaitedLongestForItsKindComesFirstWithTheReason() {
        List<Due> queue = queue(
                note("a.md", "2026-11-21", Map.of("type", List.of("fact"), "verified", List.of("2026-05-01"))),
                note("b.md", "2026-11-21", Map.of("Type", List.of("[[Project]]"), "created", List.of("2026-08-01"))),
                note("c.md", "2025-11-21", Map.of()),
                note("fresh.md", "2020-01-01", Map.of("verified", List.of("2026-11-01"))),
                note("told.md", "2001-01-01", Map.of("type", List.of("meeting"))));
        assertThat(queue).extracting(Due::path).containsExactly("b.md", "a.md", "c.md");
        assertThat(queue.getFirst().reason())
                .isEqualTo("never verified, created 2026-08-01, 113 days ago; 'project' is due after 30");
        assertThat(queue.get(1).overdue()).isEqualTo(25);
        assertThat(queue.get(1).reason()).startsWith("verified 2026-05-01");
        assertThat(queue.get(2).basis()).isEqualTo("written");
    }

    @Test
    void aNoteIsDueOnItsDayAndNotBefore() {
        Map<String, List<String>> properties = Map.of("type", List.of("task"), "verified", List.of("2026-11-08"));
        assertThat(Review.queue(List.of(note("a.md", "2026-11-08", properties)), Limits.STANDARD, TODAY))
                .hasSize(1);
        assertThat(Review.queue(List.of(note("a.md", "2026-11-08", properties)), Limits.STANDARD, TODAY.minusDays(1)))
                .isEmpty();
    }

    @Test
    void writingToANoteVerifiesNothingAndWhatIsNoDayIsPassedOver() {
        assertThat(queue(note("a.md", "2026-11-21", Map.of("created", List.of("2020-01-01")))))
                .hasSize(1);
        assertThat(queue(note(
                        "a.md",
                        "2026-11-21",
                        Map.of(
                                "verified",
                                List.of("soon"),
                                "created",
                                List.of("{{date}}"),
                                "date",
                                List.of("2020-02-31")))))
                .isEmpty();
        assertThat(queue(note("a.md", "2026-11-21", Map.of("date", List.of("2020-02-03T10:00:00")))))
                .extracting(Due::basis)
                .containsExactly("date");
    }

    @Test
    void ofSeveralTypesTheOneThatChangesFastestCounts() {
        assertThat(queue(note("a.md", "2026-10-01", Map.of("type", List.of("meeting", "person", "project")))))
                .extracting(Due::type)
                .containsExactly("project");
    }

    @Test
    void limitsAreTheOwnersAndAFaultyFileNamesEveryFault() throws IOException {
        Path file = folder.resolve("maintenance.yaml");
        assertThat(Limits.read(file)).isEqualTo(Limits.STANDARD);
        Files.writeString(file, "review-days:\n  Recipe: 700\n  project: never\n");
        Limits limits = Limits.read(file);
        assertThat(limits.of("recipe")).isEqualTo(700);
        assertThat(limits.of("project")).isEqualTo(Limits.NEVER);
        assertThat(limits.of("task")).isEqualTo(14);
        assertThat(limits.of("unknown")).isEqualTo(365);
        Files.writeString(file, "review-days: {a: 0, b: often}\nreview-weeks: 3\n");
        assertThatThrownBy(() -> Limits.read(file))
                .isInstanceOf(Limits.Faulty.class)
                .hasMessageContaining("'a'")
                .hasMessageContaining("'b'")
                .hasMessageContaining("unknown key 'review-weeks'");
        Files.writeString(file, "review-days: [");
        assertThatThrownBy(() -> Limits.read(file)).hasMessageContaining("is not YAML");
        Files.writeString(file, "7");
        assertThatThrownBy(() -> Limits.read(file)).hasMessageContaining("is not a list");
    }
}
