package mirror.trust.claims;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.trust.Action;
import mirror.trust.Effect;
import mirror.trust.Policy;
import mirror.trust.Verdict;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** What agents may write into publishable files. */
final class ClaimGuardTest {
    private static final Policy.Match ALLOW = new Policy.Match(Verdict.ALLOW, "test", "test");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Path readme;

    private final Facts facts = new Facts();
    private final ClaimGuard guard = new ClaimGuard(facts, new Publishable());

    @BeforeEach
    void project() throws IOException {
        folder = folder.toRealPath();
        readme = folder.resolve("README.md");
        Files.writeString(readme, "The parser needs 3 ms.\n");
    }

    private void probe(String project) {
        var draft = Facts.record(
                new Fact(project, "hook round trip", "15.7", "ms", "test", "00", Instant.EPOCH, ""), "owner");
        facts.accept(new Event(
                "e1", "owner", draft.type(), Instant.EPOCH, null, "t", 1, 1, null, null, draft.data(), "", "", ""));
    }

    private Action action(String tool, Path file, ObjectNode input) {
        return new Action("claude-code", "s1", "t1", tool, input, folder, folder, List.of(new Effect.Write(file)));
    }

    private Action write(Path file, String content) {
        return action("Write", file, Json.object().put("content", content));
    }

    private boolean blocks(Action action) {
        return guard.check(action, ALLOW)
                .filter(match -> match.verdict() == Verdict.BLOCK)
                .isPresent();
    }

    @Test
    void aProjectThatWasNeverProbedIsLeftAlone() {
        probe("");
        assertThat(blocks(write(readme, "The hook takes 12 ms."))).isFalse();
        probe(folder.toString());
        assertThat(blocks(write(readme, "The hook takes 12 ms."))).isTrue();
    }

    @Test
    void theReasonNamesTheSpanTheNearestFactAndTheTwoWaysOut() {
        probe(folder.toString());
        assertThat(guard.check(write(readme, "\nThe hook takes 12 ms."), ALLOW)
                        .orElseThrow()
                        .reason())
                .contains(
                        "2:16 \u201812 ms\u2019",
                        "nearest fact: hook round trip = 15.7 ms",
                        "mirror probe",
                        "ESTIMATE");
    }

    @Test
    void onlyPublishableFilesAndOnlyNewClaimsCount() {
        probe(folder.toString());
        assertThat(blocks(write(folder.resolve("notes.md"), "The hook takes 12 ms.")))
                .isFalse();
        assertThat(blocks(write(folder.resolve("docs/a/b.md"), "The hook takes 12 ms.")))
                .isTrue();
        assertThat(blocks(write(readme, "The parser needs 3 ms.\n\nThe hook takes 16 ms.")))
                .isFalse();
        assertThat(blocks(write(readme, "The hook takes 12 ms (ESTIMATE)."))).isFalse();
    }

    @Test
    void anEditIsJudgedByTheFileItMakes() {
        probe(folder.toString());
        assertThat(blocks(action(
                        "Edit", readme, Json.object().put("old_string", "3").put("new_string", "2"))))
                .isTrue();
        assertThat(blocks(action(
                        "Edit",
                        readme,
                        Json.object().put("old_string", "needs 3 ms").put("new_string", "is fast"))))
                .isFalse();
        ObjectNode multi = Json.object();
        multi.putArray("edits").addObject().put("old_string", "parser").put("new_string", "writer");
        assertThat(blocks(action("MultiEdit", readme, multi))).isTrue();
    }

    @Test
    void whatAShellCommandShowsIsJudgedBeforeItRuns() {
        probe(folder.toString());
        for (String command : List.of(
                "echo 'The hook takes 12 ms' >> README.md",
                "echo The hook takes 12 ms >> README.md",
                "cat > README.md <<'EOF'\nThe hook takes 12 ms\nEOF",
                "sed -i 's/3 ms/12 ms/' README.md",
                "printf 'The hook\\ntakes 12 ms\\n' | tee README.md")) {
            assertThat(blocks(action("Bash", readme, Json.object().put("command", command))))
                    .as(command)
                    .isTrue();
        }
        for (String command : List.of(
                "echo 'The hook takes 16 ms' >> README.md",
                "sleep 5; sed -i 's/3 ms/fast/' README.md",
                "git checkout README.md")) {
            assertThat(blocks(action("Bash", readme, Json.object().put("command", command))))
                    .as(command)
                    .isFalse();
        }
    }

    @Test
    void whatItDidNotShowIsReportedAfterwards() throws IOException {
        probe(folder.toString());
        Action action = action("Bash", readme, Json.object().put("command", "./make-readme > README.md"));
        assertThat(blocks(action)).isFalse();
        Files.writeString(readme, "The parser needs 3 ms.\n\nThe hook takes 12 ms.\n");
        var found = guard.after(action).orElseThrow();
        assertThat(found.data().path("claims")).hasSize(1);
        assertThat(found.data().path("claims").path(0).path("line").asInt()).isEqualTo(3);
        assertThat(found.data().path("text").asString()).contains("12 ms", "15.7 ms");
    }

    @Test
    void whatCannotBeLookedThroughIsBlocked() {
        probe(folder.toString());
        assertThat(blocks(write(readme, "x".repeat(ClaimGuard.LONGEST + 1)))).isTrue();
    }

    @Test
    void theLastFactOfASubjectCountsAndTheSavedStateIsTheState() {
        probe("/a");
        probe("/b");
        probe("/a");
        assertThat(facts.of("/a")).hasSize(1);
        Facts restored = new Facts();
        restored.restore(facts.save());
        assertThat(restored.save()).isEqualTo(facts.save());
    }
}
