package mirror.tiers.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import mirror.tiers.wire.ScriptedProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A stream that does not begin is given up once it takes far longer than that model's streams usually do. */
final class FirstEventsTest {
    private static final Duration LEAST = Duration.ofSeconds(10);

    private final FirstEvents events = new FirstEvents();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private void took(int times, Duration time) {
        for (int i = 0; i < times; i++) {
            events.took("p/m", time);
        }
    }

    @Test
    void whatIsUsualIsNotKnownFromAFew() {
        took(7, Duration.ofSeconds(1));
        assertThat(events.wait("p/m", LEAST)).isEmpty();
        took(1, Duration.ofSeconds(1));
        assertThat(events.wait("p/m", LEAST)).hasValue(LEAST);
        assertThat(events.wait("p/other", LEAST)).isEmpty();
    }

    @Test
    void aSlowModelIsWaitedForLongerAndOneOddStreamInTwentyDoesNotCount() {
        took(19, Duration.ofSeconds(4));
        took(1, Duration.ofMinutes(9));
        assertThat(events.wait("p/m", LEAST)).hasValue(Duration.ofSeconds(20));
        took(3, Duration.ofSeconds(30));
        assertThat(events.wait("p/m", LEAST)).hasValue(Duration.ofSeconds(150));
    }

    @Test
    void onlyTheLastStreamsCount() {
        took(64, Duration.ofMinutes(1));
        took(64, Duration.ofSeconds(3));
        assertThat(events.wait("p/m", LEAST)).hasValue(Duration.ofSeconds(15));
    }

    @Test
    void aModelThatHasBecomeSlowIsWaitedForAgain() {
        took(64, Duration.ofSeconds(1));
        for (int i = 0; i < 4; i++) {
            events.took("p/m", events.wait("p/m", LEAST).orElseThrow());
        }
        assertThat(events.wait("p/m", LEAST)).hasValue(Duration.ofSeconds(50));
    }

    @Test
    void aProviderThatTakesACallAndSaysNothingIsLeftToTheNextThoughItsOwnTimeIsFarFromOver() throws IOException {
        String body =
                "{\"stream\":true,\"model\":\"m\",\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";
        try (ScriptedProvider hangs = new ScriptedProvider(Dialects.OPENAI.says("from the first"));
                ScriptedProvider next = new ScriptedProvider(Dialects.GEMINI.says("from the next"));
                Road road = new Road(
                        folder,
                        ("providers:\n" + TranslatedCallsTest.provider("p0", Dialects.OPENAI, hangs.url(), false)
                                        + TranslatedCallsTest.provider("p1", Dialects.GEMINI, next.url(), false))
                                .replace("answer: 400ms, idle: 400ms", "answer: 60m, idle: 60m, hang: 300ms"))) {
            String token = road.grant();
            for (int i = 0; i < 8; i++) {
                assertThat(road.ask(Endpoint.CHAT, token, body).text()).contains("from the first");
            }
            for (ScriptedProvider.Script silence : java.util.List.<ScriptedProvider.Script>of(
                    (_, to) -> to.stall(), (_, to) -> to.stream().stall())) {
                hangs.script(silence);
                Road.Answer answer = road.ask(Endpoint.CHAT, token, body);
                assertThat(answer.isWhole()).isTrue();
                assertThat(answer.text()).contains("from the next");
            }
            road.stop();
            assertThat(road.events("mirror.call.switched.v1")).hasSize(2);
        }
    }
}
