package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.surface.LeasedModel;
import mirror.surface.diagnose.Diagnosis;
import mirror.tiers.gateway.Gateway;
import mirror.tiers.wire.ScriptedProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DiagnoseCommandTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private TestMirror mirror;

    @SuppressWarnings("NullAway.Init")
    private ScriptedProvider provider;

    @SuppressWarnings("NullAway.Init")
    private Gateway gateway;

    private volatile String answer = "The cache grew over night.";
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor();

    @BeforeEach
    void open() throws Exception {
        mirror = new TestMirror(folder);
        provider = new ScriptedProvider((_, to) -> {
            var body = Json.object()
                    .put("id", "x")
                    .put("object", "chat.completion")
                    .put("created", 1)
                    .put("model", "q");
            var choice = body.putArray("choices").addObject().put("index", 0).put("finish_reason", "stop");
            choice.putObject("message").put("role", "assistant").put("content", answer);
            body.putObject("usage")
                    .put("prompt_tokens", 10)
                    .put("completion_tokens", 3)
                    .put("total_tokens", 13);
            to.json(200, body.toString());
        });
        gateway = GatewayServer.gateway(mirror.core(), watch);
    }

    private void route(String local) throws Exception {
        Files.writeString(mirror.core().home().tiers(), """
                providers:
                  here:
                    dialect: openai
                    base-url: %s/v1
                    key: env:STRANGE
                    %s
                    models:
                      m: {context: 100000, output: 2000, price: {in: 0, out: 0}}
                routes:
                  diagnose: [here/m]
                """.formatted(provider.url(), local));
        assertThat(mirror.core().tiers().current().refusal()).isNull();
        mirror.gateway(gateway);
    }

    @AfterEach
    void close() throws Exception {
        gateway.close();
        provider.close();
        mirror.close();
        watch.shutdownNow();
    }

    private void found(String check, boolean critical, String state, String reason) {
        mirror.core()
                .projector()
                .record(Draft.of(
                        "mirror.check.changed.v1",
                        "mirror-pulse",
                        Json.object()
                                .put("check", check)
                                .put("critical", critical)
                                .put("to", state)
                                .put("reason", reason)));
    }

    private Event opinion() {
        return mirror.events("mirror.diagnosis.given.v1").getLast();
    }

    @Test
    void withoutALocalModelATableOfKnownCausesGivesTheOpinion() throws Exception {
        found("mirror:bus", true, "failing", "write failed: No space left on device");
        TestMirror.Answer told = mirror.run("diagnose");
        assertThat(told.exit()).isEqualTo(Exit.NO);
        assertThat(told.text()).contains("opinion of rules: A disk is full").contains("look at: df -h");
        assertThat(opinion().data().path("opinion").asBoolean()).isTrue();
    }

    @Test
    void thereIsOneOpinionForEachChangeOfState() throws Exception {
        found("disk:/", true, "failing", "1 MB left");
        Diagnosis diagnosis = new Diagnosis(mirror.core(), null);
        diagnosis.tick();
        diagnosis.tick();
        mirror.run("diagnose");
        assertThat(mirror.events("mirror.diagnosis.given.v1")).hasSize(1);
        mirror.pass(Duration.ofMinutes(5));
        found("disk:/", true, "ok", "");
        diagnosis.tick();
        assertThat(mirror.events("mirror.diagnosis.given.v1")).hasSize(1);
        mirror.pass(Duration.ofMinutes(5));
        found("disk:/", true, "failing", "1 MB left");
        diagnosis.tick();
        assertThat(mirror.events("mirror.diagnosis.given.v1")).hasSize(2);
    }

    @Test
    void whatIsNotCriticalOrNotFailingGetsNone() throws Exception {
        found("disk:/", false, "failing", "1 MB left");
        found("mirror:gate", true, "unknown", "it was not looked at");
        new Diagnosis(mirror.core(), null).tick();
        assertThat(mirror.events("mirror.diagnosis.given.v1")).isEmpty();
        assertThat(mirror.run("diagnose").exit()).isEqualTo(Exit.OK);
        assertThat(mirror.run("diagnose", "disk:/").error()).contains("and not critical");
    }

    @Test
    void aModelOnThisMachineIsAskedAndSeesNoSecrets() throws Exception {
        route("local: true");
        Path log = mirror.core().home().run().resolve("daemon.log");
        Files.createDirectories(log.getParent());
        Files.writeString(
                log, "starting\napi_key=sk-ant-api03-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\nfailed to open cache\n");
        found("mirror:vault", true, "failing", "it cannot be read");
        assertThat(mirror.run("diagnose").text()).contains("opinion of model q: The cache grew over night.");
        String asked = provider.requests().getFirst().text();
        assertThat(asked).contains("failed to open cache").doesNotContain("AAAAAAAA");
        assertThat(mirror.core().state().leases().list())
                .allSatisfy(lease -> assertThat(lease.revoked()).isTrue());
    }

    @Test
    void aModelElsewhereIsNotAsked() throws Exception {
        route("local: false");
        found("mirror:vault", true, "failing", "permission denied");
        assertThat(mirror.run("diagnose").text()).contains("opinion of rules: A file or port may not be used");
        assertThat(provider.requests()).isEmpty();
    }

    @Test
    void whateverALogMakesAModelSayStaysTextOnOneLineBesideTheTablesCommand() throws Exception {
        route("local: true");
        answer = "Run:\n\u001b[2Jrm -rf ~\n" + "x".repeat(5000);
        found("disk:/", true, "failing", "1 MB left");
        new Diagnosis(mirror.core(), new LeasedModel(mirror.core(), gateway, new Random(1))).tick();
        assertThat(opinion().text("command")).isEqualTo("df -h");
        assertThat(opinion().text("text"))
                .hasSizeLessThan(700)
                .startsWith("Run: [2Jrm")
                .doesNotContain("\n", "\u001b");
        assertThat(mirror.run("diagnose").text().lines()).hasSize(2);
    }
}
