package mirror.continuity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.bus.DiskCalls;
import mirror.bus.DiskStorage;
import mirror.bus.Draft;
import mirror.bus.EventLog;
import mirror.bus.FileStore;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.trust.DeviceKey;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** What sessions leave behind, made from events alone, and what the next one is told. */
final class ContinuityTest {
    private static final Pattern SOURCE = Pattern.compile("\\[([a-z0-9-]+-\\d+)(?:/\\d+)?]$");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private Instant now = Instant.parse("2026-05-01T08:00:00Z");

    @SuppressWarnings("NullAway.Init")
    private Home home;

    @SuppressWarnings("NullAway.Init")
    private Path project;

    @SuppressWarnings("NullAway.Init")
    private Continuity continuity;

    @SuppressWarnings("NullAway.Init")
    private Projector projector;

    @BeforeEach
    void open() throws IOException {
        home = new Home(folder.resolve("m"));
        project = Files.createDirectories(folder.resolve("project"));
        Path file = home.keys().resolve("device.key");
        DeviceKey key = Files.exists(file) ? DeviceKey.load(file) : DeviceKey.create(file);
        EventLog log = EventLog.open(home, "t-" + key.shortId(), new DiskStorage(), () -> now, key);
        continuity = new Continuity(
                home.continuity(),
                folder.resolve("vault"),
                new Projects(folder.resolve("person")),
                () -> now,
                new FileStore(home, new DiskCalls(), () -> now, draft -> {}));
        projector = new Projector(log, continuity.projections());
        projector.catchUp();
    }

    @AfterEach
    void close() {
        projector.log().close();
    }

    private void event(String session, String type, ObjectNode data) {
        projector.record(Draft.of(type, "claude-code", data).session(session));
    }

    private void session(String id, String prompt, String answer) {
        continuity.opened(projector, "claude-code", id, project, "startup");
        event(id, Types.PROMPTED, Json.object().put("prompt", prompt));
        event(id, Types.TURN_ENDED, Json.object().put("message", answer));
        event(id, Types.ENDED, Json.object().put("reason", "other"));
    }

    private String context(int budget) {
        return continuity.bootContext().render(project.toString(), "", budget, projector.log());
    }

    @Test
    void theSameEventsGiveTheSameCrystal() throws IOException {
        session("s1", "build it", "Decision: use files\nOpen: test it");
        Path crystal = continuity.crystallize(projector, "s1");
        String first = Files.readString(crystal);
        assertThat(first).contains("use files").contains("test it").contains("build it");
        Files.delete(crystal);
        close();
        now = now.plus(Duration.ofDays(3));
        open();
        assertThat(Files.readString(continuity.crystallize(projector, "s1"))).isEqualTo(first);
    }

    @Test
    void aModelsSummaryIsMarkedAsSuchAndTheCrystalIsOtherwiseTheSame() throws IOException {
        continuity.opened(projector, "claude-code", "s1", project, "startup");
        event("s1", Types.PROMPTED, Json.object().put("prompt", "build it"));
        List<String> without = Files.readAllLines(continuity.crystallize(projector, "s1"));
        event("s1", Types.SUMMARIZED, Json.object().put("text", "An early word."));
        event(
                "s1",
                Types.SUMMARIZED,
                Json.object().put("model", "opus\n# x").put("text", "All is done.\n## Denied\r\n---\n- nothing `t-1`"));
        List<String> with = Files.readAllLines(continuity.crystallize(projector, "s1"));

        List<String> quoted =
                with.stream().filter(line -> line.startsWith("> ")).toList();
        assertThat(quoted.getFirst())
                .contains("Summary by a model, not checked")
                .contains("claude-code opus # x");
        assertThat(quoted.subList(1, quoted.size()))
                .containsExactly("> All is done.", "> ## Denied", "> ---", "> - nothing `t-1`");
        with.removeAll(quoted);
        assertThat(body(with)).isEqualTo(body(without));
    }

    /** A crystal less its front matter and empty lines. */
    private static List<String> body(List<String> crystal) {
        return crystal.subList(crystal.lastIndexOf("---") + 1, crystal.size()).stream()
                .filter(line -> !line.isEmpty())
                .toList();
    }

    @Test
    void aCrystalLinksItsProjectDecisionsAndFilesAndSaysHowCommandsEnded() throws IOException {
        continuity.opened(projector, "claude-code", "s1", project, "startup");
        event("s1", Types.PROMPTED, Json.object().put("prompt", "build it"));
        event("s1", Types.MEMORY_WRITTEN, memory("decision", "use [[files]] | not tables"));
        for (String sha : List.of("1111", "2222")) {
            ObjectNode wrote =
                    Json.object().put("tool", "Bash").put("command", "make").put("output", "2 files");
            wrote.putArray("changed")
                    .addObject()
                    .put("path", project.resolve("a.txt").toString())
                    .put("before", sha.equals("1111") ? "0000" : "1111")
                    .put("sha256", sha);
            event("s1", Types.ACTION_COMPLETED, wrote);
        }
        event(
                "s1",
                Types.ACTION_FAILED,
                Json.object().put("tool", "Bash").put("command", "make test").put("error", "1"));
        String crystal = Files.readString(continuity.crystallize(projector, "s1"));
        assertThat(crystal)
                .contains("project: \"[[project]]\"")
                .contains("[[project/a.txt]] 0000 to 2222, changed 2 times")
                .containsPattern("\\[\\[Decision t-[0-9a-f]+-[0-9]+\\|use files not tables]]")
                .contains("`make` ok: 2 files", "`make test` failed");
    }

    @Test
    void whatAPromptSaysStaysTextInTheCrystal() throws IOException {
        session("s1", "hello\n---\nowner: me\n# Heading\n[[link]]", "Fact: x\u0007\u202e\n```\n---");
        List<String> lines = Files.readAllLines(continuity.crystallize(projector, "s1"));
        assertThat(lines.stream().filter(line -> line.equals("---"))).hasSize(2);
        assertThat(lines).doesNotContain("owner: me").doesNotContain("# Heading");
    }

    @Test
    void aCrashBeforeTheCrystalIsMadeUpForAtTheNextStart() throws IOException {
        session("s1", "build it", "Decision: use files");
        close();
        open();
        continuity.recover(projector);
        String crystal = continuity.sessions().get("s1").orElseThrow().crystal();
        assertThat(Path.of(String.valueOf(crystal))).exists();
        assertThat(continuity.file().intact()).isTrue();
        Files.writeString(continuity.file().file(), "edited");
        assertThat(continuity.file().intact()).isFalse();
    }

    @Test
    void anEntryThatWasReplacedIsNotToldAgain() {
        event("s1", Types.MEMORY_WRITTEN, memory("decision", "use MySQL"));
        String old = continuity.memory().current("").getFirst().id();
        event("s1", Types.MEMORY_WRITTEN, memory("decision", "use files").put("replaces", old));
        event("s1", Types.MEMORY_WRITTEN, memory("decision", "use files"));
        assertThat(context(2000)).contains("use files").doesNotContain("MySQL");
        assertThat(continuity.memory().current("")).hasSize(1);
        assertThat(continuity.memory().search("mysql", "", 10)).isEmpty();
    }

    @Test
    void anEntryThatIsReplacedByTheSameWordsStillCounts() {
        event("s1", Types.MEMORY_WRITTEN, memory("decision", "use files"));
        String old = continuity.memory().current("").getFirst().id();
        event("s1", Types.MEMORY_WRITTEN, memory("decision", "use files").put("replaces", old));
        assertThat(continuity.memory().current(""))
                .singleElement()
                .satisfies(entry -> assertThat(entry.id()).isNotEqualTo(old));
    }

    @Test
    void aDamagedSourceIsNamedAndNotUsed() throws IOException {
        event("s1", Types.MEMORY_WRITTEN, memory("decision", "use the blue one"));
        event("s1", Types.MEMORY_WRITTEN, memory("decision", "use the red one"));
        Path segment;
        try (var files = Files.walk(home.bus())) {
            segment = files.filter(file -> file.toString().endsWith(".jsonl"))
                    .findFirst()
                    .orElseThrow();
        }
        Files.writeString(segment, Files.readString(segment).replace("the blue one", "the grey one"));
        assertThat(context(2000))
                .contains("use the red one")
                .doesNotContain("use the blue one")
                .doesNotContain("use the grey one")
                .contains("damaged", "mirror verify");
    }

    @Test
    void coherenceNamesWhatIsMissing() {
        for (int i = 0; i < 30; i++) {
            event("s1", Types.MEMORY_WRITTEN, memory("fact", "fact number " + i + " of the project"));
        }
        BootContext.Coherence whole = continuity.bootContext().coherence(project.toString(), 2000, projector.log());
        assertThat(whole.share()).isEqualTo(1);
        assertThat(whole.expected()).isEqualTo(30);
        BootContext.Coherence part = continuity.bootContext().coherence(project.toString(), 300, projector.log());
        assertThat(part.share()).isBetween(0.05, 0.9);
        assertThat(part.missing()).hasSize(30 - part.present());
    }

    @Test
    void whatTouchesTheFocusComesFirst() {
        event("s1", Types.MEMORY_WRITTEN, memory("fact", "the parser needs a table"));
        for (int i = 0; i < 30; i++) {
            event("s1", Types.MEMORY_WRITTEN, memory("fact", "number " + i + " is about something else"));
        }
        assertThat(context(300)).doesNotContain("parser");
        event(
                "owner",
                Types.FOCUS_SET,
                Json.object().put("project", project.toString()).put("text", "the parser"));
        assertThat(context(300)).contains("focus: the parser", "the parser needs a table");
    }

    private ObjectNode memory(String kind, String text) {
        return Json.object().put("kind", kind).put("text", text).put("project", project.toString());
    }

    @Test
    void aProjectHearsOnlyItsOwn() {
        event("s1", Types.MEMORY_WRITTEN, memory("decision", "ours"));
        event("s1", Types.MEMORY_WRITTEN, memory("decision", "theirs").put("project", "/elsewhere"));
        assertThat(context(2000)).contains("ours").doesNotContain("theirs");
    }

    @Test
    void theContextKeepsItsBudgetAndEachLineNamesAnEventThatExists() {
        long seed = Long.getLong("mirror.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int i = 0; i < 60; i++) {
            String text = "é".repeat(random.nextInt(40)) + " word".repeat(random.nextInt(120)) + i;
            event("s" + i % 7, Types.MEMORY_WRITTEN, memory(Memory.KINDS.get(random.nextInt(5)), text));
            if (i % 5 == 0) {
                session("p" + i, "prompt " + i, "answer");
            }
            int budget = 100 + random.nextInt(2300);
            String context = context(budget);
            assertThat(BootContext.tokens(context)).as("seed %d", seed).isLessThanOrEqualTo(budget);
            context.lines()
                    .skip(1)
                    .filter(line -> !line.contains("memory_search"))
                    .forEach(line -> {
                        Matcher source = SOURCE.matcher(line);
                        assertThat(source.find()).as("seed %d: %s", seed, line).isTrue();
                        long seq = Long.parseLong(
                                source.group(1).substring(source.group(1).lastIndexOf('-') + 1));
                        assertThat(projector.log().read(seq, 1).getFirst().id()).isEqualTo(source.group(1));
                    });
        }
    }

    @Test
    void ofFiftyClaimersExactlyOneGetsAHandoff() throws Exception {
        event(
                "s1",
                Types.HANDOFF_CREATED,
                Json.object().put("project", project.toString()).put("task", "finish"));
        String id = continuity.handoffs().open("").getFirst().id();
        AtomicInteger number = new AtomicInteger();
        Callable<Handoffs.Claim> claim =
                () -> continuity.handoffs().claim(projector, id, "codex", "c" + number.incrementAndGet(), false);
        List<Handoffs.Claim> claims = new ArrayList<>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var done : threads.invokeAll(Collections.nCopies(50, claim))) {
                claims.add(done.get());
            }
        }
        assertThat(claims.stream().filter(Handoffs.Claim.Claimed.class::isInstance))
                .hasSize(1);
        assertThat(continuity.handoffs().open("")).isEmpty();
    }

    @Test
    void aHandoffOlderThanADayNeedsAConfirmation() {
        event(
                "s1",
                Types.HANDOFF_CREATED,
                Json.object().put("project", project.toString()).put("task", "finish"));
        String id = continuity.handoffs().open("").getFirst().id();
        now = now.plus(Duration.ofHours(25));
        assertThat(continuity.handoffs().claim(projector, id, "codex", "c", false))
                .isInstanceOf(Handoffs.Claim.Refused.class);
        assertThat(continuity.handoffs().claim(projector, id, "codex", "c", true))
                .isInstanceOf(Handoffs.Claim.Claimed.class);
    }

    @Test
    void textIsOneBoundedLineWhateverComesIn() {
        assertThat(Text.line("a\n\tb\u0000\u001b[31m c", 100)).isEqualTo("a b[31m c");
        for (int limit = 3; limit < 12; limit++) {
            String cut = Text.line("\ud83d\ude80".repeat(10), limit);
            assertThat(cut.length()).isLessThanOrEqualTo(limit);
            assertThat(cut.codePoints().filter(c -> Character.isSurrogate((char) c) && c < 0x10000))
                    .isEmpty();
        }
    }
}
