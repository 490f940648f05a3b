package mirror.surface.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import mirror.bus.Json;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Damages a client's lines: whatever is still a JSON object must be read without an error, in whatever order it comes. */
final class Garbage {
    private static final int ROUNDS = 5_000;

    private Garbage() {}

    static void isAnswered(List<String> lines, Supplier<AgentProtocol> protocols) {
        long seed = Long.getLong("mirror.seed", System.nanoTime());
        Random random = new Random(seed);
        AgentProtocol protocol = protocols.get();
        int objects = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] data = lines.get(random.nextInt(lines.size())).getBytes(StandardCharsets.UTF_8);
            for (int edits = random.nextInt(1, 6); edits > 0; edits--) {
                data[random.nextInt(data.length)] = (byte) "\"{}[]:,01antu".charAt(random.nextInt(13));
            }
            String text = new String(data, StandardCharsets.UTF_8);
            JsonNode line;
            try {
                line = Json.MAPPER.readTree(text);
            } catch (JacksonException e) {
                continue;
            }
            objects++;
            if (random.nextInt(100) == 0) {
                protocol = protocols.get();
            }
            AgentProtocol reader = protocol;
            assertThatCode(() -> reader.read(line, new Told()))
                    .as("seed %d (repeat with -Dmirror.seed) round %d: %s", seed, round, text)
                    .doesNotThrowAnyException();
        }
        assertThat(objects).as("seed %d", seed).isPositive();
    }
}
