package mirror.bus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import mirror.bus.RejectedWrite.Reason;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is kept, what is refused and what is said about it. Faults are in {@link FileStoreFaultTest}. */
final class FileStoreTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Path root;

    @SuppressWarnings("NullAway.Init")
    private Home home;

    @SuppressWarnings("NullAway.Init")
    private Path file;

    @SuppressWarnings("NullAway.Init")
    private FileStore store;

    private final List<Draft> events = new ArrayList<>();

    @BeforeEach
    void layOut() throws IOException {
        root = folder.toRealPath();
        home = new Home(root.resolve("home"));
        file = Files.createDirectory(root.resolve("work")).resolve("a.json");
        store = store(new FaultyCalls(), events::add);
    }

    private FileStore store(FileCalls calls, Consumer<Draft> sink) {
        return new FileStore(home, calls, () -> NOW, sink);
    }

    private static FileWrite kept(Path target, String text) {
        return FileWrite.kept(target, text.getBytes(UTF_8)).by("owner");
    }

    private static String digest(String text) {
        return AtomicFiles.digest(text.getBytes(UTF_8));
    }

    private List<String> types() {
        return events.stream().map(Draft::type).toList();
    }

    private RejectedWrite rejected(FileWrite write) {
        return rejected(store, write);
    }

    private static RejectedWrite rejected(FileStore store, FileWrite write) {
        return catchThrowableOfType(RejectedWrite.class, () -> store.write(write));
    }

    private Path index() throws IOException {
        try (Stream<Path> files = Files.list(home.backups().resolve("chains"))) {
            return files.toList().getFirst();
        }
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS));
    }

    // ---- keeping

    @Test
    void aKeptFileHasAChainOfAllItsVersionsAndAnEventForEach() throws IOException {
        Files.writeString(file, "the owner's");
        store.write(kept(file, "one"));
        store.write(kept(file, "two").session("s1"));
        store.write(FileWrite.removal(file, FileWrite.Care.KEPT).by("owner"));

        List<FileVersion> history = store.history(file);
        assertThat(history)
                .extracting(FileVersion::step)
                .containsExactly(
                        FileVersion.Step.REMOVED,
                        FileVersion.Step.WRITTEN,
                        FileVersion.Step.WRITTEN,
                        FileVersion.Step.KEPT);
        assertThat(history)
                .extracting(FileVersion::digest)
                .containsExactly(null, digest("two"), digest("one"), digest("the owner's"));
        assertThat(history)
                .extracting(FileVersion::previous)
                .containsExactly(digest("two"), digest("one"), digest("the owner's"), null);
        assertThat(history).extracting(FileVersion::who).containsExactly("owner", "owner", "owner", "unknown");
        assertThat(history).extracting(FileVersion::current).containsExactly(true, false, false, false);
        assertThat(history.get(1).session()).isEqualTo("s1");
        assertThat(history.get(1).time()).isEqualTo(NOW);
        assertThat(history.get(1).bytes()).isEqualTo(3);
        assertThat(types())
                .containsExactly(
                        "mirror.file.kept.v1",
                        "mirror.file.written.v1",
                        "mirror.file.written.v1",
                        "mirror.file.removed.v1");
        assertThat(events.get(2).session()).isEqualTo("s1");
        assertThat(events.get(2).data())
                .isEqualTo(Json.object()
                        .put("path", file.toString())
                        .put("entry", 3L)
                        .put("previous", digest("one"))
                        .put("sha256", digest("two"))
                        .put("bytes", 3L));
    }

    @Test
    void writingWhatStandsThereAlreadyChangesNothing() throws IOException {
        store.write(kept(file, "one"));
        Object before = Files.getAttribute(file, "unix:ino");
        assertThat(store.write(kept(file, "one")).changed()).isFalse();
        assertThat(Files.getAttribute(file, "unix:ino")).isEqualTo(before);
        assertThat(store.history(file)).hasSize(1);
    }

    @Test
    void aChangeBySomebodyElseIsNoticedAndItsBytesAreKept() throws IOException {
        store.write(kept(file, "one"));
        Files.writeString(file, "theirs");
        store.write(kept(file, "two"));

        assertThat(store.history(file))
                .extracting(FileVersion::digest)
                .containsExactly(digest("two"), digest("theirs"), digest("one"));
        assertThat(store.bytes(digest("theirs"))).asString(UTF_8).isEqualTo("theirs");
        assertThat(types()).containsExactly("mirror.file.written.v1", "mirror.file.kept.v1", "mirror.file.written.v1");
    }

    @Test
    void aFileThatSomebodyDeletedIsNoticedToo() throws IOException {
        store.write(kept(file, "one"));
        Files.delete(file);
        store.write(kept(file, "two"));

        assertThat(store.history(file))
                .extracting(FileVersion::digest)
                .containsExactly(digest("two"), null, digest("one"));
    }

    @Test
    void aFileThePersonEditsCanBeKeptWithoutBeingWritten() throws IOException {
        Files.writeString(file, "mine");
        store.keep(file, "owner");
        store.keep(file, "owner");
        assertThat(store.history(file)).singleElement().satisfies(version -> {
            assertThat(version.who()).isEqualTo("owner");
            assertThat(version.current()).isTrue();
        });
        assertThat(file).hasContent("mine");
    }

    @Test
    void aDerivedFileTakesNoDiskHoweverOftenItIsWrittenAndItsDigestFileFits() throws Exception {
        for (int i = 0; i < 50; i++) {
            store.write(FileWrite.derived(file, "text " + i));
        }
        assertThat(home.backups()).doesNotExist();
        assertThat(events).isEmpty();
        assertThat(AtomicFiles.matchesDigest(file)).isTrue();
        Process check = new ProcessBuilder("sha256sum", "-c", "a.json.sha256")
                .directory(root.resolve("work").toFile())
                .redirectErrorStream(true)
                .start();
        assertThat(new String(check.getInputStream().readAllBytes(), UTF_8)).isEqualTo("a.json: OK\n");
    }

    @Test
    void whatAPersonWroteIntoADerivedFileIsKept() throws IOException {
        store.write(FileWrite.derived(file, "made"));
        Files.writeString(file, "made, and a remark");
        store.write(FileWrite.derived(file, "made anew"));

        assertThat(store.history(file)).singleElement().satisfies(version -> {
            assertThat(version.step()).isEqualTo(FileVersion.Step.KEPT);
            assertThat(version.current()).isFalse();
        });
        store.rollback(file, null, "owner", null);
        assertThat(file).hasContent("made, and a remark");
        assertThat(AtomicFiles.matchesDigest(file)).isTrue();
        store.rollback(file, null, "owner", null);
        assertThat(file).hasContent("made anew");
    }

    @Test
    void aDerivedFileAndItsDigestFileGoTogether() throws IOException {
        store.write(FileWrite.derived(file, "made"));
        store.write(FileWrite.removal(file, FileWrite.Care.DERIVED));
        assertThat(file).doesNotExist();
        assertThat(AtomicFiles.sidecar(file)).doesNotExist();
    }

    @Test
    void ofASecretNothingIsKeptAnywhere() throws IOException {
        store.write(FileWrite.bare(file, "s3cret"));
        store.write(FileWrite.bare(file, "s3cret2"));
        rejected(FileWrite.bare(file, "s3cret3").onlyIf(digest("s3cret")));

        assertThat(home.backups()).doesNotExist();
        assertThat(mode(file)).isEqualTo("rw-------");
        assertThat(types()).containsExactly("mirror.write.rejected.v1");
        String log = Files.readString(home.rejected().resolve("daemon.jsonl"));
        assertThat(log).doesNotContain("s3cret", digest("s3cret3"));
        assertThat(events.getFirst().data().toString()).doesNotContain(digest("s3cret3"));
    }

    @Test
    void whatTheEventLogCouldNotTakeIsRecordedAtTheNextStart() throws IOException {
        FileStore early = store(new FaultyCalls(), draft -> {
            throw new BusException.NotDurable("the log is not open yet");
        });
        assertThat(early.write(kept(file, "one")).recorded()).isFalse();
        assertThat(early.write(kept(file, "two")).recorded()).isFalse();
        assertThat(file).hasContent("two");

        assertThat(store.recover()).isEmpty();
        assertThat(events)
                .extracting(event -> event.data().path("sha256").asString())
                .containsExactly(digest("one"), digest("two"));
        store.recover();
        store.write(kept(file, "three"));
        assertThat(events).hasSize(3);
    }

    // ---- rolling back

    @Test
    void aRollbackCanBeRolledBack() throws IOException {
        store.write(kept(file, "one"));
        store.write(kept(file, "two"));

        FileStore.Rollback back = store.rollback(file, null, "owner", null);
        assertThat(file).hasContent("one");
        assertThat(back.from()).isEqualTo(digest("two"));
        assertThat(back.to()).isEqualTo(digest("one"));
        assertThat(events.getLast().type()).isEqualTo("mirror.file.restored.v1");
        assertThat(events.getLast().actor()).isEqualTo("owner");
        assertThat(events.getLast().data().path("from").asString()).isEqualTo(digest("two"));
        assertThat(events.getLast().data().path("to").asString()).isEqualTo(digest("one"));

        store.rollback(file, null, "owner", null);
        assertThat(file).hasContent("two");
    }

    @Test
    void aRollbackKeepsWhatSomebodyElseWroteMeanwhileAndGoesToTheLastKnown() throws IOException {
        store.write(kept(file, "one"));
        Files.writeString(file, "theirs");
        store.rollback(file, null, "owner", null);
        assertThat(file).hasContent("one");
        store.rollback(file, null, "owner", null);
        assertThat(file).hasContent("theirs");
    }

    @Test
    void aFileThatIsGoneComesBackWithItsMode() throws IOException {
        Files.writeString(file, "one");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        store.write(FileWrite.removal(file, FileWrite.Care.KEPT));
        store.rollback(file, null, "owner", null);
        assertThat(file).hasContent("one");
        assertThat(mode(file)).isEqualTo("rw-r-----");
    }

    @Test
    void aFileThatMirrorMadeIsRemovedByARollback() throws IOException {
        store.write(kept(file, "one"));
        store.rollback(file, null, "owner", null);
        assertThat(file).doesNotExist();
        store.rollback(file, null, "owner", null);
        assertThat(file).hasContent("one");
    }

    @Test
    void aVersionIsNamedByTheFirstDigitsOfItsDigest() throws IOException {
        store.write(kept(file, "one"));
        store.write(kept(file, "two"));
        store.write(kept(file, "three"));
        store.rollback(file, digest("one").substring(0, 8), "owner", null);
        assertThat(file).hasContent("one");
        for (String wrong : List.of("", "abc", digest("four"), "../../../x", digest("two") + "0", "TWO")) {
            assertThatThrownBy(() -> store.rollback(file, wrong, "owner", null))
                    .isInstanceOf(BusException.class)
                    .hasMessageContaining("no version of " + file);
        }
        assertThatThrownBy(() -> store.rollback(file, digest("one"), "owner", null))
                .hasMessageContaining("is version " + digest("one").substring(0, 12) + " now");
        assertThat(file).hasContent("one");
    }

    @Test
    void whereNothingOlderWasKeptTheSentenceSaysSo() throws IOException {
        assertThatThrownBy(() -> store.rollback(file, null, "owner", null))
                .hasMessageContaining("no version of " + file + " was ever kept");
        Files.writeString(file, "mine");
        store.keep(file, "owner");
        assertThatThrownBy(() -> store.rollback(file, null, "owner", null))
                .hasMessageContaining("nothing older than the present version");
    }

    @Test
    void everyVersionOfARandomHistoryCanBePutBackByteForByte() throws IOException {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (int run = 0; run < 20; run++) {
            Path target = root.resolve("work/r" + run);
            List<byte @Nullable []> stood = new ArrayList<>();
            for (int step = 0; step < 15; step++) {
                byte[] bytes = new byte[random.nextInt(200)];
                random.nextBytes(bytes);
                switch (random.nextInt(5)) {
                    case 0 -> Files.write(target, bytes);
                    case 1 -> store.write(FileWrite.removal(target, FileWrite.Care.KEPT));
                    case 2 -> {
                        if (!store.history(target).isEmpty()) {
                            byte[] before = Files.exists(target) ? Files.readAllBytes(target) : null;
                            try {
                                store.rollback(target, null, "owner", null);
                                store.rollback(target, null, "owner", null);
                            } catch (BusException e) {
                                assertThat(e).as("%s", seed).hasMessageContaining("nothing older");
                            }
                            assertThat(Files.exists(target) ? Files.readAllBytes(target) : null)
                                    .as("twice is as before, %s", seed)
                                    .isEqualTo(before);
                        }
                    }
                    default -> store.write(FileWrite.kept(target, bytes));
                }
                if (!store.history(target).isEmpty()
                        && store.history(target).getFirst().current()) {
                    stood.add(Files.exists(target) ? Files.readAllBytes(target) : null);
                }
            }
            for (byte[] bytes : stood) {
                String to = bytes == null ? FileWrite.NONE : AtomicFiles.digest(bytes);
                byte[] now = Files.exists(target) ? Files.readAllBytes(target) : null;
                if (!Arrays.equals(now, bytes)) {
                    store.rollback(target, to, "owner", null);
                }
                assertThat(Files.exists(target) ? Files.readAllBytes(target) : null)
                        .as("%s", seed)
                        .isEqualTo(bytes);
            }
            assertThat(store.check()).as("%s", seed).isEmpty();
        }
    }

    @Test
    void aKeptVersionThatWasAlteredIsNamedAndNeverPutBack() throws IOException {
        store.write(kept(file, "one"));
        store.write(kept(file, "two"));
        Path object = home.backups().resolve("objects").resolve(digest("one"));
        Files.writeString(object, "0ne");

        RejectedWrite e = catchThrowableOfType(RejectedWrite.class, () -> store.rollback(file, null, "owner", null));
        assertThat(e).hasMessageContaining(object.toString());
        assertThat(file).hasContent("two");
        assertThat(store.check()).singleElement().asString().contains(object.toString(), file.toString());

        store.write(kept(file, "one"));
        assertThat(store.check()).as("the same bytes, written again, heal it").isEmpty();
    }

    // ---- refusing

    @Test
    void aFolderOrADeviceIsRefused() throws IOException {
        Path sub = Files.createDirectory(root.resolve("sub"));
        assertThat(rejected(kept(sub, "x")).reason()).isEqualTo(Reason.FOLDER);
        assertThat(rejected(kept(Path.of("/dev/null"), "x")).reason()).isEqualTo(Reason.NOT_A_FILE);
        assertThat(rejected(kept(sub.resolve("a"), "x").within(sub.resolve("a")))
                        .reason())
                .isEqualTo(Reason.OUTSIDE);
        assertThat(types()).containsOnly("mirror.write.rejected.v1").hasSize(3);
    }

    @Test
    void aLinkStaysAndWhatItLeadsToIsWrittenAndKeptUnderItsOwnName() throws IOException {
        Path link = Files.createSymbolicLink(root.resolve("link"), file);
        Files.writeString(file, "mine");
        store.write(kept(link, "one"));
        assertThat(link).isSymbolicLink();
        assertThat(file).hasContent("one");
        assertThat(store.history(link)).isEqualTo(store.history(file)).hasSize(2);
        store.rollback(link, null, "owner", null);
        assertThat(file).hasContent("mine");
        assertThat(link).isSymbolicLink();
    }

    @Test
    void noWayOutOfTheAllowedFolderIsFollowed() throws IOException {
        Path allowed = Files.createDirectories(root.resolve("vault/in"));
        Path outside = Files.createDirectory(root.resolve("outside"));
        Files.createSymbolicLink(allowed.resolve("away"), outside);
        Files.createSymbolicLink(allowed.resolve("file"), outside.resolve("f"));
        Files.writeString(outside.resolve("f"), "theirs");
        Files.createSymbolicLink(root.resolve("alias"), root.resolve("vault"));
        Path vault = root.resolve("alias");

        for (String way : List.of(
                "in/away/x",
                "in/file",
                "../outside/x",
                "in/../../outside/x",
                "in/away/../x",
                "in/none/../../../x",
                "")) {
            RejectedWrite e = rejected(kept(vault.resolve(way), "x").within(vault));
            assertThat(e.reason()).as(way).isEqualTo(Reason.OUTSIDE);
        }
        try (Stream<Path> files = Files.list(outside)) {
            assertThat(files).containsExactly(outside.resolve("f"));
        }
        assertThat(outside.resolve("f")).hasContent("theirs");
        assertThat(root.resolve("x")).doesNotExist();

        store.write(kept(vault.resolve("in/../new/note.md"), "x").within(vault));
        assertThat(root.resolve("vault/new/note.md")).hasContent("x");
    }

    @Test
    void aFolderThatBecomesALinkMidwayIsNotFollowed() throws IOException {
        Path allowed = Files.createDirectories(root.resolve("vault/in"));
        Path outside = Files.createDirectory(root.resolve("outside"));
        FaultyCalls measured = new FaultyCalls();
        store(measured, events::add)
                .write(FileWrite.derived(allowed.resolve("a"), "1").within(root.resolve("vault")));
        int before = measured.trace().indexOf("rename " + allowed.resolve("a"));
        assertThat(before).isPositive();
        for (int n = 0; n < before; n++) {
            Path vault = Files.createDirectories(root.resolve("vault" + n));
            Path in = Files.createDirectory(vault.resolve("in"));
            FaultyCalls calls = new FaultyCalls().meanwhile(n, () -> {
                Files.move(in, vault.resolve("was"));
                Files.createSymbolicLink(in, outside);
            });
            try {
                store(calls, events::add)
                        .write(FileWrite.derived(in.resolve("a"), "1").within(vault));
            } catch (RejectedWrite e) {
                // As it should be; where the last look had passed, the temporary file is not in the other folder.
            }
            assertThat(outside.resolve("a")).as(calls.trace().get(n)).doesNotExist();
        }
    }

    @Test
    void aLinkThatLeadsNowhereIsRefused() throws IOException {
        Path link = Files.createSymbolicLink(root.resolve("link"), root.resolve("nothing"));
        assertThat(rejected(kept(link, "x")).reason()).isEqualTo(Reason.DANGLING_LINK);
        assertThat(root.resolve("nothing")).doesNotExist();
    }

    @Test
    void othersNeverGetRightsTheyDidNotHave() throws IOException {
        Files.writeString(file, "one");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        assertThat(rejected(kept(file, "x").mode(PosixFilePermissions.fromString("rw-r--r--")))
                        .reason())
                .isEqualTo(Reason.MODE_WIDENS);
        assertThat(rejected(kept(root.resolve("new"), "x").mode(PosixFilePermissions.fromString("rw-r-----")))
                        .reason())
                .isEqualTo(Reason.MODE_WIDENS);
        assertThat(root.resolve("new")).doesNotExist();
        store.write(kept(file, "two"));
        assertThat(mode(file)).isEqualTo("rw-r-----");
        store.write(kept(file, "two").mode(PosixFilePermissions.fromString("rwx------")));
        assertThat(mode(file)).isEqualTo("rwx------");
        store.write(kept(root.resolve("sub/new"), "x"));
        assertThat(mode(root.resolve("sub/new"))).isEqualTo("rw-------");
        assertThat(mode(root.resolve("sub"))).isEqualTo("rwx------");
    }

    @Test
    void bytesThatComeBackOtherwiseAreNotPutInPlace() throws IOException {
        store.write(FileWrite.derived(file, "one"));
        FileStore bad = store(new FaultyCalls().garbling(), events::add);
        assertThat(rejected(bad, FileWrite.derived(file, "two")).reason()).isEqualTo(Reason.READ_BACK);
        assertThat(rejected(bad, kept(file, "two")).reason()).isEqualTo(Reason.READ_BACK);
        assertThat(file).hasContent("one");
        assertThat(AtomicFiles.matchesDigest(file)).isTrue();
    }

    @Test
    void aFullDiskIsCalledByItsName() throws IOException {
        store.write(kept(file, "one"));
        FaultyCalls calls = new FaultyCalls().message("write: No space left on device");
        FileStore full = store(calls, events::add);
        full.history(file);
        calls.fault(12, FaultyCalls.Fault.FAILS_HALF_WAY);
        RejectedWrite e = rejected(full, kept(file, "two"));
        assertThat(e.reason()).isEqualTo(Reason.DISK_FULL);
        assertThat(file).hasContent("one");
        assertThat(Files.readString(home.rejected().resolve("daemon.jsonl"))).contains("\"reason\":\"disk-full\"");
    }

    private int nth(String call) throws IOException {
        FaultyCalls measured = new FaultyCalls();
        store(measured, draft -> {}).write(kept(file, "measured"));
        return measured.trace().indexOf(call);
    }

    @Test
    void aWriteThatFailedIsClosedAtOnceSoThatItIsNeverTakenForALaterEdit() throws IOException {
        store.write(kept(file, "one"));
        int rename = nth("rename " + file);
        store.write(kept(file, "one"));
        FaultyCalls calls = new FaultyCalls().fault(rename, FaultyCalls.Fault.FAILS);
        assertThat(rejected(store(calls, events::add), kept(file, "two")).reason())
                .isEqualTo(Reason.DISK);
        Files.writeString(file, "theirs");
        store.keep(file, "owner");

        assertThat(store.history(file).subList(0, 2))
                .extracting(FileVersion::digest, FileVersion::outcome)
                .containsExactly(
                        tuple(digest("theirs"), FileVersion.Outcome.DONE),
                        tuple(digest("two"), FileVersion.Outcome.UNDONE));
        store.rollback(file, null, "owner", null);
        assertThat(file).hasContent("one");
    }

    @Test
    void anEntryWhoseFlushFailedIsTakenBackBecauseNobodyKnowsWhereItIs() throws IOException {
        store.write(kept(file, "one"));
        int append = nth("append " + index());
        byte[] before = Files.readAllBytes(index());
        for (FaultyCalls.Fault fault : List.of(
                FaultyCalls.Fault.FAILS, FaultyCalls.Fault.FAILS_HALF_WAY, FaultyCalls.Fault.FAILS_AFTERWARDS)) {
            FaultyCalls calls = new FaultyCalls().fault(append, fault);
            rejected(store(calls, events::add), kept(file, "two " + fault));
            assertThat(calls.trace().get(append)).isEqualTo("append " + index());
            assertThat(Files.readAllBytes(index())).as("%s", fault).isEqualTo(before);
            assertThat(file).hasContent("measured");
        }
    }

    @Test
    void aWriteForAnotherVersionThanTheOneThereIsStale() throws IOException {
        store.write(kept(file, "one").onlyIf(FileWrite.NONE));
        assertThat(rejected(kept(file, "x").onlyIf(FileWrite.NONE)).reason()).isEqualTo(Reason.STALE);
        assertThat(rejected(kept(file, "x").onlyIf(digest("two"))).reason()).isEqualTo(Reason.STALE);
        store.write(kept(file, "two").onlyIf(digest("one")));
        assertThat(file).hasContent("two");
    }

    @Test
    void eachSessionHasItsRejectionLogAndNoNameLeavesTheFolder() throws IOException {
        Path sub = Files.createDirectory(root.resolve("sub"));
        for (String session : List.of("s1", "s1", "../../evil", "daemon")) {
            rejected(kept(sub, "the content").session(session));
        }
        assertThat(Files.readAllLines(home.rejected().resolve("s1.jsonl"))).hasSize(2);
        try (Stream<Path> files = Files.list(home.rejected())) {
            List<Path> logs = files.toList();
            assertThat(logs).hasSize(3).doesNotContain(home.rejected().resolve("daemon.jsonl"));
            for (Path log : logs) {
                assertThat(mode(log)).startsWith("rw-");
                for (String line : Files.readAllLines(log)) {
                    assertThat(Json.MAPPER.readTree(line).path("reason").asString())
                            .isEqualTo("folder");
                    assertThat(line).doesNotContain("the content").contains(digest("the content"));
                }
            }
        }
        assertThat(events.getFirst().session()).isEqualTo("s1");
        assertThat(events.getFirst().data().path("reason").asString()).isEqualTo("folder");
    }

    @Test
    void aRejectionLogIsBoundedAndATornLineOfItHurtsNothing() throws IOException {
        Path sub = Files.createDirectory(root.resolve("sub"));
        Path log = Files.createDirectories(home.rejected()).resolve("s1.jsonl");
        Files.writeString(log, "{\"torn\":");
        rejected(kept(sub, "x").session("s1"));
        assertThat(Files.readAllLines(log)).hasSize(2).first().isEqualTo("{\"torn\":");

        Files.write(log, new byte[Rejections.LIMIT]);
        rejected(kept(sub, "x").session("s1"));
        assertThat(Files.readAllLines(log)).hasSize(1);
        assertThat(home.rejected().resolve("s1.old.jsonl")).hasSize(Rejections.LIMIT);
    }

    @Test
    void aRefusalIsToldEvenWhenNothingCanBeLogged() throws IOException {
        Path sub = Files.createDirectory(root.resolve("sub"));
        Files.writeString(Files.createDirectories(home.root()).resolve("rejected"), "in the way");
        FileStore mute = store(new FaultyCalls(), draft -> {
            throw new BusException.NotDurable("poisoned");
        });
        RejectedWrite e = rejected(mute, kept(sub, "x"));
        assertThat(e.reason()).isEqualTo(Reason.FOLDER);
        assertThat(e.getSuppressed()).hasSize(2);
    }

    // ---- many writers

    private static <T> List<T> together(List<Callable<T>> tasks) throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<T> results = new ArrayList<>();
            for (Future<T> future : threads.invokeAll(tasks)) {
                results.add(future.get());
            }
            return results;
        }
    }

    @Test
    void ofManyWritersOnOneFileEachHasItsPlaceInTheChain() throws Exception {
        FileStore shared = store(new DiskCalls(), draft -> {});
        together(IntStream.range(0, 16)
                .<Callable<FileStore.Written>>mapToObj(i -> () -> shared.write(kept(file, "writer " + i)))
                .toList());
        List<FileVersion> history = shared.history(file);
        assertThat(history).hasSize(16);
        for (int i = 0; i < 15; i++) {
            assertThat(history.get(i).previous()).isEqualTo(history.get(i + 1).digest());
        }
        assertThat(history.getFirst().digest()).isEqualTo(AtomicFiles.digest(Files.readAllBytes(file)));
        assertThat(shared.check()).isEmpty();
    }

    @Test
    void ofManyWhoExpectTheSameVersionOneWrites() throws Exception {
        FileStore shared = store(new DiskCalls(), draft -> {});
        shared.write(kept(file, "base"));
        List<Reason> reasons = new ArrayList<>(together(IntStream.range(0, 16)
                        .<Callable<List<Reason>>>mapToObj(i -> () -> {
                            try {
                                shared.write(kept(file, "writer " + i).onlyIf(digest("base")));
                                return List.of();
                            } catch (RejectedWrite e) {
                                return List.of(e.reason());
                            }
                        })
                        .toList())
                .stream()
                .flatMap(List::stream)
                .toList());
        assertThat(reasons).hasSize(15).containsOnly(Reason.STALE);
        assertThat(shared.history(file)).hasSize(2);
    }

    // ---- the index

    @Test
    void everyCutOfTheIndexIsATornTailThatIsMovedAsideWithNothingLost() throws IOException {
        store.write(kept(file, "one"));
        store.write(kept(file, "two"));
        Path index = index();
        byte[] whole = Files.readAllBytes(index);
        for (int cut = 0; cut < whole.length; cut++) {
            Files.write(index, Arrays.copyOf(whole, cut));
            Files.writeString(file, "two");
            int lines = (int) new String(whole, 0, cut, UTF_8)
                    .chars()
                    .filter(c -> c == '\n')
                    .count();

            assertThat(store.history(file)).as("cut at %s", cut).hasSize((lines + 1) / 2);
            store.write(kept(file, "three"));

            assertThat(store.check()).as("cut at %s", cut).isEmpty();
            assertThat(store.history(file).getFirst().current()).isTrue();
            assertThat(store.bytes(digest("two"))).asString(UTF_8).isEqualTo("two");
            int tail = cut - (new String(whole, 0, cut, UTF_8).lastIndexOf('\n') + 1);
            if (tail > 0) {
                assertThat(lastTorn()).as("cut at %s", cut).isEqualTo(Arrays.copyOfRange(whole, cut - tail, cut));
                assertThat(types()).contains("mirror.index.torn.v1");
            }
            events.clear();
            clean(home.torn());
        }
    }

    private byte[] lastTorn() throws IOException {
        try (Stream<Path> files = Files.list(home.torn())) {
            return Files.readAllBytes(files.toList().getFirst());
        }
    }

    private static void clean(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> files = Files.list(directory)) {
                for (Path each : files.toList()) {
                    Files.delete(each);
                }
            }
        }
    }

    @Test
    void everyWrongBitOfTheIndexIsFoundAndItsLineNamedOrTheTailMovedAside() throws IOException {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        for (String text : List.of("one", "two", "three")) {
            store.write(kept(file, text));
        }
        Path index = index();
        byte[] whole = Files.readAllBytes(index);
        String text = new String(whole, UTF_8);
        int lastLine = text.lastIndexOf('\n', text.length() - 2) + 1;
        for (int at = 0; at < whole.length; at++) {
            byte[] bad = whole.clone();
            bad[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(index, bad);
            int line =
                    (int) text.substring(0, at).chars().filter(c -> c == '\n').count() + 1;
            try {
                store.history(file);
                assertThat(at).as("%s", seed).isGreaterThanOrEqualTo(lastLine - 1);
                store.write(kept(file, "three"));
                assertThat(lastTorn()).as("%s", seed).isNotEmpty();
                assertThat(new String(bad, UTF_8)).endsWith(new String(lastTorn(), UTF_8));
                clean(home.torn());
            } catch (BusException.Damaged e) {
                assertThat(e).as("%s", seed).hasMessageContaining("line " + line + " of " + index + " was altered");
                RejectedWrite refused = rejected(kept(file, "four"));
                assertThat(refused.reason()).isEqualTo(Reason.CHAIN_DAMAGED);
                assertThat(store.recover()).singleElement().asString().contains(index.toString());
                assertThat(store.check()).singleElement().asString().contains(index.toString());
                assertThat(Files.readAllBytes(index)).isEqualTo(bad);
                assertThat(file).hasContent("three");
            }
        }
    }

    @Test
    void aChainThatWasPutInThePlaceOfAnothersIsRefused() throws IOException {
        store.write(kept(file, "one"));
        Path index = index();
        Path other = root.resolve("work/b.json");
        Files.move(index, index.resolveSibling(Backups.id(other.toString()) + ".jsonl"));
        assertThat(rejected(kept(other, "x")).reason()).isEqualTo(Reason.CHAIN_DAMAGED);
        assertThat(other).doesNotExist();
    }

    @Test
    void theIndexCanBeProvenWithoutMirror() throws Exception {
        store.write(kept(file, "one"));
        Process proof = new ProcessBuilder(
                        "sh",
                        "-c",
                        "head -n 1 \"$1\" | tr -d '\\n' | tee /dev/stderr | head -c -75 | sha256sum",
                        "sh",
                        index().toString())
                .start();
        String hash = new String(proof.getInputStream().readAllBytes(), UTF_8).substring(0, 64);
        String line = new String(proof.getErrorStream().readAllBytes(), UTF_8);
        assertThat(line).endsWith(",\"hash\":\"" + hash + "\"}");
    }

    // ---- the real disk

    @Test
    void theRealDiskMakesFilesForTheOwnerAloneAndFollowsNoLinkInTheLastName() throws IOException {
        DiskCalls disk = new DiskCalls();
        Path made = root.resolve("x/y/made");
        disk.createFolders(root.resolve("x/y"));
        disk.create(made, "abc".getBytes(UTF_8), DiskCalls.OWNER_ONLY);
        disk.append(made, "def".getBytes(UTF_8));
        disk.truncate(made, 4);
        assertThat(made).hasContent("abcd");
        assertThat(mode(made)).isEqualTo("rw-------");
        assertThat(mode(root.resolve("x"))).isEqualTo("rwx------");
        Path wide = root.resolve("x/wide");
        disk.create(wide, new byte[0], PosixFilePermissions.fromString("rw-rw-rw-"));
        assertThat(mode(wide)).as("the umask does not apply").isEqualTo("rw-rw-rw-");

        Path link = Files.createSymbolicLink(root.resolve("x/link"), made);
        assertThat(disk.kind(link)).isEqualTo(FileCalls.Kind.LINK);
        assertThatThrownBy(() -> disk.append(link, new byte[] {1})).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> disk.truncate(link, 0)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> disk.create(link, new byte[] {1}, DiskCalls.OWNER_ONLY))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> disk.create(made, new byte[] {1}, DiskCalls.OWNER_ONLY))
                .isInstanceOf(IOException.class);
        assertThat(made).hasContent("abcd");
        FileStore real = store(disk, events::add);
        real.write(kept(made, "one"));
        real.write(kept(made, "two"));
        real.rollback(made, null, "owner", null);
        assertThat(made).hasContent("one");
    }
}
