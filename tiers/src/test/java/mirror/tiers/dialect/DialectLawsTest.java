package mirror.tiers.dialect;

import static mirror.tiers.dialect.Adapter.ANTHROPIC;
import static mirror.tiers.dialect.Adapter.OPENAI;
import static mirror.tiers.dialect.Wire.EXCHANGE;
import static mirror.tiers.dialect.Wire.TARGET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.anthropic.models.messages.Message;
import com.openai.models.chat.completions.ChatCompletion;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.random.RandomGenerator;
import mirror.bus.Json;
import mirror.bus.Seed;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

final class DialectLawsTest {
    private static final List<Adapter> ALL = List.of(ANTHROPIC, OPENAI);
    private static final int ROUNDS = 600;

    private final Seed seed = Seed.fresh();
    private final RandomGenerator random = seed.random();
    private final RandomTalk talk = new RandomTalk(random);

    private static Prompt through(Adapter dialect, Prompt prompt) {
        return dialect.readRequest(dialect.writeRequest(prompt, TARGET));
    }

    /** What only the client's dialect decides: whether usage is told, and the name of a schema. */
    private static Prompt common(Prompt prompt) {
        Prompt.Format format = prompt.format();
        return new Prompt(
                prompt.model(),
                prompt.system(),
                prompt.turns(),
                prompt.tools(),
                prompt.toolChoice(),
                prompt.sampling(),
                prompt.reasoning(),
                format == null ? null : new Prompt.Format(null, format.schema()),
                prompt.user(),
                prompt.stream(),
                true);
    }

    @Test
    void aConversationComesBackWholeFromEveryTwoDialects() {
        for (int i = 0; i < ROUNDS; i++) {
            Prompt prompt = talk.prompt();
            for (Adapter first : ALL) {
                for (Adapter second : ALL) {
                    assertThat(common(through(first, through(second, through(first, prompt)))))
                            .as("%s, %s, %s", seed, first, second)
                            .isEqualTo(prompt);
                }
            }
        }
    }

    @Test
    void aReplyComesBackWholeFromEveryDialect() {
        for (int i = 0; i < ROUNDS; i++) {
            Reply reply = talk.reply();
            for (Adapter dialect : ALL) {
                assertThat(dialect.readReply(dialect.writeReply(reply, EXCHANGE), EXCHANGE))
                        .as("%s, %s", seed, dialect)
                        .isEqualTo(reply);
            }
        }
    }

    @Test
    void aStreamInAnyPiecesIsTheReplyThatWasNotStreamed() {
        for (int i = 0; i < ROUNDS; i++) {
            Reply reply = talk.reply();
            for (Adapter dialect : ALL) {
                byte[] stream = Wire.written(dialect, talk.events(reply)).getBytes(StandardCharsets.UTF_8);
                List<StreamEvent> events = Wire.events(dialect.reader(EXCHANGE), stream, random);

                wellFormed(events);
                assertThat(Wire.sum(events)).as("%s, %s", seed, dialect).isEqualTo(reply);
            }
        }
    }

    @Test
    void callsMixedInAnyWayAreTheCallsOfTheWholeReply() {
        for (int i = 0; i < ROUNDS; i++) {
            Reply reply = talk.reply();
            List<StreamEvent> events = Wire.events(OPENAI.reader(EXCHANGE), mixedChunks(reply), random);

            wellFormed(events);
            assertThat(Wire.sum(events)).as("%s", seed).isEqualTo(reply);
        }
    }

    /** The reply's text in pieces, then its calls, the pieces of all of them in any order that keeps each call's own. */
    private byte[] mixedChunks(Reply reply) {
        List<ObjectNode> chunks = new ArrayList<>();
        Map<Integer, List<String>> waiting = new LinkedHashMap<>();
        List<Part.ToolUse> calls = new ArrayList<>();
        for (Part part : reply.parts()) {
            if (part instanceof Part.Text text) {
                talk.pieces(text.text())
                        .forEach(piece -> chunks.add(Json.object().put("content", piece)));
            } else if (part instanceof Part.ToolUse use) {
                waiting.put(calls.size(), new ArrayList<>(talk.pieces(use.arguments())));
                calls.add(use);
            }
        }
        int begun = 0;
        while (!waiting.isEmpty()) {
            List<Integer> open = new ArrayList<>(waiting.keySet());
            int index = Math.min(open.get(random.nextInt(open.size())), begun);
            ObjectNode delta = Json.object();
            ObjectNode call = delta.putArray("tool_calls").addObject().put("index", index);
            ObjectNode function = call.putObject("function");
            if (index == begun) {
                begun++;
                call.put("id", calls.get(index).id());
                function.put("name", calls.get(index).name());
            }
            List<String> rest = Objects.requireNonNull(waiting.get(index));
            function.put("arguments", rest.removeFirst());
            if (rest.isEmpty()) {
                waiting.remove(index);
            }
            chunks.add(delta);
        }
        StringBuilder stream = new StringBuilder();
        for (ObjectNode delta : chunks) {
            chunk(stream, reply, delta, null);
        }
        chunk(stream, reply, Json.object(), OpenAiReplies.word(reply.stop()));
        ObjectNode usage = Json.object();
        usage.putArray("choices");
        usage.set("usage", OpenAiReplies.usage(Objects.requireNonNull(reply.usage())));
        return stream.append("data: ")
                .append(usage)
                .append("\r\n\r\n: done\rdata: [DONE]\n\n")
                .toString()
                .getBytes(StandardCharsets.UTF_8);
    }

    private static void chunk(StringBuilder stream, Reply reply, ObjectNode delta, @Nullable String reason) {
        ObjectNode chunk = Json.object().put("id", reply.id()).put("model", reply.model());
        ObjectNode choice = chunk.putArray("choices").addObject().put("index", 0);
        choice.set("delta", delta);
        choice.put("finish_reason", reason);
        stream.append("data:").append(chunk).append("\n\n");
    }

    @Test
    void bothSdksAccumulateAStreamToWhatTheyReadWhole() throws Exception {
        for (int i = 0; i < 150; i++) {
            Reply reply = talk.reply();
            List<StreamEvent> events = Wire.events(OPENAI.reader(EXCHANGE), mixedChunks(reply), random);

            Message whole = com.anthropic.core.ObjectMappers.jsonMapper()
                    .readValue(ANTHROPIC.writeReply(reply, EXCHANGE), Message.class);
            Message streamed = AnthropicSdkTest.accumulated(Wire.written(ANTHROPIC, events));
            assertThat(streamed.content().toString())
                    .as("%s", seed)
                    .isEqualTo(whole.content().toString());
            assertThat(streamed.stopReason()).isEqualTo(whole.stopReason());
            assertThat(streamed.usage().inputTokens()).isEqualTo(whole.usage().inputTokens());
            assertThat(streamed.usage().cacheReadInputTokens())
                    .isEqualTo(whole.usage().cacheReadInputTokens());
            assertThat(streamed.usage().outputTokens()).isEqualTo(whole.usage().outputTokens());

            ChatCompletion chat = com.openai.core.ObjectMappers.jsonMapper()
                    .readValue(OPENAI.writeReply(reply, EXCHANGE), ChatCompletion.class);
            ChatCompletion chunks = OpenAiSdkTest.accumulated(Wire.written(OPENAI, events));
            assertThat(chunks.choices().getFirst().message().toolCalls().orElse(List.of()))
                    .as("%s", seed)
                    .isEqualTo(chat.choices().getFirst().message().toolCalls().orElse(List.of()));
            assertThat(chunks.choices().getFirst().message().content().orElse(""))
                    .isEqualTo(chat.choices().getFirst().message().content().orElse(""));
            assertThat(chunks.choices().getFirst().finishReason())
                    .isEqualTo(chat.choices().getFirst().finishReason());
            assertThat(chunks.usage()).isEqualTo(chat.usage());
        }
    }

    @Test
    void aStreamCutAnywhereNeverEndsCleanlyWithLessThanAll() {
        for (int i = 0; i < 12; i++) {
            Reply reply = talk.reply();
            for (Adapter dialect : ALL) {
                byte[] stream = Wire.written(dialect, talk.events(reply)).getBytes(StandardCharsets.UTF_8);
                for (int n = 0; n < stream.length; n++) {
                    List<StreamEvent> events = Wire.events(dialect, Arrays.copyOf(stream, n));
                    wellFormed(events);
                    if (events.getLast() instanceof StreamEvent.Finish) {
                        Reply sum = Wire.sum(events);
                        assertThat(sum.parts())
                                .as("%s, %s, %s", seed, dialect, n)
                                .isEqualTo(reply.parts());
                        assertThat(sum.stop()).isEqualTo(reply.stop());
                    }
                }
            }
        }
    }

    @Test
    void noBytesDoAnythingButTheOneException() {
        for (int i = 0; i < 2000; i++) {
            for (Adapter dialect : ALL) {
                byte[] request = mutated(dialect.writeRequest(talk.prompt(), TARGET));
                byte[] reply = mutated(dialect.writeReply(talk.reply(), EXCHANGE));
                byte[] error = mutated(dialect.writeError(new Failure(Failure.Kind.API, "x"), "r")
                        .body());
                try {
                    Prompt prompt = dialect.readRequest(request);
                    for (Adapter other : ALL) {
                        quietly(() -> other.writeRequest(prompt, TARGET));
                    }
                } catch (DialectException e) {
                    assertThat(e.failure().message().length()).isLessThanOrEqualTo(Failure.MOST);
                } catch (RuntimeException e) {
                    fail(seed + " " + dialect + " " + new String(request, StandardCharsets.ISO_8859_1), e);
                }
                for (Adapter other : ALL) {
                    quietly(() -> other.writeReply(dialect.readReply(reply, EXCHANGE), EXCHANGE));
                }
                assertThat(dialect.readError(random.nextInt(400, 600), error).message())
                        .doesNotContain("\n");
            }
        }
    }

    @Test
    void noBytesOfAStreamDoAnythingButFail() {
        for (int i = 0; i < 2000; i++) {
            for (Adapter dialect : ALL) {
                byte[] stream =
                        mutated(Wire.written(dialect, talk.events(talk.reply())).getBytes(StandardCharsets.UTF_8));
                try {
                    List<StreamEvent> events = Wire.events(dialect.reader(EXCHANGE), stream, random);
                    wellFormed(events);
                    for (Adapter other : ALL) {
                        Wire.written(other, events);
                    }
                } catch (RuntimeException | AssertionError e) {
                    fail(seed + " " + dialect + " " + new String(stream, StandardCharsets.ISO_8859_1), e);
                }
            }
        }
    }

    private interface Step {
        Object run();
    }

    private void quietly(Step step) {
        try {
            step.run();
        } catch (DialectException e) {
            assertThat(e.failure().message()).isNotEmpty();
        } catch (RuntimeException e) {
            fail(seed.toString(), e);
        }
    }

    private byte[] mutated(byte[] valid) {
        return Mutations.of(random, valid);
    }

    /** One start, blocks one after the other, one end, and nothing after it. */
    static void wellFormed(List<StreamEvent> events) {
        StreamEvent open = null;
        boolean started = false;
        int ends = 0;
        for (StreamEvent event : events) {
            assertThat(ends).as("events after the end").isZero();
            switch (event) {
                case StreamEvent.Start start -> {
                    assertThat(started).isFalse();
                    started = true;
                }
                case StreamEvent.TextOpen e -> open = opened(started, open, e);
                case StreamEvent.ThinkingOpen e -> open = opened(started, open, e);
                case StreamEvent.RedactedOpen e -> open = opened(started, open, e);
                case StreamEvent.ToolOpen e -> open = opened(started, open, e);
                case StreamEvent.TextDelta e -> assertThat(open).isInstanceOf(StreamEvent.TextOpen.class);
                case StreamEvent.ThinkingDelta e -> assertThat(open).isInstanceOf(StreamEvent.ThinkingOpen.class);
                case StreamEvent.SignatureDelta e -> assertThat(open).isInstanceOf(StreamEvent.ThinkingOpen.class);
                case StreamEvent.ToolDelta e -> assertThat(open).isInstanceOf(StreamEvent.ToolOpen.class);
                case StreamEvent.Close e -> {
                    assertThat(open).isNotNull();
                    open = null;
                }
                case StreamEvent.Finish e -> {
                    assertThat(started).isTrue();
                    assertThat(open).isNull();
                    ends++;
                }
                case StreamEvent.Failed e -> ends++;
                case StreamEvent.Ping e -> {}
            }
        }
        assertThat(ends).isOne();
    }

    private static StreamEvent opened(boolean started, @Nullable StreamEvent open, StreamEvent now) {
        assertThat(started).isTrue();
        assertThat(open).isNull();
        return now;
    }
}
