package mirror.vault.upkeep;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import mirror.bus.Seed;
import mirror.vault.Noted;
import mirror.vault.upkeep.Duplicates.Group;
import mirror.vault.upkeep.Duplicates.Kind;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** What is alike is found, what is not is never told of, and versions are told from a series. */
final class DuplicatesTest {
    private final Map<String, byte[]> texts = new HashMap<>();
    private final List<Noted> notes = new ArrayList<>();

    private void note(String path, String text, int day) {
        texts.put(path, text.getBytes(UTF_8));
        notes.add(new Noted(path, "", Instant.parse("2026-01-01T00:00:00Z").plusSeconds(86_400L * day), Map.of()));
    }

    private byte[] read(String path) throws IOException {
        byte[] text = texts.get(path);
        if (text == null) {
            throw new NoSuchFileException(path);
        }
        return text;
    }

    private List<Group> groups() {
        Duplicates.Found found = Duplicates.find(notes, this::read);
        assertThat(found.isComplete()).isTrue();
        return found.groups();
    }

    private static String words(RandomGenerator random, int count) {
        StringBuilder words = new StringBuilder();
        for (int i = 0; i < count; i++) {
            words.append("w").append(random.nextInt(5_000)).append(i % 9 == 8 ? ".\n" : " ");
        }
        return words.toString();
    }

    private static String edited(RandomGenerator random, String text, int words) {
        String[] all = text.split(" ", -1);
        for (int i = 0; i < words; i++) {
            all[random.nextInt(all.length)] = "edit" + random.nextInt();
        }
        return String.join(" ", all);
    }

    private double similarity(Noted one, Noted other) throws IOException {
        return Shingles.of(read(one.path())).similarity(Shingles.of(read(other.path())));
    }

    /** Held against a comparison of each with each. */
    private int agreesWithEachAgainstEach(Object where) throws IOException {
        Map<String, Integer> places = new HashMap<>();
        List<Group> groups = groups();
        for (int i = 0; i < groups.size(); i++) {
            for (String path : groups.get(i).paths()) {
                assertThat(places.put(path, i))
                        .as("%s: %s is in one group", where, path)
                        .isNull();
            }
        }
        int pairs = 0;
        Map<String, Set<String>> near = new HashMap<>();
        for (int i = 0; i < notes.size(); i++) {
            for (int j = 0; j < i; j++) {
                Noted one = notes.get(i);
                Noted other = notes.get(j);
                double similarity = similarity(one, other);
                if (similarity >= 0.9) {
                    pairs++;
                    assertThat(places.get(one.path()))
                            .as("%s: %s and %s are %f alike", where, one, other, similarity)
                            .isNotNull()
                            .isEqualTo(places.get(other.path()));
                }
                if (similarity >= Duplicates.SIMILAR) {
                    near.computeIfAbsent(one.path(), _ -> new HashSet<>()).add(other.path());
                    near.computeIfAbsent(other.path(), _ -> new HashSet<>()).add(one.path());
                }
            }
        }
        for (Group group : groups) {
            if (group.kind() == Kind.SIMILAR) {
                assertThat(group.similarity()).isGreaterThanOrEqualTo(Duplicates.SIMILAR);
                for (String path : group.paths()) {
                    assertThat(near.getOrDefault(path, Set.of()))
                            .as("%s: %s is like one of its group", where, path)
                            .containsAnyElementsOf(group.paths());
                }
            }
        }
        return pairs;
    }

    @Test
    void allThatAreNineTenthsAlikeAreFoundAndNoneBelowTheThreshold() throws IOException {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int i = 0; i < 220; i++) {
            String text = words(random, 40 + random.nextInt(300));
            note("n" + i + "a.md", text, i);
            // From nearly the same to hardly alike.
            int edits = random.nextInt(40);
            if (i % 2 == 0) {
                note("n" + i + "b.md", edited(random, text, edits), i + 1);
            }
            if (i % 5 == 0) {
                note("n" + i + "c.md", text.toUpperCase(java.util.Locale.ROOT) + "\n\n#!", i);
            }
        }
        assertThat(agreesWithEachAgainstEach(seed)).as("%s", seed).isGreaterThan(30);
        assertThat(groups()).as("the same notes give the same answer").isEqualTo(groups());
        List<Group> before = groups();
        java.util.Collections.shuffle(notes, new java.util.Random(seed.value()));
        assertThat(groups()).as("%s: in whatever order", seed).isEqualTo(before);
    }

    @Test
    void frontMatterCaseAndMarksMakeNoDifferenceAndEmptyNotesAreAlikeToNothing() {
        note("a.md", "---\ntags: x\n---\nOne two, three four five.", 1);
        note("b.md", "one TWO three\n\n- four five", 2);
        note("c.md", "", 1);
        note("d.md", "---\na: b\n---\n...", 1);
        note("e.md", "one", 1);
        note("f.md", "one", 1);
        assertThat(groups()).extracting(Group::paths).containsExactly(List.of("b.md", "a.md"), List.of("e.md", "f.md"));
        notes.add(new Noted("gone.md", "", Instant.EPOCH, Map.of()));
        assertThat(groups()).hasSize(2);
    }

    @Test
    void versionsBelongTogetherNewestFirstAndASeriesDoesNot() {
        Seed seed = new Seed(7);
        RandomGenerator random = seed.random();
        String plan = words(random, 100);
        String later = plan.substring(0, plan.length() / 2) + words(random, 40);
        note("Plan.md", plan, 9);
        note("Plan v2.md", later, 8);
        note("old/Plan v10.md", later + " more of it", 7);
        note("Plan (final).md", later + " and an end", 1);
        note("Other copy.md", words(random, 80), 1);
        note("Other.md", words(random, 80), 1);
        String diary = words(random, 50);
        note("Trip 2024-01-02.md", diary, 5);
        note("Trip 2024-01-10.md", diary + " and then home", 2);
        for (int day = 10; day < 30; day++) {
            note("Meeting 2024-01-" + day + ".md", words(random, 60), day);
        }
        assertThat(groups())
                .extracting(Group::kind, Group::paths)
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple(
                                Kind.VERSIONS, List.of("Plan (final).md", "old/Plan v10.md", "Plan v2.md", "Plan.md")),
                        org.assertj.core.groups.Tuple.tuple(
                                Kind.VERSIONS, List.of("Trip 2024-01-10.md", "Trip 2024-01-02.md")));
    }

    @Test
    void aHeapOfCopiesIsOneGroupAndComparedHardlyMoreOftenThanThereAreCopies() {
        RandomGenerator random = new Seed(3).random();
        String text = words(random, 60);
        for (int i = 0; i < 3_000; i++) {
            note("copies/x" + i + "y.md", text, i % 5);
        }
        int[] reads = {0};
        List<Group> groups = Duplicates.find(notes, path -> {
                    reads[0]++;
                    return read(path);
                })
                .groups();
        assertThat(groups)
                .singleElement()
                .satisfies(group -> assertThat(group.members()).hasSize(3_000));
        assertThat(reads[0]).isLessThan(10_000);
    }

    @Test
    void namesSayWhatIsAVersion() {
        assertThat(List.of(
                        "Plan v2",
                        "Plan V2.1",
                        "plan_v3",
                        "Plan (v4)",
                        "Plan version 2",
                        "Plan (final)",
                        "Plan draft 2",
                        "Plan 2024-01-01",
                        "Plan (1)",
                        "Plan 12",
                        "Plan copy",
                        "Plan copy 2",
                        "Plan (conflict 2026-11-22 0312) 2",
                        "Plan v2 copy",
                        "Plan" + " 1".repeat(120)))
                .allSatisfy(name -> {
                    VersionName version = VersionName.of("x/" + name + ".md");
                    assertThat(version.base()).isEqualTo("plan");
                    assertThat(version.mark()).isNotEqualTo(VersionName.Mark.NONE);
                });
        assertThat(List.of("Plan", "2024-01-01", "v2", "1984", "Area 2024", "Louvre", "copy", "x".repeat(5_000)))
                .allSatisfy(
                        name -> assertThat(VersionName.of(name + ".md").mark()).isEqualTo(VersionName.Mark.NONE));
    }

    @Test
    void realNotesAgreeWithACarefulComparison() throws IOException {
        Path root = Path.of("..", "..", "shared", "data", "vault", "kepano-obsidian");
        Assumptions.assumeTrue(Files.isDirectory(root));
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".md")).toList()) {
                note(root.relativize(file).toString(), Files.readString(file), 0);
            }
        }
        agreesWithEachAgainstEach(root);
    }
}
