package mirror.vault.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import mirror.vault.embed.Chunker.Chunk;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The model that ships with Mirror, run for real. */
final class EmbedderTest {
    private static final long SEED = Long.getLong("mirror.seed", System.nanoTime());

    @SuppressWarnings("NullAway.Init")
    private static Embedder embedder;

    @BeforeAll
    static void load() throws IOException {
        embedder = Embedder.load();
    }

    @AfterAll
    static void close() throws IOException {
        embedder.close();
    }

    private static double likeness(String one, String other) throws IOException {
        Chunker chunker = embedder.chunker();
        return Embedder.cosine(embedder.embed(chunker.question(one)), embedder.embed(chunker.question(other)));
    }

    @Test
    void wordsComeApartAsTheModelLearntThem() {
        // Ids of BERT's uncased vocabulary, as its published tokenizer gives them.
        assertThat(embedder.chunker().question("Hello, World! naïve café 中文 don't"))
                .containsExactly(101, 7592, 1010, 2088, 999, 15743, 7668, 1746, 1861, 2123, 1005, 1056, 102);
        assertThat(embedder.chunker().question("unaffable ÅNGSTRÖM"))
                .containsExactly(101, 14477, 20961, 3468, 17076, 15687, 102);
        assertThat(embedder.chunker().question("a\u0000b\ufffdc\u200dd\te"))
                .containsExactly(101, 5925, 2094, 1041, 102);
        assertThat(embedder.chunker().question("x".repeat(101))).containsExactly(101, 100, 102);
    }

    @Test
    void whatMeansTheSameIsNearAndWhatDoesNotIsFar() throws IOException {
        assertThat(likeness("A cat sat on the mat", "A kitten rests on a rug")).isGreaterThan(0.5);
        assertThat(likeness("A cat sat on the mat", "Quarterly tax report")).isLessThan(0.2);
        assertThat(likeness("How do I reset my password?", "Steps to recover access to an account"))
                .isGreaterThan(likeness("How do I reset my password?", "The recipe needs two eggs and flour"));
    }

    @Test
    void aVectorHasLengthOneSaveForTheRoundingOfItsComponents() throws IOException {
        for (String text : List.of("a", "The quick brown fox", "ω")) {
            byte[] vector = embedder.embed(embedder.chunker().question(text));
            assertThat(vector).hasSize(Embedder.DIMENSIONS);
            assertThat(Embedder.cosine(vector, vector)).isBetween(0.98, 1.02);
        }
    }

    @Test
    void theSameTextHasTheSameVectorWhateverElseIsEmbeddedAtTheSameTime() throws Exception {
        int[] ids = embedder.chunker().question("The same text has the same vector.");
        byte[] alone = embedder.embed(ids);
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<byte[]>> results = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                String other = "other words ".repeat(i);
                results.add(threads.submit(() -> {
                    embedder.embed(embedder.chunker().question(other));
                    return embedder.embed(ids);
                }));
            }
            for (Future<byte[]> result : results) {
                assertThat(result.get()).isEqualTo(alone);
            }
        }
    }

    @Test
    void aCallerWithASmallStackDoesNotEndTheProcess() throws Exception {
        List<byte[]> found = new ArrayList<>();
        Thread caller = Thread.ofPlatform().stackSize(192 << 10).start(() -> {
            try (Embedder other = Embedder.load()) {
                found.add(other.embed(other.chunker().question("a small stack")));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        caller.join();
        assertThat(found).containsExactly(embedder.embed(embedder.chunker().question("a small stack")));
    }

    @Test
    void everyWordOfATextIsInExactlyOneChunkAndNoChunkIsLongerThanTheModelReads() {
        Random random = new Random(SEED);
        for (int round = 0; round < 300; round++) {
            StringBuilder text = new StringBuilder();
            List<String> words = new ArrayList<>();
            for (int n = random.nextInt(900); n > 0; n--) {
                String word = random.nextInt(20) == 0 ? "Wörter" : "w" + Integer.toString(random.nextInt(50_000), 36);
                words.add(word);
                text.append(word)
                        .append(
                                switch (random.nextInt(12)) {
                                    case 0 -> "\n\n";
                                    case 1 -> ".\r\n";
                                    case 2 -> "\n# ";
                                    case 3 -> " | ";
                                    default -> " ";
                                });
            }
            List<Chunk> chunks = embedder.chunker().chunks(text.toString(), 0, random.nextBoolean() ? "A title" : "");
            List<String> found = new ArrayList<>();
            int end = 0;
            for (Chunk chunk : chunks) {
                assertThat(chunk.start()).as("seed %s", SEED).isGreaterThanOrEqualTo(end);
                assertThat(chunk.ids()).as("seed %s", SEED).hasSizeLessThanOrEqualTo(Chunker.MOST);
                end = chunk.end();
                for (String each : text.substring(chunk.start(), end).split("[\\s|.#]+", -1)) {
                    if (!each.isEmpty()) {
                        found.add(each);
                    }
                }
            }
            assertThat(found).as("seed %s", SEED).isEqualTo(words);
        }
    }

    @Test
    void anyTextIsCutInTimeThatGrowsWithItsLengthAndNoneFails() {
        Random random = new Random(SEED);
        String odd = "[](#|*`~->\n\r\t\ud83d\ude00\ud800\udc00\u0000é中 a.";
        for (int round = 0; round < 500; round++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(400); n > 0; n--) {
                text.append(odd.charAt(random.nextInt(odd.length())));
            }
            for (Chunk chunk : embedder.chunker().chunks(text.toString(), 0, text.toString())) {
                assertThat(chunk.ids()).as("seed %s", SEED).hasSizeBetween(3, Chunker.MOST);
            }
        }
        assertThat(embedder.chunker().chunks("](".repeat(200_000), 0, "")).isNotEmpty();
        assertThat(embedder.chunker().chunks("x".repeat(400_000), 0, "")).hasSize(1);
    }

    @Test
    void theAddressOfALinkIsNotReadAndItsTextIs() {
        List<Chunk> chunks = embedder.chunker().chunks("see [the manual](https://example.org/a/b?c=d) now", 0, "");
        assertThat(chunks).hasSize(1);
        assertThat(chunks.getFirst().ids()).isEqualTo(embedder.chunker().question("see [ the manual now"));
    }

    @Test
    void theSamePiecesHaveTheSameKeyWhereverTheyStand() {
        Chunk one = embedder.chunker().chunks("The same.", 0, "").getFirst();
        Chunk other = embedder.chunker().chunks("\n\n   The  same.", 0, "").getFirst();
        assertThat(other.key()).isEqualTo(one.key());
        assertThat(embedder.chunker().chunks("The other.", 0, "").getFirst().key())
                .isNotEqualTo(one.key());
    }

    @Test
    void moreThanTheModelReadsIsRefusedAndNotCutInSilence() {
        assertThatThrownBy(() -> embedder.embed(new int[Chunker.MOST + 1])).hasMessageContaining("129 pieces");
    }
}
