package mirror.tiers.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import mirror.bus.Event;
import mirror.bus.Seed;
import mirror.tiers.wire.Header;
import mirror.tiers.wire.ScriptedProvider;
import mirror.trust.Budgets;
import mirror.trust.Budgets.Unit;
import mirror.trust.LeaseScope;
import mirror.trust.Sensitivity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes through the gateway comes out the same, governed, and never half. */
final class GatewayTest {
    private static final String BODY = "{\"model\":\"m\",\"max_tokens\":100,\"messages\":[]}";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private static String provider(String name, String dialect, String url, boolean local) {
        return """
              %s:
                dialect: %s
                base-url: %s
                key: env:KEY
                local: %s
                timeouts: {connect: 2s, answer: 400ms, idle: 400ms}
                models:
                  m: {context: 200000, output: 8000, price: {in: 3, out: 15, cache-read: 0.3, cache-write: 3.75}}
            """.formatted(name, dialect, url, local);
    }

    private static String anthropic(ScriptedProvider... providers) {
        StringBuilder yaml = new StringBuilder("providers:\n");
        for (int i = 0; i < providers.length; i++) {
            yaml.append(provider("p" + i, "anthropic", providers[i].url(), false));
        }
        return yaml.toString();
    }

    private static ScriptedProvider good() throws IOException {
        return new ScriptedProvider((_, to) -> to.json(200, Faults.WHOLE));
    }

    // ---- the same bytes

    @Test
    void anyBodyAndAnyStreamPassByteForByteInBothDirections() throws IOException {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        byte[][] answer = {new byte[0]};
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> {
                    to.stream();
                    RandomGenerator sizes = new Seed(answer[0].length).random();
                    int at = 0;
                    while (at < answer[0].length) {
                        int some = Math.min(answer[0].length - at, 1 + sizes.nextInt(300));
                        to.chunk(java.util.Arrays.copyOfRange(answer[0], at, at + some));
                        at += some;
                    }
                    to.last();
                });
                Road road = new Road(folder, anthropic(provider))) {
            String token = road.grant();
            for (int round = 0; round < 200; round++) {
                String filler = "x\u00e9\\n\\u0041".repeat(random.nextInt(round % 20 == 0 ? 20_000 : 200));
                String body =
                        "{ \"stream\":true,\"unknown_%d\" : [1.50,{\"a\":\"%s\"}],\n\"model\":\"m\",\"max_tokens\":1 }"
                                .formatted(round, filler);
                StringBuilder events = new StringBuilder(Faults.START);
                for (int i = random.nextInt(20); i > 0; i--) {
                    events.append(
                            random.nextBoolean()
                                    ? Faults.DELTA
                                    : "event: new_kind\ndata: {\"x\":\"" + filler.length() + "\"}\n\n: c\n\n");
                }
                answer[0] = Road.bytes(
                        events.append(Faults.USAGE).append(Faults.STOP).toString());
                Road.Answer got = road.ask(Endpoint.MESSAGES, token, body);
                assertThat(got.body()).as(seed.toString()).isEqualTo(answer[0]);
                assertThat(got.isWhole()).isTrue();
                assertThat(provider.requests().get(round).body())
                        .as(seed.toString())
                        .isEqualTo(Road.bytes(body));
            }
        }
    }

    @Test
    void unknownHeadersPassAndKeysCookiesAndTheConnectionsOwnDoNot() throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.json(
                        200,
                        Faults.WHOLE,
                        "request-id: r1",
                        "anthropic-ratelimit-x: 5",
                        "set-cookie: a=b",
                        "connection: x-hop",
                        "x-hop: 1"));
                Road road = new Road(folder, anthropic(provider))) {
            String token = road.grant();
            Road.Answer answer = road.ask(
                    Endpoint.MESSAGES,
                    token,
                    BODY,
                    new Header("anthropic-beta", "a-1,b-2"),
                    new Header("anthropic-version", "2023-06-01"),
                    new Header("X-Brand-New", "yes"),
                    new Header("Cookie", "c=1"),
                    new Header("Authorization", "Bearer other"),
                    new Header("Connection", "keep-alive, x-mine"),
                    new Header("X-Mine", "1"),
                    new Header("X-Mirror-Project", "p"),
                    new Header("Host", "evil.example"));
            ScriptedProvider.Request seen = provider.requests().getFirst();
            assertThat(seen.line()).isEqualTo("POST /v1/messages?beta=true HTTP/1.1");
            assertThat(seen.header("anthropic-beta")).isEqualTo("a-1,b-2");
            assertThat(seen.header("anthropic-version")).isEqualTo("2023-06-01");
            assertThat(seen.header("x-brand-new")).isEqualTo("yes");
            assertThat(seen.header("x-api-key")).isEqualTo(Road.SECRET);
            assertThat(seen.head())
                    .doesNotContainIgnoringCase("cookie")
                    .doesNotContain(token, "other", "X-Mine", "Mirror", "evil");
            assertThat(answer.header("request-id")).isEqualTo("r1");
            assertThat(answer.header("anthropic-ratelimit-x")).isEqualTo("5");
            assertThat(answer.headers()).noneMatch(h -> h.is("set-cookie") || h.is("x-hop") || h.is("connection"));
        }
    }

    @Test
    void aRouteMayNameAnotherModelAndOnlyThatIsWrittenAnew() throws IOException {
        try (ScriptedProvider provider = good();
                Road road = new Road(folder, anthropic(provider) + "routes:\n  fast: [p0/m]\n")) {
            road.ask(Endpoint.MESSAGES, road.grant(), "{\"a\": 1 , \"model\" : \"fast\",\"max_tokens\":5}");
            assertThat(provider.requests().getFirst().text())
                    .isEqualTo("{\"a\": 1 , \"model\" : \"m\",\"max_tokens\":5}");
        }
    }

    @Test
    void aRequestThatWasNotRightIsTheClientsToHearAsTheProviderSaidIt() throws IOException {
        String said =
                "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"max_tokens: bad\"}}";
        try (ScriptedProvider first = new ScriptedProvider((_, to) -> to.json(400, said));
                ScriptedProvider second = good();
                Road road = new Road(folder, anthropic(first, second))) {
            Road.Answer answer = road.ask(Endpoint.MESSAGES, road.grant(), BODY);
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.text()).isEqualTo(said);
            assertThat(second.requests()).isEmpty();
        }
    }

    // ---- who may

    @ParameterizedTest
    @ValueSource(strings = {"", "sk-ant-whatever", "mlt1.AAAA"})
    void whoHasNoLeaseIsToldSoInItsOwnDialectAndNothingLeaves(String token) throws IOException {
        try (ScriptedProvider provider = good();
                Road road = new Road(folder, anthropic(provider))) {
            Road.Answer anthropic = road.ask(Endpoint.MESSAGES, token, BODY);
            assertThat(anthropic.status()).isEqualTo(401);
            assertThat(anthropic.text()).contains("\"type\":\"error\"", "\"authentication_error\"");
            Road.Answer openai = road.ask(Endpoint.CHAT, token, BODY);
            assertThat(openai.status()).isEqualTo(401);
            assertThat(openai.text()).contains("\"code\":\"invalid_api_key\"");
            assertThat(provider.requests()).isEmpty();
        }
    }

    @Test
    void aRevokedLeaseStopsTheVeryNextCall() throws IOException {
        try (ScriptedProvider provider = good();
                Road road = new Road(folder, anthropic(provider))) {
            String token = road.grant();
            assertThat(road.ask(Endpoint.MESSAGES, token, BODY).status()).isEqualTo(200);
            road.projector.record(
                    road.leases.revoke(road.leases.list().getFirst().id()));
            assertThat(road.ask(Endpoint.MESSAGES, token, BODY).status()).isEqualTo(401);
            assertThat(provider.requests()).hasSize(1);
        }
    }

    @Test
    void aLeaseReachesOnlyTheHostsThatItNames() throws IOException {
        try (ScriptedProvider provider = good();
                Road road = new Road(folder, anthropic(provider))) {
            String token = road.grant(
                    "claude-code",
                    LeaseScope.of(List.of(), List.of("egress:api.example.org"), Instant.parse("2026-05-02T08:00:00Z")));
            Road.Answer answer = road.ask(Endpoint.MESSAGES, token, BODY);
            assertThat(answer.status()).isEqualTo(403);
            assertThat(answer.text()).contains("permission_error", "egress:127.0.0.1");
            assertThat(provider.requests()).isEmpty();
        }
    }

    @Test
    void theKillSwitchStopsTheVeryNextCall() throws IOException {
        try (ScriptedProvider provider = good();
                Road road = new Road(folder, anthropic(provider))) {
            String token = road.grant();
            assertThat(road.ask(Endpoint.MESSAGES, token, BODY).status()).isEqualTo(200);
            Files.createFile(road.home.kill());
            assertThat(road.ask(Endpoint.MESSAGES, token, BODY).status()).isEqualTo(403);
            assertThat(provider.requests()).hasSize(1);
        }
    }

    @Test
    void withoutAFileOfProvidersTheClientHearsWhatIsMissing() throws IOException {
        try (Road road = new Road(folder, "")) {
            Road.Answer answer = road.ask(Endpoint.CHAT, road.grant(), BODY);
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.text()).contains("tiers.yaml");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"model\":\"m\",\"Model\":\"n\"}",
                "{\"model\":\"m\",\"model\":\"n\"}",
                "{\"model\":\"m\"} ",
                "{\"model\":7}",
                "{}",
                "nonsense",
                "{\"model\":\"m\",\"max_tokens\":1e9}",
                "{\"model\":\"m\",\"max_tokens\":999999999999999,\"n\":999999999999999}"
            })
    void whatCouldBeReadInTwoWaysOrCannotBeCountedIsNotPassedOn(String body) throws IOException {
        try (ScriptedProvider provider = good();
                Road road = new Road(folder, anthropic(provider))) {
            int status = road.ask(Endpoint.MESSAGES, road.grant(), body).status();
            if (body.endsWith(" ")) {
                assertThat(status).isEqualTo(200);
            } else {
                assertThat(status).isEqualTo(400);
                assertThat(provider.requests()).isEmpty();
            }
        }
    }

    // ---- never half

    static Stream<Faults.Fault> faults() {
        return Faults.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void noFaultOfAProviderEndsAsAWholeAnswer(Faults.Fault fault) throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider(fault.script());
                Road road = new Road(folder, anthropic(provider))) {
            Road.Answer answer = road.ask(Endpoint.MESSAGES, road.grant(), BODY);
            assertThat(answer.isWhole()).isFalse();
            if (fault.started()) {
                assertThat(answer.ending()).isEqualTo(Reply.Ending.CUT);
                assertThat(answer.text()).startsWith(Faults.START);
                String last = answer.text().stripTrailing().replaceFirst("(?s).*\n\n", "");
                assertThat(last)
                        .startsWith("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\"");
                assertThat(answer.text()).as("no half event").doesNotContain(Faults.DELTA.substring(0, 50) + "event");
            } else {
                assertThat(answer.status()).isGreaterThanOrEqualTo(400);
            }
            assertThat(answer.text()).doesNotContain(Road.SECRET);
        }
    }

    @Test
    void aProvidersWordInAStreamThatItFailedGoesOverAsItCameAndTheCallCountsAsCut() throws IOException {
        String word =
                "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}\n\n";
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.stream()
                        .chunk(Faults.START)
                        .chunk(Faults.DELTA)
                        .chunk(word)
                        .last());
                Road road = new Road(folder, anthropic(provider))) {
            Road.Answer answer = road.ask(Endpoint.MESSAGES, road.grant(), BODY);
            assertThat(answer.text()).isEqualTo(Faults.START + Faults.DELTA + word);
            assertThat(answer.ending()).isEqualTo(Reply.Ending.CUT);
            road.stop();
            assertThat(road.events("mirror.calls.completed.v1"))
                    .singleElement()
                    .extracting(event ->
                            event.data().path("calls").path(0).path("outcome").asString())
                    .isEqualTo("cut");
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void beforeTheFirstByteTheNextOfTheRouteAnswersAndTheSwitchIsWrittenDown(Faults.Fault fault) throws IOException {
        try (ScriptedProvider first = new ScriptedProvider(fault.script());
                ScriptedProvider second = good();
                Road road = new Road(folder, anthropic(first, second))) {
            Road.Answer answer = road.ask(Endpoint.MESSAGES, road.grant(), BODY);
            road.stop();
            List<Event> switches = road.events("mirror.call.switched.v1");
            if (fault.started()) {
                assertThat(second.requests())
                        .as("it could not go on where the first one stopped")
                        .isEmpty();
                assertThat(switches).isEmpty();
            } else {
                assertThat(answer.isWhole()).isTrue();
                assertThat(answer.text()).isEqualTo(Faults.WHOLE);
                assertThat(switches).hasSize(1);
                assertThat(switches.getFirst().text("from")).isEqualTo("p0/m");
                assertThat(switches.getFirst().text("to")).isEqualTo("p1/m");
            }
        }
    }

    @Test
    void aRateLimitIsKeptToForAsLongAsTheProviderSaysAlsoOverARestart() throws IOException {
        try (ScriptedProvider first = new ScriptedProvider((_, to) -> to.json(429, "{}", "retry-after: 60"));
                ScriptedProvider second = good()) {
            String token;
            try (Road road = new Road(folder, anthropic(first, second))) {
                token = road.grant();
                for (int i = 0; i < 5; i++) {
                    assertThat(road.ask(Endpoint.MESSAGES, token, BODY).status())
                            .isEqualTo(200);
                }
            }
            assertThat(first.requests()).hasSize(1);
            try (Road road = new Road(folder, anthropic(first, second), Instant.parse("2026-05-01T08:00:30Z"))) {
                assertThat(road.ask(Endpoint.MESSAGES, token, BODY).status()).isEqualTo(200);
                assertThat(first.requests()).hasSize(1);
                first.script((_, to) -> to.json(200, Faults.WHOLE));
                road.pass(Duration.ofSeconds(31));
                road.ask(Endpoint.MESSAGES, token, BODY);
                assertThat(first.requests()).hasSize(2);
                assertThat(road.ledger.open()).hasSizeLessThanOrEqualTo(1);
            }
            try (Road road = new Road(folder, anthropic(first, second), Instant.parse("2026-05-01T08:02:00Z"))) {
                assertThat(road.ledger.open()).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "402 {}",
                "429 {\"error\":{\"type\":\"insufficient_quota\",\"code\":\"insufficient_quota\"}}",
                "400 {\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"Your credit balance is too low to access\"}}",
                "403 {\"error\":{\"type\":\"billing_error\"}}",
            })
    void anEmptyAccountIsNotARateLimit(String refusal) throws IOException {
        int status = Integer.parseInt(refusal.substring(0, 3));
        try (ScriptedProvider provider =
                        new ScriptedProvider((_, to) -> to.json(status, refusal.substring(4), "retry-after: 1"));
                Road road = new Road(folder, anthropic(provider))) {
            String token = road.grant();
            Road.Answer answer = road.ask(Endpoint.MESSAGES, token, BODY);
            assertThat(answer.status()).isEqualTo(502);
            assertThat(answer.text()).contains("no money left");
            road.pass(Duration.ofMinutes(5));
            Road.Answer later = road.ask(Endpoint.MESSAGES, token, BODY);
            assertThat(later.status()).isEqualTo(503);
            assertThat(Integer.parseInt(later.header("retry-after"))).isGreaterThan(60);
            assertThat(provider.requests()).hasSize(1);
            road.stop();
            assertThat(road.ledger.open().getFirst().reason()).isEqualTo("spend-limit");
        }
    }

    // ---- what it costs

    @Test
    void whatIsReportedIsWhatIsSpentAndTheRestIsFreeAgain() throws IOException {
        String usage =
                "{\"usage\":{\"input_tokens\":1000,\"output_tokens\":200,\"cache_read_input_tokens\":5000,\"cache_creation_input_tokens\":400}}";
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.json(200, usage));
                Road road = new Road(folder, anthropic(provider))) {
            String token = road.grant();
            road.ask(Endpoint.MESSAGES, token, BODY, new Header("x-mirror-project", "site"));
            assertThat(road.spent("claude-code", Unit.TOKENS))
                    .as("reserved for what is to come")
                    .isGreaterThan(6_600);
            road.stop();
            assertThat(road.spent("claude-code", Unit.TOKENS)).isEqualTo(6_600);
            // 1000 at $3, 200 at $15, 5000 at $0.30, 400 at $3.75 a million.
            assertThat(road.spent("claude-code", Unit.MONEY)).isEqualTo(3_000 + 3_000 + 1_500 + 1_500);
            assertThat(road.spent(Budgets.ALL, Unit.TOKENS)).isEqualTo(6_600);
            Costs.Row row = road.costs.list().getFirst();
            assertThat(row.key().project()).isEqualTo("site");
            assertThat(row.sum()).isEqualTo(new Costs.Sum(1, 0, 0, 1_000, 200, 5_000, 400, 0, 9_000));
        }
    }

    @Test
    void everyDialectsUsageIsReadWholeAndStreamed() throws IOException {
        String chat =
                "{\"choices\":[],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":20,\"prompt_tokens_details\":{\"cached_tokens\":40}}}";
        String responses =
                "{\"usage\":{\"input_tokens\":100,\"output_tokens\":20,\"input_tokens_details\":{\"cached_tokens\":40}}}";
        record Case(Endpoint endpoint, ScriptedProvider.Script script, long tokens) {}
        List<Case> cases = List.of(
                new Case(Endpoint.CHAT, (_, to) -> to.json(200, chat), 120),
                new Case(
                        Endpoint.CHAT,
                        (_, to) -> to.stream()
                                .chunk("data: {\"choices\":[1]}\n\ndata: " + chat + "\n\ndata: [DONE]\n\n")
                                .last(),
                        120),
                new Case(Endpoint.RESPONSES, (_, to) -> to.json(200, responses), 120),
                new Case(
                        Endpoint.RESPONSES,
                        (_, to) -> to.stream()
                                .chunk("event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":"
                                        + responses + "}\n\n")
                                .last(),
                        120),
                new Case(
                        Endpoint.EMBEDDINGS,
                        (_, to) -> to.json(200, "{\"data\":[],\"usage\":{\"prompt_tokens\":9,\"total_tokens\":9}}"),
                        9));
        int n = 0;
        for (Case each : cases) {
            try (ScriptedProvider provider = new ScriptedProvider(each.script());
                    Road road = new Road(
                            folder.resolve("r" + n++),
                            "providers:\n" + provider("p0", "openai", provider.url() + "/v1", false))) {
                assertThat(road.ask(each.endpoint(), road.grant(), BODY).isWhole())
                        .isTrue();
                assertThat(provider.requests().getFirst().header("authorization"))
                        .isEqualTo("Bearer " + Road.SECRET);
                assertThat(provider.requests().getFirst().line()).startsWith("POST /v1/");
                road.stop();
                assertThat(road.spent("claude-code", Unit.TOKENS))
                        .as(each.endpoint().toString())
                        .isEqualTo(each.tokens());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{\"content\":[]}", "{\"usage\":{}}", "{\"usage\":{\"input_tokens\":5}}", "{\"usage\":null}"})
    void whatNobodyReportedStaysSpentInFull(String answer) throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.json(200, answer));
                Road road = new Road(folder, anthropic(provider))) {
            assertThat(road.ask(Endpoint.MESSAGES, road.grant(), BODY).isWhole())
                    .isTrue();
            road.stop();
            assertThat(road.spent("claude-code", Unit.TOKENS)).isEqualTo(BODY.length() + 1_024 + 100);
            assertThat(road.costs.list().getFirst().sum().unreported()).isEqualTo(BODY.length() + 1_024 + 100);
        }
    }

    @Test
    void aPromptThatReachesBeyondItsBytesIsCountedAsTheWholeContext() throws IOException {
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> to.json(200, "{}"));
                Road road = new Road(folder, anthropic(provider))) {
            String linked =
                    "{\"model\":\"m\",\"max_tokens\":100,\"messages\":[{\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://x\"}}]}]}";
            road.ask(Endpoint.MESSAGES, road.grant(), linked);
            road.stop();
            assertThat(road.spent("claude-code", Unit.TOKENS)).isEqualTo(200_100);
        }
    }

    @Test
    void tenThousandCallsAtOnceSpendNoMoreThanTheLimit() throws Exception {
        long limit = 200_000;
        AtomicLong answered = new AtomicLong();
        try (ScriptedProvider provider = new ScriptedProvider(
                        (_, to) -> to.json(200, "{\"usage\":{\"input_tokens\":1000,\"output_tokens\":100}}"));
                Road road = new Road(folder, anthropic(provider).replaceAll("400ms", "30s"))) {
            String token = road.grant();
            road.projector.record(road.budgets.set("claude-code", Unit.TOKENS, limit));
            List<Thread> callers = new ArrayList<>();
            AtomicInteger other = new AtomicInteger();
            for (int i = 0; i < 10_000; i++) {
                callers.add(Thread.ofVirtual().start(() -> {
                    Road.Answer answer = road.ask(Endpoint.MESSAGES, token, BODY);
                    if (answer.isWhole()) {
                        answered.incrementAndGet();
                    } else if (answer.status() != 402 && !answer.text().contains("(late)")) {
                        // A machine that is slow enough makes a policy late, and what is late is no.
                        other.incrementAndGet();
                    }
                }));
            }
            for (Thread caller : callers) {
                caller.join();
            }
            assertThat(other).hasValue(0);
            // Each call uses 1,100 tokens and may use 1,168.
            assertThat(answered.get() * 1_100).isLessThanOrEqualTo(limit);
            assertThat(answered.get()).isGreaterThan(100);
            assertThat(provider.requests()).hasSize((int) answered.get());
            road.stop();
            assertThat(road.spent("claude-code", Unit.TOKENS)).isEqualTo(answered.get() * 1_100);
        }
    }

    @Test
    void aKillBetweenReservationAndSettlementNeverFreesWhatMayHaveBeenSpent() throws Exception {
        CountDownLatch asked = new CountDownLatch(20);
        CountDownLatch go = new CountDownLatch(1);
        Path killed = folder.resolve("killed");
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> {
                    asked.countDown();
                    try {
                        go.await();
                    } catch (InterruptedException e) {
                        throw new IOException(e);
                    }
                    to.json(200, Faults.WHOLE);
                });
                Road road = new Road(folder.resolve("home"), anthropic(provider).replaceAll("400ms", "30s"))) {
            String token = road.grant();
            List<Thread> callers = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                callers.add(Thread.ofVirtual().start(() -> road.ask(Endpoint.MESSAGES, token, BODY)));
            }
            asked.await();
            road.copyTo(killed);
            go.countDown();
            for (Thread caller : callers) {
                caller.join();
            }
        }
        try (Road after = new Road(killed, "")) {
            assertThat(after.spent("claude-code", Unit.TOKENS)).isGreaterThanOrEqualTo(20L * (BODY.length() + 1_124));
            assertThat(after.spent("claude-code", Unit.MONEY)).isGreaterThanOrEqualTo(20L * (19 * 3));
        }
    }

    @Test
    void aLeasesOwnBudgetHoldsForItsCalls() throws IOException {
        try (ScriptedProvider provider = good();
                Road road = new Road(folder, anthropic(provider))) {
            String token =
                    road.grant("claude-code", road.scope(1_200, LeaseScope.UNLIMITED, Sensitivity.Tier.CLOUD, ""));
            assertThat(road.ask(Endpoint.MESSAGES, token, BODY).status()).isEqualTo(200);
            // 19 were used; 1,181 are left, and a call may use 1,168.
            assertThat(road.ask(Endpoint.MESSAGES, token, BODY).status()).isEqualTo(200);
            Road.Answer third = road.ask(Endpoint.MESSAGES, token, BODY);
            assertThat(third.status()).isEqualTo(402);
            assertThat(third.text()).contains("billing_error", "the lease");
            assertThat(third.header("x-should-retry")).isEqualTo("false");
        }
    }

    @Test
    void aSessionHasACeilingOfItsOwnThatMidnightDoesNotRenew() throws IOException {
        try (ScriptedProvider provider = good();
                Road road = new Road(folder, anthropic(provider))) {
            String token = road.grant();
            road.projector.record(road.budgets.set("session:s1", Unit.TOKENS, 1_180));
            Header session = new Header("x-mirror-session", "s1");
            assertThat(road.ask(Endpoint.MESSAGES, token, BODY, session).status())
                    .isEqualTo(200);
            assertThat(road.ask(Endpoint.MESSAGES, token, BODY, session).status())
                    .isEqualTo(402);
            assertThat(road.ask(Endpoint.MESSAGES, token, BODY, new Header("x-mirror-session", "s2"))
                            .status())
                    .isEqualTo(200);
            road.pass(Duration.ofDays(1).minusHours(1));
            assertThat(road.ask(Endpoint.MESSAGES, token, BODY, session).status())
                    .isEqualTo(402);
        }
    }

    // ---- what stays here

    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void whatIsMarkedAsLocalNeverLeavesHoweverTheLocalProviderFails(Faults.Fault fault) throws IOException {
        try (ScriptedProvider cloud = good();
                ScriptedProvider local = new ScriptedProvider(fault.script());
                Road road = new Road(
                        folder,
                        "providers:\n"
                                + provider("cloud", "anthropic", cloud.url().replace("127.0.0.1", "localhost"), false)
                                + provider("here", "anthropic", local.url(), true)
                                + "routes:\n  r: [cloud/m, here/m, cloud/m]\n")) {
            String token = road.grant();
            String body = BODY.replace("\"m\"", "\"r\"");
            assertThat(road.ask(Endpoint.MESSAGES, token, body, new Header("x-mirror-sensitivity", "secret"))
                            .isWhole())
                    .isFalse();
            assertThat(road.ask(Endpoint.MESSAGES, token, body, new Header("x-mirror-sensitivity", "local-only"))
                            .isWhole())
                    .isFalse();
            String leased = road.grant(
                    "claude-code", road.scope(LeaseScope.UNLIMITED, LeaseScope.UNLIMITED, Sensitivity.Tier.LOCAL, ""));
            assertThat(road.ask(Endpoint.MESSAGES, leased, body, new Header("x-mirror-sensitivity", "public"))
                            .isWhole())
                    .isFalse();
            assertThat(cloud.requests()).isEmpty();
            assertThat(local.requests()).isNotEmpty();
            assertThat(road.ask(Endpoint.MESSAGES, token, body).isWhole()).isTrue();
            assertThat(cloud.requests()).hasSize(1);
        }
    }

    @Test
    void aMarkThatIsNotUnderstoodIsNoPermission() throws IOException {
        try (ScriptedProvider provider = good();
                Road road = new Road(folder, anthropic(provider))) {
            String token = road.grant();
            assertThat(road.ask(Endpoint.MESSAGES, token, BODY, new Header("x-mirror-sensitivity", "locl-only"))
                            .status())
                    .isEqualTo(400);
            assertThat(road.ask(Endpoint.MESSAGES, token, BODY, new Header("x-mirror-sensitivity", "never-share"))
                            .status())
                    .isEqualTo(403);
            assertThat(provider.requests()).isEmpty();
        }
    }

    // ---- what is written down

    @Test
    void theDecisionIsInTheLogBeforeAnythingLeaves() throws IOException {
        Road[] on = new Road[1];
        List<String> seen = new ArrayList<>();
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> {
            on[0].events("mirror.action.decided.v1").forEach(event -> seen.add(event.text("verdict")));
            on[0].events("mirror.block.reserved.v1").forEach(event -> seen.add(event.text("decision")));
            to.json(200, Faults.WHOLE);
        })) {
            try (Road road = new Road(folder, anthropic(provider))) {
                on[0] = road;
                assertThat(road.ask(Endpoint.MESSAGES, road.grant(), BODY).isWhole())
                        .isTrue();
                String decision =
                        road.events("mirror.action.decided.v1").getFirst().id();
                assertThat(seen).containsExactly("allow", decision);
            }
        }
    }

    @Test
    void noKeyNoTokenAndNoWordOfAnyBodyIsInTheHome() throws IOException {
        String said = "a-word-of-the-prompt";
        try (ScriptedProvider provider = new ScriptedProvider((_, to) ->
                        to.json(401, "{\"error\":{\"message\":\"wrong key " + Road.SECRET + " " + said + "\"}}"));
                Road road = new Road(folder, anthropic(provider))) {
            String token = road.grant();
            Road.Answer answer = road.ask(Endpoint.MESSAGES, token, BODY.replace("[]", "[\"" + said + "\"]"));
            assertThat(answer.text()).doesNotContain(Road.SECRET);
            provider.script(
                    (_, to) -> to.stream().chunk(Faults.START + "data: " + said).close());
            road.pass(Duration.ofHours(1));
            road.ask(Endpoint.MESSAGES, token, BODY.replace("[]", "[\"" + said + "\"]"));
            road.stop();
            assertThat(road.bytes())
                    .doesNotContain(Road.SECRET)
                    .doesNotContain(token)
                    .doesNotContain(said);
            assertThat(provider.requests()).hasSize(2);
        }
    }

    @Test
    void aClientThatGoesAwayEndsTheCallAtTheProvider() throws Exception {
        CountDownLatch gone = new CountDownLatch(1);
        try (ScriptedProvider provider = new ScriptedProvider((_, to) -> {
                    to.stream().chunk(Faults.START);
                    try {
                        to.stall();
                    } finally {
                        gone.countDown();
                    }
                });
                Road road = new Road(folder, anthropic(provider).replaceAll("400ms", "30s"))) {
            String token = road.grant();
            Reply leaving = new Reply() {
                @Override
                public void send(int status, List<Header> headers, byte[] body) {}

                @Override
                public java.io.OutputStream stream(int status, List<Header> headers) throws IOException {
                    throw new IOException("gone");
                }
            };
            try {
                road.gateway.handle(
                        new Request(
                                Endpoint.MESSAGES,
                                "",
                                List.of(new Header("x-api-key", token)),
                                BODY.getBytes(StandardCharsets.UTF_8)),
                        leaving);
            } catch (IOException e) {
                gone.await();
            }
            road.stop();
            assertThat(road.spent("claude-code", Unit.TOKENS)).isEqualTo(BODY.length() + 1_124);
        }
    }
}
