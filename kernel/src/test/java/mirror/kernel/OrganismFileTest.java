package mirror.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.organism.Retry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class OrganismFileTest {
    private static final String WHOLE = """
            name: notify-me
            on:
              types: [session.ended, mirror.memory]
              actor: claude-code
              subject: s-
            when: has(event.data.kind) && event.data.kind == 'decision' && event.seq > 3
            permit: l3k9fa
            key: event.session + '/' + event.data.kind
            retry: {attempts: 7, first: 200ms, max: 2m}
            timeout: 5s
            parallel: 2
            from: start
            run: [notify-send, "a title", "it's ~"]
            """;

    private static OrganismFile parse(String yaml) {
        try {
            return OrganismFile.parse(yaml.getBytes(StandardCharsets.UTF_8));
        } catch (OrganismFile.Faulty e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private static Event event(String data) {
        return new Event(
                "o-7",
                "claude-code",
                "mirror.memory.written.v1",
                Instant.parse("2026-03-01T10:00:00Z"),
                null,
                "o",
                7,
                7,
                null,
                "s-1",
                Json.MAPPER.readTree(data),
                "",
                "",
                "{}");
    }

    @Test
    void everyKeyIsRead() {
        OrganismFile file = parse(WHOLE);
        assertThat(file.name()).isEqualTo("notify-me");
        assertThat(file.filter().types()).containsExactly("mirror.session.ended", "mirror.memory");
        assertThat(file.filter().actor()).isEqualTo("claude-code");
        assertThat(file.filter().subject()).isEqualTo("s-");
        assertThat(file.permit()).isEqualTo("l3k9fa");
        assertThat(file.retry())
                .isEqualTo(new Retry(7, Duration.ofMillis(200), Duration.ofMinutes(2), Duration.ofHours(24)));
        assertThat(file.timeout()).isEqualTo(Duration.ofSeconds(5));
        assertThat(file.parallel()).isEqualTo(2);
        assertThat(file.fromStart()).isTrue();
        Event decision = event("{\"kind\":\"decision\"}");
        assertThat(file.condition().test(decision)).isTrue();
        assertThat(file.condition().test(event("{\"kind\":\"fact\"}"))).isFalse();
        assertThat(file.condition().test(event("{}"))).isFalse();
        assertThat(file.key().apply(decision)).isEqualTo("notify-me/s-1/decision");
        Reaction.Run run = (Reaction.Run) file.reaction();
        assertThat(run.argv()).containsExactly("notify-send", "a title", "it's ~");
        assertThat(run.command()).isEqualTo("notify-send 'a title' 'it'\\''s ~'");
        assertThat(run.needs()).isEqualTo("run:notify-send");
    }

    @Test
    void whatIsLeftOutHasADefault() {
        OrganismFile file = parse("name: a\non: {types: [mirror]}\nhttp: {url: 'http://127.0.0.1:9/x'}");
        assertThat(file.retry()).isEqualTo(Retry.DEFAULT);
        assertThat(file.timeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(file.parallel()).isEqualTo(4);
        assertThat(file.permit()).isNull();
        assertThat(file.fromStart()).isFalse();
        assertThat(file.key().apply(event("{}"))).isEqualTo("a/o-7");
        assertThat(file.reaction()).isEqualTo(new Reaction.Http(URI.create("http://127.0.0.1:9/x"), "POST"));
        assertThat(file.reaction().needs()).as("loopback").isEmpty();
        assertThat(parse("name: a\non: {types: [mirror]}\nhttp: {url: 'https://Ntfy.Example/x', method: PUT}")
                        .reaction()
                        .needs())
                .isEqualTo("egress:ntfy.example");
        assertThat(parse("name: a\non: {types: [mirror]}\nhttp: {url: 'http://127.0.0.1.evil.example/'}")
                        .reaction()
                        .needs())
                .isEqualTo("egress:127.0.0.1.evil.example");
    }

    @Test
    void allFaultsOfAFileAreToldAtOnce() {
        assertThatThrownBy(() -> parse("""
                        name: Notify
                        on: {types: ['*'], actors: x}
                        when: event.typo == 'x'
                        key: event.seq
                        retry: {attempts: 0, first: 5m, max: 1s}
                        timeout: soon
                        parallel: 99
                        from: yesterday
                        http: {url: 'ftp://u:p@h/', method: GET}
                        colour: red
                        """))
                .hasMessageContainingAll(
                        "unknown key 'colour'",
                        "name must be",
                        "unknown key 'on.actors'",
                        "on.types: '*'",
                        "when: ",
                        "key: ",
                        "attempts must be",
                        "retry.max must not be shorter",
                        "timeout must be",
                        "parallel must be",
                        "from must be",
                        "http.method must be",
                        "http.url must be");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "name: a",
                "name: a\non: {types: [mirror]}",
                "name: a\non: {types: [mirror]}\nrun: []",
                "name: a\non: {types: [mirror]}\nrun: sh -c x",
                "name: a\non: {types: [mirror]}\nrun: [1]",
                "name: a\non: {types: [mirror]}\nrun: [\"a\\0b\"]",
                "name: a\non: {types: [mirror]}\nrun: [x]\nhttp: {url: 'http://h/'}",
                "name: a\nname: b\non: {types: [mirror]}\nrun: [x]",
                "name: a\non: {types: [mirror]}\nrun: [x]\nwhen: ''",
                "name: a\non: {types: [mirror]}\nrun: [x]\nwhen: '1 +'",
                "a: &a [*a]",
                "\t",
                "{{{{"
            })
    void whatIsNoOrganismIsRefusedWithASentence(String yaml) {
        assertThatThrownBy(() -> parse(yaml))
                .hasMessageNotContaining("\n")
                .satisfies(e -> assertThat(e.getMessage()).isNotBlank());
    }

    @Test
    void aConditionThatNamesWhatIsNotThereIsAnErrorAndNotANo() {
        OrganismFile file = parse("name: a\non: {types: [mirror]}\nrun: [x]\nwhen: event.data.kind == 'x'");
        assertThatThrownBy(() -> file.condition().test(event("{}"))).hasMessageContaining("kind");
        assertThat(file.condition().test(event("{\"kind\":null}"))).isFalse();
        OrganismFile text = parse("name: a\non: {types: [mirror]}\nrun: [x]\nwhen: event.data.kind");
        assertThat(text.condition().test(event("{\"kind\":true}"))).isTrue();
        assertThatThrownBy(() -> text.condition().test(event("{\"kind\":\"yes\"}")))
                .hasMessageContaining("not a Boolean but String");
    }

    @Test
    void everyKindOfJsonCanBeAskedAbout() {
        Event event =
                event("{\"n\":3,\"d\":1.5,\"big\":12345678901234567890,\"t\":true,\"z\":null,\"l\":[{\"x\":\"y\"}]}");
        for (String when : List.of(
                "event.data.n == 3 && event.data.n < 3.5",
                "event.data.d > 1",
                "event.data.big > 1e19",
                "event.data.t",
                "event.data.z == null",
                "event.data.l.exists(i, i.x == 'y')",
                "event.time < timestamp('2027-01-01T00:00:00Z')",
                "event.subject == '' && event.permit == ''")) {
            assertThat(EventExpression.condition(when).test(event)).as(when).isTrue();
        }
    }

    @Test
    void anExpressionCannotRunForever() {
        StringBuilder list = new StringBuilder("{\"l\":[0");
        list.append(",0".repeat(400)).append("]}");
        Event event = event(list.toString());
        String when = "event.data.l.all(a, event.data.l.all(b, event.data.l.all(c, a + b + c == 0)))";
        assertThatThrownBy(() -> EventExpression.condition(when).test(event))
                .hasMessageContaining("Iteration budget exceeded");
    }

    @Test
    void garbledFilesAreReadOrRefusedAndNothingElse() {
        long seed = Long.getLong("mirror.seed", System.nanoTime());
        Random random = new Random(seed);
        byte[] whole = WHOLE.getBytes(StandardCharsets.UTF_8);
        for (int round = 0; round < 400; round++) {
            byte[] bytes = whole.clone();
            for (int i = random.nextInt(5); i >= 0; i--) {
                int at = random.nextInt(bytes.length);
                switch (random.nextInt(3)) {
                    case 0 -> bytes[at] = (byte) random.nextInt(256);
                    case 1 ->
                        System.arraycopy(bytes, at, bytes, random.nextInt(at + 1), Math.min(8, bytes.length - at));
                    default -> bytes = java.util.Arrays.copyOf(bytes, at + 1);
                }
            }
            try {
                OrganismFile file = OrganismFile.parse(bytes);
                assertThat(file.key().apply(event("{\"kind\":\"decision\"}"))).startsWith(file.name() + "/");
            } catch (OrganismFile.Faulty | IllegalStateException refused) {
                assertThat(refused.getMessage())
                        .as("seed %d round %d", seed, round)
                        .isNotBlank();
            }
        }
    }
}
