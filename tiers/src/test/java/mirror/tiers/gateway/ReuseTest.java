package mirror.tiers.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import mirror.bus.Seed;
import mirror.tiers.wire.Header;
import mirror.tiers.wire.ScriptedProvider;
import mirror.trust.Budgets.Unit;
import mirror.trust.LeaseScope;
import mirror.trust.Sensitivity;
import mirror.vault.embed.Embedder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** An answer is given again to who got it, for the very same request, as long as the owner says; and to nobody else. */
final class ReuseTest {
    private static final String BODY = "{\"model\":\"kept\",\"max_tokens\":100,\"messages\":[]}";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    /** Each answer is another one, so that one that comes again is seen. */
    private static ScriptedProvider counting() throws IOException {
        AtomicInteger count = new AtomicInteger();
        return new ScriptedProvider((_, to) ->
                to.json(200, Faults.WHOLE.replace("\"m\"", "\"m" + count.incrementAndGet() + "\""), "request-id: r1"));
    }

    private static String tiers(ScriptedProvider... providers) {
        StringBuilder yaml = new StringBuilder("providers:\n");
        List<String> names = new ArrayList<>();
        for (int i = 0; i < providers.length; i++) {
            yaml.append("""
                  p%d:
                    dialect: anthropic
                    base-url: %s
                    key: env:KEY
                    local: true
                    timeouts: {connect: 2s, answer: 400ms, idle: 400ms}
                    models: {m: {context: 200000, output: 8000, price: {in: 3, out: 15}}}
                """.formatted(i, providers[i].url()));
            names.add("p" + i + "/m");
        }
        return yaml + "routes:\n  kept: {to: " + names + ", cache: 1h}\n  plain: " + names + "\n";
    }

    @Test
    void theSameRequestOfTheSameCallerIsAnsweredAgainForNothingAndThatIsSaid() throws IOException {
        try (ScriptedProvider provider = counting();
                Road road = new Road(folder, tiers(provider))) {
            String token = road.grant();
            Road.Answer first = road.ask(Endpoint.MESSAGES, token, BODY);
            assertThat(first.header("x-mirror-cache")).isEmpty();
            long spent = road.spent("claude-code", Unit.MONEY);
            road.pass(Duration.ofSeconds(90));
            Road.Answer again = road.ask(Endpoint.MESSAGES, token, BODY);
            assertThat(again.isWhole()).isTrue();
            assertThat(again.text()).isEqualTo(first.text());
            assertThat(again.header("x-mirror-cache")).isEqualTo("hit");
            assertThat(again.header("age")).isEqualTo("90");
            assertThat(again.header("content-type")).isEqualTo("application/json");
            assertThat(again.header("request-id")).isEmpty();
            assertThat(provider.requests()).hasSize(1);
            assertThat(road.spent("claude-code", Unit.MONEY)).isEqualTo(spent);
            road.stop();
            assertThat(road.costs.list()).singleElement().satisfies(row -> {
                assertThat(row.sum().calls()).isEqualTo(2);
                assertThat(row.sum().cached()).isEqualTo(1);
                assertThat(row.sum().unanswered()).isZero();
            });
            var calls =
                    road.events("mirror.calls.completed.v1").getLast().data().path("calls");
            assertThat(calls.get(calls.size() - 1).path("outcome").asString()).isEqualTo("cached");
        }
    }

    @Test
    void aStreamIsGivenAgainAsAStreamByteForByte() throws IOException {
        String events = Faults.START + Faults.DELTA + Faults.USAGE + Faults.STOP;
        try (ScriptedProvider provider = new ScriptedProvider(
                        (_, to) -> to.stream().chunk(events).last());
                Road road = new Road(folder, tiers(provider))) {
            String token = road.grant();
            String body = BODY.replace("\"max", "\"stream\":true,\"max");
            assertThat(road.ask(Endpoint.MESSAGES, token, body).text()).isEqualTo(events);
            Road.Answer again = road.ask(Endpoint.MESSAGES, token, body);
            assertThat(again.text()).isEqualTo(events);
            assertThat(again.header("content-type")).isEqualTo("text/event-stream");
            assertThat(again.isWhole()).isTrue();
            assertThat(provider.requests()).hasSize(1);
        }
    }

    static Stream<Faults.Fault> faults() {
        return Faults.all();
    }

    /** No fault of a provider leaves an answer behind that could be taken for a whole one. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void whatDidNotEndIsNotKept(Faults.Fault fault) throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider(fault.script());
                Road road = new Road(folder, tiers(provider))) {
            String token = road.grant();
            for (String body : List.of(BODY, BODY.replace("\"max", "\"stream\":true,\"max"))) {
                boolean whole = road.ask(Endpoint.MESSAGES, token, body).isWhole();
                assertThat(road.ask(Endpoint.MESSAGES, token, body).header("x-mirror-cache"))
                        .isEqualTo(whole ? "hit" : "");
            }
        }
    }

    @Test
    void anAnswerThatTwoGaveTogetherOrARefusalIsNotKept() throws IOException {
        String events = Faults.START + Faults.DELTA + Faults.USAGE + Faults.STOP;
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.json(400, "{\"type\":\"error\"}"));
                Road road = new Road(folder, tiers(provider))) {
            String token = road.grant();
            road.ask(Endpoint.MESSAGES, token, BODY);
            road.ask(Endpoint.MESSAGES, token, BODY);
            assertThat(provider.requests()).hasSize(2);
            provider.script((_, to) -> to.stream().chunk(events).last());
            assertThat(road.ask(Endpoint.MESSAGES, token, BODY).header("x-mirror-cache"))
                    .isEmpty();
        }
    }

    @Test
    void whatMayActOrRestsOnMoreThanItsBytesIsAlwaysAskedAnew() throws IOException {
        try (ScriptedProvider provider = counting();
                Road road = new Road(folder, tiers(provider))) {
            String token = road.grant();
            for (String body : List.of(
                    BODY.replace("\"messages", "\"tools\":[{\"name\":\"t\"}],\"messages"),
                    BODY.replace("[]", "[{\"content\":[{\"type\":\"document\",\"source\":{\"type\":\"url\"}}]}]"),
                    BODY.replace("\"messages", "\"container\":\"c\",\"messages"),
                    BODY.replace("kept", "plain"))) {
                road.ask(Endpoint.MESSAGES, token, body);
                int before = provider.requests().size();
                road.ask(Endpoint.MESSAGES, token, body);
                assertThat(provider.requests()).as(body).hasSize(before + 1);
            }
            for (String wish : List.of("no-cache", "max-age=0, No-Store")) {
                assertThat(road.ask(Endpoint.MESSAGES, token, BODY, new Header("Cache-Control", wish))
                                .isWhole())
                        .isTrue();
            }
            assertThat(Files.exists(road.home.index().resolve("answers"))).isFalse();
        }
    }

    @Test
    void itsTimeTheLeaseTheGateAndTheMarkHoldForAnAnswerThatIsKeptToo() throws IOException {
        try (ScriptedProvider provider = counting();
                Road road = new Road(folder, tiers(provider))) {
            String token = road.grant();
            road.ask(Endpoint.MESSAGES, token, BODY);
            Files.createFile(road.home.kill());
            assertThat(road.ask(Endpoint.MESSAGES, token, BODY).status()).isEqualTo(403);
            Files.delete(road.home.kill());
            assertThat(road.ask(Endpoint.MESSAGES, token, BODY, new Header("x-mirror-sensitivity", "never-share"))
                            .status())
                    .isEqualTo(403);
            assertThat(road.ask(Endpoint.MESSAGES, token, BODY, new Header("x-mirror-sensitivity", "private"))
                            .header("x-mirror-cache"))
                    .isEmpty();
            assertThat(road.ask(Endpoint.MESSAGES, token, BODY).header("x-mirror-cache"))
                    .isEqualTo("hit");
            road.pass(Duration.ofHours(1));
            assertThat(road.ask(Endpoint.MESSAGES, token, BODY).header("x-mirror-cache"))
                    .isEmpty();
            assertThat(road.ask(Endpoint.MESSAGES, token, BODY).header("x-mirror-cache"))
                    .isEqualTo("hit");
            road.projector.record(
                    road.leases.revoke(road.leases.list().getFirst().id()));
            assertThat(road.ask(Endpoint.MESSAGES, token, BODY).status()).isEqualTo(401);
        }
    }

    /** Whatever two callers send, none of them ever gets what another one was answered, and no other request's answer. */
    @Test
    void noCallerEverGetsWhatAnotherOneWasAnsweredNorTheAnswerToAnotherRequest() throws IOException {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        try (ScriptedProvider provider = counting();
                Road road = new Road(folder, tiers(provider))) {
            LeaseScope any = LeaseScope.of(
                    List.of(),
                    List.of("egress:*"),
                    Instant.parse("2026-05-01T08:00:00Z").plus(Duration.ofDays(1)));
            LeaseScope near = road.scope(LeaseScope.UNLIMITED, LeaseScope.UNLIMITED, Sensitivity.Tier.LOCAL, "");
            List<String> tokens = List.of(
                    road.grant("claude-code", any),
                    road.grant("claude-code", any),
                    road.grant("codex", any),
                    road.grant("codex", near));
            Map<String, String> asked = new HashMap<>();
            int hits = 0;
            for (int round = 0; round < 400; round++) {
                int caller = random.nextInt(tokens.size());
                String body = BODY.replace("100", String.valueOf(100 + random.nextInt(2)))
                        .replace("[]", random.nextBoolean() ? "[]" : "[ ]");
                List<Header> headers = new ArrayList<>();
                if (random.nextBoolean()) {
                    headers.add(new Header("anthropic-beta", "b" + random.nextInt(2)));
                }
                if (random.nextBoolean()) {
                    headers.add(new Header("x-mirror-sensitivity", random.nextBoolean() ? "internal" : "secret"));
                }
                String noise = random.nextBoolean() ? "a" : "b";
                Header[] all = Stream.concat(headers.stream(), Stream.of(new Header("user-agent", noise)))
                        .toArray(Header[]::new);
                Road.Answer answer = road.ask(Endpoint.MESSAGES, tokens.get(caller), body, all);
                String who = caller + "\n" + body + "\n" + headers;
                String before = asked.get(answer.text());
                assertThat(before == null || before.equals(who))
                        .as(seed.toString())
                        .isTrue();
                asked.put(answer.text(), who);
                hits += answer.header("x-mirror-cache").equals("hit") ? 1 : 0;
            }
            assertThat(hits).as(seed.toString()).isBetween(100, 399);
            assertThat(provider.requests()).as(seed.toString()).hasSize(400 - hits);
        }
    }

    // ---- a question like it

    private static String question(String text) {
        return "{\"model\":\"kept\",\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\"" + text
                + "\"}]}";
    }

    private static final String HOW = question("How do I restart the web server on Debian?");
    private static final String REWORDED = question("Please tell me how I can restart the web server on Debian.");

    @Test
    void aQuestionInOtherWordsIsAnsweredAgainWhereTheOwnerSaysSoAndThatIsSaid() throws IOException {
        try (Embedder model = Embedder.load();
                ScriptedProvider provider = counting();
                Road road = new Road(folder, tiers(provider).replace("cache: 1h", "cache: 1h, similar: 0.95"))) {
            road.meaning = text -> model.embed(model.chunker().question(text));
            String token = road.grant();
            Road.Answer first = road.ask(Endpoint.MESSAGES, token, HOW);
            road.pass(Duration.ofSeconds(5));
            Road.Answer again = road.ask(Endpoint.MESSAGES, token, REWORDED);
            assertThat(again.text()).isEqualTo(first.text());
            assertThat(again.header("x-mirror-cache")).isEqualTo("similar");
            assertThat(Double.parseDouble(again.header("x-mirror-likeness"))).isBetween(0.95, 0.9999);
            assertThat(again.header("age")).isEqualTo("5");
            assertThat(road.ask(Endpoint.MESSAGES, token, HOW).header("x-mirror-cache"))
                    .isEqualTo("hit");
            assertThat(provider.requests()).hasSize(1);

            // Another turn before it, another bound, another mark, another caller, another wish, other words that turn
            // it.
            List<String> others = List.of(
                    REWORDED.replace(
                            "[{",
                            "[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"},{"),
                    REWORDED.replace("100", "101"),
                    REWORDED.replace("restart", "start"),
                    REWORDED.replace("Debian", "Windows"),
                    REWORDED.replace("I can", "I cannot"),
                    REWORDED.replace("server", "server 2"));
            for (String other : others) {
                assertThat(road.ask(Endpoint.MESSAGES, token, other).header("x-mirror-cache"))
                        .as(other)
                        .isEmpty();
            }
            assertThat(road.ask(Endpoint.MESSAGES, road.grant(), REWORDED).header("x-mirror-cache"))
                    .isEmpty();
            assertThat(road.ask(Endpoint.MESSAGES, token, REWORDED, new Header("cache-control", "no-cache"))
                            .header("x-mirror-cache"))
                    .isEmpty();
            assertThat(road.ask(Endpoint.MESSAGES, token, REWORDED, new Header("x-mirror-sensitivity", "private"))
                            .header("x-mirror-cache"))
                    .isEmpty();
            road.pass(Duration.ofHours(1));
            assertThat(road.ask(Endpoint.MESSAGES, token, REWORDED).header("x-mirror-cache"))
                    .isEmpty();
            road.stop();
            assertThat(road.events("mirror.calls.completed.v1").toString())
                    .contains("a question like it (0.9")
                    .doesNotContain("web server");
        }
    }

    @Test
    void withoutTheWishOrWithoutTheModelOnlyTheVerySameRequestIsAnsweredAgain() throws IOException {
        try (Embedder model = Embedder.load();
                ScriptedProvider provider = counting();
                Road road = new Road(folder, tiers(provider))) {
            road.meaning = text -> model.embed(model.chunker().question(text));
            String token = road.grant();
            road.ask(Endpoint.MESSAGES, token, HOW);
            assertThat(road.ask(Endpoint.MESSAGES, token, REWORDED).header("x-mirror-cache"))
                    .isEmpty();
        }
        try (ScriptedProvider provider = counting();
                Road road = new Road(
                        folder.resolve("b"), tiers(provider).replace("cache: 1h", "cache: 1h, similar: 0.95"))) {
            String token = road.grant();
            road.ask(Endpoint.MESSAGES, token, HOW);
            assertThat(road.ask(Endpoint.MESSAGES, token, REWORDED).header("x-mirror-cache"))
                    .isEmpty();
            assertThat(road.ask(Endpoint.MESSAGES, token, HOW).header("x-mirror-cache"))
                    .isEqualTo("hit");
        }
    }

    // ---- on the disk

    private List<Path> files(Road road) throws IOException {
        try (Stream<Path> all = Files.walk(road.home.index().resolve("answers"))) {
            return all.filter(Files::isRegularFile).toList();
        }
    }

    @Test
    void itLiesForTheOwnerAloneIsNotInTheLogAndIsForgottenOnDemandAndWithItsLease() throws IOException {
        try (ScriptedProvider provider =
                        new ScriptedProvider((_, to) -> to.json(200, Faults.WHOLE.replace("\"m\"", "\"sesame\"")));
                Road road = new Road(folder, tiers(provider))) {
            String token = road.grant();
            road.ask(Endpoint.MESSAGES, token, BODY);
            Path file = files(road).getFirst();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())))
                    .isEqualTo("rwx------");
            assertThat(road.answers.clear()).isEqualTo(1);
            road.stop();
            assertThat(road.bytes()).doesNotContain("sesame");
        }
        try (ScriptedProvider provider = counting();
                Road road = new Road(folder.resolve("b"), tiers(provider))) {
            String token = road.grant();
            road.ask(Endpoint.MESSAGES, token, BODY);
            Path file = files(road).getFirst();
            Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-05-01T07:30:00Z")));
            String lease = road.leases.list().getFirst().id();
            road.answers.sweep(id -> id.equals(lease), Duration.ofHours(1));
            assertThat(files(road)).hasSize(1);
            road.answers.sweep(id -> id.equals(lease), Duration.ofMinutes(20));
            assertThat(files(road)).isEmpty();
            road.ask(Endpoint.MESSAGES, token, BODY.replace("100", "101"));
            road.answers.sweep(_ -> false, Duration.ofDays(1));
            assertThat(files(road)).isEmpty();
        }
    }

    /** A file that is not what was written is as good as none. */
    @Test
    void everyDamagedByteIsNoticed() throws IOException {
        AnswerCache cache = new AnswerCache(folder, () -> Instant.EPOCH.plusSeconds(5));
        AnswerCache.Key key = new AnswerCache.Key("l1", "00ff");
        byte[] body = "{\"a\":1}".getBytes(StandardCharsets.UTF_8);
        cache.put(key, new AnswerCache.Kept(Instant.EPOCH, "application/json", false, "p/m", "local", body));
        Path file = folder.resolve("l1/00ff");
        byte[] whole = Files.readAllBytes(file);
        assertThat(cache.get(key, Duration.ofSeconds(6)).orElseThrow().body()).isEqualTo(body);
        assertThat(cache.get(key, Duration.ofSeconds(5))).isEmpty();
        for (int i = 0; i < whole.length; i++) {
            byte[] damaged = whole.clone();
            damaged[i] ^= 1;
            Files.write(file, damaged);
            assertThat(cache.get(key, Duration.ofDays(30))).as("byte " + i).isEmpty();
        }
        Files.write(file, java.util.Arrays.copyOf(whole, whole.length - 1));
        assertThat(cache.get(key, Duration.ofDays(30))).isEmpty();
    }
}
