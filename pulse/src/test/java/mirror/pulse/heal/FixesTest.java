package mirror.pulse.heal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import mirror.bus.DiskCalls;
import mirror.bus.Home;
import mirror.pulse.check.EnvironmentLook;
import mirror.pulse.check.Finding;
import mirror.pulse.check.LogsLook;
import mirror.pulse.supervise.LogKeeper;
import mirror.pulse.supervise.Remedies;
import mirror.pulse.supervise.Rotated;
import mirror.pulse.supervise.Tools;
import mirror.trust.Contracts;
import mirror.trust.DeviceKey;
import mirror.trust.Effect;
import mirror.trust.Signers;
import mirror.trust.shell.PathResolver;
import mirror.trust.shell.ShellContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each fix against the failure that it is for: it stays without the fix, and with it ends, and nothing else does. */
final class FixesTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Ward ward;

    @SuppressWarnings("NullAway.Init")
    private Contracts contracts;

    private final Services services = new Services();

    /** Services as they would be. */
    private static final class Services implements Remedies {
        final List<String> done = new ArrayList<>();
        final Map<String, Path> logs = new HashMap<>();
        final Map<String, List<String>> lost = new HashMap<>();

        @Nullable
        Path missing;

        @Nullable
        Holder holder;

        boolean leftover;
        Runnable onTry = () -> {};

        @Override
        public boolean mayRemedy(String who) {
            return true;
        }

        @Override
        public void tryNow(String name) {
            done.add("try " + name);
            onTry.run();
        }

        @Override
        public void remedy(String name, String reason) {
            done.add("restart " + name + ": " + reason);
            onTry.run();
        }

        @Override
        public Map<String, Path> logs() {
            return logs;
        }

        @Override
        public Optional<Rotated> rotate(String name, long least) {
            done.add("rotate " + name);
            return Optional.of(new Rotated(1, true));
        }

        @Override
        public Optional<Path> missingFolder(String name) {
            return Optional.ofNullable(missing).filter(path -> !Files.isDirectory(path));
        }

        @Override
        public Map<String, List<String>> lostVariables() {
            return lost;
        }

        @Override
        public Optional<Holder> portHolder(String name) {
            return Optional.ofNullable(holder);
        }

        @Override
        public boolean isLeftover(String name, Holder of) {
            return leftover;
        }

        @Override
        public boolean endLeftover(String name, Holder of) {
            done.add("end " + of.pid());
            return true;
        }
    }

    @BeforeEach
    void open() throws IOException {
        ward = new Ward(folder);
        Home home = new Home(folder);
        contracts = new Contracts(DeviceKey.load(home.keys().resolve("device.key")), ward.log.origin(), new Signers());
        Files.createDirectories(home.heals());
        Files.createDirectories(folder.resolve("bin"));
    }

    @AfterEach
    void close() {
        ward.close();
    }

    private HealFolder fixes() {
        String path = folder.resolve("bin") + ":/usr/bin:/bin";
        return new HealFolder(
                new Home(folder),
                folder,
                contracts,
                services,
                new Tools(folder, Map.of("PATH", path)),
                new ShellContext(folder, Map.of("HOME", folder.toString(), "PATH", path), PathResolver.onDisk()));
    }

    private void heal(String name, String yaml) throws IOException {
        Path file = Files.writeString(folder.resolve("heals").resolve(name + ".yaml"), yaml);
        Files.writeString(Contracts.signature(file), contracts.sign("heal", file), StandardCharsets.UTF_8);
    }

    private void turn() {
        ward.heals.clear();
        ward.heals.addAll(fixes().read().heals());
        ward.healer.turn();
    }

    private void script(String name, String text) throws IOException {
        Path file = Files.writeString(folder.resolve("bin").resolve(name), "#!/bin/sh\ncd " + folder + "\n" + text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private void checks(String check, java.util.function.Supplier<Finding> how) {
        ward.real.put(check, how);
        ward.look(check);
    }

    private Finding running(String file) {
        return Files.exists(folder.resolve(file)) ? Finding.ok("it runs") : Finding.failing("no process is called llm");
    }

    // ---- named failures

    /** The system killed it for memory at night, and what should have started it again says that all is well. */
    @ParameterizedTest
    @ValueSource(strings = {"docker", "systemctl", "launchctl"})
    void aModelServerThatWasKilledForMemoryAndNotStartedAgainIsStarted(String program) throws IOException {
        script(program, "echo \"$*\" >> calls\n[ \"$1\" = restart ] && touch running\nexit 0\n");
        checks("process:llm", () -> running("running"));
        turn();
        assertThat(ward.done).isEmpty();
        assertThat(ward.at("process:llm")).as("without a fix it stays so").isEqualTo(running("running"));
        heal("llm", "when: 'process:llm'\nrun: [" + program + ", restart, llm]\n");
        turn();
        assertThat(ward.results()).containsExactly("fixed");
        assertThat(folder.resolve("calls")).hasContent("restart llm");
    }

    /** It holds a unit for running whose process is dead: "start" does nothing, and whoever believes its exit code is wrong. */
    @Test
    void aFixThatEndsWellAndStartsNothingIsAFailedOneAndStopsAndAsks() throws IOException {
        script("systemctl", "echo \"$*\" >> calls\nexit 0\n");
        checks("process:llm", () -> running("running"));
        heal("llm", "when: 'process:llm'\nrun: [systemctl, start, llm]\ncooldown: 1m\n");
        for (int i = 0; i < 5; i++) {
            turn();
            ward.now = ward.now.plus(Duration.ofMinutes(2));
        }
        assertThat(ward.results()).containsExactly("failed", "failed");
        assertThat(ward.events("alarm.raised")).hasSize(1);
    }

    @Test
    void aProgramThatFailsIsAFailedFixAndWhatItWroteIsNotTold() throws IOException {
        script("mend", "echo password=hunter2; exit 3\n");
        checks("file:/x", () -> Finding.failing("it is not there"));
        heal("mend", "when: 'file:*'\nrun: [mend]\n");
        turn();
        assertThat(ward.events("heal.ended")).singleElement().satisfies(event -> {
            assertThat(event.text("found")).contains("mend ended with 3");
            assertThat(event.data().toString()).doesNotContain("hunter2");
        });
    }

    @Test
    void aDaemonThatLostAVariableIsRestartedAndItsValueIsNowhere() {
        services.lost.put("web", List.of("API_KEY"));
        services.onTry = () -> services.lost.put("web", List.of());
        EnvironmentLook look = new EnvironmentLook(services::lostVariables);
        checks("environment:web", () -> look.look().getOrDefault("web", Finding.unknown("")));
        assertThat(ward.at("environment:web").reason()).contains("has not the API_KEY");
        turn();
        assertThat(services.done).containsExactly("restart web: it has not the API_KEY that its file gives it");
        assertThat(ward.results()).containsExactly("fixed");
    }

    @Test
    void aVariableThatARestartDoesNotBringBackIsNotRestartedForForEver() {
        services.lost.put("web", List.of("API_KEY"));
        EnvironmentLook look = new EnvironmentLook(services::lostVariables);
        checks("environment:web", () -> look.look().getOrDefault("web", Finding.unknown("")));
        for (int i = 0; i < 10; i++) {
            turn();
            ward.now = ward.now.plus(Duration.ofMinutes(11));
        }
        assertThat(services.done).hasSize(2);
        assertThat(ward.events("alarm.raised")).hasSize(1);
    }

    @Test
    void aFolderThatIsGoneIsMadeAgainAndTheServiceStarted() {
        services.missing = folder.resolve("data/web");
        checks(
                "service:web",
                () -> Files.isDirectory(folder.resolve("data/web"))
                        ? Finding.ok("ready")
                        : Finding.failing("quarantined: its folder is not there"));
        turn();
        assertThat(services.done).containsExactly("try web");
        assertThat(folder.resolve("data/web")).isDirectory();
        assertThat(ward.results()).containsExactly("fixed");
    }

    @Test
    void aFileInThePlaceOfAFolderIsNotTouched() throws IOException {
        services.missing = Files.writeString(folder.resolve("web"), "precious");
        checks("service:web", () -> Finding.failing("quarantined"));
        turn();
        assertThat(services.done).isEmpty();
        assertThat(ward.events("heal.withheld").getFirst().text("reason")).contains("is no folder; move it away");
        assertThat(folder.resolve("web")).hasContent("precious");
    }

    /** Two services after one port: the second is told who has it, and the first goes on. */
    @Test
    void whoHoldsAPortAndIsNotTheServicesOwnIsNamedAndNeverFought() {
        services.holder =
                new Remedies.Holder(77, "b/1", "token/1/d", "port 8080 is held by the service api, process 77 (java)");
        checks("service:web", () -> Finding.failing("quarantined: port 8080 is held by process 77 (java)"));
        for (int i = 0; i < 5; i++) {
            turn();
            ward.now = ward.now.plus(Duration.ofHours(1));
        }
        assertThat(services.done).isEmpty();
        assertThat(ward.events("heal.withheld")).singleElement().satisfies(event -> {
            assertThat(event.text("reason")).contains("the service api", "give one of the two another port");
            assertThat(event.data().path("asks").asBoolean(false)).isTrue();
        });
    }

    @Test
    void whatIsLeftOfTheServiceItselfAndHoldsItsPortIsEnded() {
        boolean[] runs = new boolean[1];
        services.holder = new Remedies.Holder(77, "b/1", "token/1/d", "port 8080 is held by process 77 (java)");
        services.leftover = true;
        services.onTry = () -> runs[0] = true;
        checks(
                "service:web",
                () -> runs[0]
                        ? Finding.ok("ready")
                        : Finding.warning("backoff: it could not be started: port 8080 is held by process 77 (java)"));
        turn();
        assertThat(services.done).containsExactly("end 77", "try web");
        assertThat(ward.results()).containsExactly("fixed");
    }

    @Test
    void aServiceThatIsDownForAnotherReasonIsTheSupervisorsAndNotTheHealers() {
        checks("service:web", () -> Finding.failing("quarantined: it ended: exit code 1"));
        turn();
        assertThat(services.done).isEmpty();
        assertThat(ward.events("heal.begun")).isEmpty();
    }

    // ---- logs

    private LogFix logs(long least) {
        return new LogFix(services, new LogKeeper(folder, new DiskCalls()), folder, folder, least);
    }

    /** Two gigabytes, scaled: what is too large is a limit of the look. */
    @Test
    void aLogThatGrewTooLargeIsMadeSmallWhileItIsWrittenAndNoLineIsLost() throws Exception {
        Path file = folder.resolve("app.log");
        Process writer = new ProcessBuilder(
                        "sh",
                        "-c",
                        "i=0; while [ ! -e stop ]; do echo \"line $i of a log that grows\"; i=$((i+1));"
                                + " [ $i -gt 20000 ] && sleep 0.01; done")
                .directory(folder.toFile())
                .redirectOutput(ProcessBuilder.Redirect.appendTo(file.toFile()))
                .start();
        try {
            while (!Files.exists(file) || Files.size(file) < 580_000) {
                Thread.onSpinWait();
            }
            LogsLook look = new LogsLook(() -> List.of(file), () -> ward.now, 500_000);
            checks("log:" + file, () -> look.look().get(file.toString()));
            assertThat(ward.at("log:" + file).state()).isEqualTo(Finding.State.WARNING);
            ward.heals.add(Heal.builtIn("log", "log:*", logs(100_000)));
            ward.healer.turn();
            Files.createFile(folder.resolve("stop"));
            assertThat(writer.waitFor(1, TimeUnit.MINUTES)).isTrue();
        } finally {
            writer.destroyForcibly();
        }
        assertThat(ward.results()).containsExactly("fixed");
        assertThat(ward.events("heal.ended").getFirst().text("did")).contains("lost no line");
        List<String> lines = all(file);
        assertThat(lines).hasSizeGreaterThan(20_000);
        for (int i = 0; i < lines.size(); i++) {
            assertThat(lines.get(i)).isEqualTo("line " + i + " of a log that grows");
        }
        assertThat(Files.size(file))
                .as("the writer's own end of the file was not touched")
                .isGreaterThan(580_000);
    }

    /** Of the parts, oldest first, and of the file. */
    private List<String> all(Path file) throws IOException {
        List<String> lines = new ArrayList<>();
        for (int i = 100; i >= 1; i--) {
            Path part = file.resolveSibling("app.log.mirror-" + i);
            if (Files.exists(part)) {
                lines.addAll(Files.readAllLines(part));
            }
        }
        lines.addAll(new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
                .replace("\0", "")
                .lines()
                .toList());
        return lines;
    }

    @Test
    void aServiceThatFloodsItsLogIsNamedAndNotRestarted() throws IOException {
        Path file = Files.writeString(folder.resolve("web.log"), "x".repeat(200_000));
        services.logs.put("web", file);
        checks("log:" + file, () -> Finding.warning("it grows by 90 MB a minute"));
        ward.heals.add(Heal.builtIn("log", "log:*", logs(100_000)));
        for (int i = 0; i < 6; i++) {
            ward.healer.turn();
            ward.now = ward.now.plus(Duration.ofMinutes(11));
        }
        assertThat(services.done).containsExactly("rotate web", "rotate web");
        assertThat(ward.events("heal.begun").getFirst().text("does")).contains("the service web");
        assertThat(ward.events("alarm.raised"))
                .singleElement()
                .satisfies(alarm -> assertThat(alarm.text("text")).contains("90 MB a minute"));
    }

    @Test
    void errorsInALogAndSmallLogsAreNoReasonToPutItAside() throws IOException {
        Path large = Files.writeString(folder.resolve("large.log"), "x".repeat(200_000));
        Path small = Files.writeString(folder.resolve("small.log"), "x");
        assertThat(logs(100_000).plan("log:" + large, Finding.failing("40 lines with errors a minute")))
                .isInstanceOf(Fix.Plan.Nothing.class);
        assertThat(logs(100_000).plan("log:" + small, Finding.warning("it grows by 90 MB a minute")))
                .isInstanceOf(Fix.Plan.Nothing.class);
        services.logs.put("web", small);
        assertThat(logs(100_000).plan("log:" + small, Finding.warning("it grows by 90 MB a minute")))
                .as("what was put aside already is told of")
                .isInstanceOfSatisfying(
                        Fix.Plan.Ask.class,
                        plan -> assertThat(plan.why()).contains("the service web writes too much", "90 MB"));
    }

    @Test
    void aLogOfTheOwnersNeedsALeaseToWriteItAndMirrorsOwnOneForThat() throws IOException {
        Path own = Files.writeString(folder.resolve("own.log"), "x".repeat(200_000));
        Fix.Plan inHome = logs(1).plan("log:" + own, Finding.warning(""));
        assertThat(inHome)
                .isInstanceOfSatisfying(
                        Fix.Plan.Do.class,
                        plan -> assertThat(plan.effects()).containsExactly(new Effect.Machine("log " + own)));
        Fix.Plan elsewhere = new LogFix(
                        services, new LogKeeper(folder, new DiskCalls()), folder.resolve("home"), folder, 1)
                .plan("log:" + own, Finding.warning(""));
        assertThat(elsewhere).isInstanceOfSatisfying(Fix.Plan.Do.class, plan -> {
            assertThat(plan.needs()).containsExactly("write:" + own);
            assertThat(plan.effects()).containsExactly(new Effect.Write(own));
        });
    }

    // ---- the owner's files

    @Test
    void whatNobodySignedOrWasChangedSinceIsNoFix() throws IOException {
        Path file = Files.writeString(folder.resolve("heals/a.yaml"), "when: 'file:/x'\nrun: [rm, -rf, /]\n");
        assertThat(fixes().read().faults()).singleElement().asString().contains("a.yaml: it is not signed");
        heal("a", "when: 'file:/x'\nrun: ['true']\n");
        assertThat(fixes().read().faults()).isEmpty();
        Files.writeString(file, "when: '*'\nrun: [rm, -rf, /]\n");
        assertThat(fixes().read().faults()).singleElement().asString().contains("changed after it was signed");
        assertThat(fixes().read().heals()).noneMatch(each -> each.name().equals("a"));
    }

    @Test
    void allFaultsOfAFileAreToldAtOnce() throws IOException {
        heal("a", "when: '*'\nrun: [x]\nfolder: relative\nattempts: 0\nforce: true\n");
        heal("log", "when: 'log:/x'\nrestart: web\n");
        heal("b", "when: 'file:/x'\nfolder: relative\nwithin: 3s\n");
        List<String> faults = fixes().read().faults();
        assertThat(faults).hasSize(3);
        assertThat(faults.get(0))
                .contains("unknown key 'force'", "when must be the id of a check", "not run and folder")
                .contains("attempts must be a whole number");
        assertThat(faults.get(1)).contains("within is for run alone", "folder must be a path");
        assertThat(faults.get(2)).contains("log is a fix of Mirror's own");
        assertThat(fixes().read().heals()).hasSize(HealFolder.BUILT_IN.size()).allMatch(Heal::builtIn);
    }

    @Test
    void aFolderThatTheOwnerNamedIsMadeAndAServiceThatHeNamedIsRestarted() throws IOException {
        Path data = folder.resolve("in/box");
        heal("inbox", "when: 'file:" + data + "'\nfolder: " + data + "\n");
        heal("again", "when: 'process:llm'\nrestart: llm\nsettle: 1s\n");
        checks("file:" + data, () -> Files.exists(data) ? Finding.ok("") : Finding.failing("it is not there"));
        checks("process:llm", () -> services.done.isEmpty() ? Finding.failing("none") : Finding.ok("it runs"));
        turn();
        assertThat(data).isDirectory();
        assertThat(services.done).containsExactly("restart llm: a fix for process:llm restarts it");
        assertThat(ward.results()).containsExactly("fixed", "fixed");
    }

    @Test
    void theNamesOfMirrorsOwnFixesAreThoseThatThereAre() {
        assertThat(fixes().read().heals())
                .extracting(Heal::name)
                .containsExactlyInAnyOrderElementsOf(HealFolder.BUILT_IN);
    }
}
