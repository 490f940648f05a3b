package mirror.continuity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import mirror.bus.Json;
import org.junit.jupiter.api.Test;

/** What transcripts say, whatever stands in them. */
final class TranscriptReaderTest {
    private static final List<String> CLAUDE = List.of(
            "{\"type\":\"summary\",\"summary\":\"Login\",\"leafUuid\":\"x\"}",
            "{\"parentUuid\":null,\"isSidechain\":false,\"type\":\"user\",\"isMeta\":true,\"message\":{\"role\":\"user\","
                    + "\"content\":\"Caveat: what follows\"},\"sessionId\":\"s-1\",\"cwd\":\"/home/ada/project\","
                    + "\"timestamp\":\"2026-01-02T03:04:04Z\"}",
            "{\"isSidechain\":false,\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"start the login\\nservice\"},"
                    + "\"sessionId\":\"s-1\",\"cwd\":\"/home/ada/project\",\"timestamp\":\"2026-01-02T03:04:05Z\"}",
            "{\"type\":\"assistant\",\"message\":{\"id\":\"m1\",\"role\":\"assistant\",\"content\":[{\"type\":\"text\","
                    + "\"text\":\"I start.\"}]},\"timestamp\":\"2026-01-02T03:04:06Z\"}",
            "{\"type\":\"assistant\",\"message\":{\"id\":\"m1\",\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\","
                    + "\"id\":\"t1\",\"name\":\"Bash\",\"input\":{\"command\":\"ls\"}}]}}",
            "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t1\","
                    + "\"content\":\"a\"}]}}",
            "{\"type\":\"user\",\"isSidechain\":true,\"message\":{\"role\":\"user\",\"content\":\"look at a\"}}",
            "{\"type\":\"assistant\",\"message\":{\"id\":\"m2\",\"role\":\"assistant\",\"content\":[{\"type\":\"text\","
                    + "\"text\":\"Done.\"}]},\"timestamp\":\"2026-01-02T03:05:06Z\"}",
            "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"thanks\"}]}}");

    private static final List<String> CODEX = List.of(
            "{\"timestamp\":\"2026-02-02T08:00:00.100Z\",\"type\":\"session_meta\",\"payload\":{\"id\":\"c-1\","
                    + "\"cwd\":\"/work/x\",\"originator\":\"codex_exec\"}}",
            "{\"timestamp\":\"2026-02-02T08:00:00.200Z\",\"type\":\"response_item\",\"payload\":{\"type\":\"message\","
                    + "\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"<environment_context>…\"}]}}",
            "{\"timestamp\":\"2026-02-02T08:00:01Z\",\"type\":\"response_item\",\"payload\":{\"type\":\"message\","
                    + "\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"count the files\"}]}}",
            "{\"timestamp\":\"2026-02-02T08:00:01Z\",\"type\":\"event_msg\",\"payload\":{\"type\":\"user_message\","
                    + "\"message\":\"count the files\"}}",
            "{\"timestamp\":\"2026-02-02T08:00:02Z\",\"type\":\"response_item\",\"payload\":{\"type\":\"function_call\","
                    + "\"name\":\"shell\",\"arguments\":\"{}\",\"call_id\":\"1\"}}",
            "{\"timestamp\":\"2026-02-02T08:00:03Z\",\"type\":\"response_item\",\"payload\":{\"type\":"
                    + "\"function_call_output\",\"call_id\":\"1\",\"output\":\"3\"}}",
            "{\"timestamp\":\"2026-02-02T08:00:04Z\",\"type\":\"response_item\",\"payload\":{\"type\":\"message\","
                    + "\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"Three.\"}]}}");

    private static Transcript read(TranscriptFormat format, byte[] bytes) {
        TranscriptReader reader = format.reader(Path.of("rollout-of-a-day.jsonl"));
        reader.accept(bytes, 0, bytes.length);
        return reader.end();
    }

    private static Transcript read(TranscriptFormat format, List<String> lines) {
        return read(format, (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static List<String> lines(TranscriptFormat format) {
        return format == TranscriptFormat.CLAUDE ? CLAUDE : CODEX;
    }

    @Test
    void aSessionOfClaudeCodeIsSummedUp() {
        assertThat(read(TranscriptFormat.CLAUDE, CLAUDE))
                .isEqualTo(new Transcript(
                        "s-1",
                        "/home/ada/project",
                        "start the login service",
                        Instant.parse("2026-01-02T03:04:04Z"),
                        Instant.parse("2026-01-02T03:05:06Z"),
                        2,
                        2,
                        1,
                        0));
    }

    @Test
    void aSessionOfCodexIsSummedUp() {
        assertThat(read(TranscriptFormat.CODEX, CODEX))
                .isEqualTo(new Transcript(
                        "c-1",
                        "/work/x",
                        "count the files",
                        Instant.parse("2026-02-02T08:00:00.100Z"),
                        Instant.parse("2026-02-02T08:00:04Z"),
                        1,
                        1,
                        1,
                        0));
    }

    @Test
    void aSessionOfCodex169IsSummedUp() {
        // Its own lines, less what is of no interest here.
        List<String> lines = List.of(
                "{\"timestamp\":\"2026-11-21T20:39:27.725Z\",\"ordinal\":0,\"type\":\"session_meta\",\"payload\":"
                        + "{\"session_id\":\"01a1ffd5-da72\",\"id\":\"01a1ffd5-da72\",\"cwd\":\"/p\"}}",
                "{\"timestamp\":\"2026-11-21T20:39:27.789Z\",\"ordinal\":2,\"type\":\"response_item\",\"payload\":"
                        + "{\"type\":\"message\",\"role\":\"developer\",\"content\":[{\"type\":\"input_text\",\"text\":\"x\"}]}}",
                "{\"timestamp\":\"2026-11-21T20:39:27.789Z\",\"ordinal\":3,\"type\":\"response_item\",\"payload\":"
                        + "{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\","
                        + "\"text\":\"<environment_context>\"}]}}",
                "{\"timestamp\":\"2026-11-21T20:39:27.801Z\",\"ordinal\":7,\"type\":\"response_item\",\"payload\":"
                        + "{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\","
                        + "\"text\":\"make hi password=hunter2hunter2\\n\"}]}}",
                "{\"timestamp\":\"2026-11-21T20:39:27.802Z\",\"ordinal\":8,\"type\":\"event_msg\",\"payload\":"
                        + "{\"type\":\"item_completed\",\"item\":{\"type\":\"UserMessage\",\"content\":[{\"type\":\"text\","
                        + "\"text\":\"make hi password=hunter2hunter2\\n\"}]}}}",
                "{\"timestamp\":\"2026-11-21T20:39:28.045Z\",\"ordinal\":9,\"type\":\"response_item\",\"payload\":"
                        + "{\"type\":\"function_call\",\"name\":\"exec_command\",\"arguments\":\"{}\",\"call_id\":\"call_1\"}}",
                "{\"timestamp\":\"2026-11-21T20:39:28.292Z\",\"ordinal\":12,\"type\":\"response_item\",\"payload\":"
                        + "{\"type\":\"function_call_output\",\"call_id\":\"call_1\",\"output\":\"\"}}",
                "{\"timestamp\":\"2026-11-21T20:39:28.577Z\",\"ordinal\":15,\"type\":\"response_item\",\"payload\":"
                        + "{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\","
                        + "\"text\":\"answer 1\"}]}}");
        assertThat(read(TranscriptFormat.CODEX, lines))
                .isEqualTo(new Transcript(
                        "01a1ffd5-da72",
                        "/p",
                        "make hi password=[redacted]",
                        Instant.parse("2026-11-21T20:39:27.725Z"),
                        Instant.parse("2026-11-21T20:39:28.577Z"),
                        1,
                        1,
                        1,
                        0));
    }

    @Test
    void anOldFileOfCodexHasItsItemsUnwrapped() {
        List<String> old = List.of(
                "{\"id\":\"c-0\",\"timestamp\":\"2025-05-05T05:05:05.555Z\",\"instructions\":null}",
                "{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"count\"}]}",
                "{\"type\":\"function_call\",\"name\":\"shell\",\"arguments\":\"{}\"}",
                "{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"3\"}]}");
        Transcript transcript = read(TranscriptFormat.CODEX, old);
        assertThat(transcript.session()).isEqualTo("c-0");
        assertThat(transcript.intent()).isEqualTo("count");
        assertThat(List.of(transcript.prompts(), transcript.answers(), transcript.calls()))
                .containsExactly(1L, 1L, 1L);
    }

    @Test
    void aFileThatNamesNoSessionGoesByItsName() {
        assertThat(read(TranscriptFormat.CODEX, List.of()).session()).isEqualTo("rollout-of-a-day");
    }

    @Test
    void aTornLastLineIsCountedAndTheRestIsRead() {
        List<String> torn = new ArrayList<>(CLAUDE);
        torn.add("{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"half a sen");
        byte[] bytes = String.join("\n", torn).getBytes(StandardCharsets.UTF_8);
        assertThat(read(TranscriptFormat.CLAUDE, bytes).unreadable()).isEqualTo(1);
        assertThat(read(TranscriptFormat.CLAUDE, bytes).prompts()).isEqualTo(2);
    }

    @Test
    void aLineThatIsTooLongIsCountedAndNotKept() {
        TranscriptReader reader = TranscriptFormat.CLAUDE.reader(Path.of("s.jsonl"));
        byte[] piece = "x".repeat(1024 * 1024).getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 60; i++) {
            reader.accept(piece, 0, piece.length);
        }
        byte[] rest = ("\n" + String.join("\n", CLAUDE)).getBytes(StandardCharsets.UTF_8);
        reader.accept(rest, 0, rest.length);
        assertThat(reader.end()).isEqualTo(withUnreadable(read(TranscriptFormat.CLAUDE, CLAUDE), 1));
    }

    @Test
    void aLineOfMillionsOfValuesIsPassedOver() {
        String many = "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":["
                + "{\"type\":\"text\",\"text\":\"hello\"}" + ",{}".repeat(2_000_000) + "]}}";
        assertThat(read(TranscriptFormat.CLAUDE, List.of(many)).intent()).isEqualTo("hello");
    }

    @Test
    void whatLooksLikeASecretIsNotInTheIntent() {
        String line = "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":"
                + "\"deploy with token=abcdef0123456789 and \\u001b[31m \\ud800 half a pair\"}}";
        String intent = read(TranscriptFormat.CLAUDE, List.of(line)).intent();
        assertThat(intent).contains("token=[redacted]").doesNotContain("abcdef0123456789", "\u001b");
        // What an event may hold.
        assertThatCode(() -> Json.MAPPER.writeValueAsBytes(Json.object().put("intent", intent)))
                .doesNotThrowAnyException();
    }

    private static Transcript withUnreadable(Transcript t, long unreadable) {
        return new Transcript(
                t.session(),
                t.project(),
                t.intent(),
                t.first(),
                t.last(),
                t.prompts(),
                t.answers(),
                t.calls(),
                unreadable);
    }

    @Test
    void linesOfNoiseChangeNothingButTheirNumberHoweverTheBytesCome() {
        long seed = Long.getLong("mirror.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            TranscriptFormat format = random.nextBoolean() ? TranscriptFormat.CLAUDE : TranscriptFormat.CODEX;
            List<String> mixed = new ArrayList<>(lines(format));
            int noise = random.nextInt(6);
            for (int i = 0; i < noise; i++) {
                mixed.add(random.nextInt(mixed.size() + 1), noise(random));
            }
            byte[] bytes = String.join("\n", mixed).getBytes(StandardCharsets.ISO_8859_1);
            TranscriptReader reader = format.reader(Path.of("s.jsonl"));
            for (int at = 0; at < bytes.length; ) {
                int count = Math.min(bytes.length - at, 1 + random.nextInt(200));
                reader.accept(bytes, at, count);
                at += count;
            }
            List<String> plain = new ArrayList<>(lines(format));
            byte[] clean = String.join("\n", plain).getBytes(StandardCharsets.ISO_8859_1);
            assertThat(reader.end())
                    .as("seed %d (repeat with -Dmirror.seed) round %d: %s", seed, round, mixed)
                    .isEqualTo(withUnreadable(read(format, clean), noise));
        }
    }

    /** Something that is no JSON object. */
    private static String noise(Random random) {
        return switch (random.nextInt(7)) {
            case 0 -> "{\"type\":\"user\",\"message\"";
            case 1 -> "[".repeat(1 + random.nextInt(5_000));
            case 2 -> "{\"a\":".repeat(1 + random.nextInt(5_000)) + "1";
            case 3 -> "{} {}";
            case 4 -> "\u0000\u00ff\u00fe" + random.nextInt();
            case 5 -> "\"type\"";
            default -> "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"\u00c3(\"}";
        };
    }

    @Test
    void anyBytesGiveAnAnswerThatAnEventCanHold() {
        long seed = Long.getLong("mirror.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            TranscriptFormat format = random.nextBoolean() ? TranscriptFormat.CLAUDE : TranscriptFormat.CODEX;
            byte[] data = String.join("\n", lines(format)).getBytes(StandardCharsets.UTF_8);
            for (int edits = random.nextInt(1, 40); edits > 0; edits--) {
                int at = random.nextInt(data.length);
                switch (random.nextInt(3)) {
                    case 0 -> data[at] = (byte) random.nextInt(256);
                    case 1 -> System.arraycopy(data.clone(), random.nextInt(at + 1), data, 0, data.length - at);
                    default -> data[at] = (byte) "\"{}[]:,\\u0\n".charAt(random.nextInt(11));
                }
            }
            byte[] input = data;
            assertThatCode(() -> {
                        Transcript transcript = read(format, input);
                        var draft = Imports.draft(format, "/p", "0".repeat(64), input.length, null, false, transcript);
                        Json.MAPPER.writeValueAsBytes(draft.data());
                    })
                    .as(
                            "seed %d (repeat with -Dmirror.seed) round %d: %s",
                            seed, round, new String(input, StandardCharsets.ISO_8859_1))
                    .doesNotThrowAnyException();
        }
    }
}
