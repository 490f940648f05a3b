package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import mirror.bus.Draft;
import mirror.bus.Json;
import mirror.surface.cli.TestMirror.Answer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

final class StatusPageTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private TestMirror mirror;

    @BeforeEach
    void open() throws Exception {
        mirror = new TestMirror(folder);
    }

    @AfterEach
    void close() {
        mirror.close();
    }

    private void tell(String verb, String service, String reason) {
        mirror.core()
                .projector()
                .record(Draft.of(
                        "mirror.service." + verb + ".v1",
                        "daemon",
                        Json.object().put("service", service).put("reason", reason)));
    }

    private Path site() {
        return mirror.work().resolve("site");
    }

    @Test
    void whatWasNamedIsShownAndNothingElse() throws Exception {
        tell("readied", "notes", "");
        tell("readied", "diary", "");
        mirror.pass(Duration.ofHours(2));
        tell("failed", "notes", "no /home/ada/notes/secret.db");
        mirror.pass(Duration.ofMinutes(3));
        Answer answer = mirror.run("console", "publish", "site", "notes", "--title", "<b>Ada's & others'</b>");
        assertThat(answer.exit()).as(answer.error()).isZero();
        String html = Files.readString(site().resolve("index.html"));
        assertThat(html)
                .contains("One service is down")
                .contains("&lt;b&gt;Ada&#39;s &amp; others&#39;&lt;/b&gt;")
                .doesNotContain("<b>")
                .contains("up 2 h, down 3 min")
                .contains("for 3 min until now")
                .contains("Up 97.56 % of the time that is known")
                .doesNotContain("diary")
                .doesNotContain("secret")
                .doesNotContain("<script");
        JsonNode json = Json.MAPPER.readTree(Files.readString(site().resolve("status.json")));
        assertThat(json.path("services")).hasSize(1);
        assertThat(json.path("services")
                        .path(0)
                        .path("outages")
                        .path(0)
                        .path("to")
                        .isNull())
                .isTrue();
        assertThat(json.path("head").path("hash").asString())
                .isEqualTo(mirror.core()
                        .projector()
                        .log()
                        .read(json.path("head").path("seq").asLong(), 1)
                        .getFirst()
                        .hash());
        assertThat(json.toString()).doesNotContain("secret");
    }

    @Test
    void itIsRenewedInPlaceAndNeverWrittenOverSomebodysOwnPage() throws Exception {
        tell("readied", "notes", "");
        assertThat(mirror.run("console", "publish", "site", "--all").exit()).isZero();
        assertThat(mirror.run("console", "publish", "site", "--all").exit()).isZero();
        Files.createDirectories(mirror.work().resolve("blog"));
        Files.writeString(mirror.work().resolve("blog/index.html"), "<h1>My blog</h1>");
        Answer answer = mirror.run("console", "publish", "blog", "--all");
        assertThat(answer.error()).contains("is not a page of Mirror's");
        assertThat(mirror.work().resolve("blog/index.html")).hasContent("<h1>My blog</h1>");
        assertThat(mirror.work().resolve("blog/status.json")).doesNotExist();
    }

    @Test
    void whatIsNotThereIsSaid() throws Exception {
        assertThat(mirror.run("console", "publish", "site", "--all").error()).contains("no service ever ran");
        tell("readied", "notes", "");
        assertThat(mirror.run("console", "publish", "site", "nots").error())
                .isEqualTo("there is no service 'nots'; there are notes");
        assertThat(mirror.run("console", "publish", "site").error()).contains("or --all");
        assertThat(mirror.run("console", "publish", "site", "notes", "--all").error())
                .contains("or --all");
        assertThat(site()).doesNotExist();
    }
}
