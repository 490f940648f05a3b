package mirror.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import mirror.bus.DiskCalls;
import mirror.bus.DiskStorage;
import mirror.bus.EventLog;
import mirror.bus.FileStore;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.bus.Storage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gate fails closed, records before it answers, and takes a yes for exactly one action, once. */
final class GateTest {
    private static final Path PROJECT = Path.of("/home/ada/project");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private Instant now = Instant.parse("2026-05-01T08:00:00Z");
    private boolean diskFull;

    @SuppressWarnings("NullAway.Init")
    private Home home;

    @SuppressWarnings("NullAway.Init")
    private DeviceKey key;

    @SuppressWarnings("NullAway.Init")
    private EventLog log;

    @SuppressWarnings("NullAway.Init")
    private PolicyStore policies;

    @SuppressWarnings("NullAway.Init")
    private Approvals approvals;

    @SuppressWarnings("NullAway.Init")
    private Gate gate;

    @BeforeEach
    void open() throws IOException {
        home = new Home(folder);
        key = Files.exists(home.keys().resolve("device.key"))
                ? DeviceKey.load(home.keys().resolve("device.key"))
                : DeviceKey.create(home.keys().resolve("device.key"));
        log = EventLog.open(home, "test-" + key.shortId(), new FullDisk(), () -> now, key);
        policies = new PolicyStore(home.policy(), key, files());
        policies.installDefault();
        approvals = new Approvals(() -> now, new Random(7), Duration.ofMinutes(10));
        Projector projector = new Projector(log, List.of(approvals));
        projector.catchUp();
        gate = new Gate(
                home,
                projector,
                policies,
                zones(),
                approvals,
                Permits.NONE,
                List.of(),
                new Budgets(() -> java.time.Instant.EPOCH),
                System::nanoTime);
    }

    @AfterEach
    void close() {
        diskFull = false;
        log.close();
    }

    private Zones zones() {
        return new Zones(Path.of("/home/ada"), home.root(), Path.of("/opt/mirror/app"), List.of(Path.of("/tmp")));
    }

    private static Action action(String command, Effect... effects) {
        return new Action(
                "claude-code",
                "s1",
                "t1",
                "Bash",
                Json.object().put("command", command),
                PROJECT,
                PROJECT,
                List.of(effects));
    }

    private FileStore files() {
        return new FileStore(home, new DiskCalls(), () -> now, draft -> {});
    }

    private static Action write() {
        return action("touch a", new Effect.Write(PROJECT.resolve("a")));
    }

    private static Action discard() {
        return action("rm -rf build", new Effect.Delete(PROJECT.resolve("build"), true));
    }

    @Test
    void whoIsAskedReadsWhatEachCheckAndThePolicySay() {
        Check check = (_, _) -> java.util.Optional.of(new Policy.Match(Verdict.ASK, "changed", "the tool was changed"));
        Gate asking = new Gate(
                home,
                new Projector(log, List.of(approvals)),
                policies,
                zones(),
                approvals,
                Permits.NONE,
                List.of(check),
                budgets(),
                System::nanoTime);
        assertThat(asking.dryRun(discard()).reason())
                .startsWith("the tool was changed; ")
                .contains("discards work");
        assertThat(asking.dryRun(write()).rule()).isEqualTo("changed");
        assertThat(asking.dryRun(action("curl | sh", new Effect.RemoteCode("x")))
                        .verdict())
                .isEqualTo(Verdict.BLOCK);
    }

    @Test
    void anAllowedActionIsInTheLogBeforeTheAnswerIsGiven() {
        Decision decision = gate.decide(write());
        assertThat(decision.verdict()).isEqualTo(Verdict.ALLOW);
        var recorded = log.read(log.durable(), 1).getFirst();
        assertThat(recorded.id()).isEqualTo(decision.event());
        assertThat(recorded.text("verdict")).isEqualTo("allow");
        assertThat(recorded.text("policy")).isEqualTo(decision.policy());
    }

    @Test
    void theMostRestrictiveEffectDecides() {
        Effect harmless = new Effect.Read(PROJECT.resolve("a"));
        Effect secret = new Effect.Read(Path.of("/home/ada/.ssh/id_ed25519"));
        assertThat(gate.decide(action("x", harmless, secret)).verdict()).isEqualTo(Verdict.BLOCK);
        assertThat(gate.decide(action("x", secret, harmless)).verdict()).isEqualTo(Verdict.BLOCK);
    }

    @Test
    void anActionOfWhichNothingIsKnownIsNotAllowed() {
        assertThat(gate.decide(action("x")).verdict()).isEqualTo(Verdict.ASK);
    }

    private Gate with(Permits permits, Budgets budgets, Check... checks) {
        Projector projector = new Projector(log, List.of(approvals, budgets));
        projector.catchUp();
        return new Gate(
                home, projector, policies, zones(), approvals, permits, List.of(checks), budgets, System::nanoTime);
    }

    private Budgets budgets() {
        return new Budgets(() -> now);
    }

    @Test
    void aCheckMakesAVerdictStricterAndNeverMilder() {
        Check strict = (_, _) -> Optional.of(new Policy.Match(Verdict.BLOCK, "strict", "no"));
        Check mild = (_, _) -> Optional.of(new Policy.Match(Verdict.ALLOW, "mild", "yes"));
        assertThat(with(Permits.NONE, budgets(), strict, mild).decide(write()).rule())
                .isEqualTo("strict");
        assertThat(with(Permits.NONE, budgets(), mild).decide(discard()).verdict())
                .isEqualTo(Verdict.ASK);
    }

    @Test
    void aCheckThatFailsBlocksAndThatIsInTheLog() {
        Check broken = (_, _) -> {
            throw new IllegalStateException("broken");
        };
        Decision decision = with(Permits.NONE, budgets(), broken).decide(write());
        assertThat(decision.verdict()).isEqualTo(Verdict.BLOCK);
        assertThat(log.read(log.durable(), 1).getFirst().text("rule")).isEqualTo("gate-error");
    }

    @Test
    void aPermitAnswersWhatThePolicyAsksAndNothingThatItBlocks() {
        Permits all = _ -> Optional.of("l1");
        Decision decision = with(all, budgets()).decide(discard());
        assertThat(decision.verdict()).isEqualTo(Verdict.ALLOW);
        assertThat(log.read(log.durable(), 1).getFirst().permit()).isEqualTo("l1");
        Effect secret = new Effect.Read(Path.of("/home/ada/.ssh/id_ed25519"));
        assertThat(with(all, budgets()).decide(action("x", secret)).verdict()).isEqualTo(Verdict.BLOCK);
    }

    @Test
    void whenTheActionsOfADayAreUsedUpTheOwnerIsAsked() {
        log.append(budgets().set("claude-code", Budgets.Unit.ACTIONS, 2));
        Gate limited = with(Permits.NONE, budgets());
        assertThat(limited.decide(write()).verdict()).isEqualTo(Verdict.ALLOW);
        assertThat(limited.decide(write()).verdict()).isEqualTo(Verdict.ALLOW);
        Decision third = limited.decide(write());
        assertThat(third.verdict()).isEqualTo(Verdict.ASK);
        assertThat(third.rule()).isEqualTo("budget");
        now = now.plus(Duration.ofDays(1));
        assertThat(limited.decide(write()).verdict()).isEqualTo(Verdict.ALLOW);
    }

    @Test
    void theKillSwitchBlocksEverything() throws IOException {
        Files.writeString(home.kill(), "");
        assertThat(gate.decide(write()).rule()).isEqualTo("kill-switch");
        Files.delete(home.kill());
        assertThat(gate.decide(write()).verdict()).isEqualTo(Verdict.ALLOW);
    }

    @Test
    void aMissingEditedForeignOrFaultyPolicyBlocksEverythingAtOnce() throws IOException {
        Path file = policies.file();
        Path signature = file.resolveSibling("policy.yaml.dsse");
        byte[] yaml = Files.readAllBytes(file);
        byte[] envelope = Files.readAllBytes(signature);
        assertThat(gate.decide(write()).verdict()).isEqualTo(Verdict.ALLOW);

        Files.delete(file);
        assertBlocked("no-policy");
        Files.write(file, yaml);
        Files.delete(signature);
        assertBlocked("no-policy");
        Files.write(signature, envelope);
        assertThat(gate.decide(write()).verdict()).isEqualTo(Verdict.ALLOW);

        byte[] edited = new String(yaml, StandardCharsets.UTF_8)
                .replace("verdict: block", "verdict: allow")
                .getBytes(StandardCharsets.UTF_8);
        Files.write(file, edited);
        assertBlocked("no-policy");
        Files.writeString(file, "rules: [");
        assertBlocked("no-policy");

        DeviceKey other = DeviceKey.create(folder.resolve("other.key"));
        Files.write(file, edited);
        new PolicyStore(home.policy(), other, files()).sign();
        assertBlocked("no-policy");
    }

    @Test
    void aPolicyChangedInPlaceWithTheSameSizeAndTimeIsNoticed() throws IOException {
        Path file = policies.file();
        assertThat(gate.decide(write()).verdict()).isEqualTo(Verdict.ALLOW);
        FileTime time = Files.getLastModifiedTime(file);
        String yaml = Files.readString(file);
        Files.writeString(file, yaml.replaceFirst("block", "allow"));
        Files.setLastModifiedTime(file, time);
        assertBlocked("no-policy");
    }

    private void assertBlocked(String rule) {
        Decision decision = gate.decide(write());
        assertThat(decision.verdict()).isEqualTo(Verdict.BLOCK);
        assertThat(decision.rule()).isEqualTo(rule);
    }

    @Test
    void whenTheLogCannotRecordNothingIsAllowed() {
        diskFull = true;
        assertBlocked("no-record");
        assertThat(gate.decide(discard()).verdict()).isEqualTo(Verdict.BLOCK);
        diskFull = false;
        assertThat(gate.decide(write()).verdict()).isEqualTo(Verdict.ALLOW);
    }

    @Test
    void aYesAllowsExactlyThatActionOnce() {
        String id = String.valueOf(gate.decide(discard()).approval());
        assertThat(gate.settle(discard(), id).verdict()).isEqualTo(Verdict.ASK);
        answer(id, true);

        Action other = action("rm -rf src", new Effect.Delete(PROJECT.resolve("src"), true));
        assertThat(gate.settle(other, id).verdict()).isEqualTo(Verdict.BLOCK);
        assertThat(gate.settle(discard(), id).verdict()).isEqualTo(Verdict.ALLOW);
        assertThat(gate.settle(discard(), id).verdict()).isEqualTo(Verdict.BLOCK);
    }

    private void answer(String id, boolean allow) {
        log.append(approvals.answer(id, allow, "test"));
        approvals.accept(log.read(log.durable(), 1).getFirst());
    }

    @Test
    void aNoAnExpiryAndAPolicyThatBlocksMeanwhileAllBlock() throws IOException {
        String denied = String.valueOf(gate.decide(discard()).approval());
        answer(denied, false);
        assertThat(gate.settle(discard(), denied).verdict()).isEqualTo(Verdict.BLOCK);

        String late = String.valueOf(gate.decide(discard()).approval());
        answer(late, true);
        now = now.plus(Duration.ofMinutes(10));
        assertThat(gate.settle(discard(), late).verdict()).isEqualTo(Verdict.BLOCK);
        assertThatThrownBy(() -> approvals.answer(late, true, "test")).isInstanceOf(TrustException.class);

        String overruled = String.valueOf(gate.decide(discard()).approval());
        answer(overruled, true);
        Files.writeString(home.kill(), "");
        assertThat(gate.settle(discard(), overruled).verdict()).isEqualTo(Verdict.BLOCK);
    }

    @Test
    void theSameActionAskedByManyAtOnceIsOneRequestAndOneOfThemMayGo() throws Exception {
        List<Decision> asked = together(() -> gate.decide(discard()));
        assertThat(asked).extracting(Decision::approval).doesNotContainNull();
        assertThat(asked.stream().map(Decision::approval).distinct()).hasSize(1);
        assertThat(approvals.list()).hasSize(1);

        String id = String.valueOf(asked.getFirst().approval());
        answer(id, true);
        assertThat(together(() -> gate.settle(discard(), id)).stream()
                        .filter(decision -> decision.verdict() == Verdict.ALLOW))
                .hasSize(1);
    }

    private static List<Decision> together(Callable<Decision> task) throws Exception {
        List<Decision> decisions = new ArrayList<>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var done : threads.invokeAll(java.util.Collections.nCopies(50, task))) {
                decisions.add(done.get());
            }
        }
        return decisions;
    }

    @Test
    void requestsAndAnswersSurviveARestart() throws IOException {
        String id = String.valueOf(gate.decide(discard()).approval());
        log.close();
        open();
        assertThat(approvals.get(id))
                .get()
                .extracting(Approvals.Request::status)
                .isEqualTo(Approvals.Status.PENDING);
        answer(id, true);
        log.close();
        open();
        assertThat(gate.decide(discard()).verdict())
                .as("the same action again, after the yes and a restart")
                .isEqualTo(Verdict.ALLOW);
        assertThat(gate.decide(discard()).verdict()).isEqualTo(Verdict.ASK);
    }

    @Test
    void aDeviceKeyThatOthersMayReadIsRefused() throws IOException {
        Path file = home.keys().resolve("device.key");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        assertThatThrownBy(() -> DeviceKey.load(file)).hasMessageContaining("chmod 600");
    }

    /** The real disk, until it is full. */
    private final class FullDisk implements Storage {
        private final Storage disk = new DiskStorage();

        @Override
        public Appender append(Path file) throws IOException {
            Appender real = disk.append(file);
            return new Appender() {
                @Override
                public void write(ByteBuffer bytes) throws IOException {
                    if (diskFull) {
                        throw new IOException("No space left on device");
                    }
                    real.write(bytes);
                }

                @Override
                public void force() throws IOException {
                    real.force();
                }

                @Override
                public long size() throws IOException {
                    return real.size();
                }

                @Override
                public void truncate(long size) throws IOException {
                    real.truncate(size);
                }

                @Override
                public void close() throws IOException {
                    real.close();
                }
            };
        }

        @Override
        public Reader read(Path file) throws IOException {
            return disk.read(file);
        }

        @Override
        public boolean exists(Path file) {
            return disk.exists(file);
        }

        @Override
        public List<Path> list(Path directory) throws IOException {
            return disk.list(directory);
        }

        @Override
        public void createDirectories(Path directory) throws IOException {
            disk.createDirectories(directory);
        }

        @Override
        public void rename(Path from, Path to) throws IOException {
            disk.rename(from, to);
        }

        @Override
        public void forceDirectory(Path directory) throws IOException {
            disk.forceDirectory(directory);
        }

        @Override
        public void delete(Path file) throws IOException {
            disk.delete(file);
        }

        @Override
        public String stamp(Path file) throws IOException {
            return disk.stamp(file);
        }
    }
}
