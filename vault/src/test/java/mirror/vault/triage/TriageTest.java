package mirror.vault.triage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import mirror.bus.AtomicFiles;
import mirror.bus.DiskCalls;
import mirror.bus.Staging;
import mirror.vault.change.Change;
import mirror.vault.triage.Step.Action;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of what people drop. */
final class TriageTest {
    static final byte[] ZIP = new ZipBytes()
            .file("plan/read me.md", "# Plan\n")
            .file("plan/data.csv", "a,b\n")
            .file("top.txt", "x")
            .bytes();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Dropped world;

    @BeforeEach
    void open() throws IOException {
        world = new Dropped(folder);
    }

    static byte[] hex(String hex, String text) {
        byte[] head = HexFormat.of().parseHex(hex.replace(" ", ""));
        byte[] tail = text.getBytes(StandardCharsets.ISO_8859_1);
        byte[] all = java.util.Arrays.copyOf(head, head.length + tail.length);
        System.arraycopy(tail, 0, all, head.length, tail.length);
        return all;
    }

    @Test
    void eachBuiltInRulePutsARealExampleWhereItBelongsAndTellsWhy() throws Exception {
        world.drop("vault/Inbox/notes export.zip", ZIP);
        world.drop("vault/Inbox/app/src/Main.java", "class Main {}");
        world.drop("vault/Inbox/app/.git/HEAD", "ref: refs/heads/main");
        world.drop(
                "vault/Inbox/How tides work.md",
                "---\ntitle: Tides\nsource: \"https://example.org/tides\"\ntags:\n  - clippings\n---\ntext");
        world.drop("vault/Inbox/Standup.md", "---\ntype: Meeting\n---\n- [ ] call\n");
        world.drop("vault/Inbox/invoice.pdf", "%PDF-1.7\n1 0 obj");
        world.drop("vault/Inbox/letter.docx", hex("504b0304 1400", "[Content_Types].xml"));
        world.drop("vault/Inbox/IMG_1.JPG", hex("ffd8ffe0 0010", "JFIF"));
        world.drop("vault/Inbox/icon.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>");
        world.drop("vault/Inbox/Memo.m4a", hex("00000020", "ftypM4A "));
        world.drop("vault/Inbox/clip.mp4", hex("00000020", "ftypisom"));
        world.drop("vault/Inbox/table.csv", "a,b\n1,2\n");
        world.drop("vault/Inbox/strange.xyz", hex("0001feff", "?"));
        Triage.Report report = world.settle();
        Map<String, String> where = new TreeMap<>();
        report.steps().forEach(step -> where.put(step.rule() + " " + step.path(), step.to()));
        assertThat(where)
                .containsOnly(
                        Map.entry("bundles Inbox/notes export.zip", "Evidence/Bundles/2026/notes export.zip"),
                        Map.entry("folders Inbox/app", "Projects/app"),
                        Map.entry("clippings Inbox/How tides work.md", "Clippings/How tides work.md"),
                        Map.entry("notes Inbox/Standup.md", "Meetings/Standup.md"),
                        Map.entry("documents Inbox/invoice.pdf", "Documents/2026/invoice.pdf"),
                        Map.entry("documents Inbox/letter.docx", "Documents/2026/letter.docx"),
                        Map.entry("images Inbox/IMG_1.JPG", "Media/Images/2026/02/IMG_1.JPG"),
                        Map.entry("images Inbox/icon.svg", "Media/Images/2026/02/icon.svg"),
                        Map.entry("audio Inbox/Memo.m4a", "Media/Audio/2026/02/Memo.m4a"),
                        Map.entry("video Inbox/clip.mp4", "Media/Video/2026/02/clip.mp4"),
                        Map.entry("data Inbox/table.csv", "Attachments/Data/2026/table.csv"),
                        Map.entry("rest Inbox/strange.xyz", ""));
        assertThat(report.steps()).allMatch(step -> !step.reason().isBlank());
        assertThat(world.files())
                .containsKeys(
                        "vault/Inbox/strange.xyz",
                        "vault/Projects/app/src/Main.java",
                        "vault/Projects/app/.git/HEAD",
                        "vault/Bundles/2026/notes export/plan/read me.md",
                        "vault/Bundles/2026/notes export/top.txt")
                .containsEntry("vault/Evidence/Bundles/2026/notes export.zip", AtomicFiles.digest(ZIP))
                .doesNotContainKey("vault/Inbox/Standup.md");
        assertThat(world.staged()).isEmpty();
        assertThat(world.events(TriageRuns.MOVED))
                .hasSize(12)
                .allMatch(event -> event.text("run").equals(report.run()))
                .allMatch(event -> event.text("sha256").length() == 64)
                .filteredOn(event -> event.text("what").equals("bundle"))
                .singleElement()
                .matches(event -> event.text("sha256").equals(AtomicFiles.digest(ZIP)));
    }

    @Test
    void aThingIsTakenOnlyWhenTwoLooksFarEnoughApartSawItTheSame() throws Exception {
        Path file = world.drop("vault/Inbox/a.pdf", "%PDF-1");
        assertThat(world.triage.run().count(Action.WAIT)).isEqualTo(1);
        world.pass(Duration.ofSeconds(4));
        assertThat(world.triage.run().again()).contains(Duration.ofSeconds(5));
        Files.writeString(file, "%PDF-1 and more");
        Files.setLastModifiedTime(file, FileTime.from(Dropped.OLD));
        world.pass(Duration.ofSeconds(4));
        assertThat(world.triage.run().count(Action.WAIT)).isEqualTo(1);
        world.pass(Duration.ofSeconds(5));
        assertThat(world.triage.run().count(Action.MOVE)).isEqualTo(1);
        // Of a folder everything counts, also after a restart.
        world.drop("vault/Inbox/f/a.txt", "1");
        world.triage.run();
        world.pass(Duration.ofSeconds(5));
        world.drop("vault/Inbox/f/b/c.txt", "2");
        assertThat(world.triage.run().count(Action.MOVE)).isZero();
        world.restart();
        world.pass(Duration.ofSeconds(5));
        assertThat(world.triage.run().count(Action.MOVE)).isZero();
        world.pass(Duration.ofSeconds(5));
        assertThat(world.triage.run().count(Action.MOVE)).isEqualTo(1);
    }

    @Test
    void whatWasEditedAMomentAgoIsLeftAlone() throws Exception {
        Path file = world.drop("vault/Inbox/a.pdf", "%PDF-1");
        Files.setLastModifiedTime(file, FileTime.from(world.now));
        Triage.Report report = world.settle();
        assertThat(report.steps()).singleElement().matches(step -> step.action() == Action.WAIT);
        assertThat(report.again()).contains(Duration.ofSeconds(116));
        world.pass(Duration.ofSeconds(116));
        assertThat(world.triage.run().count(Action.MOVE)).isEqualTo(1);
    }

    @Test
    void aNameThatSaysUnfinishedWaitsAlsoInAFolder() throws Exception {
        for (String name : List.of("a.pdf.part", "b.crdownload", "c.download/x", "~$d.docx", ".hidden", "e/f.Part")) {
            world.drop("vault/Inbox/" + name, "%PDF-1");
        }
        Map<String, String> before = world.files();
        Triage.Report report = world.settle();
        assertThat(report.steps()).hasSize(6).allMatch(step -> step.action() == Action.WAIT);
        assertThat(report.again()).isEmpty();
        assertThat(world.files()).isEqualTo(before);
    }

    @Test
    void theDryRunTellsWhatTheRunDoesAndChangesNothing() throws Exception {
        world.drop("vault/Inbox/a.pdf", "%PDF-1");
        world.drop("vault/Inbox/A.PDF.zip", ZIP);
        world.drop("vault/Inbox/bad.zip", new ZipBytes().file("../x", "1").bytes());
        world.drop("vault/a.pdf", "%PDF-2");
        world.drop("vault/Documents/2026/a.pdf", "%PDF-0");
        world.drop("vault/Inbox/p/x", "1");
        world.triage.run();
        world.pass(Duration.ofSeconds(5));
        Map<String, String> before = world.files();
        int events = world.events.size();
        Triage.Report planned = world.triage.plan();
        assertThat(world.files()).isEqualTo(before);
        assertThat(world.events).hasSize(events);
        assertThat(world.staged()).isEmpty();
        assertThat(planned.run()).isEmpty();
        assertThat(planned.steps())
                .extracting(Step::to)
                .contains("Documents/2026/a 2.pdf", "Documents/2026/a 3.pdf", "Projects/p");
        Triage.Report run = world.triage.run();
        assertThat(run.steps()).isEqualTo(planned.steps());
        for (Step step : run.steps()) {
            if (!step.to().isEmpty()) {
                assertThat(world.vault.resolve(step.to())).exists();
                assertThat(world.vault.resolve(step.path())).doesNotExist();
            }
            if (!step.unpacked().isEmpty()) {
                assertThat(world.vault.resolve(step.unpacked())).isDirectory();
            }
        }
    }

    @Test
    void aFileInTheRootThatANoteLinksToWasNotDroppedThere() throws Exception {
        world.drop("vault/Pasted image.pdf", "%PDF-1");
        world.drop("vault/scan.pdf", "%PDF-1");
        world.linked.add("Pasted image.pdf");
        assertThat(world.settle().steps())
                .filteredOn(step -> step.path().equals("Pasted image.pdf"))
                .singleElement()
                .matches(step -> step.to().isEmpty() && step.reason().contains("a note links to it"));
        assertThat(world.vault.resolve("Pasted image.pdf")).exists();
        assertThat(world.vault.resolve("scan.pdf")).doesNotExist();
    }

    @Test
    void notesInTheRootStayAndOtherFilesThereAreTaken() throws Exception {
        world.drop("vault/Home.md", "---\ntype: meeting\n---\n");
        world.drop("vault/Board.canvas", "{}");
        world.drop("vault/scan.pdf", "%PDF-1");
        world.drop("vault/.obsidian/app.json", "{}");
        world.drop("vault/.hidden.json", "{}");
        world.drop("vault/Folder/x.pdf", "%PDF-1");
        assertThat(world.settle().steps())
                .singleElement()
                .matches(step -> step.path().equals("scan.pdf"));
        world.rules("""
                rules:
                  - {name: mine, when: {from: root, is: note, name: "home*"}, to: Start, reason: a rule names the root}
                  - {name: rest, to: stay, reason: nothing fits}
                """);
        assertThat(world.triage.run().steps())
                .singleElement()
                .matches(step -> step.to().equals("Start/Home.md"));
        world.rules("drop: false\nrules:\n  - {name: all, to: All, reason: everything}\n");
        world.drop("vault/scan.pdf", "%PDF-1");
        assertThat(world.settle().steps()).isEmpty();
    }

    @Test
    void aPulledFolderIsEmptiedByTheSameRules() throws Exception {
        Path pulled = world.user.resolve("Downloads/mirror");
        world.rules(Rules.DEFAULT.replace("pull: []", "pull: [" + pulled + "]"));
        assertThat(world.triage.run().troubles()).containsExactly("there is no folder " + pulled);
        world.drop("Downloads/mirror/a.pdf", "%PDF-1");
        world.drop("Downloads/other.pdf", "%PDF-1");
        Triage.Report report = world.settle();
        assertThat(report.steps())
                .singleElement()
                .matches(step ->
                        step.path().equals(pulled + "/a.pdf") && step.to().equals("Documents/2026/a.pdf"));
        assertThat(world.files()).containsKey("Downloads/other.pdf").doesNotContainKey("Downloads/mirror/a.pdf");
        world.triage.undo("");
        assertThat(world.files()).containsKey("Downloads/mirror/a.pdf").doesNotContainKey("vault/Documents/2026/a.pdf");
    }

    @Test
    void nothingIsTakenThroughALinkAndNothingLeavesTheVaultThroughOne() throws Exception {
        Path outside = Files.createDirectories(world.user.resolve("outside"));
        Path secret = world.drop("outside/secret.pdf", "%PDF-1");
        Files.createSymbolicLink(world.vault.resolve("Inbox/link.pdf"), secret);
        Files.createSymbolicLink(world.vault.resolve("Inbox/folder"), outside);
        world.drop("vault/Inbox/whole/a.txt", "1");
        Files.createSymbolicLink(world.vault.resolve("Inbox/whole/b"), secret);
        Files.createSymbolicLink(world.vault.resolve("Documents"), outside);
        world.drop("vault/Inbox/a.pdf", "%PDF-1");
        Map<String, String> before = world.files();
        Triage.Report report = world.settle();
        assertThat(report.steps()).hasSize(4).allMatch(step -> step.action() == Action.REFUSE);
        assertThat(world.step(report, "Inbox/a.pdf").reason())
                .contains("'Documents/2026'")
                .contains("a link leads out");
        assertThat(world.step(report, "Inbox/whole").reason()).contains("in it b is a link");
        assertThat(world.files()).isEqualTo(before);
        // The inbox itself, and a folder that is pulled.
        Files.move(world.vault.resolve("Inbox"), world.user.resolve("moved"));
        Files.createSymbolicLink(world.vault.resolve("Inbox"), outside);
        Files.createSymbolicLink(world.user.resolve("pull"), outside);
        world.rules(Rules.DEFAULT.replace(
                "pull: []",
                "pull: [" + world.user.resolve("pull") + ", " + world.vault.resolve("x") + ", " + world.home.root()
                        + "]"));
        Files.createDirectories(world.vault.resolve("x"));
        before = world.files();
        report = world.settle();
        assertThat(report.steps()).isEmpty();
        assertThat(report.troubles())
                .hasSize(4)
                .anyMatch(trouble -> trouble.contains("Inbox is not looked at"))
                .anyMatch(trouble -> trouble.contains("it lies in the vault"))
                .anyMatch(trouble -> trouble.contains("belongs to Mirror itself"));
        assertThat(world.files()).isEqualTo(before);
        assertThat(world.events(TriageRuns.FAILED)).hasSize(4);
        world.settle();
        assertThat(world.events(TriageRuns.FAILED)).hasSize(4);
    }

    @Test
    void aNameWithControlCharactersIsNotTaken() throws Exception {
        world.drop("vault/Inbox/a\u001b[2J.pdf", "%PDF-1");
        world.drop("vault/Inbox/b\n.pdf", "%PDF-1");
        world.drop("vault/Inbox/c\\d.pdf", "%PDF-1");
        assertThat(world.settle().steps())
                .hasSize(3)
                .allMatch(
                        step -> step.action() == Action.REFUSE && step.reason().contains("its name"));
    }

    @Test
    void aNameThatPromisesOtherBytesIsLeftAndThatIsTold() throws Exception {
        world.drop("vault/Inbox/invoice.pdf", "<!DOCTYPE html><script>");
        world.drop("vault/Inbox/photo.jpg", "MZ\0\0");
        world.drop("vault/Inbox/bundle.zip", "not really");
        Triage.Report report = world.settle();
        assertThat(report.steps()).allMatch(step -> step.action() == Action.STAY);
        assertThat(world.step(report, "Inbox/invoice.pdf").reason())
                .contains("its name says pdf, its bytes are text/html");
        assertThat(world.step(report, "Inbox/bundle.zip").reason()).contains("text/plain");
    }

    @Test
    void aNoteWhoseTypeHasNoFolderIsAskedAbout() throws Exception {
        world.drop("vault/Inbox/a.md", "---\ntype: ../../etc\n---\n");
        world.drop("vault/Inbox/b.md", "---\ntype: [meeting, idea]\n---\n");
        world.drop("vault/Inbox/c.md", "no front matter");
        Triage.Report report = world.settle();
        assertThat(world.step(report, "Inbox/a.md").reason()).contains("'../../etc' has no folder under 'types:'");
        assertThat(world.step(report, "Inbox/b.md").reason()).contains("more than one 'type'");
        assertThat(world.step(report, "Inbox/c.md").action()).isEqualTo(Action.STAY);
        assertThat(report.count(Action.REFUSE)).isEqualTo(2);
    }

    @Test
    void rulesWithAFaultMoveNothingAndThatIsRecordedOnce() throws Exception {
        world.drop("vault/Inbox/a.pdf", "%PDF-1");
        world.rules("rules: [");
        Map<String, String> before = world.files();
        assertThat(world.settle().troubles()).singleElement().asString().contains("nothing is moved", "it is not YAML");
        assertThat(world.triage.plan().steps()).isEmpty();
        assertThat(world.triage.status().fault()).contains("it is not YAML");
        assertThat(world.files()).isEqualTo(before);
        world.restart();
        world.settle();
        assertThat(world.events(TriageRuns.FAILED)).hasSize(1);
        Files.write(world.home.triage(), new byte[] {(byte) 0xff});
        assertThat(world.triage.run().troubles()).singleElement().asString().contains("not UTF-8");
    }

    @Test
    void aRefusedBundleStaysWhereItIsAndIsNotTriedAgainUntilItChanges() throws Exception {
        Path bundle =
                world.drop("vault/Inbox/x.zip", new ZipBytes().file("../x", "1").bytes());
        Map<String, String> before = world.files();
        for (int i = 0; i < 3; i++) {
            Triage.Report report = world.settle();
            assertThat(report.steps())
                    .singleElement()
                    .matches(step ->
                            step.action() == Action.REFUSE && step.reason().contains("leads out of it"));
            world.restart();
        }
        assertThat(world.events(TriageRuns.REFUSED)).hasSize(1);
        assertThat(world.files()).isEqualTo(before);
        Files.write(bundle, ZIP);
        Files.setLastModifiedTime(bundle, FileTime.from(Dropped.OLD));
        assertThat(world.settle().count(Action.UNPACK)).isEqualTo(1);
    }

    @Test
    void undoPutsEverythingBackByteForByteAndItStaysUntilItChanges() throws Exception {
        world.drop("vault/Inbox/a.pdf", "%PDF-1");
        world.drop("vault/Inbox/f/b/c.txt", "1");
        world.drop("vault/Inbox/z.zip", ZIP);
        world.drop("vault/top.csv", "a,b");
        Map<String, String> before = world.files();
        Triage.Report report = world.settle();
        assertThat(report.count(Action.MOVE) + report.count(Action.UNPACK)).isEqualTo(4);
        Triage.Undone undone = world.triage.undo(report.run());
        assertThat(undone.trouble()).isEmpty();
        assertThat(undone.moves()).hasSize(5);
        assertThat(world.files()).isEqualTo(before);
        assertThat(world.staged()).isEmpty();
        Triage.Report again = world.settle();
        assertThat(again.steps())
                .hasSize(4)
                .allMatch(step -> step.action() == Action.STAY && step.reason().contains("you took this move back"));
        world.restart();
        assertThat(world.settle().run()).isEmpty();
        assertThat(world.files()).isEqualTo(before);
        assertThat(world.triage.undo(report.run()).trouble()).contains("taken back already");
        assertThatThrownBy(() -> world.triage.undo("nope")).hasMessageContaining("there is no run 'nope'");
        assertThatThrownBy(() -> world.triage.undo("")).hasMessageContaining("there is no run of triage to take back");
        Files.writeString(world.vault.resolve("Inbox/a.pdf"), "%PDF-1.4 changed");
        Files.setLastModifiedTime(world.vault.resolve("Inbox/a.pdf"), FileTime.from(Dropped.OLD));
        assertThat(world.settle().count(Action.MOVE)).isEqualTo(1);
        // A rule that sends it elsewhere is another matter.
        world.rules(Rules.DEFAULT.replace("to: Projects", "to: Work"));
        assertThat(world.triage.run().steps()).anyMatch(step -> step.to().equals("Work/f"));
    }

    @Test
    void whatTheOwnerChangedInAnUnpackedBundleIsKeptByAnUndo() throws Exception {
        world.drop("vault/Inbox/z.zip", ZIP);
        Triage.Report report = world.settle();
        Path file = world.vault.resolve("Bundles/2026/z/top.txt");
        Files.writeString(file, "mine");
        Files.setLastModifiedTime(file, FileTime.from(Dropped.OLD));
        world.triage.undo("");
        assertThat(world.vault.resolve("Inbox/z.zip")).exists();
        assertThat(world.home.staging().resolve(report.run()).resolve("tree/top.txt"))
                .hasContent("mine");
        world.restart();
        world.settle();
        assertThat(world.home.staging().resolve(report.run()).resolve("tree/top.txt"))
                .hasContent("mine");
    }

    @Test
    void aMoveThatWasTakenBackOutsideOfTriageIsNotRepeated() throws Exception {
        world.drop("vault/Inbox/a.pdf", "%PDF-1");
        world.settle();
        world.changes.rollback(world.changes.changes().getFirst().id(), "owner");
        assertThat(world.settle().steps()).singleElement().matches(step -> step.action() == Action.STAY);
        assertThat(world.events(TriageRuns.UNDONE)).hasSize(1);
    }

    @Test
    void anUndoThatCannotGoOnSaysWhyAndGoesOnLater() throws Exception {
        world.drop("vault/Inbox/a.pdf", "%PDF-1");
        world.drop("vault/Inbox/b.pdf", "%PDF-2");
        world.settle();
        Path taken = world.drop("vault/Inbox/a.pdf", "%PDF-3");
        Triage.Undone undone = world.triage.undo("");
        assertThat(undone.moves()).hasSize(1);
        assertThat(undone.trouble()).contains("taken");
        Files.delete(taken);
        assertThat(world.triage.undo("").moves()).hasSize(1);
        assertThat(world.files()).containsKeys("vault/Inbox/a.pdf", "vault/Inbox/b.pdf");
    }

    @Test
    void theFoldIsTheSameFromEventsAndFromItsSnapshot() throws Exception {
        world.drop("vault/Inbox/a.pdf", "%PDF-1");
        world.drop("vault/Inbox/z.zip", ZIP);
        world.drop("vault/Inbox/bad.zip", new ZipBytes().file("/x", "1").bytes());
        world.settle();
        world.triage.undo("");
        TriageRuns folded = new TriageRuns();
        world.events.forEach(folded);
        TriageRuns restored = new TriageRuns();
        restored.restore(folded.save());
        assertThat(restored.save()).isEqualTo(folded.save());
        assertThat(restored.runs()).isEqualTo(folded.runs()).hasSize(1);
        assertThat(restored.held("Inbox/bad.zip")).isPresent();
    }

    @Test
    void oneThingThatCannotBeMovedKeepsNoOtherAndIsRecordedOnce() throws Exception {
        world.drop("vault/Inbox/a.pdf", "%PDF-1");
        world.drop("vault/Inbox/b.csv", "a,b");
        Map<String, Integer> tries = new HashMap<>();
        Moves sound = Moves.of(world.changes);
        world.triage = through((from, to, why) -> {
            if (to.endsWith(".pdf")) {
                tries.merge(to, 1, Integer::sum);
                throw new IOException("No space left on device");
            }
            return sound.move(from, to, why);
        });
        Triage.Report report = world.settle();
        assertThat(report.count(Action.MOVE)).isEqualTo(1);
        assertThat(world.step(report, "Inbox/a.pdf").reason()).contains("No space left");
        world.settle();
        assertThat(tries).containsValue(1);
        world.pass(Duration.ofMinutes(30));
        world.triage.run();
        assertThat(tries).containsValue(2);
        world.triage.runNow();
        assertThat(tries).containsValue(3);
        assertThat(world.events(TriageRuns.FAILED)).hasSize(1);
    }

    private interface Move {
        Change move(Path from, String to, String why) throws IOException;
    }

    /** Triage whose moves go another way. */
    private Triage through(Move move) {
        Moves sound = Moves.of(world.changes);
        Moves other = new Moves() {
            @Override
            public Change move(Path from, String to, String why) throws IOException {
                return move.move(from, to, why);
            }

            @Override
            public void rollback(String id) throws IOException {
                sound.rollback(id);
            }

            @Override
            public List<Change> changes() throws IOException {
                return sound.changes();
            }

            @Override
            public void recover() throws IOException {
                sound.recover();
            }
        };
        return new Triage(
                world.vault,
                world.home,
                world.user,
                other,
                new Staging(world.home, new DiskCalls()),
                world.runs,
                world::hear,
                () -> world.now,
                ZoneOffset.UTC,
                _ -> false);
    }

    @Test
    void whatALinkThatCameAfterTheLastLookLedToIsPutBack() throws Exception {
        world.drop("vault/Inbox/a.pdf", "%PDF-1");
        world.drop("outside/a.pdf", "%PDF-secret");
        Moves sound = Moves.of(world.changes);
        Path inbox = world.vault.resolve("Inbox");
        world.triage = through((from, to, why) -> {
            Files.move(inbox, world.user.resolve("aside"));
            Files.createSymbolicLink(inbox, world.user.resolve("outside"));
            return sound.move(from, to, why);
        });
        Triage.Report report = world.settle();
        assertThat(world.step(report, "Inbox/a.pdf").reason()).contains("a link led to");
        assertThat(world.files()).containsOnlyKeys("aside/a.pdf", "outside/a.pdf", "vault/Inbox");
        assertThat(world.events(TriageRuns.MOVED)).isEmpty();
    }
}
