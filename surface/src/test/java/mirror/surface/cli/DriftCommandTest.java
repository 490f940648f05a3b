package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import mirror.bus.Event;
import mirror.surface.LeasedModel;
import mirror.surface.drift.Capsules;
import mirror.tiers.gateway.Gateway;
import mirror.tiers.wire.ScriptedProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Capsules over real sockets, a real gateway and log. */
final class DriftCommandTest {
    private static final String CAPSULE = """
            model: m
            prompt: What is the capital of France?
            checks: [{contains: Paris}, {max-tokens: 20}, {max-ms: 60000}]
            every: 1h
            """;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private TestMirror mirror;

    @SuppressWarnings("NullAway.Init")
    private ScriptedProvider provider;

    @SuppressWarnings("NullAway.Init")
    private Gateway gateway;

    /** Answers come when this is done. */
    private volatile CompletableFuture<Boolean> free = CompletableFuture.completedFuture(true);

    private final CountDownLatch asked = new CountDownLatch(1);
    private volatile String answer = "Paris.";
    private volatile String model = "qwen-1";
    private final AtomicLong nanos = new AtomicLong();
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor();

    @BeforeEach
    void open() throws Exception {
        mirror = new TestMirror(folder);
        provider = new ScriptedProvider((_, to) -> {
            asked.countDown();
            free.join();
            to.json(200, """
                {"id": "x", "object": "chat.completion", "created": 1, "model": "%s", "choices": [{"index": 0, "finish_reason": "stop",
                 "message": {"role": "assistant", "content": "%s"}}], "usage": {"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13}}
                """.formatted(model, answer));
        });
        tiers("local: true");
        gateway = GatewayServer.gateway(mirror.core(), watch);
        mirror.gateway(gateway);
    }

    private void tiers(String local) throws Exception {
        Files.writeString(mirror.core().home().tiers(), """
                providers:
                  here:
                    dialect: openai
                    base-url: %s/v1
                    key: env:STRANGE
                    %s
                    models:
                      m: {context: 100000, output: 2000, price: {in: 0, out: 0}}
                """.formatted(provider.url(), local));
    }

    @AfterEach
    void close() throws Exception {
        gateway.close();
        provider.close();
        mirror.close();
        watch.shutdownNow();
    }

    private Path capsule(String text) throws Exception {
        Path file = Files.createDirectories(mirror.core().home().capsules()).resolve("capital.yaml");
        Files.writeString(file, text);
        TestMirror.Answer signed = mirror.run("sign", file.toString());
        assertThat(signed.error()).isEmpty();
        return file;
    }

    private Capsules capsules() {
        return capsules(Runnable::run);
    }

    private Capsules capsules(Executor threads) {
        return new Capsules(
                mirror.core(),
                mirror.root(),
                new LeasedModel(mirror.core(), gateway, new Random(3)),
                () -> nanos.addAndGet(40_000_000),
                threads);
    }

    @Test
    void aModelThatDoesNotAnswerHoldsUpNoTurn() throws Exception {
        capsule(CAPSULE);
        free = new CompletableFuture<>();
        List<Thread> runs = new CopyOnWriteArrayList<>();
        Capsules capsules = capsules(run -> runs.add(Thread.ofVirtual().start(run)));
        capsules.tick();
        assertThat(asked.await(60, TimeUnit.SECONDS)).isTrue();
        try {
            CompletableFuture.runAsync(capsules::tick).get(30, TimeUnit.SECONDS);
        } finally {
            free.complete(true);
        }
        assertThat(runs).as("begun once").hasSize(1);
        runs.getFirst().join();
        assertThat(mirror.events("mirror.capsule.ran.v1")).hasSize(1);
    }

    @Test
    void whatACapsuleFoundIsAnEventAndItsAnswerABlob() throws Exception {
        capsule(CAPSULE);
        TestMirror.Answer told = mirror.run("drift", "run", "capital", "--json");
        assertThat(told.error()).isEmpty();
        assertThat(told.exit()).isEqualTo(Exit.OK);
        Event ran = mirror.events("mirror.capsule.ran.v1").getFirst();
        assertThat(ran.text("outcome")).isEqualTo("passed");
        assertThat(ran.text("reported")).isEqualTo("qwen-1");
        assertThat(ran.data().path("out").asLong()).isEqualTo(3);
        assertThat(mirror.core().projector().log().blobs().get(ran.text("answer")))
                .hasValueSatisfying(bytes ->
                        assertThat(new String(bytes, StandardCharsets.UTF_8)).isEqualTo("Paris."));
        answer = "London, of course.";
        assertThat(mirror.run("drift", "run", "capital").exit()).isEqualTo(Exit.NO);
        assertThat(mirror.run("drift").text()).contains("1 of 2 answers passed (50 %)");
        assertThat(mirror.core().state().leases().list())
                .allSatisfy(lease -> assertThat(lease.revoked()).isTrue());
    }

    @Test
    void whatIsNotSignedOrChangedSinceIsNotRun() throws Exception {
        Path file = capsule(CAPSULE);
        Files.writeString(file, CAPSULE.replace("France", "Spain"));
        assertThat(mirror.run("drift", "run", "capital").error()).contains("capital.yaml: ");
        capsules().tick();
        assertThat(provider.requests()).isEmpty();
        assertThat(mirror.run("drift").exit()).isEqualTo(Exit.NO);
    }

    @Test
    void withoutMoneySetAsideNothingLeavesTheMachine() throws Exception {
        tiers("local: false");
        capsule(CAPSULE);
        TestMirror.Answer told = mirror.run("drift", "run", "capital");
        assertThat(told.exit()).isEqualTo(Exit.NO);
        assertThat(told.text()).contains("refused").contains("is not on this machine");
        assertThat(provider.requests()).isEmpty();
        assertThat(mirror.core().state().drift().get("capital").orElseThrow().answered())
                .as("it says nothing of the model")
                .isZero();
    }

    @Test
    void aCapsuleRunsWhenItIsDueAndNotBefore() throws Exception {
        capsule(CAPSULE);
        Capsules capsules = capsules();
        capsules.tick();
        capsules.tick();
        assertThat(provider.requests()).hasSize(1);
        mirror.pass(Duration.ofMinutes(61));
        capsules.tick();
        assertThat(provider.requests()).hasSize(2);
    }

    @Test
    void aModelThatFailsFromOneRunOnIsFoundAndTheRunsBeforeAndAfterAreNamed() throws Exception {
        capsule(CAPSULE);
        Capsules capsules = capsules();
        for (int i = 0; i < 120 && mirror.core().state().drift().alarms().isEmpty(); i++) {
            answer = i < 40 ? "Paris." : "Berlin";
            capsules.run("capital");
        }
        Event found = mirror.events("mirror.drift.detected.v1").getFirst();
        assertThat(found.text("capsule")).isEqualTo("capital");
        JsonNode before = found.data().path("before");
        assertThat(before.path("events")).isNotEmpty();
        assertThat(mirror.run("drift").exit()).isEqualTo(Exit.NO);
        assertThat(mirror.run("drift").text()).contains(" changed: on average ");
        int many = mirror.events("mirror.drift.detected.v1").size();
        capsules.run("capital");
        assertThat(mirror.events("mirror.drift.detected.v1")).as("told once").hasSize(many);
    }

    @Test
    void aModelThatIsAnotherOneByItsProvidersWordIsAChange() throws Exception {
        capsule(CAPSULE);
        Capsules capsules = capsules();
        capsules.run("capital");
        model = "qwen-2";
        capsules.run("capital");
        Event found = mirror.events("mirror.drift.detected.v1").getFirst();
        assertThat(found.text("series")).isEqualTo("model");
        assertThat(found.text("was")).isEqualTo("qwen-1");
        assertThat(found.text("now")).isEqualTo("qwen-2");
    }

    @Test
    void everyFaultOfAFileIsNamed() throws Exception {
        capsule(
                "model: m\nprompt: p\nchecks: [{contains: a, equals: b}, {regex: '('}, {max-ms: 0}]\nevery: 1s\ncent: 3\n");
        assertThat(mirror.run("drift", "run", "capital").error())
                .contains("unknown key 'cent'")
                .contains("checks[0] must be one of")
                .contains("is not a pattern of RE2")
                .contains("max-ms")
                .contains("every must be a time");
    }
}
