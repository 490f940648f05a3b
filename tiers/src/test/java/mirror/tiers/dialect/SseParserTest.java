package mirror.tiers.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import mirror.bus.Seed;
import org.junit.jupiter.api.Test;

final class SseParserTest {
    private static final String STREAM =
            "\uFEFFdata: one\n\n: note\nevent: e\r\ndata:two\r\ndata:  three \r\rdata\n\nid: 7\nretry: 5\nunknown: x\n\ndata: grün\n\ndata: cut";

    private static List<String> events(byte[] bytes, RandomGenerator random) throws SseParser.TooLarge {
        List<String> events = new ArrayList<>();
        SseParser parser = new SseParser(1000);
        SseParser.Sink sink = new SseParser.Sink() {
            @Override
            public void event(String type, byte[] data) {
                events.add(type + "|" + new String(data, StandardCharsets.UTF_8));
            }

            @Override
            public void comment() {
                events.add("comment");
            }
        };
        for (int at = 0; at < bytes.length; ) {
            int n = Math.min(bytes.length - at, random.nextInt(1, 9));
            parser.feed(bytes, at, n, sink);
            at += n;
        }
        return events;
    }

    @Test
    void eventsAreWhatTheStandardSaysHoweverTheyAreCut() throws Exception {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int i = 0; i < 500; i++) {
            assertThat(events(STREAM.getBytes(StandardCharsets.UTF_8), random))
                    .as("%s", seed)
                    .containsExactly("|one", "comment", "e|two\n three ", "|", "|grün");
        }
    }

    @Test
    void aLineOrAnEventThatNeverEndsIsStopped() {
        RandomGenerator random = Seed.fresh().random();

        assertThatThrownBy(() -> events("x".repeat(2000).getBytes(StandardCharsets.UTF_8), random))
                .isInstanceOf(SseParser.TooLarge.class);
        assertThatThrownBy(() -> events("data: x\n".repeat(2000).getBytes(StandardCharsets.UTF_8), random))
                .isInstanceOf(SseParser.TooLarge.class);
    }
}
