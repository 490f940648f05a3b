package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import mirror.bus.AtomicFiles;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.continuity.Types;
import mirror.surface.CompletionCheck;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** A completion report counts when disk, git and log say the same, and is refused with the difference when they do not. */
final class CompletionTest extends MirrorTest {
    private static final String TEST = "./check --all";

    @SuppressWarnings("NullAway.Init")
    private Path project;

    @BeforeEach
    void aSessionThatWroteAFileCheckedAndCommittedIt() throws Exception {
        project = mirror.work();
        git("init", "-q", "-b", "main");
        Files.writeString(project.resolve("old.txt"), "old");
        git("add", "old.txt");
        // Git's clock is the real one, and the session's stands in the past: a commit of now is younger than the
        // session.
        git("commit", "-q", "-m", "before");
        mirror.core().state().continuity().opened(mirror.core().projector(), "claude-code", "s1", project, "startup");
        wrote("a.txt", "new");
        ran(TEST, true);
        git("add", "a.txt");
        git("commit", "-q", "-m", "a");
    }

    private String git(String... words) throws Exception {
        var command = new java.util.ArrayList<>(
                List.of("git", "-c", "user.name=Ada", "-c", "user.email=ada@example.invalid"));
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(command)
                .directory(project.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said.strip();
    }

    private Event event(String type, ObjectNode data) {
        return mirror.core()
                .projector()
                .record(Draft.of(type, "claude-code", data).subject("t").session("s1"));
    }

    private void wrote(String name, String text) throws IOException {
        Files.writeString(project.resolve(name), text);
        changed(name);
    }

    private void changed(String name) throws IOException {
        Path file = project.resolve(name);
        ObjectNode data = Json.object().put("tool", "Write");
        var entry = data.putArray("changed").addObject().put("path", file.toString());
        if (Files.exists(file)) {
            entry.put("sha256", AtomicFiles.digest(Files.readAllBytes(file)));
        }
        event(Types.ACTION_COMPLETED, data);
    }

    private Event ran(String command, boolean passed) {
        return event(
                passed ? Types.ACTION_COMPLETED : Types.ACTION_FAILED,
                Json.object().put("tool", "Bash").put("command", command).put("error", passed ? "" : "Exit code 1"));
    }

    private ObjectNode honest() throws Exception {
        ObjectNode report = Json.object().put("summary", "a is done");
        report.putArray("files").add("a.txt");
        report.putArray("commits").add(git("rev-parse", "HEAD"));
        report.putArray("checks").addObject().put("command", TEST).put("result", "passed");
        report.putArray("decisions").add("keep a small");
        report.putArray("open");
        report.putArray("errors");
        return report;
    }

    private String refusal(ObjectNode report) throws IOException {
        List<String> differences = new CompletionCheck(mirror.core(), "s1", project).differences(report);
        return String.join("\n", differences);
    }

    @Test
    void anHonestReportIsRecordedOnceAndStandsInTheRegister() throws Exception {
        Path file = project.resolve(".git/report.json");
        Files.writeString(file, Json.MAPPER.writeValueAsString(honest()));
        TestMirror.Answer answer = mirror.run("session", "complete", "s1", file.toString());
        assertThat(answer.error()).isEmpty();
        Event event = mirror.events(Types.COMPLETED).getFirst();
        assertThat(event.data().path("checks").path(0).path("passed").asBoolean())
                .isTrue();
        assertThat(mirror.run("ship").text()).contains("a is done", event.id());
        assertThat(Files.readString(mirror.core().state().continuity().shipLog()))
                .contains("a is done", "`" + TEST + "` passed");
        assertThat(refusal(honest())).contains("reported already");
    }

    @Test
    void aReportFromAFileThatDoesNotHoldIsShownAndNotRecorded() throws Exception {
        ObjectNode report = honest();
        report.withArray("files").add("ghost.txt");
        Path file = project.resolve(".git/report.json");
        Files.writeString(file, Json.MAPPER.writeValueAsString(report));
        TestMirror.Answer answer = mirror.run("session", "complete", "s1", file.toString());
        assertThat(answer.exit()).isEqualTo(Exit.NO);
        assertThat(answer.text()).contains("ghost.txt is not there");
        assertThat(mirror.events(Types.COMPLETED)).isEmpty();
    }

    @Test
    void aFileThatIsNotThere() throws Exception {
        ObjectNode report = honest();
        report.withArray("files").add("ghost.txt");
        assertThat(refusal(report)).isEqualTo("ghost.txt is not there");
    }

    @Test
    void aFileThatNobodyChanged() throws Exception {
        ObjectNode report = honest();
        report.withArray("files").add("old.txt");
        assertThat(refusal(report)).isEqualTo("old.txt was not changed: neither the log nor git knows of it");
    }

    @Test
    void aFileOutsideTheProject() throws Exception {
        ObjectNode report = honest();
        report.withArray("files").add("../other.txt").add("/etc/hostname");
        assertThat(refusal(report).lines()).hasSize(2).allMatch(line -> line.contains("is not a file of the project"));
    }

    @Test
    void aChangedFileThatIsLeftOut() throws Exception {
        wrote("b.txt", "b");
        ran(TEST, true);
        assertThat(refusal(honest())).isEqualTo("the session also changed b.txt; list every file");
    }

    @Test
    void aFileThatIsCalledDeletedAndIsThere() throws Exception {
        ObjectNode report = honest();
        report.putArray("deleted").add("old.txt");
        assertThat(refusal(report)).isEqualTo("old.txt is still there and not deleted");
    }

    @Test
    void aCommitThatDoesNotExist() throws Exception {
        ObjectNode report = honest();
        report.withArray("commits").removeAll().add("deadbeefdeadbeef");
        assertThat(refusal(report)).contains("there is no commit deadbeefdeadbeef");
        report.withArray("commits").removeAll().add("--output=/tmp/x");
        assertThat(refusal(report)).contains("is not the name of a commit");
    }

    @Test
    void aCommitOnAnotherBranch() throws Exception {
        git("checkout", "-q", "-b", "side");
        git("commit", "-q", "--allow-empty", "-m", "side");
        String side = git("rev-parse", "HEAD");
        git("checkout", "-q", "main");
        ObjectNode report = honest();
        report.withArray("commits").removeAll().add(side);
        assertThat(refusal(report)).contains("is not on the current branch");
    }

    @Test
    void aCommitFromBeforeTheSession() throws Exception {
        mirror.pass(Duration.ofDays(20_000));
        mirror.core().state().continuity().opened(mirror.core().projector(), "claude-code", "s2", project, "startup");
        List<String> differences = new CompletionCheck(mirror.core(), "s2", project).differences(honest());
        assertThat(differences).anyMatch(line -> line.contains("before this session began"));
    }

    @Test
    void aCommittedFileWithChangesThatAreNot() throws Exception {
        wrote("a.txt", "newer");
        ran(TEST, true);
        assertThat(refusal(honest())).isEqualTo("a.txt has changes that are not committed");
    }

    @Test
    void aCheckThatDidNotRun() throws Exception {
        ObjectNode report = honest();
        report.withArray("checks").addObject().put("command", "./check --slow").put("result", "passed");
        assertThat(refusal(report))
                .isEqualTo("`./check --slow` did not run in this session; nearest is `" + TEST + "`");
    }

    @Test
    void aCheckThatFailed() throws Exception {
        ran(TEST, false);
        assertThat(refusal(honest())).contains("`" + TEST + "` failed and not passed");
    }

    @Test
    void aCheckOfAClientThatDoesNotTellHowCommandsEnd() throws Exception {
        event(
                Types.ACTION_COMPLETED,
                Json.object().put("tool", "Bash").put("command", TEST).put("outcome", "unknown"));
        assertThat(refusal(honest())).contains("does not tell how a command ended");
    }

    @Test
    void aCheckThatRanBeforeTheLastChange() throws Exception {
        wrote("a.txt", "newer");
        git("commit", "-q", "-a", "-m", "newer");
        assertThat(refusal(honest())).isEqualTo("`" + TEST + "` ran before the last change; run it again");
    }

    @Test
    void aCheckThatCannotFail() throws Exception {
        for (String command :
                List.of("./check || true", "./check | tail -5", "./check; echo ok", "./check; exit 0", "./check &")) {
            ran(command, true);
            ObjectNode report = honest();
            report.withArray("checks").addObject().put("command", command).put("result", "passed");
            assertThat(refusal(report)).as(command).contains("hides the exit status");
        }
        ran("./check && ./lint", true);
        ObjectNode report = honest();
        report.withArray("checks")
                .addObject()
                .put("command", "./check && ./lint")
                .put("result", "passed");
        assertThat(refusal(report)).isEmpty();
    }

    @Test
    void aFailureThatIsNotNamed() throws Exception {
        Event failed = ran("./deploy", false);
        assertThat(refusal(honest())).isEqualTo("`./deploy` failed and is not named in 'errors' (" + failed.id() + ")");
        ObjectNode report = honest();
        report.withArray("errors").add("./deploy: no such host");
        assertThat(refusal(report)).isEmpty();
    }

    @Test
    void anOpenEndThatIsNotNamed() throws Exception {
        event(
                Types.MEMORY_WRITTEN,
                Json.object()
                        .put("kind", "open")
                        .put("text", "the index is not rebuilt")
                        .put("project", project.toString())
                        .put("source", "a.txt"));
        assertThat(refusal(honest())).startsWith("still open and not listed: the index is not rebuilt");
        ObjectNode report = honest();
        report.withArray("open").add("The index is not rebuilt.");
        assertThat(refusal(report)).isEmpty();
    }

    @Test
    void aDecisionThatWasReplaced() throws Exception {
        ObjectNode old = Json.object()
                .put("kind", "decision")
                .put("text", "use MySQL for everything")
                .put("project", project.toString());
        Event first = event(Types.MEMORY_WRITTEN, old);
        event(
                Types.MEMORY_WRITTEN,
                old.deepCopy().put("text", "use files for everything").put("replaces", first.id()));
        ObjectNode report = honest();
        report.withArray("decisions").add("use MySQL for everything");
        assertThat(refusal(report)).contains("was replaced by a later one");
        report.withArray("decisions").removeAll().add(first.id());
        assertThat(refusal(report)).contains("was replaced by");
        report.withArray("decisions").removeAll().add("t-0-999999");
        assertThat(refusal(report)).contains("there is no decision");
    }

    @Test
    void aReportWithoutOneOfItsLists() throws Exception {
        for (String name : CompletionCheck.LISTS) {
            ObjectNode report = honest();
            report.remove(name);
            assertThat(refusal(report)).contains("'" + name + "' is missing");
        }
        assertThat(refusal(honest().put("summary", " "))).isEqualTo("'summary' is empty");
    }

    @Test
    void aSessionThatChangedFilesAndEndedWithoutAReportIsNamed() throws Exception {
        event(Types.ENDED, Json.object().put("reason", "other"));
        assertThat(mirror.run("ship").text()).contains("unreported: session s1");
        assertThat(mirror.run("session", "list").text()).contains("unreported");
    }
}
