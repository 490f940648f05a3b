package mirror.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import mirror.bus.AtomicFiles;
import mirror.vault.Links.Resolved;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder of notes as it is found, linked and kept up to date; and left as it was. */
final class VaultTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Path root;

    @SuppressWarnings("NullAway.Init")
    private Vault vault;

    private final Instant now = Instant.parse("2026-05-01T08:00:00Z");

    @BeforeEach
    void open() throws IOException {
        root = Files.createDirectories(folder.resolve("vault"));
        vault = Vault.open(root, folder.resolve("idx"), () -> now, null);
    }

    @AfterEach
    void close() throws IOException {
        vault.close();
    }

    private void again() throws IOException {
        vault.close();
        open();
    }

    private Path write(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private List<String> found(String text) throws IOException {
        return found(SearchRequest.of(text, 50));
    }

    private List<String> found(SearchRequest request) throws IOException {
        return vault.search(request).hits().stream().map(Hit::path).toList();
    }

    @Test
    void aHitNamesItsPlaceAndTheBytesThatWereRead() throws IOException {
        String text =
                "---\ntags: x\n---\n# Top\nnothing here\n\n## Below\nfirst\nThe lighthouse keeper wrote letters.\nlast\n";
        write("a/Sea.md", text);
        vault.reconcile();
        Hit hit = vault.search(SearchRequest.of("letter keepers", 5)).hits().getFirst();
        assertThat(hit.path()).isEqualTo("a/Sea.md");
        assertThat(hit.heading()).isEqualTo("Below");
        assertThat(hit.first()).isEqualTo(9);
        assertThat(hit.last()).isEqualTo(9);
        assertThat(hit.sha256()).isEqualTo(AtomicFiles.digest(text.getBytes(StandardCharsets.UTF_8)));
        assertThat(hit.marks().stream().map(mark -> hit.text().substring(mark.start(), mark.end())))
                .containsExactly("keeper", "letters");
    }

    @Test
    void aNoteThatAnswersByItsNameIsShownByItsFirstWords() throws IOException {
        write("Harbour.md", "---\ntags: x\n---\n\nfirst words\n");
        write("Quay.md", "---\ntype: place\nof: {{title}}\n---\n");
        vault.reconcile();
        assertThat(vault.search(SearchRequest.of("harbour", 1)).hits())
                .singleElement()
                .satisfies(hit -> {
                    assertThat(hit.first()).isEqualTo(5);
                    assertThat(hit.text()).isEqualTo("first words");
                });
        assertThat(vault.search(SearchRequest.of("quay", 1)).hits().getFirst().text())
                .isEqualTo("type: place");
        assertThat(vault.faults()).isEmpty();
    }

    @Test
    void wordsAreFoundInTheirOtherForms() throws IOException {
        write("de.md", "Die Häuser der Stadt sind alt und die Straßen sind nicht mit dem Auto zu fahren.");
        write("en.md", "The houses of the city are old and it is not for you to drive on the streets.");
        write("ja.md", "東京都に住んでいます");
        vault.reconcile();
        assertThat(found("Haus")).containsExactly("de.md");
        assertThat(found("haeuser")).isEmpty();
        assertThat(found("hauser")).containsExactly("de.md");
        assertThat(found("house")).containsExactly("en.md");
        assertThat(found("東京")).containsExactly("ja.md");
        assertThat(found("\"houses of the city\"")).containsExactly("en.md");
        assertThat(found("\"city of houses\"")).isEmpty();
        assertThat(found("old -streets")).isEmpty();
    }

    @Test
    void filtersNarrowAndNothingButFiltersListsAll() throws IOException {
        write("a/one.md", "---\ntags: [proj/x]\ntype: Book\ndate: 2026-01-10\n---\nword");
        write("a/b/two.md", "---\ntype: film\ndate: 2026-03-10\n---\nword #proj");
        write("c/three.md", "word");
        vault.reconcile();
        assertThat(found(new SearchRequest("word", "A", List.of(), Map.of(), null, null, SearchRequest.By.WORDS, 9)))
                .containsExactlyInAnyOrder("a/one.md", "a/b/two.md");
        assertThat(found(new SearchRequest("", "", List.of("#proj"), Map.of(), null, null, SearchRequest.By.WORDS, 9)))
                .containsExactlyInAnyOrder("a/one.md", "a/b/two.md");
        assertThat(found(new SearchRequest("", "", List.of("proj/x"), Map.of(), null, null, SearchRequest.By.WORDS, 9)))
                .containsExactly("a/one.md");
        assertThat(found(new SearchRequest(
                        "", "", List.of(), Map.of("Type", "book"), null, null, SearchRequest.By.WORDS, 9)))
                .containsExactly("a/one.md");
        assertThat(found(new SearchRequest(
                        "",
                        "",
                        List.of(),
                        Map.of(),
                        LocalDate.of(2026, 1, 11),
                        LocalDate.of(2026, 3, 10),
                        SearchRequest.By.WORDS,
                        9)))
                .containsExactly("a/b/two.md");
    }

    @Test
    void whatChangesIsFoundAsItIsAndWhatIsGoneIsNotFound() throws IOException {
        Path note = write("n.md", "apple [[m]]");
        write("m.md", "pear");
        vault.reconcile();
        assertThat(vault.links().to("m.md")).hasSize(1);
        // The same size and time: only the system knows that it was written.
        FileTime time = Files.getLastModifiedTime(note);
        Files.writeString(note, "grape [[m]]");
        Files.setLastModifiedTime(note, time);
        Vault.Report report = vault.reconcile();
        assertThat(report.changed()).isEqualTo(1);
        assertThat(found("apple")).isEmpty();
        assertThat(found("grape")).containsExactly("n.md");
        Files.move(note, root.resolve("moved.md"));
        vault.look(List.of("n.md", "moved.md", "../outside.md", "none.md"));
        assertThat(found("grape")).containsExactly("moved.md");
        assertThat(vault.links().to("m.md")).extracting(Resolved::source).containsExactly("moved.md");
        Files.delete(root.resolve("moved.md"));
        assertThat(vault.reconcile().removed()).isEqualTo(1);
        assertThat(found("grape")).isEmpty();
        assertThat(vault.links().to("m.md")).isEmpty();
    }

    @Test
    void anIndexIsUsedAgainAndOneThatIsDamagedIsMadeAnew() throws IOException {
        write("n.md", "apple [[m]]");
        write("m.md", "pear");
        vault.reconcile();
        again();
        assertThat(found("apple")).containsExactly("n.md");
        assertThat(vault.links().to("m.md")).hasSize(1);
        assertThat(vault.reconcile().added()).isZero();
        vault.close();
        try (Stream<Path> files = Files.list(folder.resolve("idx"))) {
            for (Path file : files.filter(each -> !each.endsWith("write.lock")).toList()) {
                Files.write(file, new byte[] {1, 2, 3});
            }
        }
        open();
        assertThat(found("apple")).isEmpty();
        assertThat(vault.reconcile().added()).isEqualTo(2);
        assertThat(found("apple")).containsExactly("n.md");
    }

    @Test
    void readingChangesNothingAndOddFilesDoNoHarm() throws IOException {
        write("Ünïcode name [1] #2.md", "umbrella");
        write("long.md", "x".repeat(65_000) + " needle " + "y".repeat(65_000));
        write("bad.md", "---\nx: [\n---\nbroken yaml umbrella");
        Files.write(root.resolve("latin.md"), "caf\u00e9 umbrella".getBytes(StandardCharsets.ISO_8859_1));
        Files.write(root.resolve("bom.md"), "\ufeff# Umbrella\r\ntext\r\n".getBytes(StandardCharsets.UTF_8));
        Files.write(root.resolve("utf16.md"), "\ufeffumbrella".getBytes(StandardCharsets.UTF_16LE));
        Files.write(root.resolve("empty.md"), new byte[0]);
        write(".obsidian/hidden.md", "umbrella");
        Files.createSymbolicLink(root.resolve("loop"), root);
        Path outside = Files.createDirectories(folder.resolve("outside"));
        Files.writeString(outside.resolve("secret.md"), "umbrella secret");
        Files.createSymbolicLink(root.resolve("away"), outside);
        Files.createSymbolicLink(root.resolve("away.md"), outside.resolve("secret.md"));
        Files.createSymbolicLink(root.resolve("nowhere.md"), root.resolve("none"));
        Map<String, String> before = digests();
        Vault.Report report = vault.reconcile();
        assertThat(report.notes()).isEqualTo(7);
        assertThat(report.unreadable()).isEmpty();
        assertThat(found("umbrella"))
                .containsExactlyInAnyOrder("Ünïcode name [1] #2.md", "bad.md", "latin.md", "bom.md", "utf16.md");
        assertThat(vault.faults().keySet()).containsExactly("bad.md", "latin.md");
        Hit hit = vault.search(SearchRequest.of("needle", 1)).hits().getFirst();
        assertThat(hit.text()).contains("needle").hasSizeLessThan(500);
        assertThat(digests()).isEqualTo(before);
        again();
        assertThat(vault.faults().keySet()).containsExactly("bad.md", "latin.md");
    }

    private Map<String, String> digests() throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            Map<String, String> digests = new TreeMap<>();
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                digests.put(
                        file.toString(),
                        AtomicFiles.digest(Files.readAllBytes(file)) + Files.getLastModifiedTime(file));
            }
            return digests;
        }
    }

    @Test
    void theIndexMustNotLieInTheVault() {
        assertThatThrownBy(() -> Vault.open(root, root.resolve("idx"), () -> now, null))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** Whatever comes and goes, in whatever order: the links are those of a vault that was read from nothing. */
    @Test
    void linksKeptUpToDateAreThoseOfAFreshLook() throws IOException {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        Links kept = new Links();
        Map<String, List<Note.Link>> there = new HashMap<>();
        String[] folders = {"", "a/", "a/b/", "c/"};
        String[] names = {"n.md", "m.md", "N.md", "v1.2.md", "pic.png"};
        String[] targets = {"n", "m", "a/n", "/n", "./m", "../n", "b/m", "v1.2", "pic.png", "N.md", ""};
        for (int i = 0; i < 2_000; i++) {
            String path = folders[random.nextInt(folders.length)] + names[random.nextInt(names.length)];
            if (random.nextInt(3) == 0) {
                there.remove(path);
                kept.remove(path);
            } else {
                List<Note.Link> links = Stream.generate(
                                () -> new Note.Link(Note.Kind.WIKI, targets[random.nextInt(targets.length)], "", 1))
                        .limit(path.endsWith(".md") ? random.nextInt(4) : 0)
                        .toList();
                there.put(path, links);
                kept.add(path);
                kept.put(path, links);
            }
            if (i % 20 == 0) {
                Links fresh = new Links();
                fresh.files(there.keySet());
                there.forEach(fresh::put);
                assertThat(kept.graph()).isEqualTo(fresh.graph());
                assertThat(kept.broken()).isEqualTo(fresh.broken());
                assertThat(kept.orphans()).isEqualTo(fresh.orphans());
                for (String each : there.keySet()) {
                    assertThat(kept.to(each).stream().map(Resolved::toString).collect(Collectors.toSet()))
                            .isEqualTo(fresh.to(each).stream()
                                    .map(Resolved::toString)
                                    .collect(Collectors.toSet()));
                }
            }
        }
    }
}
