package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.bus.Json;
import mirror.tiers.council.Councils;
import mirror.tiers.council.VaultEvidence;
import mirror.tiers.gateway.Gateway;
import mirror.tiers.wire.ScriptedProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The owner's question to several models, over real sockets, a real gateway, log and vault. */
final class CouncilCommandTest {
    private static final String TRUE = "The harbour of Kiel opens at six.";
    private static final String INVENTED = "Zorblax the Great built the first harbour.";
    private static final String QUESTION = "When does the harbour of Kiel open?";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private TestMirror mirror;

    @SuppressWarnings("NullAway.Init")
    private ScriptedProvider claude;

    @SuppressWarnings("NullAway.Init")
    private ScriptedProvider other;

    @SuppressWarnings("NullAway.Init")
    private Gateway gateway;

    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor();

    @BeforeEach
    void open() throws Exception {
        mirror = new TestMirror(folder);
        var core = mirror.core();
        claude = new ScriptedProvider(anthropic(TRUE + " " + INVENTED, "Kiel", "nothing"));
        other = new ScriptedProvider(openai(TRUE, "Kiel", "Zorblax"));
        Files.createDirectories(core.notes().root());
        Files.writeString(core.notes().root().resolve("Boat.md"), "# Boat\n\nThe harbour of Kiel opens at six.\n");
        core.notes().start();
        core.notes().settle();
        tiers("");
        gateway = GatewayServer.gateway(core, watch);
        mirror.councils(new Councils(
                core.tiers(),
                gateway,
                core.state().leases(),
                core.key(),
                core.projector(),
                core.state().councils(),
                core.state().skills(),
                new VaultEvidence(core.notes()),
                core.clock(),
                new Random(5),
                task -> Thread.ofVirtual().start(task)));
    }

    private void tiers(String local) throws IOException {
        Files.writeString(mirror.core().home().tiers(), """
                providers:
                  claude:
                    dialect: anthropic
                    base-url: %s
                    key: env:STRANGE
                    models:
                      c: {context: 100000, output: 2000, price: {in: 3, out: 15}}
                  other:
                    dialect: openai
                    base-url: %s/v1
                    key: env:STRANGE
                    %s
                    models:
                      o: {context: 100000, output: 2000, price: {in: 1, out: 2}}
                council: {members: [c, o], answer: 30s, output: 500, cents: 200}
                """.formatted(claude.url(), other.url(), local));
    }

    @AfterEach
    void close() throws IOException {
        gateway.close();
        claude.close();
        other.close();
        mirror.close();
        watch.shutdownNow();
    }

    /** What a model says that is asked: an answer, or yes and no to claims with these words. */
    private static String said(String prompt, String answer, String yes, String no) {
        if (!prompt.contains("Say of each numbered claim")) {
            return prompt.contains("Several models answered") ? TRUE : answer;
        }
        StringBuilder lines = new StringBuilder();
        Matcher claim = Pattern.compile("(?m)^(\\d+)\\. (.*)$").matcher(prompt);
        while (claim.find()) {
            String word = claim.group(2).contains(no) ? "no" : claim.group(2).contains(yes) ? "yes" : "unknown";
            lines.append(claim.group(1)).append(": ").append(word).append('\n');
        }
        return lines.toString();
    }

    private static ScriptedProvider.Script anthropic(String answer, String yes, String no) {
        return (request, to) -> {
            String prompt = Json.MAPPER
                    .readTree(request.text())
                    .path("messages")
                    .path(0)
                    .path("content")
                    .path(0)
                    .path("text")
                    .asString("");
            var body = Json.object()
                    .put("id", "m")
                    .put("type", "message")
                    .put("role", "assistant")
                    .put("model", "c")
                    .put("stop_reason", "end_turn");
            body.putArray("content").addObject().put("type", "text").put("text", said(prompt, answer, yes, no));
            body.putObject("usage").put("input_tokens", 100).put("output_tokens", 10);
            to.json(200, body.toString());
        };
    }

    private static ScriptedProvider.Script openai(String answer, String yes, String no) {
        return (request, to) -> {
            JsonNode content = Json.MAPPER
                    .readTree(request.text())
                    .path("messages")
                    .path(0)
                    .path("content");
            String prompt = content.isString()
                    ? content.asString("")
                    : content.path(0).path("text").asString("");
            var body = Json.object()
                    .put("id", "x")
                    .put("object", "chat.completion")
                    .put("created", 1)
                    .put("model", "o");
            var choice = body.putArray("choices").addObject().put("index", 0).put("finish_reason", "stop");
            choice.putObject("message").put("role", "assistant").put("content", said(prompt, answer, yes, no));
            body.putObject("usage")
                    .put("prompt_tokens", 100)
                    .put("completion_tokens", 10)
                    .put("total_tokens", 110);
            to.json(200, body.toString());
        };
    }

    private static String mark(JsonNode run, String text) {
        for (String list : java.util.List.of("claims", "others")) {
            for (JsonNode claim : run.path(list)) {
                if (claim.path("text").asString().equals(text)) {
                    return claim.path("mark").asString();
                }
            }
        }
        return "none";
    }

    @Test
    void oneModelsInventionIsCaughtAndTheVerdictRestsOnTheVault() throws Exception {
        var answer = mirror.run("council", QUESTION, "--mode", "council", "--json");
        assertThat(answer.error()).isEmpty();
        assertThat(answer.exit()).isZero();
        JsonNode run = answer.json();
        assertThat(run.path("verdict").asString()).isEqualTo(TRUE);
        assertThat(mark(run, TRUE)).isEqualTo("supported");
        assertThat(mark(run, INVENTED)).isEqualTo("disputed");
        assertThat(run.path("claims").path(0).path("place").asString()).startsWith("Boat.md:3 sha256:");
        assertThat(run.path("dissent").path(0).path("text").asString()).isEqualTo(INVENTED);
        assertThat(run.path("agreement").asDouble()).isEqualTo(1);
        assertThat(run.path("confidence").asDouble()).isEqualTo(1);
        assertThat(run.path("verified").asBoolean()).isTrue();
        // Two answers, one check by the other, the judge: three by one price, two by the other.
        assertThat(run.path("receipts").asInt())
                .isEqualTo(run.path("calls").asInt())
                .isEqualTo(4);
        assertThat(run.path("money").asLong()).isEqualTo(2 * (100 * 3 + 10 * 15) + 2 * (100 + 10 * 2));

        String id = run.path("run").asString();
        assertThat(mirror.run("council", "show", id).text())
                .contains("supported    " + TRUE, "disputed     " + INVENTED, "no: o", "c said", "4 calls", "$0.00114");
        assertThat(mirror.run("council", "list").text()).contains(id, QUESTION);
        assertThat(mirror.run("council", "skills").text()).contains("fact  council by c, o", "by Boat.md:3");
        assertThat(mirror.events("mirror.council.opened.v1").getFirst().text("reason"))
                .isEqualTo("asked for");
    }

    @Test
    void theCallsHaveALeaseOfTheirOwnThatEndsWithTheRun() throws Exception {
        mirror.run("council", QUESTION);
        var lease = mirror.core().state().leases().list().getFirst();
        assertThat(lease.holder()).isEqualTo("council");
        assertThat(lease.effects()).containsExactly("egress:127.0.0.1");
        assertThat(lease.scope().cents()).isEqualTo(200);
        assertThat(lease.expires()).isEqualTo(mirror.core().clock().instant().plus(Duration.ofMinutes(15)));
        assertThat(lease.revoked()).isTrue();
        assertThat(claude.requests())
                .isNotEmpty()
                .allSatisfy(request ->
                        assertThat(request.head()).doesNotContain("mlt1").doesNotContainIgnoringCase("x-mirror"));
    }

    @Test
    void whoFailsIsAbsentAndWhatIsLeftIsOneModelsWord() throws Exception {
        claude.script((_, to) -> to.json(500, "{\"error\":{\"message\":\"down\"}}"));
        JsonNode run =
                mirror.run("council", QUESTION, "--mode", "verify", "--json").json();
        assertThat(run.path("verdict").asString()).isEqualTo(TRUE);
        assertThat(run.path("one-models-word").asBoolean()).isTrue();
        assertThat(run.path("confidence").isNull()).isTrue();
        assertThat(run.path("absent").path(0).path("member").asString()).isEqualTo("c");
        assertThat(mirror.run("council", "show", run.path("run").asString()).text())
                .contains("one model's word", "absent: c");

        other.script((_, to) -> to.stream().chunk("data: {").close());
        var nobody = mirror.run("council", QUESTION, "--mode", "chain");
        assertThat(nobody.exit()).isEqualTo(Exit.NO);
        assertThat(nobody.text()).contains("no verdict: nobody answered", "absent: c", "absent: o");
    }

    @Test
    void whoStallsIsNotWaitedFor() throws Exception {
        claude.script((_, to) -> to.stall());
        String yaml = Files.readString(mirror.core().home().tiers());
        Files.writeString(
                mirror.core().home().tiers(),
                yaml.replace("members: [c, o], answer: 30s", "members: [c], answer: 300ms"));
        var nobody = mirror.run("council", QUESTION);
        assertThat(nobody.exit()).isEqualTo(Exit.NO);
        assertThat(nobody.text()).contains("absent: c: it did not answer within 300 ms");
        assertThat(mirror.core().state().leases().list().getFirst().revoked()).isTrue();
    }

    @Test
    void aSecretQuestionGoesToLocalModelsAlone() throws Exception {
        tiers("local: true");
        JsonNode run = mirror.run("council", QUESTION, "--sensitivity", "secret", "--json")
                .json();
        assertThat(claude.requests()).isEmpty();
        assertThat(other.requests()).isNotEmpty();
        assertThat(run.path("absent").path(0).path("why").asString()).contains("must not leave");
        var never = mirror.run("council", QUESTION, "--sensitivity", "never-share");
        assertThat(never.exit()).isEqualTo(Exit.NO);
        assertThat(mirror.events("mirror.council.opened.v1")).hasSize(1);
    }

    @Test
    void aCouncilEndsWhereItsMoneyDoes() throws Exception {
        JsonNode run = mirror.run("council", QUESTION, "--cents", "1", "--mode", "council", "--json")
                .json();
        // Even a short answer of the dearer model may cost more than a cent.
        assertThat(claude.requests()).isEmpty();
        assertThat(run.path("absent").path(0).path("why").asString()).contains("has not enough left");
    }

    @Test
    void onlyWhatHeldIsLearntAndItFadesAndCanBeTakenBack() throws Exception {
        other.script(openai("The harbour has a tall red crane.", "nothing", "nothing"));
        claude.script(anthropic("The harbour has a tall red crane.", "nothing", "nothing"));
        String id = mirror.run("council", QUESTION, "--mode", "chain", "--fast", "--json")
                .json()
                .path("run")
                .asString();
        assertThat(mirror.run("council", "skills").text()).contains("nothing yet");
        var unknown =
                mirror.run("council", QUESTION, "--mode", "skills", "--json").json();
        assertThat(unknown.path("mode").asString()).isEqualTo("verify");
        assertThat(unknown.path("reason").asString()).startsWith("no verified run on a question of kind fact");

        assertThat(mirror.run("council", "confirm", id).exit()).isZero();
        assertThat(mirror.run("council", "skills", "--json")
                        .json()
                        .path(0)
                        .path("evidence")
                        .path(0)
                        .asString())
                .isEqualTo("owner");
        assertThat(mirror.run("council", QUESTION, "--mode", "skills", "--json")
                        .json()
                        .path("mode")
                        .asString())
                .isEqualTo("chain");
        // One run is not yet enough to change what happens by itself.
        assertThat(mirror.run("council", QUESTION, "--json").json().path("mode").asString())
                .isEqualTo("verify");
        mirror.pass(Duration.ofDays(31));
        assertThat(mirror.run("council", QUESTION, "--mode", "skills", "--json")
                        .json()
                        .path("mode")
                        .asString())
                .isEqualTo("verify");
        mirror.run("council", "refute", id);
        assertThat(mirror.run("council", "skills").text()).contains("nothing yet");
    }

    @Test
    void secretsThatAModelSaysAreNotRecorded() throws Exception {
        String secret = "sk-ant-api03-" + "x9".repeat(20);
        other.script(openai(TRUE + " The key of the crane is " + secret + " today.", "Kiel", "nothing"));
        mirror.run("council", QUESTION, "--mode", "council");
        assertThat(mirror.events("mirror.council.concluded.v1")
                        .getFirst()
                        .data()
                        .toString())
                .contains("[redacted]")
                .doesNotContain(secret);
    }

    @Test
    void whatCannotBeHeldIsSaidInOneSentence() throws Exception {
        assertThat(mirror.run("council").exit()).isEqualTo(Exit.USAGE);
        assertThat(mirror.run("council", "q", "--mode", "duel").exit()).isEqualTo(Exit.USAGE);
        assertThat(mirror.run("council", "q", "--fast", "--deep").exit()).isEqualTo(Exit.USAGE);
        assertThat(mirror.run("council", "show", "c0").error()).contains("there is no council");
        assertThat(mirror.run("council", "confirm", "c0").error()).contains("there is no verdict");
        assertThat(mirror.run("council", "list").text()).contains("no council was held");
        String yaml = Files.readString(mirror.core().home().tiers());
        Files.writeString(
                mirror.core().home().tiers(),
                yaml.lines()
                        .filter(line -> !line.startsWith("council"))
                        .collect(java.util.stream.Collectors.joining("\n")));
        mirror.councils(null);
        assertThat(mirror.run("council", QUESTION).exit()).isEqualTo(Exit.NO_DAEMON);
    }
}
