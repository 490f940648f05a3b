package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import mirror.bus.Draft;
import mirror.bus.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

final class StatsCommandTest {
    private static final String TEXT = """
            # Use
            <!-- mirror:stats prompts --> prompts, as of <!-- mirror:stats date -->.
            """;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private static void prompt(TestMirror mirror) {
        mirror.core()
                .projector()
                .record(new Draft(
                        "mirror.session.prompted.v1",
                        "claude-code",
                        null,
                        null,
                        "s1",
                        Json.object().put("prompt", "hello")));
    }

    private static JsonNode number(JsonNode report, String name) {
        for (JsonNode each : report.path("numbers")) {
            if (each.path("name").asString().equals(name)) {
                return each;
            }
        }
        return Json.object();
    }

    @Test
    void theQueryThatIsShownComputesTheNumberThatIsShown() throws Exception {
        try (TestMirror mirror = new TestMirror(folder)) {
            prompt(mirror);
            prompt(mirror);
            JsonNode report = mirror.run("stats", "--json").json();
            String seq = report.path("head").path("seq").asString();
            for (JsonNode each : report.path("numbers")) {
                JsonNode again = mirror.run(
                                "stats", "--query", each.path("query").asString(), "--at", seq, "--json")
                        .json();
                assertThat(again.path("value")).as(each.path("name").asString()).isEqualTo(each.path("value"));
                assertThat(again.path("hash")).isEqualTo(report.path("head").path("hash"));
            }
            assertThat(number(report, "prompts").path("value").asLong()).isEqualTo(2);
            assertThat(number(report, "services.restarts.false").path("value").isNull())
                    .isTrue();
        }
    }

    @Test
    void whatWasSaidAtAnEventIsSaidAgainToTheByteWhenTheLogHasGrown() throws Exception {
        try (TestMirror mirror = new TestMirror(folder)) {
            prompt(mirror);
            String said = mirror.run("stats", "--signed").text();
            long seq = mirror.core().projector().log().durable();
            mirror.pass(Duration.ofDays(2));
            prompt(mirror);
            assertThat(mirror.run("stats", "--signed").text()).isNotEqualTo(said);
            assertThat(mirror.run("stats", "--signed", "--at", String.valueOf(seq))
                            .text())
                    .isEqualTo(said);
        }
    }

    @Test
    void aTextIsFilledAndCheckedAndAChangeInItIsFoundWithItsPlace() throws Exception {
        try (TestMirror mirror = new TestMirror(folder)) {
            prompt(mirror);
            Path file = mirror.work().resolve("README.md");
            Files.writeString(file, TEXT);
            assertThat(mirror.run("stats", "--check", "README.md").exit()).isEqualTo(Exit.NO);
            assertThat(mirror.run("stats", "--fill", "README.md").exit()).isEqualTo(Exit.OK);
            String filled = Files.readString(file);
            assertThat(filled)
                    .contains("\n1<!-- mirror:stats prompts @")
                    .contains("2026-01-02<!-- mirror:stats date @");
            assertThat(mirror.run("stats", "--check", "README.md").exit()).isEqualTo(Exit.OK);

            mirror.pass(Duration.ofDays(1));
            prompt(mirror);
            TestMirror.Answer later = mirror.run("stats", "--check", "README.md");
            assertThat(later.exit()).isEqualTo(Exit.OK);
            assertThat(later.text()).contains("README.md:2:2  dated  prompts  true as of event ");

            Files.writeString(file, filled.replace("\n1<!--", "\n7<!--"));
            TestMirror.Answer forged = mirror.run("stats", "--check", "README.md", "--json");
            assertThat(forged.exit()).isEqualTo(Exit.NO);
            JsonNode found = forged.json().path("numbers").path(0);
            assertThat(List.of(
                            found.path("verdict").asString(),
                            found.path("line").asString(),
                            found.path("column").asString()))
                    .containsExactly("wrong", "2", "2");
            assertThat(mirror.events("mirror.file.written.v1")).isNotEmpty();
        }
    }

    @Test
    void withThePublicKeyAloneADatedTextIsBelievedAndAForeignOneIsNot() throws Exception {
        try (TestMirror mirror = new TestMirror(Files.createDirectories(folder.resolve("a")));
                TestMirror other = new TestMirror(Files.createDirectories(folder.resolve("b")))) {
            prompt(mirror);
            Path file = mirror.work().resolve("README.md");
            Files.writeString(file, TEXT);
            mirror.run("stats", "--fill", "README.md");
            String key = mirror.core().key().key(mirror.core().origin()).verifierKey();
            assertThat(other.run("stats", "--check", file.toString(), "--key", key)
                            .exit())
                    .isEqualTo(Exit.OK);
            TestMirror.Answer foreign = other.run("stats", "--check", file.toString());
            assertThat(foreign.exit()).isEqualTo(Exit.NO);
            assertThat(foreign.text()).contains("bad signature").contains("unsigned  prompts");
        }
    }

    @Test
    void whatIsNoTextOrHasNoMarksIsRefusedWithASentence() throws Exception {
        try (TestMirror mirror = new TestMirror(folder)) {
            Path file = mirror.work().resolve("x.md");
            Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe, 0});
            assertThat(mirror.run("stats", "--check", "x.md").error()).contains("is not a text in UTF-8");
            Files.writeString(file, "no marks");
            assertThat(mirror.run("stats", "--check", "x.md").exit()).isEqualTo(Exit.NO);
            assertThat(mirror.run("stats", "--check", "x.md").text()).contains("nothing was checked");
            assertThat(mirror.run("stats", "--fill", "x.md").error()).contains("no number is marked");
            assertThat(Files.readString(file)).isEqualTo("no marks");
            assertThat(mirror.run("stats", "--check", "nowhere.md").error()).contains("there is no file");
            assertThat(mirror.run("stats", "users").error()).contains("there is no number 'users'");
            assertThat(mirror.run("stats", "--query", "drop *").exit()).isEqualTo(Exit.USAGE);
            assertThat(mirror.run("stats", "--at", "99").error()).contains("beyond its end");
        }
    }
}
