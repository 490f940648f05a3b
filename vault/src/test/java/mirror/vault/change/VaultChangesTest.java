package mirror.vault.change;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import mirror.bus.AtomicFiles;
import mirror.bus.BusException;
import mirror.bus.DiskCalls;
import mirror.bus.Draft;
import mirror.bus.FaultyCalls;
import mirror.bus.FileCalls;
import mirror.bus.FileStore;
import mirror.bus.FileWrite;
import mirror.bus.Home;
import mirror.bus.RejectedWrite;
import mirror.vault.change.Change.Kind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a vault that Mirror writes to, and how it is taken back. */
final class VaultChangesTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Path root;

    @SuppressWarnings("NullAway.Init")
    private Home home;

    @SuppressWarnings("NullAway.Init")
    private VaultChanges changes;

    private final List<Draft> events = new ArrayList<>();
    private Instant now = Instant.parse("2026-11-22T03:12:05Z");
    private boolean deaf;

    @BeforeEach
    void open() throws IOException {
        root = Files.createDirectories(folder.toRealPath().resolve("vault"));
        home = new Home(folder.toRealPath().resolve("home"));
        changes = open(new DiskCalls());
    }

    private VaultChanges open(FileCalls disk) {
        FileStore files = new FileStore(home, disk, () -> now, this::hear);
        return new VaultChanges(root, files, this::hear, home.changes(), () -> now);
    }

    private void hear(Draft draft) {
        if (deaf) {
            throw new BusException.NotDurable("the log is full");
        }
        events.add(draft);
    }

    /** A file of the owner's, edited some time before now. */
    private Path owners(String path, String text, Duration ago) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        return Files.setLastModifiedTime(file, FileTime.from(now.minus(ago)));
    }

    private Path owners(String path, String text) throws IOException {
        return owners(path, text, Duration.ofHours(1));
    }

    private static String digest(String text) {
        return AtomicFiles.digest(text.getBytes(UTF_8));
    }

    private Change write(String path, String text, String base) throws IOException {
        return changes.write(path, text.getBytes(UTF_8), base, "claude-code", "asked to");
    }

    private Change move(Path from, String to) throws IOException {
        return changes.move(from, to, "daemon", "sorted");
    }

    @Test
    void aNewNoteIsWrittenAndTakenBackAndHadAgain() throws IOException {
        Change made = write("a/b/New.md", "text\r\n", FileWrite.NONE);
        assertThat(root.resolve("a/b/New.md")).hasContent("text\r\n");
        assertThat(made.kind()).isEqualTo(Kind.WRITTEN);
        assertThat(made.before()).isNull();
        assertThat(made.after()).isEqualTo(digest("text\r\n"));
        Change back = changes.rollback(made.id(), "owner");
        assertThat(root.resolve("a/b/New.md")).doesNotExist();
        changes.rollback(back.id(), "owner");
        assertThat(Files.readString(root.resolve("a/b/New.md"))).isEqualTo("text\r\n");
        assertThat(changes.changes())
                .extracting(Change::id, Change::kind, Change::undone)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("c3", Kind.RESTORED, false),
                        org.assertj.core.groups.Tuple.tuple("c2", Kind.RESTORED, true),
                        org.assertj.core.groups.Tuple.tuple("c1", Kind.WRITTEN, false));
    }

    @Test
    void whatTheOwnerWroteIsBackByteForByte() throws IOException {
        byte[] bytes = {(byte) 0xff, 0, '\r', '\n', (byte) 0xc3};
        Files.write(owners("Odd.md", ""), bytes);
        now = now.plus(Duration.ofDays(400));
        Change change = write("Odd.md", "new", AtomicFiles.digest(bytes));
        assertThat(root.resolve("Odd.md")).hasContent("new");
        changes.rollback(change.id(), "owner");
        assertThat(root.resolve("Odd.md")).hasBinaryContent(bytes);
    }

    @Test
    void theBytesThatStandThereAlreadyAreNoChange() throws IOException {
        owners("a.md", "same");
        assertThat(write("a.md", "same", FileWrite.NONE).isChange()).isFalse();
        assertThat(changes.changes()).isEmpty();
        assertThat(events).isEmpty();
    }

    @Test
    void aNoteThatIsNotWhatItsWriterReadStaysAndTheTextGoesBeside() throws IOException {
        owners("x/Plan.md", "the owner's");
        Change first = write("x/Plan.md", "one", digest("what was read"));
        Change second = write("x/Plan.md", "two", FileWrite.NONE);
        Change third = write("x/Gone.md", "three", digest("what was read"));
        assertThat(first.kind()).isEqualTo(Kind.CONFLICT);
        assertThat(first.from()).isEqualTo("x/Plan.md");
        assertThat(first.path()).isEqualTo("x/Plan (conflict 2026-11-22 0312).md");
        assertThat(second.path()).isEqualTo("x/Plan (conflict 2026-11-22 0312) 2.md");
        assertThat(third.path()).isEqualTo("x/Gone (conflict 2026-11-22 0312).md");
        assertThat(root.resolve("x/Plan.md")).hasContent("the owner's");
        assertThat(root.resolve(first.path())).hasContent("one");
        assertThat(root.resolve(second.path())).hasContent("two");
        changes.rollback(first.id(), "owner");
        assertThat(root.resolve(first.path())).doesNotExist();
    }

    @Test
    void whatTheOwnerSavesBetweenTheLookAndTheWriteStaysAndTheTextGoesBeside() throws IOException {
        int conflicts = 0;
        for (int n = 0; ; n++) {
            Path file = owners("n" + n + ".md", "old");
            FaultyCalls calls = new FaultyCalls();
            calls.meanwhile(n, () -> Files.writeString(file, "the owner's"));
            changes = open(calls);
            Change change =
                    changes.write("n" + n + ".md", "new".getBytes(UTF_8), digest("old"), "claude-code", "asked to");
            if (n >= calls.trace().size()) {
                break;
            }
            boolean stands = "the owner's".equals(Files.readString(file));
            boolean isKept = Files.exists(home.backups().resolve("objects").resolve(digest("the owner's")));
            String where = calls.trace().get(n);
            if (change.kind() == Kind.CONFLICT) {
                conflicts++;
                assertThat(stands).as(where).isTrue();
                assertThat(root.resolve(change.path())).as(where).hasContent("new");
            } else {
                assertThat(stands || isKept || where.startsWith("rename " + file))
                        .as("%s: only the one window that POSIX leaves", where)
                        .isTrue();
            }
        }
        assertThat(conflicts).isGreaterThan(10);
    }

    @Test
    void theOwnersOwnEditIsLeftAloneForTwoMinutes() throws IOException {
        Path file = owners("a.md", "theirs", Duration.ofSeconds(30));
        assertThatThrownBy(() -> write("a.md", "mine", digest("theirs")))
                .isInstanceOfSatisfying(
                        EditedJustNow.class, e -> assertThat(e.again()).isEqualTo(now.plus(Duration.ofSeconds(90))))
                .hasMessageContaining("a.md")
                .hasMessageContaining("2026-11-22T03:13:35Z");
        assertThatThrownBy(() -> move(file, "b.md")).isInstanceOf(EditedJustNow.class);
        assertThatThrownBy(() -> {
                    owners("f/x/deep.md", "theirs", Duration.ofSeconds(1));
                    move(root.resolve("f"), "g");
                })
                .isInstanceOf(EditedJustNow.class)
                .hasMessageContaining("deep.md");
        assertThat(changes.changes()).isEmpty();
        now = now.plus(Duration.ofSeconds(90));
        Change change = write("a.md", "mine", digest("theirs"));
        Files.setLastModifiedTime(file, FileTime.from(now));
        Change next = write("a.md", "mine again", change.after() == null ? "" : change.after());
        assertThat(next.kind()).as("Mirror's own writes need no wait").isEqualTo(Kind.WRITTEN);
        owners("a.md", "mine", Duration.ofDays(-400));
        write("a.md", "a time in the far future says nothing", digest("mine"));
    }

    @Test
    void aFileAndAFolderAreMovedAndNothingIsReplaced() throws IOException {
        Path inbox = Files.createDirectories(folder.toRealPath().resolve("inbox"));
        Path file = Files.writeString(inbox.resolve("Scan.tar.gz"), "from outside");
        Files.setLastModifiedTime(file, FileTime.from(now.minus(Duration.ofHours(1))));
        owners("in/Scan.tar.gz", "taken");
        owners("in/Scan.tar 2.gz", "taken too");
        Change moved = move(file, "in/Scan.tar.gz");
        assertThat(moved.path()).isEqualTo("in/Scan.tar 3.gz");
        assertThat(moved.from()).isEqualTo(file.toString());
        assertThat(file).doesNotExist();
        assertThat(root.resolve("in/Scan.tar 3.gz")).hasContent("from outside");
        assertThat(root.resolve("in/Scan.tar.gz")).hasContent("taken");

        owners("v1.2/a.md", "a");
        owners("v1.2/deep/b.md", "b");
        owners("old/v1.2/c.md", "c");
        Change folders = move(root.resolve("v1.2"), "old/v1.2");
        assertThat(folders.path()).isEqualTo("old/v1.2 2");
        assertThat(folders.from()).isEqualTo("v1.2");
        assertThat(folders.after()).isNull();
        assertThat(root.resolve("v1.2")).doesNotExist();
        assertThat(root.resolve("old/v1.2 2/deep/b.md")).hasContent("b");

        changes.rollback(folders.id(), "owner");
        assertThat(root.resolve("v1.2/deep/b.md")).hasContent("b");
        Change back = changes.rollback(moved.id(), "owner");
        assertThat(file).hasContent("from outside");
        assertThat(back.path()).isEqualTo(file.toString());
        changes.rollback(back.id(), "owner");
        assertThat(root.resolve("in/Scan.tar 3.gz")).hasContent("from outside");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFileComesFromAnotherFileSystemOrOneWithoutLinks(boolean isOther) throws IOException {
        Path inbox = Files.createDirectories(folder.toRealPath().resolve("inbox"));
        Path file = Files.writeString(inbox.resolve("a.md"), "text");
        Files.setLastModifiedTime(file, FileTime.from(now.minus(Duration.ofHours(1))));
        FaultyCalls calls = new FaultyCalls();
        changes = open(isOther ? calls.otherFileSystem(inbox) : calls.withoutLinks());
        Change moved = move(file, "a.md");
        assertThat(file).doesNotExist();
        assertThat(root.resolve("a.md")).hasContent("text");
        assertThat(Files.getLastModifiedTime(root.resolve("a.md")))
                .isEqualTo(FileTime.from(now.minus(Duration.ofHours(1))));
        assertThat(root).isDirectoryNotContaining(each -> each.toString().endsWith(".tmp"));
        changes.rollback(moved.id(), "owner");
        assertThat(file).hasContent("text");
        if (isOther) {
            assertThatThrownBy(() -> move(inbox, "in"))
                    .isInstanceOf(RejectedWrite.class)
                    .hasMessageContaining("one by one");
            assertThat(file).hasContent("text");
        }
    }

    @Test
    void aRealFileSystemThatIsAnotherOneGivesItsFile() throws IOException {
        Path memory = Path.of("/dev/shm");
        org.junit.jupiter.api.Assumptions.assumeTrue(
                Files.isWritable(memory) && !Files.getFileStore(memory).equals(Files.getFileStore(folder)));
        Path file = Files.createTempFile(memory, "mirror", ".md");
        try {
            Files.writeString(file, "text");
            now = Files.getLastModifiedTime(file).toInstant().plus(Duration.ofHours(1));
            Change moved = move(file, "a.md");
            assertThat(file).doesNotExist();
            assertThat(root.resolve("a.md")).hasContent("text");
            changes.rollback(moved.id(), "owner");
            assertThat(file).hasContent("text");
        } finally {
            Files.deleteIfExists(file);
        }
    }

    @Test
    void whatIsNoLongerWhatAChangeLeftIsNotTakenBack() throws IOException {
        owners("a.md", "old");
        Change change = write("a.md", "new", digest("old"));
        owners("a.md", "newer");
        assertThatThrownBy(() -> changes.rollback(change.id(), "owner"))
                .isInstanceOf(ChangeRefused.class)
                .hasMessageContaining("no longer what change c1 left");
        owners("a.md", "old");
        assertThatThrownBy(() -> changes.rollback(change.id(), "owner")).hasMessageContaining("as it was before");
        Files.delete(root.resolve("a.md"));
        changes.rollback(change.id(), "owner");
        assertThat(root.resolve("a.md"))
                .as("a file that is gone has nothing to lose")
                .hasContent("old");
        assertThatThrownBy(() -> changes.rollback(change.id(), "owner")).hasMessageContaining("taken back already");
        assertThatThrownBy(() -> changes.rollback("c99", "owner")).hasMessageContaining("there is no change 'c99'");

        Change moved = move(root.resolve("a.md"), "b.md");
        owners("a.md", "another");
        assertThatThrownBy(() -> changes.rollback(moved.id(), "owner")).hasMessageContaining("'a.md' is taken now");
        Files.delete(root.resolve("a.md"));
        owners("b.md", "edited since");
        changes.rollback(moved.id(), "owner");
        assertThat(root.resolve("a.md")).as("what was edited since goes along").hasContent("edited since");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/etc/passwd",
                "../x.md",
                "a/../b.md",
                ".obsidian/app.json",
                "a/.b/c.md",
                "a//b.md",
                "a/",
                "a\nb.md",
                "a\u0000.md",
                "a\u001b[31m.md",
                "a\\b.md",
                "a/ /b.md",
                "\ud800.md",
                "a\u2028b.md"
            })
    void anOddNameIsRefusedAndNothingIsWritten(String name) throws IOException {
        Path file = owners("ok.md", "text");
        assertThatThrownBy(() -> write(name, "text", FileWrite.NONE)).isInstanceOf(ChangeRefused.class);
        assertThatThrownBy(() -> move(file, name)).isInstanceOf(ChangeRefused.class);
        assertThatThrownBy(() -> write("x".repeat(300) + ".md", "text", FileWrite.NONE))
                .hasMessageContaining("255 bytes");
        assertThat(file).hasContent("text");
        assertThat(changes.changes()).isEmpty();
    }

    @Test
    void noLinkLeadsOutAndNothingOfMirrorsOwnIsMoved() throws IOException {
        Path outside = Files.createDirectories(folder.toRealPath().resolve("outside"));
        Files.createSymbolicLink(root.resolve("door"), outside);
        Files.createSymbolicLink(root.resolve("door.md"), outside.resolve("x.md"));
        Path file = owners("a.md", "text");
        assertThatThrownBy(() -> write("door/x.md", "text", FileWrite.NONE)).hasMessageContaining("outside of");
        assertThatThrownBy(() -> write("door.md", "text", FileWrite.NONE)).isInstanceOf(RejectedWrite.class);
        assertThatThrownBy(() -> move(file, "door/x.md")).hasMessageContaining("outside of");
        assertThatThrownBy(() -> move(root.resolve("door"), "b")).hasMessageContaining("is a link");
        assertThatThrownBy(() -> move(root, "b")).hasMessageContaining("holds the vault");
        assertThatThrownBy(() -> move(Path.of("a.md"), "b")).hasMessageContaining("not absolute");
        assertThatThrownBy(() -> move(root.resolve("none.md"), "b")).hasMessageContaining("is not there");
        owners("f/a.md", "a");
        assertThatThrownBy(() -> move(root.resolve("f"), "f/g")).hasMessageContaining("into itself");
        owners(".obsidian/app.json", "{}");
        assertThatThrownBy(() -> move(root.resolve(".obsidian"), "b")).isInstanceOf(ChangeRefused.class);
        write("made.md", "text", FileWrite.NONE);
        assertThatThrownBy(() -> move(home.backups(), "b")).hasMessageContaining("belongs to Mirror");
        assertThat(outside).isEmptyDirectory();
        assertThat(changes.changes()).hasSize(1);
    }

    @Test
    void theListComesFromTheDiskAndTheEventLogHearsOfEachChangeInTheEnd() throws IOException {
        owners("a.md", "old");
        deaf = true;
        Change written = write("a.md", "new", digest("old"));
        Change moved = move(root.resolve("a.md"), "b.md");
        List<Change> before = changes.changes();
        assertThat(before).containsExactly(moved, written);
        assertThat(events).isEmpty();
        deaf = false;
        changes = open(new DiskCalls());
        assertThat(changes.changes()).isEqualTo(before);
        assertThat(changes.recover()).isEmpty();
        assertThat(events)
                .filteredOn(event -> event.type().equals("mirror.note.changed.v1"))
                .extracting(Draft::subject)
                .containsExactly("c1", "c2");
        assertThat(events.getLast().data().path("path").asString()).isEqualTo("b.md");
        assertThat(changes.recover()).isEmpty();
        assertThat(events.getLast().subject()).isEqualTo("c2");
    }

    @Test
    void aDamagedJournalIsNamedAndNothingIsChanged() throws IOException {
        write("a.md", "one", FileWrite.NONE);
        write("b.md", "two", FileWrite.NONE);
        Path journal = home.changes();
        byte[] whole = Files.readAllBytes(journal);
        byte[] bad = whole.clone();
        bad[30] ^= 1;
        Files.write(journal, bad);
        changes = open(new DiskCalls());
        assertThat(changes.recover()).singleElement().asString().contains("line 1 of " + journal);
        assertThatThrownBy(() -> write("c.md", "three", FileWrite.NONE)).isInstanceOf(BusException.Damaged.class);
        assertThat(root.resolve("c.md")).doesNotExist();
        assertThat(journal).hasBinaryContent(bad);
        Files.write(journal, java.util.Arrays.copyOf(whole, whole.length - 5));
        changes = open(new DiskCalls());
        assertThat(changes.recover()).as("a torn tail is settled by looking").isEmpty();
        assertThat(changes.changes()).extracting(Change::path).containsExactly("b.md", "a.md");
        assertThat(home.torn()).isNotEmptyDirectory();
    }

    @Test
    void aReasonIsCutAndHasNoControlCharacters() throws IOException {
        changes.write("a.md", new byte[0], FileWrite.NONE, "owner", "x\u001b[31m\n" + "é😀".repeat(1000) + "\ud800");
        Change change = changes.changes().getFirst();
        assertThat(change.why()).startsWith("x [31m é😀").doesNotContain("\u001b", "\n");
        assertThat(change.why().codePointCount(0, change.why().length())).isEqualTo(500);
        assertThatThrownBy(() -> changes.write("b.md", new byte[0], FileWrite.NONE, "Bad Name", ""))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(root.resolve("b.md")).doesNotExist();
    }
}
