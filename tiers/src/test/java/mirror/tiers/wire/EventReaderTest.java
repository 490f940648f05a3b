package mirror.tiers.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import mirror.bus.Seed;
import org.junit.jupiter.api.Test;

/** Events are found however the stream is cut into reads, and handed on byte for byte. */
final class EventReaderTest {
    /** Gives the bytes in pieces of random size. */
    private static InputStream pieces(byte[] bytes, RandomGenerator random) {
        return new ByteArrayInputStream(bytes) {
            @Override
            public synchronized int read(byte[] into, int at, int length) {
                return super.read(into, at, Math.min(length, 1 + random.nextInt(40)));
            }
        };
    }

    private record Read(List<String> data, byte[] forwarded, boolean partial) {}

    private static Read read(byte[] bytes, RandomGenerator random) throws IOException {
        EventReader reader = new EventReader();
        InputStream in = pieces(bytes, random);
        List<String> data = new ArrayList<>();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int more;
        do {
            more = reader.fill(in);
            while (reader.next()) {
                data.add(
                        reader.hasData()
                                ? new String(
                                        reader.bytes(),
                                        reader.dataFrom(),
                                        reader.dataTo() - reader.dataFrom(),
                                        StandardCharsets.UTF_8)
                                : "-");
            }
            reader.forward(out);
        } while (more >= 0);
        return new Read(data, out.toByteArray(), reader.isPartial());
    }

    @Test
    void anyEventsInAnyPiecesAreFoundInOrderAndForwardedUnchanged() throws IOException {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int round = 0; round < 2_000; round++) {
            StringBuilder text = new StringBuilder();
            List<String> expected = new ArrayList<>();
            String line = random.nextInt(3) == 0 ? "\r\n" : "\n";
            for (int i = random.nextInt(12); i > 0; i--) {
                String data = "{\"n\":" + random.nextInt() + ",\"t\":\"" + "é".repeat(random.nextInt(60)) + "\"}";
                if (random.nextBoolean()) {
                    text.append("event: x").append(line);
                }
                if (random.nextInt(8) == 0) {
                    text.append(": a comment").append(line);
                }
                text.append(random.nextBoolean() ? "data: " : "data:")
                        .append(data)
                        .append(line)
                        .append(line);
                expected.add(data);
            }
            byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
            Read read = read(bytes, random);
            assertThat(read.data()).as(seed.toString()).isEqualTo(expected);
            assertThat(read.forwarded()).as(seed.toString()).isEqualTo(bytes);
            assertThat(read.partial()).isFalse();
        }
    }

    @Test
    void halfAnEventIsNotForwarded() throws IOException {
        Read read = read(
                "data: {\"a\":1}\n\ndata: {\"b\":".getBytes(StandardCharsets.UTF_8),
                Seed.fresh().random());
        assertThat(read.data()).containsExactly("{\"a\":1}");
        assertThat(new String(read.forwarded(), StandardCharsets.UTF_8)).isEqualTo("data: {\"a\":1}\n\n");
        assertThat(read.partial()).isTrue();
    }

    @Test
    void aLastEventWithoutItsBlankLineCountsWhenItsLineIsWhole() throws IOException {
        assertThat(read(
                                "data: [DONE]\n".getBytes(StandardCharsets.UTF_8),
                                Seed.fresh().random())
                        .data())
                .containsExactly("[DONE]");
    }

    @Test
    void anEventWithoutEndIsRefusedAndNotCollectedForEver() {
        EventReader reader = new EventReader();
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                return 'a';
            }

            @Override
            public int read(byte[] into, int at, int length) {
                return length;
            }
        };
        assertThatThrownBy(() -> {
                    while (reader.fill(endless) >= 0) {
                        assertThat(reader.next()).isFalse();
                    }
                })
                .isInstanceOf(WireException.class)
                .hasMessageContaining("longer than");
    }
}
