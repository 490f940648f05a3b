package mirror.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Imports by the real daemon, with the little memory that it has, and without it in the middle. */
final class ImportIT extends AtHome {
    private static final int FILES = 3_000;
    private static final int MEGABYTE = 1024 * 1024;

    private static String prompt(String session) {
        return "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"work on " + session
                + "\"},\"sessionId\":\"" + session + "\",\"timestamp\":\"2026-01-01T10:00:00Z\"}\n";
    }

    private Path transcript(String session) {
        return workspace.home().resolve(".claude/projects/p").resolve(session + ".jsonl");
    }

    @Test
    void anImportWhoseDaemonIsKilledGoesOnAndTakesEachFileInOnce() throws Exception {
        for (int i = 0; i < FILES; i++) {
            Workspace.write(transcript("s" + i), prompt("s" + i));
        }
        Process first = mirror.begin("import", "claude");
        while (mirror.events("transcript.imported").size() < 3) {
            Thread.onSpinWait();
        }
        mirror.kill();
        assertThat(first.waitFor(1, TimeUnit.MINUTES)).isTrue();
        mirror.start();
        int before = mirror.events("transcript.imported").size();
        assertThat(before).as("the kill came in the middle").isBetween(3, FILES - 1);

        JsonNode second = mirror.run("import", "claude", "--json").json();

        assertThat(second.path("new").asInt()).isEqualTo(FILES - before);
        assertThat(second.path("known").asInt()).isEqualTo(before);
        List<JsonNode> events = mirror.events("transcript.imported");
        Set<String> digests = new HashSet<>();
        events.forEach(event -> assertThat(
                        digests.add(event.path("data").path("sha256").asString()))
                .isTrue());
        assertThat(events).hasSize(FILES);
        assertThat(mirror.run("import", "verify", "--json")
                        .json()
                        .path("intact")
                        .asInt())
                .isEqualTo(FILES);
    }

    @Test
    void aLineAsLargeAsHalfTheDaemonsMemoryIsTakenInAndNotLookedAt() throws IOException {
        Path file = Workspace.write(transcript("large"), prompt("large"));
        try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.APPEND)) {
            out.write("{\"type\":\"user\",\"message\":{\"content\":[".getBytes(StandardCharsets.UTF_8));
            byte[] values = "{},".repeat(MEGABYTE).getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < 40; i++) {
                out.write(values);
            }
            out.write(("{}]}}\n" + prompt("large")).getBytes(StandardCharsets.UTF_8));
        }

        assertThat(mirror.run("import", "claude").exit()).isZero();

        JsonNode event = mirror.events("transcript.imported").getFirst().path("data");
        assertThat(event.path("bytes").asLong()).isEqualTo(Files.size(file));
        assertThat(event.path("prompts").asInt()).isEqualTo(2);
        assertThat(event.path("unreadable").asInt()).isEqualTo(1);
        assertThat(mirror.run("import", "verify").out()).startsWith("intact: 1 of 1");
        assertThat(mirror.home().resolve("blobs").resolve(event.path("sha256").asString()))
                .hasSameBinaryContentAs(file);
    }
}
