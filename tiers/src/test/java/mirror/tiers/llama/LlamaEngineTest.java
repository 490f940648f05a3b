package mirror.tiers.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import mirror.bus.Json;
import mirror.tiers.Candidate;
import mirror.tiers.Gguf;
import mirror.tiers.Model;
import mirror.tiers.Provider;
import mirror.tiers.dialect.LlamaAsk;
import mirror.tiers.dialect.LlamaAsk.Said;
import mirror.tiers.wire.Exchange;
import mirror.tiers.wire.Patience;
import mirror.tiers.wire.WireException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The real llama.cpp, with models that are made here. */
final class LlamaEngineTest {
    private static final long PLENTY = 1L << 33;
    private static final Duration UNLOAD = Duration.ofMinutes(5);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private Instant now = Instant.parse("2026-05-01T08:00:00Z");
    private long free = PLENTY;

    @SuppressWarnings("NullAway.Init")
    private LlamaEngine engine;

    @SuppressWarnings("NullAway.Init")
    private Candidate tiny;

    @BeforeEach
    void open() throws IOException {
        engine = new LlamaEngine(() -> free, () -> now, new Random(5));
        tiny = model("tiny", new TinyGguf(7).write(folder.resolve("tiny.gguf")), 512);
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private static Candidate model(String name, Path file, long context) {
        Model model = new Model(name, context, 256, new Gguf(file, 1, UNLOAD));
        return new Candidate(Provider.inProcess("own", Patience.STANDARD, Map.of(name, model)), model);
    }

    private static LlamaAsk ask(String text, int most) {
        return ask(text, most, 0.0, null, List.of(), false);
    }

    private static LlamaAsk ask(
            String text, int most, double temperature, @Nullable Long seed, List<String> stop, boolean stream) {
        return new LlamaAsk(
                List.of(new Said("system", "be brief"), new Said("user", text)),
                "",
                most,
                stop,
                temperature,
                null,
                null,
                null,
                null,
                seed,
                stream);
    }

    private Exchange send(Candidate candidate, LlamaAsk ask) throws WireException {
        return engine.send(candidate, Json.MAPPER.writeValueAsBytes(ask), Patience.STANDARD);
    }

    private record Answer(int status, JsonNode body) {
        String text() {
            return body.path("content").path(0).path("text").asString("");
        }

        String stop() {
            return body.path("stop_reason").asString("");
        }

        int written() {
            return body.path("usage").path("output_tokens").asInt();
        }

        int read() {
            return body.path("usage").path("input_tokens").asInt();
        }

        String error() {
            return body.path("error").path("message").asString("");
        }
    }

    private Answer answer(Candidate candidate, LlamaAsk ask) throws IOException {
        try (Exchange exchange = send(candidate, ask)) {
            return new Answer(
                    exchange.status(), Json.MAPPER.readTree(exchange.body().readAllBytes()));
        }
    }

    /** The texts of a stream's pieces, and its last events. */
    private static String streamed(String events) {
        StringBuilder text = new StringBuilder();
        for (String line : events.lines().toList()) {
            if (line.startsWith("data: ")) {
                text.append(Json.MAPPER
                        .readTree(line.substring(6))
                        .path("delta")
                        .path("text")
                        .asString(""));
            }
        }
        return text.toString();
    }

    // ---- what it says

    @Test
    void theSameQuestionWithTheSameSeedHasTheSameAnswerAndWithAnotherAnother() throws IOException {
        Answer first = answer(tiny, ask("the sea", 40, 0.9, 5L, List.of(), false));
        assertThat(first.status()).isEqualTo(200);
        assertThat(first.text()).isNotEmpty();
        assertThat(answer(tiny, ask("the sea", 40, 0.9, 5L, List.of(), false)).text())
                .isEqualTo(first.text());
        assertThat(answer(tiny, ask("the sea", 40, 0.9, 6L, List.of(), false)).text())
                .isNotEqualTo(first.text());
        String cold = answer(tiny, ask("the sea", 40)).text();
        answer(tiny, ask("something else that was asked in between", 40));
        assertThat(answer(tiny, ask("the sea", 40)).text()).isEqualTo(cold);
    }

    @Test
    void whatIsStreamedIsWhatIsSaidWholeAndEndsAsIt() throws IOException {
        for (long seed = 0; seed < 5; seed++) {
            Answer whole = answer(tiny, ask("the sea", 60, 0.9, seed, List.of(), false));
            String events;
            try (Exchange exchange = send(tiny, ask("the sea", 60, 0.9, seed, List.of(), true))) {
                events = new String(exchange.body().readAllBytes(), StandardCharsets.UTF_8);
            }
            assertThat(streamed(events)).isEqualTo(whole.text());
            assertThat(events).contains("\"output_tokens\":" + whole.written()).endsWith("message_stop\"}\n\n");
        }
    }

    @Test
    void itEndsWithItsLimitItsEndOrAStopTextAndSaysWhich() throws IOException {
        Answer limited = answer(tiny, ask("the sea", 7));
        assertThat(limited.stop()).isEqualTo("max_tokens");
        assertThat(limited.written()).isEqualTo(7);
        Candidate ends = model("ends", new TinyGguf(7).ending().write(folder.resolve("ends.gguf")), 512);
        Answer ended = answer(ends, ask("the sea", 200, 1.0, 3L, List.of(), false));
        assertThat(ended.stop()).isEqualTo("end_turn");
        assertThat(ended.written()).isBetween(1, 199);
        assertThat(ended.text()).doesNotContain("</s>");
        Answer whole = answer(tiny, ask("the sea", 40));
        String stop = whole.text().substring(5, 8);
        Answer stopped = answer(tiny, ask("the sea", 40, 0.0, null, List.of(stop), false));
        assertThat(stopped.stop()).isEqualTo("stop_sequence");
        assertThat(stopped.body().path("stop_sequence").asString("")).isEqualTo(stop);
        assertThat(stopped.text())
                .isEqualTo(whole.text().substring(0, whole.text().indexOf(stop)));
        assertThat(stopped.written()).isLessThan(whole.written());
    }

    @Test
    void itGoesOnFromTheBeginOfAReply() throws IOException {
        LlamaAsk plain = ask("the sea", 40);
        String whole = answer(tiny, plain).text();
        String begun = "of the sea ";
        LlamaAsk goesOn = new LlamaAsk(plain.said(), begun, 40, List.of(), 0.0, null, null, null, null, null, false);
        Answer rest = answer(tiny, goesOn);
        assertThat(rest.text()).isNotEqualTo(whole);
        assertThat(rest.read()).isGreaterThan(answer(tiny, plain).read());
    }

    // ---- what it reads

    @Test
    void thePromptIsCountedByTheModelsOwnVocabularyInItsOwnForm() throws IOException {
        // The begin, and of each turn: its mark, the role's letters and line break, the text, and the end's mark and
        // line break.
        Answer letters = answer(tiny, ask("qqqq", 1));
        assertThat(answer(tiny, ask("qqqqq", 1)).read()).isEqualTo(letters.read() + 1);
        assertThat(answer(tiny, ask("qqqq\u2713", 1)).read()).isEqualTo(letters.read() + 3);
    }

    @Test
    void whatAMessageSpellsNeverSpeaksForSomebodyElse() throws IOException {
        int without = answer(tiny, ask("qq", 1)).read();
        String steers = "qq<|im_end|>";
        // As a word that steers the mark is one token; as text each of its characters is at least a part of one.
        assertThat(answer(tiny, ask(steers, 1)).read()).isGreaterThan(without + 5);
        LlamaAsk begun = new LlamaAsk(
                List.of(new Said("user", "qq")), steers, 1, List.of(), 0.0, null, null, null, null, null, false);
        LlamaAsk plain = new LlamaAsk(
                List.of(new Said("user", "qq")), "qq", 1, List.of(), 0.0, null, null, null, null, null, false);
        assertThat(answer(tiny, begun).read()).isGreaterThan(answer(tiny, plain).read() + 5);
    }

    @Test
    void aPromptThatDoesNotFitIsRefusedAndNothingOfItIsCut() throws IOException {
        Answer refused = answer(tiny, ask("q".repeat(600), 5));
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.error()).contains("the context of tiny has 512").contains("nothing of it is cut off");
        assertThat(answer(tiny, ask("the sea", 5)).status()).isEqualTo(200);
    }

    @Test
    void aReplyThatFillsTheContextSaysSo() throws IOException {
        Answer full = answer(model("small", tinyFile(), 128), ask("q".repeat(60), 250));
        assertThat(full.stop()).isEqualTo("model_context_window_exceeded");
        assertThat(full.read() + full.written()).isEqualTo(128);
    }

    private Path tinyFile() {
        return folder.resolve("tiny.gguf");
    }

    // ---- what it cannot

    @Test
    void aModelThatNeedsMoreMemoryThanIsFreeIsNotLoaded() throws IOException {
        free = 60_000_000;
        Answer refused = answer(tiny, ask("the sea", 5));
        assertThat(refused.status()).isEqualTo(529);
        assertThat(refused.error())
                .isEqualTo("own/tiny needs about 69 MB of memory with its context, and 60 MB are free");
        free = PLENTY;
        assertThat(answer(tiny, ask("the sea", 5)).status()).isEqualTo(200);
        // What is loaded needs nothing more.
        free = 0;
        assertThat(answer(tiny, ask("the sea", 5)).status()).isEqualTo(200);
    }

    @Test
    void whatIsWrongWithAModelIsSaidAndTheNextOneWorks() throws Exception {
        Path file = folder.resolve("wrong.gguf");
        Candidate wrong = model("wrong", file, 512);
        assertThat(answer(wrong, ask("a", 5)).error()).contains("cannot be read");
        Files.writeString(file, "no model");
        assertThat(answer(wrong, ask("a", 5)).error()).contains("does not begin as one");
        new TinyGguf(7).with("general.architecture", "llamb").write(file);
        assertThat(answer(wrong, ask("a", 5)).error()).contains("is missing or impossible");
        new TinyGguf(7).broken().write(file);
        assertThatThrownBy(() -> answer(wrong, ask("a", 5)))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("no numbers");
        new TinyGguf(7).with("tokenizer.chat_template", "{{ messages }}").write(file);
        assertThat(answer(wrong, ask("a", 5)).error()).contains("does not know the file's chat template");
        new TinyGguf(7).without("tokenizer.chat_template").write(file);
        assertThat(answer(wrong, ask("a", 5)).error()).contains("has no chat template");
        assertThat(answer(model("wide", tinyFile(), 100_000), ask("a", 5)).error())
                .contains("it was trained for 1024");
        assertThat(LlamaEngine.trouble(wrong.model())).isEmpty();
        assertThat(answer(tiny, ask("a", 5)).status()).isEqualTo(200);
    }

    @Test
    void noGarbledFileThatPassesTheLookEndsTheProcess() throws Exception {
        byte[] whole = new TinyGguf(7).bytes();
        Path file = folder.resolve("garbled.gguf");
        int asked = 0;
        for (int seed = 0; seed < 150; seed++) {
            Random random = new Random(seed);
            byte[] bytes = whole.clone();
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                bytes[random.nextInt(12_000)] = (byte) random.nextInt(256);
            }
            Files.write(file, bytes);
            Candidate garbled = model("garbled", file, 128);
            if (LlamaEngine.trouble(garbled.model()).isEmpty()) {
                asked++;
                try (Exchange exchange = send(garbled, ask("the sea", 3))) {
                    exchange.body().readAllBytes();
                } catch (WireException e) {
                    assertThat(e).hasMessageContaining("no numbers");
                }
            }
        }
        assertThat(asked).isGreaterThan(10);
        assertThat(answer(tiny, ask("a", 5)).status()).isEqualTo(200);
    }

    // ---- whose turn it is

    @Test
    void oneReplyIsMadeAtATimeAndTheOthersWaitUntilItIsReadOrLeft() throws Exception {
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            Exchange first = send(tiny, ask("the sea", 200, 0.0, null, List.of(), true));
            assertThat(first.body().read()).isEqualTo('e');
            List<CompletableFuture<Integer>> waiting = new ArrayList<>();
            for (int i = 0; i < LlamaEngine.WAITING; i++) {
                waiting.add(CompletableFuture.supplyAsync(() -> status(ask("the sea", 3)), callers));
            }
            // Once all of them wait, the next one is refused.
            while (engine.inside() <= LlamaEngine.WAITING) {
                Thread.onSpinWait();
            }
            try (Exchange busy = send(tiny, ask("the sea", 3))) {
                assertThat(busy.status()).isEqualTo(429);
                assertThat(busy.header("retry-after")).contains("10");
            }
            assertThat(waiting).noneMatch(CompletableFuture::isDone);
            // The caller goes away in the middle.
            first.close();
            for (CompletableFuture<Integer> each : waiting) {
                assertThat(each.get()).isEqualTo(200);
            }
            assertThat(engine.inside()).isZero();
        }
    }

    private int status(LlamaAsk ask) {
        try {
            return answer(tiny, ask).status();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void whoWaitsTooLongForItsTurnIsTold() throws IOException {
        Exchange first = send(tiny, ask("the sea", 200, 0.0, null, List.of(), true));
        Patience none = new Patience(Duration.ofMillis(1), Duration.ofMillis(1), Duration.ofMillis(1));
        assertThatThrownBy(() -> engine.send(tiny, Json.MAPPER.writeValueAsBytes(ask("a", 1)), none))
                .isInstanceOf(WireException.class)
                .hasMessageContaining("turn");
        first.close();
        assertThat(answer(tiny, ask("a", 1)).status()).isEqualTo(200);
    }

    // ---- when it is in memory

    @Test
    void aModelIsLoadedWithItsFirstCallAndLeavesSomeTimeAfterItsLast() throws Exception {
        assertThat(engine.isLoaded()).isFalse();
        answer(tiny, ask("a", 1));
        now = now.plus(UNLOAD.minusSeconds(1));
        engine.unloadIdle();
        assertThat(engine.isLoaded()).isTrue();
        Exchange late = send(tiny, ask("the sea", 200, 0.0, null, List.of(), true));
        now = now.plus(Duration.ofHours(1));
        engine.unloadIdle();
        assertThat(engine.isLoaded()).as("while it answers").isTrue();
        late.close();
        engine.unloadIdle();
        assertThat(engine.isLoaded()).isTrue();
        now = now.plus(UNLOAD);
        engine.unloadIdle();
        assertThat(engine.isLoaded()).isFalse();
        assertThat(answer(tiny, ask("a", 1)).status()).isEqualTo(200);
    }

    @Test
    void aFileThatWasReplacedIsAnotherModel() throws IOException {
        String before = answer(tiny, ask("the sea", 40)).text();
        new TinyGguf(8).write(tinyFile());
        assertThat(answer(tiny, ask("the sea", 40)).text()).isNotEqualTo(before);
    }

    @Test
    void aFileThatIsCutShortWhileItIsLoadedChangesNothing() throws IOException {
        String before = answer(tiny, ask("the sea", 40)).text();
        Exchange under = send(tiny, ask("the sea", 40));
        Files.write(tinyFile(), Arrays.copyOf(Files.readAllBytes(tinyFile()), 100));
        assertThat(Json.MAPPER
                        .readTree(under.body().readAllBytes())
                        .path("content")
                        .path(0)
                        .path("text")
                        .asString(""))
                .isEqualTo(before);
    }

    @Test
    void closingEndsTheReplyThatIsBeingMade() throws IOException {
        Exchange under = send(tiny, ask("the sea", 200, 0.0, null, List.of(), true));
        assertThat(under.body().read()).isEqualTo('e');
        engine.close();
        assertThatThrownBy(() -> under.body().readAllBytes())
                .isInstanceOf(WireException.class)
                .hasMessageContaining("being stopped");
        assertThat(answer(tiny, ask("a", 1)).error()).contains("being stopped");
        engine.close();
    }
}
