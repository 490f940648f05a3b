package mirror.tiers.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The head of a GGUF file is believed only where its parts agree. */
final class GgufFileTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private Path file(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("m.gguf"), bytes);
    }

    @Test
    void aSoundFileSaysWhatItsModelNeeds() throws Exception {
        GgufFile file = GgufFile.read(file(new TinyGguf(1).bytes()));
        assertThat(file.architecture()).isEqualTo("llama");
        assertThat(file.trained()).isEqualTo(TinyGguf.TRAINED);
        assertThat(file.template()).isEqualTo(TinyGguf.CHATML);
        // Two layers, of keys and values two heads of 16 numbers each, in 2 bytes.
        assertThat(file.perToken()).isEqualTo(2 * 2 * 2 * 16 * 2);
        assertThat(file.tensorBytes()).isBetween(400_000L, 500_000L);
    }

    static Stream<Arguments> faults() {
        return Stream.of(
                fault("no architecture", each -> each.without("general.architecture"), "general.architecture"),
                fault("no heads", each -> each.with("llama.attention.head_count", 0), "head_count"),
                fault("odd heads", each -> each.with("llama.attention.head_count", 3), "share its width"),
                fault("odd shared heads", each -> each.with("llama.attention.head_count_kv", 3), "share its width"),
                fault("no layers", each -> each.with("llama.block_count", 0), "block_count"),
                fault("too many layers", each -> each.with("llama.block_count", 100_000), "block_count"),
                fault("text for a number", each -> each.with("llama.block_count", "2"), "block_count"),
                fault("another width", each -> each.with("llama.embedding_length", 128), "do not fit each other"),
                fault("wide rope", each -> each.with("llama.rope.dimension_count", 64), "impossible size"),
                fault("many experts", each -> each.with("llama.expert_count", 9_999), "expert_count"),
                fault("no used experts", each -> each.with("llama.expert_count", 8), "expert_used_count"),
                fault("infinite", each -> each.with("llama.rope.freq_base", Float.POSITIVE_INFINITY), "is none"),
                fault("alignment 3", each -> each.with("general.alignment", 3), "power of two"),
                fault("a part", each -> each.with("split.count", 3), "llama-gguf-split --merge"),
                fault("another vocabulary", each -> each.with("tokenizer.ggml.model", "bert"), "of another kind"),
                fault("no tokens", each -> each.without("tokenizer.ggml.tokens"), "tokenizer.ggml.tokens"),
                fault("a token twice", TinyGguf::withOneTokenTwice, "a token twice"),
                fault("few scores", each -> each.with("tokenizer.ggml.scores", List.of(1f)), "do not agree"),
                fault("texts for scores", each -> each.with("tokenizer.ggml.scores", List.of("1")), "ggml.scores"),
                fault("few types", each -> each.with("tokenizer.ggml.token_type", List.of(1)), "do not agree"),
                fault("end beyond", each -> each.with("tokenizer.ggml.eos_token_id", 9_999), "do not agree"),
                fault("merges of numbers", each -> each.with("tokenizer.ggml.merges", List.of(1)), "ggml.merges"),
                fault("gpt2 without merges", each -> each.with("tokenizer.ggml.model", "gpt2"), "ggml.merges"));
    }

    private static Arguments fault(String name, UnaryOperator<TinyGguf> change, String why) {
        return Arguments.of(Named.of(name, change), why);
    }

    @ParameterizedTest
    @MethodSource("faults")
    void partsThatDoNotAgreeAreNamed(UnaryOperator<TinyGguf> change, String why) throws IOException {
        Path file = file(change.apply(new TinyGguf(1)).bytes());
        assertThatThrownBy(() -> GgufFile.read(file))
                .isInstanceOf(LlamaException.class)
                .hasMessageContaining(why);
    }

    @Test
    void noBeginOfAFilePassesForTheWhole() throws IOException {
        byte[] whole = new TinyGguf(1).bytes();
        Random random = new Random(3);
        for (int i = 0; i < 300; i++) {
            int length = i < 40 ? i : i < 80 ? whole.length - (i - 39) : random.nextInt(whole.length);
            Path file = file(Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> GgufFile.read(file)).as("length " + length).isInstanceOf(LlamaException.class);
        }
    }

    @Test
    void noGarbledHeadDoesMoreThanRefuse() throws IOException {
        byte[] whole = new TinyGguf(1).bytes();
        int refused = 0;
        for (int seed = 0; seed < 2_000; seed++) {
            Random random = new Random(seed);
            byte[] bytes = whole.clone();
            for (int i = 1 + random.nextInt(4); i > 0; i--) {
                bytes[random.nextInt(12_000)] = (byte) random.nextInt(256);
            }
            try {
                GgufFile.read(file(bytes));
            } catch (LlamaException e) {
                refused++;
            }
        }
        assertThat(refused).isBetween(500, 2_000);
    }

    @Test
    void aFileThatIsMissingOrSomethingElseIsSaidToBeThat() throws IOException {
        assertThatThrownBy(() -> GgufFile.read(folder.resolve("none.gguf"))).hasMessage("the file cannot be read");
        Path text = Files.writeString(folder.resolve("text"), "These are forty characters of a plain text.");
        assertThatThrownBy(() -> GgufFile.read(text)).hasMessageContaining("does not begin as one");
        assertThatThrownBy(() -> GgufFile.read(folder)).hasMessage("the file cannot be read");
    }
}
