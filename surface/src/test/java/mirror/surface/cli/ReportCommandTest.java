package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import mirror.bus.Draft;
import mirror.bus.Json;
import mirror.surface.report.MorningReport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The morning report; the clock of these tests begins at 03:04:05 UTC, and the report's hour is seven. */
final class ReportCommandTest {
    @TempDir
    private Path folder;

    private TestMirror mirror;

    @BeforeEach
    void start() throws IOException {
        mirror = new TestMirror(folder);
        record("mirror.daemon.started.v1", Json.object());
    }

    @AfterEach
    void stop() {
        mirror.close();
    }

    private void record(String type, ObjectNode data) {
        mirror.core().projector().record(Draft.of(type, "daemon", data).session("s1"));
    }

    private boolean tick() throws IOException {
        return new MorningReport(mirror.core()).tick();
    }

    private Path note(String date) {
        return mirror.core().config().vault().resolve("Mirror/reports/" + date + ".md");
    }

    @Test
    void itIsMadeOnceADayAtItsHourAlsoAfterRestarts() throws Exception {
        assertThat(tick()).isFalse();
        mirror.pass(Duration.ofMinutes(235));
        assertThat(tick()).isFalse();
        mirror.pass(Duration.ofMinutes(1));
        assertThat(tick()).isTrue();
        assertThat(tick()).isFalse();
        mirror.pass(Duration.ofHours(5));
        assertThat(tick()).isFalse();
        mirror.pass(Duration.ofHours(19));
        assertThat(tick()).isTrue();
        assertThat(mirror.events("mirror.report.made.v1"))
                .extracting(event -> event.text("date"))
                .containsExactly("2026-01-02", "2026-01-03");
        assertThat(note("2026-01-02")).exists();
        assertThat(mirror.run("signal", "list", "mirror", "--json").json()).hasSize(2);
        assertThat(mirror.run("report").text()).contains("# Morning report, 2026-01-03", "- nothing");
        assertThat(mirror.run("report", "--date", "2026-01-02", "--json")
                        .json()
                        .path("late")
                        .asBoolean())
                .isFalse();
        assertThat(mirror.run("report", "--date", "2026-01-01").exit()).isEqualTo(1);
    }

    @Test
    void whoSleptAtItsHourGetsItAtTheWakeWithTheNightItIsFor() throws Exception {
        mirror.pass(Duration.ofDays(2));
        assertThat(tick()).isTrue();
        assertThat(Files.readString(note("2026-01-03")))
                .contains("Made late, at 2026-01-04T03:04:05", "the night to 2026-01-03");
        mirror.pass(Duration.ofHours(4));
        assertThat(tick()).isTrue();
        assertThat(note("2026-01-04")).exists();
    }

    @Test
    void itTellsWhatHappenedAndWhatEachLineRestsOn() throws Exception {
        record("mirror.session.opened.v1", Json.object().put("project", "/p"));
        ObjectNode done = Json.object().put("summary", "Parser rewritten");
        done.putArray("open").add("docs are missing");
        record("mirror.session.completed.v1", done);
        ObjectNode blocked = Json.object().put("verdict", "block").put("rule", "secrets");
        record("mirror.action.decided.v1", blocked);
        record("mirror.action.decided.v1", blocked.deepCopy());
        record("mirror.service.failed.v1", Json.object().put("service", "ollama"));
        record(
                "mirror.service.started.v1",
                Json.object().put("service", "ollama").put("cause", "boot"));
        record(
                "mirror.check.changed.v1",
                Json.object().put("check", "disk").put("from", "ok").put("to", "failing"));
        record(
                "mirror.check.changed.v1",
                Json.object().put("check", "memory").put("from", "").put("to", "ok"));
        record("mirror.alarm.raised.v1", Json.object().put("text", "five denials"));
        ObjectNode calls = Json.object();
        calls.putArray("calls")
                .addObject()
                .put("provider", "anthropic")
                .put("model", "m1")
                .put("money", 12_345)
                .put("in", 10)
                .put("out", 5)
                .put("unreported", 7);
        record("mirror.calls.completed.v1", calls);
        String text = mirror.run("report", "--now").text();
        assertThat(text)
                .contains(
                        "- Parser rewritten (`",
                        "- docs are missing (`",
                        "- 2 × daemon, rule secrets (`",
                        "- 1 × service.failed.v1 (`",
                        "- 1 × check disk → failing (`",
                        "- five denials (`",
                        "anthropic m1: \\$0.0124, 1 calls, 15 tokens, 7 not reported",
                        "- 1 session opened (`mirror session`)",
                        "only the daemon knows them")
                .doesNotContain("check memory", "service.started");
        assertThat(mirror.events("mirror.report.made.v1")).isEmpty();
        JsonNode json = mirror.run("report", "--now", "--json").json();
        assertThat(json.path("sections")).anySatisfy(section -> {
            assertThat(section.path("name").asString()).isEqualTo("Denials");
            assertThat(section.path("count").asInt()).isEqualTo(2);
        });
    }

    @Test
    void thePhoneIsToldNumbersAndNoWords() throws Exception {
        record("mirror.alarm.raised.v1", Json.object().put("text", "the secret is xyzzy"));
        mirror.pass(Duration.ofHours(4));
        assertThat(tick()).isTrue();
        JsonNode message = mirror.run("signal", "list", "--json").json().path(0);
        assertThat(message.path("message").asString()).contains("Alarms: 1").doesNotContain("xyzzy");
        assertThat(message.path("priority").asInt()).isEqualTo(4);
    }

    @Test
    void wordsOfStrangersAreNoMarkupInTheNote() throws Exception {
        record(
                "mirror.session.completed.v1",
                Json.object()
                        .put(
                                "summary",
                                "![x](http://evil/?q) [[Secret note]] <script>alert(1)</script>\n# Title #tag `code` \u001b[31m"));
        mirror.pass(Duration.ofHours(4));
        assertThat(tick()).isTrue();
        String note = Files.readString(note("2026-01-02"));
        assertThat(note)
                .doesNotContain("![", "[[", " <script", "\n# Title", " #tag", "`code`", "http://evil", "\u001b")
                .contains("Secret note");
    }

    @Test
    void whatTheOwnerWroteIntoItIsNeverReplaced() throws Exception {
        Files.createDirectories(note("2026-01-02").getParent());
        Files.writeString(note("2026-01-02"), "my own words");
        mirror.pass(Duration.ofHours(4));
        assertThat(tick()).isTrue();
        assertThat(Files.readString(note("2026-01-02"))).isEqualTo("my own words");
        String path = mirror.events("mirror.report.made.v1").getFirst().text("path");
        assertThat(path).isNotEqualTo("Mirror/reports/2026-01-02.md");
        assertThat(mirror.run("report").text()).contains("# Morning report, 2026-01-02");
    }

    @Test
    void withoutAReportTheNextOneIsTold() throws Exception {
        TestMirror.Answer answer = mirror.run("report");
        assertThat(answer.exit()).isEqualTo(1);
        assertThat(answer.error()).contains("the next is due at 2026-01-02T07:00");
    }
}
