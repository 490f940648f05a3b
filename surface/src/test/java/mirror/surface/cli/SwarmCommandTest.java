package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.UnaryOperator;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.tiers.gateway.Gateway;
import mirror.tiers.swarm.Swarms;
import mirror.tiers.wire.ScriptedProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The owner's graphs of tasks, over real sockets, a real gateway, real leases and a real log. */
@Timeout(120)
final class SwarmCommandTest {
    private static final String GRAPH = """
            cents: 20
            model: c
            tasks:
              - {id: collect, prompt: "List the boats."}
              - {id: write, prompt: "Write about them.", needs: [collect], check: {contains: [boat]}}
            """;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private TestMirror mirror;

    @SuppressWarnings("NullAway.Init")
    private ScriptedProvider claude;

    @SuppressWarnings("NullAway.Init")
    private Gateway gateway;

    @SuppressWarnings("NullAway.Init")
    private Swarms swarms;

    private volatile UnaryOperator<String> model = _ -> "a red boat";
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor();

    @BeforeEach
    void open() throws Exception {
        mirror = new TestMirror(folder);
        var core = mirror.core();
        claude = new ScriptedProvider((request, to) -> {
            String prompt = Json.MAPPER
                    .readTree(request.text())
                    .path("messages")
                    .path(0)
                    .path("content")
                    .path(0)
                    .path("text")
                    .asString("");
            String said = model.apply(prompt);
            if (said.equals("stall")) {
                to.stall();
                return;
            }
            var body = Json.object()
                    .put("id", "m")
                    .put("type", "message")
                    .put("role", "assistant")
                    .put("model", "c")
                    .put("stop_reason", "end_turn");
            body.putArray("content").addObject().put("type", "text").put("text", said);
            body.putObject("usage").put("input_tokens", 100).put("output_tokens", 10);
            to.json(said.isEmpty() ? 500 : 200, body.toString());
        });
        Files.writeString(core.home().tiers(), """
                providers:
                  claude:
                    dialect: anthropic
                    base-url: %s
                    key: env:STRANGE
                    models:
                      c: {context: 100000, output: 2000, price: {in: 3, out: 15}}
                      dear: {context: 100000, output: 2000, price: {in: 3000, out: 15000}}
                """.formatted(claude.url()));
        gateway = GatewayServer.gateway(core, watch);
        swarms = new Swarms(
                core.tiers(),
                gateway,
                core.state().leases(),
                core.key(),
                core.projector(),
                core.state().swarms(),
                OptionalLong::empty,
                core.clock(),
                new Random(5),
                task -> Thread.ofVirtual().start(task));
        mirror.swarms(swarms);
    }

    @AfterEach
    void close() throws IOException {
        swarms.close();
        gateway.close();
        claude.close();
        mirror.close();
        watch.shutdownNow();
    }

    private String graph(String yaml) throws IOException {
        return Files.writeString(mirror.work().resolve("boats.yaml"), yaml)
                .getFileName()
                .toString();
    }

    private List<Event> events(String type) {
        return mirror.events("mirror." + type + ".v1");
    }

    private static JsonNode task(JsonNode run, String name) {
        for (JsonNode task : run.path("tasks")) {
            if (task.path("task").asString("").equals(name)) {
                return task;
            }
        }
        throw new AssertionError("no task " + name + " in " + run);
    }

    @Test
    void aGraphIsRunToItsEndAndTheLogHasLeasesMoneyAndAReportOfEachTask() throws Exception {
        var answer = mirror.run("swarm", "run", graph(GRAPH), "--json");
        assertThat(answer.error()).isEmpty();
        assertThat(answer.exit()).isZero();
        JsonNode run = answer.json();
        assertThat(run.path("name").asString()).isEqualTo("boats");
        assertThat(run.path("state").asString()).isEqualTo("finished");
        assertThat(run.path("money").asLong()).isEqualTo(2 * (100 * 3 + 10 * 15));
        // A begun cent of a task is a whole one.
        assertThat(run.path("left").path("cents").asLong()).isEqualTo(18);
        assertThat(claude.requests()).hasSize(2);
        assertThat(claude.requests().getLast().text()).contains("Result of the task 'collect'", "a red boat");

        // The run's lease, and one for each attempt below it, are all taken back.
        Event granted = events("lease.granted").getFirst();
        assertThat(granted.data().path("effects").toString()).isEqualTo("[\"egress:127.0.0.1\"]");
        assertThat(granted.data().path("cents").asLong()).isEqualTo(20);
        List<String> revoked = events("lease.revoked").stream()
                .map(event -> event.text("lease"))
                .toList();
        assertThat(revoked).hasSize(3).last().isEqualTo(granted.text("lease"));
        for (Event block : events("block.reserved")) {
            assertThat(block.data().path("leases")).hasSize(3);
            assertThat(block.session()).startsWith(run.path("run").asString() + ".");
        }

        JsonNode report = events("swarm.ended").getLast().data().path("report");
        assertThat(report.path("result").asString())
                .isEqualTo(task(run, "write").path("sha256").asString());
        assertThat(report.path("cents").asLong()).isEqualTo(1);
        assertThat(report.path("files")).isEmpty();
        assertThat(report.path("checks").path(0).path("check").asString()).isEqualTo("contains 'boat'");
        assertThat(report.path("open")).isEmpty();

        String id = run.path("run").asString();
        assertThat(mirror.run("swarm", "show", id).text())
                .contains("finished   write", "finished: 2 of 2 tasks finished, $0.0009 spent, 18 of 20 cents left");
        assertThat(mirror.run("swarm", "show", id, "write").text()).contains("Write about them.", "  a red boat");
        assertThat(mirror.run("swarm", "show", id, "write", "--full").text()).isEqualTo("a red boat\n");
        assertThat(mirror.run("swarm", "list").text()).contains(id, "finished", "2 of 2 tasks");
    }

    @Test
    void aTaskThatItsLeaseCannotPayIsStoppedBeforeAnythingIsSent() throws Exception {
        var answer = mirror.run("swarm", "run", graph("""
                cents: 20
                tasks: [{id: a, prompt: x, model: dear}, {id: b, prompt: x, needs: [a], model: c}]
                """));
        assertThat(answer.exit()).isEqualTo(1);
        assertThat(answer.text())
                .contains("stopped    a: Mirror: the lease ", "has not enough left for this call")
                .contains("skipped    b: it needs 'a', which stopped")
                .contains("failed: 0 of 2 tasks finished, $0 spent, 20 of 20 cents left");
        assertThat(claude.requests()).isEmpty();
    }

    @Test
    void aFailedTaskIsTriedAgainByTheOwnerAndWhatFinishedIsKept() throws Exception {
        model = prompt -> prompt.contains("Write") ? "nothing of the kind" : "a red boat";
        assertThat(mirror.run("swarm", "run", graph(GRAPH)).text())
                .contains("stopped    write: its result failed the check: it does not contain 'boat'");
        String id =
                mirror.run("swarm", "list", "--json").json().path(0).path("run").asString();
        assertThat(mirror.run("swarm", "show", id).exit()).isEqualTo(1);
        model = _ -> "a blue boat";
        var retried = mirror.run("swarm", "retry", id);
        assertThat(retried.exit()).as(retried.text() + retried.error()).isZero();
        assertThat(claude.requests()).hasSize(3);
        assertThat(retried.text()).contains("write:\n  a blue boat");
    }

    @Test
    void aLateTaskIsCutOffAndWhatItMayHaveUsedStaysSpent() throws Exception {
        model = _ -> "stall";
        var answer = mirror.run(
                "swarm", "run", graph("tasks: [{id: a, prompt: x, model: c, seconds: 1, retries: 0}]"), "--json");
        JsonNode a = task(answer.json(), "a");
        assertThat(a.path("state").asString()).isEqualTo("failed");
        assertThat(a.path("reason").asString()).isEqualTo("it did not answer within 1000 ms");
        assertThat(a.path("spent").path("cents").asLong()).isPositive();
    }

    @Test
    void aDetachedRunIsCancelledByTheOwnerAndItsLeasesWithIt() throws Exception {
        model = _ -> "stall";
        var answer = mirror.run("swarm", "run", graph(GRAPH), "--detach", "--json");
        String id = answer.json().path("run").asString();
        while (claude.requests().isEmpty()) {
            mirror.core().state().swarms().await(mirror.core().state().swarms().changes(), 10);
        }
        assertThat(mirror.run("swarm", "cancel", id).text()).isEqualTo("cancelled\n");
        assertThat(mirror.run("swarm", "show", id).text()).contains("cancelled: 0 of 2 tasks finished");
        assertThat(mirror.core().state().leases().held("swarm")).isEmpty();
        assertThat(mirror.run("swarm", "cancel", id).error()).contains("has ended: cancelled");
    }

    @Test
    void aPlanIsShownFirstAndRunsExactlyAsShown() throws Exception {
        model = prompt -> prompt.contains("Make a plan")
                ? "{\"tasks\": [{\"id\": \"a\", \"prompt\": \"do \\u001b[31mit\"}]}"
                : "done";
        var shown = mirror.run("swarm", "run", "--goal", "Sail.", "--conductor", "c", "--cents", "40");
        assertThat(shown.exit()).as(shown.error()).isZero();
        assertThat(shown.text())
                .contains("a  c, at most 39 cents, reaches egress:127.0.0.1", "do  [31mit", "nothing was done yet");
        assertThat(claude.requests()).hasSize(1);
        String plan = shown.text().replaceFirst("(?s).*--plan ", "").strip();
        var run = mirror.run("swarm", "run", "--plan", plan);
        assertThat(run.exit()).as(run.error()).isZero();
        assertThat(run.text()).contains("1 of 1 tasks finished");
        assertThat(mirror.run("swarm", "run", "--plan", plan).error()).contains("was run already");

        model = prompt -> prompt.contains("Make a plan")
                ? "{\"tasks\": [{\"id\": \"a\", \"prompt\": \"x\", \"model\": \"dear\"}]}"
                : "done";
        var refused = mirror.run("swarm", "run", "--goal", "Sail.", "--conductor", "c", "--yes");
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.error()).contains("tasks[1].model must be one of c");
    }

    @Test
    void badInputIsOneSentenceThatSaysWhatAndWhere() throws Exception {
        assertThat(mirror.run("swarm", "run", "nowhere.yaml").error()).startsWith("there is no file ");
        assertThat(mirror.run("swarm", "run", graph("tasks: [{id: a, model: c}]"))
                        .error())
                .endsWith("boats.yaml: tasks[1].prompt must be text of 1 to 16000 characters");
        assertThat(mirror.run("swarm", "run").exit()).isEqualTo(2);
        assertThat(mirror.run("swarm", "fly", "x").exit()).isEqualTo(2);
        assertThat(mirror.run("swarm", "show", "s0").error()).startsWith("there is no run 's0'");
        assertThat(mirror.run("swarm", "list").text()).startsWith("no run yet");
        mirror.swarms(null);
        assertThat(mirror.run("swarm", "run", graph(GRAPH)).exit()).isEqualTo(3);
    }

    @Test
    void aRunEndsWithItsTime() throws Exception {
        model = prompt -> {
            mirror.pass(Duration.ofMinutes(5));
            return "a boat";
        };
        var answer = mirror.run("swarm", "run", graph("minutes: 1\n" + GRAPH));
        assertThat(answer.text()).contains("stopped    write: the run's 1 minutes are over");
    }
}
