package mirror.tiers.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Seed;
import mirror.tiers.Candidate;
import mirror.tiers.Route;
import mirror.tiers.Tiers;
import mirror.tiers.TiersFile;
import mirror.tiers.catalog.Catalog;
import mirror.tiers.wire.Header;
import mirror.tiers.wire.ScriptedProvider;
import mirror.trust.LeaseScope;
import mirror.trust.Sensitivity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Rules, order and what is known of models decide who is asked; nothing of it widens who may be. */
final class RouterTest {
    private static final String PLAIN = "{\"model\":\"auto\",\"max_tokens\":100,\"messages\":[]}";
    private static final String TOOLS =
            "{\"model\":\"auto\",\"max_tokens\":100,\"messages\":[],\"tools\":[{\"name\":\"t\",\"input_schema\":{}}]}";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private static ScriptedProvider good() throws IOException {
        return new ScriptedProvider((_, to) -> to.json(200, Faults.WHOLE));
    }

    private static String provider(String name, ScriptedProvider provider, boolean local, String model) {
        // The cloud is another host than this machine: leases and the gate go by names.
        String url = local ? provider.url() : provider.url().replace("127.0.0.1", "localhost");
        return """
              %s:
                dialect: anthropic
                base-url: %s
                key: env:KEY
                local: %s
                timeouts: {connect: 2s, answer: 400ms, idle: 400ms}
                models: {m: {context: 200000, output: 8000, %s}}
            """.formatted(name, url, local, model);
    }

    private static final String DEAR = "price: {in: 30, out: 150}";
    private static final String CHEAP = "price: {in: 1, out: 5}";

    /** The receipt of the last call. */
    private static JsonNode receipt(Road road) {
        road.stop();
        List<Event> events = road.events("mirror.calls.completed.v1");
        JsonNode calls = events.getLast().data().path("calls");
        return calls.get(calls.size() - 1);
    }

    private static List<String> leftOut(JsonNode receipt) {
        List<String> texts = new ArrayList<>();
        receipt.path("left-out").forEach(each -> texts.add(each.asString()));
        return texts;
    }

    // ---- rules

    @Test
    void theFirstRuleThatHoldsDecidesAndTheReceiptSaysWhy() throws IOException {
        try (ScriptedProvider cloud = good();
                ScriptedProvider here = good();
                Road road = new Road(
                        folder,
                        "providers:\n" + provider("cloud", cloud, false, DEAR) + provider("here", here, true, DEAR)
                                + """
                                routes:
                                  auto:
                                    rules:
                                      - {id: tools, when: tools > 0, to: [cloud/m], why: it has tools}
                                      - {id: small, when: complexity < 20, to: [here/m]}
                                    to: [cloud/m]
                                """)) {
            String token = road.grant();
            assertThat(road.ask(Endpoint.MESSAGES, token, TOOLS).isWhole()).isTrue();
            assertThat(cloud.requests()).hasSize(1);
            assertThat(road.ask(Endpoint.MESSAGES, token, PLAIN).isWhole()).isTrue();
            assertThat(here.requests()).hasSize(1);
            JsonNode small = receipt(road);
            assertThat(small.path("route").asString()).isEqualTo("auto:small");
            assertThat(small.path("why").asString()).isEqualTo("rule small holds: complexity < 20");
            assertThat(road.events("mirror.block.reserved.v1"))
                    .extracting(event -> event.text("route"))
                    .containsExactly("auto:tools", "auto:small");
        }
    }

    @Test
    void aRuleThatCannotBeJudgedDoesNotHoldAndWhatItWouldHaveKeptHereStaysHere() throws IOException {
        try (ScriptedProvider cloud = good();
                ScriptedProvider here = good();
                Road road = new Road(
                        folder,
                        "providers:\n" + provider("cloud", cloud, false, DEAR) + provider("here", here, true, DEAR)
                                + """
                                routes:
                                  auto:
                                    rules: [{id: odd, when: 10 / messages > 3, to: [here/m]}]
                                    to: [cloud/m, here/m]
                                """)) {
            assertThat(road.ask(Endpoint.MESSAGES, road.grant(), PLAIN).isWhole())
                    .isTrue();
            assertThat(cloud.requests()).isEmpty();
            assertThat(here.requests()).hasSize(1);
            assertThat(leftOut(receipt(road)))
                    .singleElement()
                    .satisfies(text -> assertThat(text)
                            .startsWith("rule odd: it cannot be told whether it holds (")
                            .endsWith("; so the call stays local"));
        }
    }

    @Test
    void theRuleThatHoldsDecidesAlsoWhenNobodyOfItCanTakeTheCall() throws IOException {
        try (ScriptedProvider cloud = good();
                ScriptedProvider here = good();
                Road road = new Road(
                        folder,
                        "providers:\n" + provider("cloud", cloud, false, DEAR)
                                + provider("here", here, true, "tools: false")
                                + """
                                routes:
                                  auto:
                                    rules: [{id: all, when: 'true', to: [here/m]}]
                                    to: [cloud/m]
                                """)) {
            Road.Answer answer = road.ask(Endpoint.MESSAGES, road.grant(), TOOLS);
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.text()).contains("here/m: it takes no tools");
            assertThat(cloud.requests()).isEmpty();
            assertThat(here.requests()).isEmpty();
        }
    }

    @Test
    void aRuleCanGoByWhatTheCallerHasLeft() throws IOException {
        try (ScriptedProvider dear = good();
                ScriptedProvider cheap = good();
                Road road = new Road(
                        folder,
                        "providers:\n" + provider("dear", dear, false, DEAR) + provider("cheap", cheap, false, CHEAP)
                                + """
                                routes:
                                  auto:
                                    rules: [{id: poor, when: left_cents < 300, to: [cheap/m]}]
                                    to: [dear/m]
                                """)) {
            String poor = road.grant("claude-code", road.scope(LeaseScope.UNLIMITED, 200, Sensitivity.Tier.CLOUD, ""));
            assertThat(road.ask(Endpoint.MESSAGES, poor, PLAIN).isWhole()).isTrue();
            assertThat(cheap.requests()).hasSize(1);
            assertThat(road.ask(Endpoint.MESSAGES, road.grant(), PLAIN).isWhole())
                    .isTrue();
            assertThat(dear.requests()).hasSize(1);
        }
    }

    // ---- money

    @Test
    void theCheapestIsAskedFirstAndWhoCouldCostTooMuchNever() throws IOException {
        try (ScriptedProvider dear = good();
                ScriptedProvider cheap = new ScriptedProvider((_, to) -> to.close());
                ScriptedProvider middle = good();
                Road road = new Road(
                        folder,
                        "providers:\n" + provider("dear", dear, false, DEAR)
                                + provider("middle", middle, false, "price: {in: 3, out: 15}")
                                + provider("cheap", cheap, false, CHEAP)
                                + "routes:\n  auto: {to: [dear/m, middle/m, cheap/m], order: cheapest, cents: 1}\n")) {
            assertThat(road.ask(Endpoint.MESSAGES, road.grant(), PLAIN).isWhole())
                    .isTrue();
            assertThat(cheap.requests()).hasSize(1);
            assertThat(middle.requests()).hasSize(1);
            assertThat(dear.requests()).isEmpty();
            JsonNode receipt = receipt(road);
            assertThat(receipt.path("why").asString()).isEqualTo("the cheapest first");
            assertThat(leftOut(receipt).getFirst())
                    .startsWith("dear/m: it can cost $0.0")
                    .contains("$0.01");
        }
    }

    @Test
    void whenMoneyIsShortTheWorkMovesDownToWhoFitsAndLeavesAReceipt() throws IOException {
        try (ScriptedProvider dear = good();
                ScriptedProvider cheap = good();
                Road road = new Road(
                        folder,
                        "providers:\n" + provider("dear", dear, false, DEAR) + provider("cheap", cheap, false, CHEAP)
                                + "routes:\n  auto: [dear/m, cheap/m]\n")) {
            String poor = road.grant("claude-code", road.scope(LeaseScope.UNLIMITED, 1, Sensitivity.Tier.CLOUD, ""));
            assertThat(road.ask(Endpoint.MESSAGES, poor, PLAIN).isWhole()).isTrue();
            assertThat(dear.requests()).isEmpty();
            assertThat(cheap.requests()).hasSize(1);
            assertThat(leftOut(receipt(road)).getFirst())
                    .startsWith("dear/m: the lease ")
                    .contains("not enough left");
            Event switched = road.events("mirror.call.switched.v1").getFirst();
            assertThat(switched.text("from")).isEqualTo("dear/m");
            assertThat(switched.text("to")).isEqualTo("cheap/m");
            assertThat(switched.text("cause")).isEqualTo("lease-budget");
        }
    }

    @Test
    void whenNobodyFitsTheClientHearsThatTheMoneyIsShort() throws IOException {
        try (ScriptedProvider dear = good();
                ScriptedProvider failing = new ScriptedProvider((_, to) -> to.json(529, "{}"));
                Road road = new Road(
                        folder,
                        "providers:\n" + provider("failing", failing, false, CHEAP)
                                + provider("dear", dear, false, DEAR) + "routes:\n  auto: [failing/m, dear/m]\n")) {
            String poor = road.grant("claude-code", road.scope(LeaseScope.UNLIMITED, 1, Sensitivity.Tier.CLOUD, ""));
            assertThat(road.ask(Endpoint.MESSAGES, poor, PLAIN).status()).isEqualTo(402);
            assertThat(dear.requests()).isEmpty();
        }
    }

    // ---- what is known of models

    @Test
    void whoIsKnownNotToTakeItIsLeftOutAndWhoIsNotKnownIsAsked() throws IOException {
        try (ScriptedProvider first = good();
                ScriptedProvider second = good();
                Road road = new Road(
                        folder,
                        "providers:\n" + provider("first", first, false, DEAR) + provider("second", second, false, DEAR)
                                + "routes:\n  auto: [first/m, second/m]\n")) {
            String token = road.grant();
            road.projector.record(Draft.of(
                    "mirror.model.described.v1",
                    "daemon",
                    Json.object()
                            .put("model", "first/m")
                            .put("origin", first.origin().authority().replace("127.0.0.1", "localhost"))
                            .put("listed", true)
                            .put("images", false)));
            assertThat(road.ask(Endpoint.MESSAGES, token, TOOLS).isWhole()).isTrue();
            assertThat(first.requests()).hasSize(1);
            String image = "{\"model\":\"auto\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":"
                    + "[{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"data\":\"\"}}]}]}";
            assertThat(road.ask(Endpoint.MESSAGES, token, image).isWhole()).isTrue();
            assertThat(first.requests()).hasSize(1);
            assertThat(second.requests()).hasSize(1);
            assertThat(leftOut(receipt(road))).containsExactly("first/m: it takes no images");
        }
    }

    @Test
    void whatCannotFitIsNotSentAndTheClientReadsTheWordsThatItKnows() throws IOException {
        try (ScriptedProvider small = good();
                ScriptedProvider large = good();
                Road road = new Road(
                        folder,
                        ("providers:\n" + provider("small", small, false, DEAR)).replace("200000", "8500")
                                + provider("large", large, false, DEAR)
                                + "routes:\n  auto: [small/m, large/m]\n  tight: [small/m]\n")) {
            String token = road.grant();
            String text = "x".repeat(80_000);
            assertThat(road.ask(Endpoint.MESSAGES, token, PLAIN.replace("[]", "[\"" + text + "\"]"))
                            .isWhole())
                    .isTrue();
            assertThat(small.requests()).isEmpty();
            assertThat(large.requests()).hasSize(1);
            Road.Answer tight = road.ask(
                    Endpoint.MESSAGES, token, PLAIN.replace("auto", "tight").replace("[]", "[\"" + text + "\"]"));
            assertThat(tight.status()).isEqualTo(400);
            assertThat(tight.text()).contains("prompt is too long");
        }
    }

    @Test
    void whoFailsOftenComesLastForTenMinutes() {
        Instant[] now = {Instant.parse("2026-05-01T08:00:00Z")};
        Breakers breakers = new Breakers(() -> now[0], new BreakerLedger());
        for (int i = 0; i < 4; i++) {
            assertThat(breakers.isFailingOften("p/m")).isFalse();
            breakers.failed("p/m", Breakers.Cause.FAILING, null);
            breakers.succeeded("p/m");
        }
        assertThat(breakers.isFailingOften("p/m")).isTrue();
        now[0] = now[0].plus(Duration.ofMinutes(10));
        assertThat(breakers.isFailingOften("p/m")).isFalse();
    }

    @Test
    void onARouteWithAnOrderWhoFailsOftenIsAskedAfterTheOthers() throws IOException {
        AtomicInteger calls = new AtomicInteger();
        try (ScriptedProvider cheap = new ScriptedProvider((_, to) -> {
                    if (calls.incrementAndGet() % 2 == 0) {
                        to.json(500, "{}");
                    } else {
                        to.json(200, Faults.WHOLE);
                    }
                });
                ScriptedProvider dear = good();
                Road road = new Road(
                        folder,
                        "providers:\n" + provider("cheap", cheap, false, CHEAP) + provider("dear", dear, false, DEAR)
                                + "routes:\n  auto: {to: [dear/m, cheap/m], order: cheapest}\n")) {
            String token = road.grant();
            for (int i = 0; i < 9; i++) {
                assertThat(road.ask(Endpoint.MESSAGES, token, PLAIN).isWhole()).isTrue();
            }
            assertThat(cheap.requests()).hasSize(8);
            assertThat(dear.requests()).hasSize(5);
            assertThat(leftOut(receipt(road))).containsExactly("cheap/m: comes last, as it fails often");
        }
    }

    @Test
    void theFastestIsWhoseStreamsUsuallyBeginFirstAndWhoIsNotKnownIsFoundOut() throws Exception {
        FirstEvents events = new FirstEvents();
        for (int i = 0; i < 8; i++) {
            events.took("p0/m", Duration.ofMillis(50));
            events.took("p1/m", Duration.ofMillis(20));
        }
        StringBuilder yaml = new StringBuilder("providers:\n");
        for (int i = 0; i < 3; i++) {
            yaml.append(
                    "  p%d: {dialect: anthropic, base-url: 'http://127.0.0.1', local: true, models: {m: {context: 9}}}\n"
                            .formatted(i));
        }
        Files.writeString(
                folder.resolve("t.yaml"), yaml + "routes:\n  auto: {to: [p0/m, p1/m, p2/m], order: fastest}\n");
        Tiers tiers = Objects.requireNonNull(new TiersFile(folder.resolve("t.yaml"), Map.of(), "", System::nanoTime)
                .current()
                .tiers());
        Router router = new Router(new Catalog(), new Breakers(() -> Instant.EPOCH, new BreakerLedger()), events);
        Router.Asker asker = new Router.Asker(
                "auto", "x", "", "", "", false, (route, _) -> route.candidates(), () -> Long.MAX_VALUE);
        Choice choice = router.choose(tiers.route("auto").orElseThrow(), needs("{\"model\":\"auto\"}"), asker);
        assertThat(choice.candidates()).extracting(Candidate::name).containsExactly("p2/m", "p1/m", "p0/m");
        assertThat(choice.why()).isEqualTo("the fastest first");
    }

    // ---- what is read of a request

    private static Needs needs(String body) throws Refusal {
        return Reading.of(new Request(Endpoint.MESSAGES, "", List.of(), Road.bytes(body)))
                .needs();
    }

    @Test
    void whatARequestNeedsIsReadWhereItStandsAndNowhereElse() throws Refusal {
        Needs needs = needs("""
                {"model":"m","max_tokens":5000,"thinking":{"type":"enabled","budget_tokens":9},"messages":[
                  {"role":"user","content":"[{\\"type\\":\\"image\\"}]"},
                  {"role":"assistant","content":[{"type":"tool_use","input":{"type":"image"}}]}],
                 "tools":[{"name":"a","input_schema":{"properties":{"k":{"type":"image"}}}},{"name":"b"}]}
                """);
        assertThat(needs.messages()).isEqualTo(2);
        assertThat(needs.tools()).isEqualTo(2);
        assertThat(needs.images()).isFalse();
        assertThat(needs.thinking()).isTrue();
        assertThat(needs.limit()).isEqualTo(5000);
        assertThat(needs.complexity()).isEqualTo(1 + 2 + 16 + 4);
        assertThat(needs("{\"model\":\"m\",\"thinking\":{\"type\":\"disabled\"},\"messages\":[{\"content\":["
                                + "{\"type\":\"tool_result\",\"content\":[{\"type\":\"image\"}]}]}]}")
                        .images())
                .isTrue();
    }

    @Test
    void complexityGrowsWithEachPartAndNeverBeyondAHundred() throws Refusal {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int round = 0; round < 2_000; round++) {
            Needs some = new Needs(
                    Endpoint.MESSAGES,
                    random.nextInt(1 << random.nextInt(1, 25)),
                    true,
                    random.nextInt(10_000),
                    random.nextInt(40),
                    random.nextInt(40),
                    random.nextBoolean(),
                    random.nextBoolean(),
                    random.nextBoolean(),
                    false);
            Needs more = new Needs(
                    Endpoint.MESSAGES,
                    some.bytes() + random.nextInt(10_000),
                    true,
                    some.limit() + random.nextInt(5_000),
                    some.messages() + random.nextInt(3),
                    some.tools() + random.nextInt(3),
                    some.images() || random.nextBoolean(),
                    some.thinking() || random.nextBoolean(),
                    some.schema() || random.nextBoolean(),
                    random.nextBoolean());
            assertThat(some.complexity()).as(seed.toString()).isBetween(0, more.complexity());
            assertThat(more.complexity()).as(seed.toString()).isLessThanOrEqualTo(100);
        }
    }

    // ---- the law

    private static final List<String> CONDITIONS = List.of(
            "true",
            "local_only",
            "!local_only",
            "tools > 0 && complexity > 30",
            "sensitivity == 'private'",
            "10 / messages > 1",
            "int(sensitivity) > 3",
            "actor.matches('c.*') || tokens > 100",
            "left_cents < 10");

    /** Whatever the rules, the lease and the marks are: nobody is chosen who may not be asked. */
    @Test
    void noRuleAndNoOrderEverChoosesWhomTheMarkOrTheLeaseLeavesOut() throws IOException {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        StringBuilder yaml = new StringBuilder("providers:\n");
        for (int i = 0; i < 6; i++) {
            yaml.append(
                            "  p%d: {dialect: anthropic, base-url: 'https://%s', key: none, local: %s, models: {m: {context: %d, "
                                    .formatted(
                                            i,
                                            i % 2 == 0 ? "10.0.0." + (i + 1) : "api" + i + ".example.com",
                                            i % 2 == 0,
                                            1_000 + 300_000 * (i % 3)))
                    .append("price: {in: %d, out: 2}, tools: %s}}}\n".formatted(i, random.nextBoolean()));
        }
        yaml.append("routes:\n");
        for (int route = 0; route < 40; route++) {
            yaml.append("  r%d: {to: %s, order: %s, rules: ["
                    .formatted(route, models(random, false), random.nextBoolean() ? "cheapest" : "listed"));
            int rules = random.nextInt(4);
            for (int i = 0; i < rules; i++) {
                boolean local = random.nextInt(3) == 0;
                yaml.append(i == 0 ? "" : ", ")
                        .append("{id: x%d, when: \"%s\", to: %s, local-only: %s}"
                                .formatted(
                                        i,
                                        CONDITIONS.get(random.nextInt(CONDITIONS.size())),
                                        models(random, local),
                                        local));
            }
            yaml.append(rules == 0 ? "{id: x, when: 'false', to: [p0/m]}" : "").append("]}\n");
        }
        Path file = Files.writeString(folder.resolve("tiers.yaml"), yaml);
        TiersFile.State state = new TiersFile(file, Map.of(), "", System::nanoTime).current();
        Tiers tiers = Objects.requireNonNull(state.tiers(), state.refusal());
        Breakers breakers = new Breakers(() -> Instant.EPOCH, new BreakerLedger());
        Router router = new Router(new Catalog(), breakers, new FirstEvents());
        int chosen = 0;
        for (int round = 0; round < 5_000; round++) {
            Route route = tiers.route("r" + random.nextInt(40)).orElseThrow();
            boolean local = random.nextBoolean();
            List<String> hosts = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                if (random.nextInt(3) > 0) {
                    hosts.add("egress:" + (i % 2 == 0 ? "10.0.0." + (i + 1) : "api" + i + ".example.com"));
                }
            }
            LeaseScope scope = LeaseScope.of(List.of(), hosts, Instant.MAX);
            Needs needs = new Needs(
                    Endpoint.MESSAGES,
                    random.nextInt(20_000),
                    true,
                    random.nextInt(100),
                    random.nextInt(3),
                    random.nextInt(2),
                    false,
                    false,
                    false,
                    false);
            Router.Asker asker = new Router.Asker(
                    "auto",
                    random.nextBoolean() ? "claude-code" : "x",
                    "",
                    "",
                    random.nextBoolean() ? "private" : "",
                    local,
                    (asked, stays) -> Router.allowed(asked, Endpoint.MESSAGES, scope, stays),
                    () -> random.nextLong(200_000));
            try {
                Choice choice = router.choose(route, needs, asker);
                chosen++;
                assertThat(choice.candidates()).as(seed.toString()).isNotEmpty();
                for (Candidate each : choice.candidates()) {
                    assertThat(each.provider().local() || !local)
                            .as(seed.toString())
                            .isTrue();
                    assertThat(hosts)
                            .as(seed.toString())
                            .contains("egress:" + each.provider().origin().host());
                }
            } catch (Refusal e) {
                assertThat(e.status()).as(seed.toString()).isIn(400, 402, 403);
            }
        }
        assertThat(chosen).as(seed.toString()).isGreaterThan(500);
    }

    private static List<String> models(RandomGenerator random, boolean local) {
        List<String> models = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            if (random.nextBoolean() && (i % 2 == 0 || !local)) {
                models.add("p" + i + "/m");
            }
        }
        return models.isEmpty() ? List.of("p0/m") : models;
    }

    @Test
    void aRuleThatKeepsThingsHereHoldsInTheGateToo() throws IOException {
        try (ScriptedProvider cloud = good();
                ScriptedProvider here = new ScriptedProvider((_, to) -> to.close());
                Road road = new Road(
                        folder,
                        "providers:\n" + provider("cloud", cloud, false, DEAR) + provider("here", here, true, DEAR)
                                + """
                                routes:
                                  auto:
                                    rules: [{id: private, when: sensitivity == 'private', to: [here/m], local-only: true}]
                                    to: [cloud/m]
                                """)) {
            Road.Answer answer =
                    road.ask(Endpoint.MESSAGES, road.grant(), PLAIN, new Header("x-mirror-sensitivity", "private"));
            assertThat(answer.isWhole()).isFalse();
            assertThat(cloud.requests()).isEmpty();
            assertThat(road.events("mirror.action.decided.v1")
                            .getFirst()
                            .data()
                            .path("input")
                            .path("local-only")
                            .asBoolean())
                    .isTrue();
        }
    }
}
