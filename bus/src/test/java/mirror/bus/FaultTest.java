package mirror.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import mirror.bus.VerifyReport.Verdict;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Disks that fail: every single call of a log's life fails once, in every way a call can fail. */
class FaultTest {
    private static final String ORIGIN = "test-0badcafe";

    /** After a flush that failed anything may be on the disk: a good part of the possible images is looked at. */
    private static final int POWER_CUTS = 12;

    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-03-01T10:00:00Z"));

    private final Home home = new Home(Path.of("/home/owner/.mirror"));
    private final Path segment = home.chain(ORIGIN).resolve("000001.jsonl");
    private final NoteSigner signer = TestSigner.ofRfc8032();
    private final Seed seed = Seed.fresh();

    @BeforeAll
    static void remember() {
        CheapEd25519.install(TestSigner.ofRfc8032());
    }

    @AfterAll
    static void forget() {
        CheapEd25519.remove();
    }

    private EventLog open(Storage storage) {
        return EventLog.open(home, ORIGIN, storage, CLOCK, signer);
    }

    private VerifyReport verify(Storage storage) {
        return EventLog.verify(home, ORIGIN, storage, signer.key(ORIGIN));
    }

    private static Draft draft(String text) {
        return Draft.of("mirror.note.written.v1", "owner", Json.object().put("text", text));
    }

    private static Set<String> hashes(EventLog log) {
        Set<String> hashes = new HashSet<>();
        log.replay(1, event -> hashes.add(event.hash()));
        return hashes;
    }

    /** How much of a call has happened before it fails. */
    enum Extent {
        NOTHING,
        HALF,
        ALL
    }

    /** Lets the n-th call fail, and sees to it that nobody flushes again what a flush has failed to write. */
    private static final class Fault implements HookedStorage.Hook {
        private final int at;
        private final Extent extent;
        private final Set<Path> unflushed = new HashSet<>();
        private final List<String> flushedAgain = new ArrayList<>();
        private int calls;
        private @Nullable String failed;
        private @Nullable Path path;

        Fault(int at, Extent extent) {
            this.at = at;
            this.extent = extent;
        }

        @Override
        public synchronized @Nullable Object around(HookedStorage.Call call) throws IOException {
            calls++;
            if (call.name().equals("Appender.truncate") && call.arguments()[0] instanceof Long size && size == 0) {
                // Written anew from its first byte: what was not flushed is gone.
                unflushed.remove(call.path());
            }
            if (call.name().equals("Appender.force") && unflushed.contains(call.path())) {
                flushedAgain.add(call.path() + " at call " + calls);
            }
            if (calls != at) {
                return call.proceed();
            }
            failed = call.name();
            path = call.path();
            if (call.name().equals("Appender.force")) {
                unflushed.add(call.path());
            }
            if (extent == Extent.ALL) {
                closed(call.proceed());
            } else if (extent == Extent.HALF
                    && call.arguments().length == 1
                    && call.arguments()[0] instanceof ByteBuffer bytes) {
                int end = bytes.limit();
                bytes.limit(bytes.position() + bytes.remaining() / 2);
                call.proceed();
                bytes.limit(end);
            }
            throw new IOException("Input/output error");
        }

        /** An open that failed after all gives nobody a handle to close. */
        private static void closed(@Nullable Object result) throws IOException {
            if (result instanceof Storage.Appender appender) {
                appender.close();
            } else if (result instanceof Storage.Reader reader) {
                reader.close();
            }
        }
    }

    /** What a log's owner does with it, come what may, and what the log has promised. */
    private final class Life {
        private final Fault fault;
        private final Storage storage;
        private final Set<String> acknowledged = new HashSet<>();
        private final List<String> refusals = new ArrayList<>();
        private volatile Instant now = Instant.parse("2026-03-01T10:00:00Z");

        Life(SimStorage disk, Fault fault) {
            this.fault = fault;
            storage = HookedStorage.over(disk, fault);
        }

        void play() {
            attempt(() -> {
                EventLog log = EventLog.open(home, ORIGIN, storage, () -> now, signer);
                try {
                    append(log, draft("a"));
                    append(log, draft("b"), draft("c"));
                    attempt(() -> log.read(1, 10));
                    now = Instant.parse("2026-04-01T10:00:00Z");
                    append(log, draft("d"));
                    append(log, draft("e".repeat(EventLog.INLINE_LIMIT)));
                    append(log, draft("e".repeat(EventLog.INLINE_LIMIT)));
                    attempt(() -> log.read(1, 10));
                    append(log, draft("f"));
                } finally {
                    log.close();
                }
            });
        }

        private void append(EventLog log, Draft... drafts) {
            attempt(() -> log.append(List.of(drafts)).forEach(event -> acknowledged.add(event.hash())));
        }

        /** The log may say no, with its own exception and with nothing else. */
        private void attempt(Runnable step) {
            try {
                step.run();
            } catch (BusException e) {
                refusals.add(String.valueOf(e.getMessage()));
            }
        }

        @Override
        public String toString() {
            return fault.failed + " of " + fault.path + " failed (call " + fault.at + ", done: " + fault.extent + "); "
                    + refusals;
        }
    }

    @ParameterizedTest
    @EnumSource(Extent.class)
    void whicheverCallFailsWhatWasAcknowledgedIsThereAfterARestart(Extent extent) {
        eachCall(extent, disk -> {});
    }

    @ParameterizedTest
    @EnumSource(Extent.class)
    void whicheverCallOfARecoveryFailsWhatWasAcknowledgedIsThereAfterARestart(Extent extent) {
        eachCall(extent, disk -> {
            try (EventLog log = open(disk)) {
                log.append(draft("before"));
            }
            torn(disk, segment);
            torn(disk, home.chain(ORIGIN).resolve("checkpoints"));
        });
    }

    private static void torn(SimStorage disk, Path file) {
        byte[] bytes = disk.get(file);
        disk.put(file, java.util.Arrays.copyOf(bytes, bytes.length + 700));
    }

    private void eachCall(Extent extent, Consumer<SimStorage> before) {
        int calls = 0;
        RandomGenerator random = seed.random();
        for (int n = 1; ; n++) {
            SimStorage disk = new SimStorage();
            before.accept(disk);
            Fault fault = new Fault(n, extent);
            Life life = new Life(disk, fault);
            life.play();
            if (fault.failed == null) {
                break;
            }
            calls++;
            assertThat(fault.flushedAgain).as("%s: flushed again", life).isEmpty();
            if (!fault.failed.endsWith(".close")) {
                assertThat(disk.open()).as("%s: left open", life).isEmpty();
            }
            if (fault.failed.equals("Appender.force")
                    && home.chain(ORIGIN).equals(parent(fault))
                    && !life.acknowledged.isEmpty()) {
                assertThat(life.refusals).as("%s", life).allMatch(message -> message.contains("restart"));
            }
            if (fault.failed.equals("Appender.force")) {
                for (int i = 0; i < POWER_CUTS; i++) {
                    restarted(life, disk.crash(random), "after power cut " + i);
                }
            }
            restarted(life, disk.crash(random), "after a power cut");
            restarted(life, disk.crashedToWhatWasForced(), "after a power cut, at worst");
            restarted(life, disk, "restarted");
            restarted(life, disk.crashedToWhatWasForced(), "restarted, and then after a power cut");
        }
        assertThat(calls).isGreaterThan(40);
    }

    private static @Nullable Path parent(Fault fault) {
        return fault.path == null ? null : fault.path.getParent();
    }

    private void restarted(Life life, SimStorage disk, String how) {
        try (EventLog log = open(disk)) {
            assertThat(hashes(log)).as("%s, %s, %s", seed, life, how).containsAll(life.acknowledged);
            log.append(draft("and on"));
        } catch (BusException e) {
            throw new AssertionError(seed + ", " + life + ", " + how + ": does not open", e);
        }
        VerifyReport report = verify(disk);
        assertThat(report.verdict())
                .as("%s, %s, %s, %s", seed, life, how, report.findings())
                .isEqualTo(Verdict.INTACT);
        for (Path file : disk.paths()) {
            if (file.startsWith(home.blobs()) && !file.toString().endsWith(".tmp")) {
                assertThat(AtomicFiles.digest(disk.get(file))).isEqualTo(String.valueOf(file.getFileName()));
            }
        }
    }

    @Test
    void afterAFailedFlushCallersHearThatTheirEventsFateIsUnknownAndLaterOnesToRestart() {
        SimStorage disk = new SimStorage();
        try (EventLog log = open(disk)) {
            disk.failForce(0);
            assertThatThrownBy(() -> log.append(draft("unknown")))
                    .isInstanceOf(BusException.NotDurable.class)
                    .hasMessageContaining("will be known after a restart");
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> log.append(draft("refused")))
                        .isInstanceOf(BusException.NotDurable.class)
                        .hasMessageContaining("is not in the log")
                        .hasMessageContaining("restart Mirror");
            }
        }
        try (EventLog log = open(disk)) {
            List<String> texts = new ArrayList<>();
            log.replay(1, event -> texts.add(event.text("text")));
            assertThat(texts).doesNotContain("refused");
        }
    }

    @Test
    void whatWasRefusedOnAFullDiskDoesNotComeBackAfterAPowerCut() {
        SimStorage disk = new SimStorage();
        try (EventLog log = open(disk)) {
            log.append(draft("kept"));
            disk.failWrite(0);
            assertThatThrownBy(() -> log.append(List.of(draft("refused"), draft("refused too"))))
                    .hasMessageContaining("is not in the log")
                    .hasMessageContaining("No space left on device");
            disk.crash().each(seed.value(), path -> false, image -> {
                try (EventLog after = open(new SimStorage(image))) {
                    assertThat(after.read(1, 10))
                            .as("%s", seed)
                            .noneMatch(event -> event.text("text").startsWith("refused"));
                }
            });
        }
    }

    @Test
    void aDiskWithoutRoomForANewSegmentRefusesEventsUntilThereIsRoom() {
        SimStorage disk = new SimStorage();
        boolean[] full = {false};
        Storage storage = HookedStorage.over(disk, call -> {
            if (call.name().equals("Storage.append") && full[0]) {
                throw new IOException("No space left on device");
            }
            return call.proceed();
        });
        Instant[] now = {Instant.parse("2026-03-01T10:00:00Z")};
        try (EventLog log = EventLog.open(home, ORIGIN, storage, () -> now[0], signer)) {
            log.append(draft("kept"));
            now[0] = Instant.parse("2026-04-01T10:00:00Z");
            full[0] = true;
            assertThatThrownBy(() -> log.append(draft("refused")))
                    .isInstanceOf(BusException.NotDurable.class)
                    .hasMessageContaining("is not in the log")
                    .hasMessageContaining("No space left on device");
            assertThat(log.trouble()).isNull();
            full[0] = false;
            assertThat(log.append(draft("after")).seq()).isEqualTo(3);
        }
        assertThat(verify(disk).verdict()).isEqualTo(Verdict.INTACT);
        assertThat(disk.paths()).anyMatch(path -> path.endsWith("000002.jsonl"));
    }

    @Test
    void aBlobThatAnAcknowledgedEventNamesSurvivesAlthoughItsFirstWriterFailed() {
        SimStorage disk = new SimStorage();
        String large = "x".repeat(EventLog.INLINE_LIMIT);
        boolean[] failing = {true};
        Storage storage = HookedStorage.over(disk, call -> {
            if (call.name().equals("Storage.forceDirectory") && call.path().equals(home.blobs()) && failing[0]) {
                failing[0] = false;
                throw new IOException("Input/output error");
            }
            return call.proceed();
        });
        try (EventLog log = open(storage)) {
            assertThatThrownBy(() -> log.append(draft(large))).isInstanceOf(BusException.NotDurable.class);
            Path blob = home.blobs()
                    .resolve(BlobRef.of(log.append(draft(large))).orElseThrow().hash());
            assertThat(disk.crashedToWhatWasForced().paths()).contains(blob);
        }
    }

    /** What Linux does: after a failed flush the pages count as clean, can be read, and are never written (see fsync(2), "fsyncgate"). */
    @Test
    void eventsThatOnlyThePageCacheHoldsAfterAFailedFlushAreNotBuiltUpon() {
        SimStorage disk = new SimStorage();
        try (EventLog log = open(disk)) {
            log.append(draft("kept"));
            disk.failForceAndDropPages(0);
            assertThatThrownBy(() -> log.append(draft("only in memory"))).isInstanceOf(BusException.NotDurable.class);
        }
        String after;
        try (EventLog log = open(disk)) {
            after = log.append(draft("after the restart")).hash();
        }
        SimStorage image = disk.crashedToWhatWasForced();
        try (EventLog log = open(image)) {
            assertThat(hashes(log)).contains(after);
        }
        assertThat(verify(image).verdict()).isEqualTo(Verdict.INTACT);
    }

    @Test
    void anEventThatCannotBeReadIsTheLogsOwnException() {
        SimStorage disk = new SimStorage();
        boolean[] failing = {false};
        Storage storage = HookedStorage.over(disk, call -> {
            if (failing[0] && call.name().startsWith("Reader.read")) {
                throw new IOException("Input/output error");
            }
            return call.proceed();
        });
        try (EventLog log = open(storage)) {
            failing[0] = true;
            assertThatThrownBy(() -> log.read(1, 1))
                    .isInstanceOf(BusException.class)
                    .hasMessageContaining("000001.jsonl")
                    .hasMessageContaining("Input/output error");
            failing[0] = false;
            assertThat(log.read(1, 1)).hasSize(1);
        }
        assertThat(disk.open()).isEmpty();
    }

    @Test
    void aLogWhoseLastCheckpointCannotBeWrittenStillClosesItsFiles() {
        SimStorage disk = new SimStorage();
        EventLog log = open(disk);
        log.append(draft("x"));
        disk.powerOff();
        log.close();
        assertThat(disk.open()).isEmpty();
    }

    @Test
    void aLogThatCannotBeOpenedLeavesNoFileOpen() {
        SimStorage disk = new SimStorage();
        disk.failForce(1);
        assertThatThrownBy(() -> open(disk)).isInstanceOf(BusException.class);
        assertThat(disk.open()).isEmpty();
    }
}
