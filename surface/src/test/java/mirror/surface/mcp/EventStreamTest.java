package mirror.surface.mcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.json.JsonMapper;

@Timeout(30)
class EventStreamTest {
    private static final Duration NEVER = Duration.ofHours(1);

    private final EventStream stream = new EventStream(3, new Rpc(JsonMapper.shared()));

    private void append(String json) {
        stream.append(json.getBytes(StandardCharsets.UTF_8));
    }

    private List<String> read(long after) throws IOException {
        var out = new ByteArrayOutputStream();
        stream.copyTo(out, after, true, NEVER);
        return Pattern.compile("id: (\\S+)\nevent: message\ndata: (\\S*)\n\n")
                .matcher(out.toString(StandardCharsets.UTF_8))
                .results()
                .map(match -> match.group(1) + "=" + match.group(2))
                .toList();
    }

    @Test
    void aReaderResumesAfterTheLastEventItSaw() throws IOException {
        append("1");
        append("2");
        append("3");
        stream.close();
        assertThat(read(0)).containsExactly("3-1=1", "3-2=2", "3-3=3");
        assertThat(read(2)).containsExactly("3-3=3");
        assertThat(read(3)).isEmpty();
        assertThat(read(Long.MAX_VALUE)).isEmpty();
    }

    @Test
    void aReaderWithoutAnIdGetsWhatNobodyWasGivenYet() throws IOException {
        append("1");
        OutputStream breaksAfterTheFirst = new OutputStream() {
            private int flushes;

            @Override
            public void write(int b) {}

            @Override
            public void flush() throws IOException {
                if (++flushes == 2) {
                    throw new IOException("gone");
                }
                append("2");
            }
        };
        assertThatThrownBy(() -> stream.copyTo(breaksAfterTheFirst, -1, true, NEVER))
                .hasMessage("gone");
        assertThat(stream.attached()).isFalse();
        stream.close();
        assertThat(read(-1)).containsExactly("3-2=2");
    }

    @Test
    void theNewestMessagesAreKeptWhenNobodyReads() throws IOException {
        for (int i = 1; i <= EventStream.MAX_EVENTS + 5; i++) {
            append(String.valueOf(i));
        }
        append("9".repeat(EventStream.MAX_BYTES * 2));
        assertThat(stream.size()).isEqualTo(EventStream.MAX_BYTES * 2);
        append("\"answer\"");
        stream.close();
        append("\"too late\"");
        assertThat(read(0)).containsExactly("3-" + (EventStream.MAX_EVENTS + 7) + "=\"answer\"");
    }

    @Test
    void eventIdsOfClientsAreReadWithCare() {
        assertThat(EventId.parse("12-34")).contains(new EventId(12, 34));
        for (String text : List.of("", "-", "1", "1-", "-1-2", "1-2-3", "a-b", "9".repeat(30) + "-1")) {
            assertThat(EventId.parse(text)).as(text).isEmpty();
        }
    }
}
