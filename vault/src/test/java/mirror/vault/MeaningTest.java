package mirror.vault;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import mirror.bus.AtomicFiles;
import mirror.vault.SearchRequest.By;
import mirror.vault.Vault.Answer;
import mirror.vault.embed.Embedder;
import mirror.vault.embed.Embeddings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Notes found by what they mean, with the model that ships with Mirror. */
final class MeaningTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private Instant now = Instant.parse("2026-03-01T12:00:00Z");
    private final AtomicInteger loads = new AtomicInteger();
    private boolean broken;

    @SuppressWarnings("NullAway.Init")
    private Path root;

    @SuppressWarnings("NullAway.Init")
    private Vault vault;

    @BeforeEach
    void open() throws IOException {
        root = Files.createDirectories(folder.resolve("vault"));
        vault = again();
    }

    @AfterEach
    void close() throws IOException {
        vault.close();
    }

    private Vault again() throws IOException {
        return Vault.open(root, folder.resolve("idx"), () -> now, new Embeddings(this::load, () -> now));
    }

    private Embedder load() throws IOException {
        loads.incrementAndGet();
        if (broken) {
            throw new IOException("the model is broken");
        }
        return Embedder.load();
    }

    private void write(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void settle() throws IOException, InterruptedException {
        vault.reconcile();
        vault.settleMeanings();
    }

    private List<String> paths(String text, By by) throws IOException {
        return vault.search(SearchRequest.of(text, by, 10)).hits().stream()
                .map(Hit::path)
                .toList();
    }

    @Test
    void aNoteIsFoundByOtherWordsThanItsOwn() throws Exception {
        write("pets.md", "The kitten rests on a rug and purrs.\n");
        write("tax.md", "The quarterly report is due in March.\n");
        settle();
        assertThat(paths("where does my cat sleep", By.WORDS)).isEmpty();
        assertThat(paths("where does my cat sleep", By.BOTH)).containsExactly("pets.md");
        assertThat(paths("where does my cat sleep", By.MEANING)).startsWith("pets.md");
    }

    @Test
    void theEndOfALongNoteIsFoundAndShown() throws Exception {
        write(
                "long.md",
                "# Logbook\n\n" + "Rain fell on the harbour all day long.\n".repeat(400)
                        + "\nThe dentist moved my appointment.\n");
        settle();
        Hit hit = vault.search(SearchRequest.of("when do I see the doctor for my teeth", By.MEANING, 1))
                .hits()
                .getFirst();
        assertThat(hit.text()).contains("dentist");
        assertThat(hit.first()).isGreaterThan(400);
        assertThat(hit.heading()).isEqualTo("Logbook");
    }

    @Test
    void aNoteThatDidNotChangeIsNeverEmbeddedTwice() throws Exception {
        write("a.md", "Bread needs flour, water, salt and time.\n");
        write("b.md", "The tram leaves at seven.\n");
        settle();
        assertThat(vault.embedded()).isEqualTo(2);
        vault.close();
        vault = again();
        settle();
        assertThat(vault.embedded()).as("after a restart").isZero();
        Files.move(root.resolve("a.md"), root.resolve("moved.md"));
        settle();
        assertThat(vault.embedded()).as("after it was renamed").isZero();
        assertThat(paths("baking a loaf", By.MEANING)).startsWith("moved.md");
        String text = Files.readString(root.resolve("b.md"));
        Files.delete(root.resolve("b.md"));
        settle();
        assertThat(paths("public transport timetable", By.MEANING)).doesNotContain("b.md");
        write("c/b.md", text);
        settle();
        assertThat(vault.embedded()).as("after it went and came back").isZero();
        assertThat(paths("public transport timetable", By.MEANING)).contains("c/b.md");
    }

    @Test
    void ofAChangedNoteOnlyWhatChangedIsEmbedded() throws Exception {
        StringBuilder text = new StringBuilder("# Garden\n\n");
        for (int i = 0; i < 6; i++) {
            text.append("In bed number ")
                    .append(i)
                    .append(" grow beans, peas and marigolds. ".repeat(12))
                    .append("\n\n");
        }
        write("garden.md", text.toString());
        settle();
        long all = vault.embedded();
        assertThat(all).isGreaterThan(4);
        write("garden.md", text + "The wheelbarrow has a flat tyre.\n");
        settle();
        assertThat(vault.embedded() - all).isBetween(1L, 2L);
        assertThat(paths("broken wheel", By.MEANING)).startsWith("garden.md");
    }

    @Test
    void theLimitsOfARequestHoldForMeaningsToo() throws Exception {
        write(
                "home/pets.md",
                "---\ntags: [animal/cat]\ntype: diary\ndate: 2026-01-05\n---\nThe kitten rests on a rug.\n");
        write("work/pets.md", "The kitten rests on a rug in the office.\n");
        settle();
        assertThat(paths("sleeping cat", By.MEANING)).containsExactlyInAnyOrder("home/pets.md", "work/pets.md");
        assertThat(limited("work", List.of(), Map.of())).containsExactly("work/pets.md");
        assertThat(limited("", List.of("animal"), Map.of())).containsExactly("home/pets.md");
        assertThat(limited("", List.of(), Map.of("type", "diary"))).containsExactly("home/pets.md");
        assertThat(limited("nowhere", List.of(), Map.of())).isEmpty();
        assertThat(paths("sleeping cat -office", By.BOTH)).containsExactly("home/pets.md");
        assertThat(paths("sleeping cat \"the office\"", By.BOTH)).containsExactly("work/pets.md");
    }

    private List<String> limited(String in, List<String> tags, Map<String, String> properties) throws IOException {
        return vault
                .search(new SearchRequest("sleeping cat", in, tags, properties, null, null, By.BOTH, 10))
                .hits()
                .stream()
                .map(Hit::path)
                .toList();
    }

    @Test
    void whatHasNothingToDoWithTheQuestionIsNotFound() throws Exception {
        write("pets.md", "The kitten rests on a rug.\n");
        settle();
        assertThat(paths("zxqv grmpf", By.BOTH)).isEmpty();
        assertThat(paths("quarterly tax deadline", By.BOTH)).isEmpty();
    }

    @Test
    void aNoteOfNothingIsDoneAndAQuestionOfNothingGivesEverything() throws Exception {
        write("empty.md", "");
        write("front.md", "---\ntype: x\n---\n");
        settle();
        assertThat(vault.freshness().unembedded()).isZero();
        assertThat(paths("", By.BOTH)).hasSize(2);
        assertThat(paths("-cat", By.MEANING)).hasSize(2);
    }

    @Test
    void aModelThatDoesNotRunLeavesTheWordsAndSaysSo() throws Exception {
        broken = true;
        write("pets.md", "The kitten rests on a rug.\n");
        settle();
        Answer answer = vault.search(SearchRequest.of("kitten", By.BOTH, 10));
        assertThat(answer.by()).isEqualTo(By.WORDS);
        assertThat(answer.hits()).hasSize(1);
        assertThat(answer.freshness().trouble()).contains("the model is broken");
        broken = false;
        settle();
        assertThat(vault.search(SearchRequest.of("sleeping cat", By.BOTH, 10)).hits())
                .hasSize(1);
        assertThat(vault.freshness().trouble()).isEmpty();
    }

    @Test
    void theModelIsLoadedWhenItIsNeededAndNotBefore() throws Exception {
        settle();
        assertThat(loads).hasValue(0);
        write("pets.md", "The kitten rests on a rug.\n");
        settle();
        paths("cat", By.BOTH);
        assertThat(loads).hasValue(1);
        Embeddings embeddings = new Embeddings(this::load, () -> now);
        embeddings.question("one");
        embeddings.rest();
        embeddings.question("two");
        assertThat(loads).as("used a moment ago").hasValue(2);
        now = now.plus(Duration.ofMinutes(10));
        embeddings.rest();
        embeddings.question("three");
        assertThat(loads).as("unused for ten minutes").hasValue(3);
        embeddings.close();
    }

    @Test
    void aDamagedIndexOfMeaningsIsMadeAnew() throws Exception {
        write("pets.md", "The kitten rests on a rug.\n");
        settle();
        vault.close();
        try (var files = Files.list(folder.resolve("idx-chunks"))) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.write(file, new byte[] {1, 2, 3});
            }
        }
        vault = again();
        settle();
        assertThat(paths("sleeping cat", By.MEANING)).containsExactly("pets.md");
    }

    @Test
    void aQuestionIsAnsweredWithSentencesOfTheNotesAndNothingElse() throws Exception {
        write(
                "dentist.md",
                "---\ntype: log\n---\n# Health\n\nI slept badly. The dentist moved my appointment\nto the ninth of May. It rained.\n");
        write("garden.md", "# Garden\n\n- Beans grow well.\n- The wheelbarrow has a flat tyre.\n");
        settle();
        Reply reply = vault.ask("When is my dentist appointment?", _ -> true, 3);
        Reply.Cited first = reply.sentences().getFirst();
        assertThat(first.quote()).isEqualTo("The dentist moved my appointment\nto the ninth of May.");
        assertThat(first.path()).isEqualTo("dentist.md");
        assertThat(first.heading()).isEqualTo("Health");
        assertThat(List.of(first.first(), first.last())).containsExactly(6, 7);
        assertThat(first.sha256()).isEqualTo(AtomicFiles.digest(Files.readAllBytes(root.resolve("dentist.md"))));
        assertThat(vault.ask("what is wrong with the wheelbarrow", _ -> true, 1)
                        .sentences()
                        .getFirst()
                        .quote())
                .isEqualTo("The wheelbarrow has a flat tyre.");
        for (Reply.Cited each : vault.ask("garden health", _ -> true, 50).sentences()) {
            assertThat(Files.readString(root.resolve(each.path()))).contains(each.quote());
        }
    }

    @Test
    void whatTheNotesDoNotSayIsNotAnswered() throws Exception {
        write("dentist.md", "The dentist moved my appointment to the ninth of May.\n");
        settle();
        assertThat(vault.ask("What is the capital of Mongolia?", _ -> true, 3).sentences())
                .isEmpty();
        assertThat(vault.ask("Which port does the database listen on?", _ -> true, 3)
                        .sentences())
                .isEmpty();
        assertThat(vault.ask("When is my dentist appointment?", _ -> false, 3).sentences())
                .as("a note that may not be shown")
                .isEmpty();
        assertThat(vault.ask("", _ -> true, 3).sentences()).isEmpty();
    }

    @Test
    void aQuestionInAnotherLanguageIsAnsweredByItsWords() throws Exception {
        write("zahnarzt.md", "Der Zahnarzt hat den Termin auf den neunten Mai verschoben.\n");
        settle();
        for (String question : List.of("wann ist der Termin beim Zahnarzt und wo", "когда приём у врача Termin")) {
            assertThat(vault.search(SearchRequest.of(question, By.BOTH, 5)).by())
                    .as(question)
                    .isEqualTo(By.WORDS);
        }
        for (String question : List.of("when is the dentist", "die cast mold", "la carte", "zahnarzt")) {
            assertThat(vault.search(SearchRequest.of(question, By.BOTH, 5)).by())
                    .as(question)
                    .isEqualTo(By.BOTH);
        }
    }
}
