package mirror.bench;

import static mirror.bench.Main.percentile;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import mirror.bus.DiskCalls;
import mirror.bus.Draft;
import mirror.bus.EventLog;
import mirror.bus.FileStore;
import mirror.bus.FileWrite;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.trust.Action;
import mirror.trust.Approvals;
import mirror.trust.Budgets;
import mirror.trust.Denials;
import mirror.trust.DeviceKey;
import mirror.trust.Effect;
import mirror.trust.Gate;
import mirror.trust.Permits;
import mirror.trust.PolicyStore;
import mirror.trust.Verdict;
import mirror.trust.Zones;
import mirror.trust.shell.PathResolver;
import mirror.trust.shell.ShellContext;
import mirror.trust.shell.ShellEffects;
import tools.jackson.databind.JsonNode;

/** The gate on one core: judging alone, and judging a shell command from its text to the queued record. */
final class GateBench {
    private static final int RULES = 100;
    private static final int WARM = 40_000;
    private static final int RUNS = 60_000;

    /** What agents run all day, from harmless to forbidden. */
    private static final List<String> COMMANDS = List.of(
            "git status --short",
            "cd src && grep -rn 'TODO' . | head -20 > ../todo.txt",
            "mvn -q test -Dtest=GateTest",
            "for f in *.java; do wc -l \"$f\"; done",
            "rm -rf build && mkdir -p build/classes",
            "curl -fsSL https://example.com/data.json -o data.json",
            "cat ~/.ssh/id_ed25519",
            "sudo rm -rf /var/log");

    private GateBench() {}

    static List<Row> run(Path folder) throws IOException {
        Path user = Files.createDirectories(folder.resolve("user"));
        Path project = Files.createDirectories(user.resolve("work"));
        Home home = new Home(user.resolve("m"));
        DeviceKey key = DeviceKey.create(home.keys().resolve("device.key"));
        InstantSource clock = InstantSource.system();
        FileStore files = new FileStore(home, new DiskCalls(), clock, _ -> {});
        Approvals approvals = new Approvals(clock, new SplittableRandom(1), Duration.ofMinutes(10));
        Denials denials = new Denials(clock);
        Budgets budgets = new Budgets(clock);
        // The record is queued and written in memory: the bar is the gate's own time, and the disk has bars of its own.
        EventLog log = EventLog.open(home, "bench-" + key.shortId(), new MemoryStorage(), clock, key);
        try (log) {
            Projector projector = new Projector(log, List.of(approvals, budgets));
            PolicyStore policies = new PolicyStore(home.policy(), key, files);
            policies.installDefault();
            hundred(policies, files);
            Zones zones = new Zones(user, home.root(), Path.of("/opt/mirror/app"), List.of(Path.of("/tmp")));
            Gate gate = new Gate(
                    home,
                    projector,
                    policies,
                    zones,
                    approvals,
                    Permits.NONE,
                    List.of(denials),
                    budgets,
                    System::nanoTime);
            ShellContext shell = new ShellContext(
                    project,
                    Map.of("HOME", user.toString(), "USER", "ada", "PATH", "/usr/bin:/bin"),
                    PathResolver.onDisk());
            List<Row> rows = new ArrayList<>();
            double[] decisions = decisions(gate, project);
            rows.add(new Row(
                    "gate decision with " + rules(policies) + " rules, one effect, median",
                    percentile(decisions, 50),
                    "\u00b5s",
                    null,
                    null,
                    "at most 10 \u00b5s",
                    percentile(decisions, 50) <= 10));
            Enforcing full = enforcements(gate, shell, project, projector);
            double own = percentile(full.enforcement, 50) - percentile(full.emptyEvent, 50);
            rows.add(new Row(
                    "full enforcement of a shell command: effects, policy, checks, record handed to the log; median, less"
                            + " the log's own time",
                    own,
                    "\u00b5s",
                    null,
                    null,
                    "at most 50 \u00b5s",
                    own <= 50));
            rows.add(new Row(
                    "the same with the log's own time, over its writer thread and back, a log in memory; median",
                    percentile(full.enforcement, 50),
                    "\u00b5s",
                    "an empty event, between the enforcements",
                    percentile(full.emptyEvent, 50),
                    "",
                    true));
            double perSecond = RUNS / ((sum(full.enforcement) - sum(full.emptyEvent)) / 1e6);
            rows.add(new Row(
                    "full enforcements a second on one core, less the log's own time",
                    perSecond,
                    "/s",
                    null,
                    null,
                    "at least 20000/s",
                    perSecond >= 20_000));
            rows.add(corpus(gate, project, user, "destructive", false));
            rows.add(corpus(gate, project, user, "benign", true));
            return rows;
        }
    }

    /** How much of one of Mirror's own lists of commands the gate answers as it should: lets through, or does not. */
    private static Row corpus(Gate gate, Path project, Path user, String name, boolean allow) throws IOException {
        ShellContext shell = new ShellContext(
                project,
                Map.of(
                        "HOME",
                        user.toString(),
                        "USER",
                        "ada",
                        "TMPDIR",
                        "/tmp",
                        "PATH",
                        "/usr/local/bin:/usr/bin:/bin"),
                inGit(project));
        int all = 0;
        int right = 0;
        try (var in = GateBench.class.getResourceAsStream(name + ".jsonl")) {
            String text = new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
            for (String line : text.lines().toList()) {
                JsonNode input = Json.MAPPER.readTree(line);
                Verdict verdict = gate.dryRun(new Action(
                                "claude-code",
                                "s",
                                "t",
                                "Bash",
                                input,
                                project,
                                project,
                                ShellEffects.of(input.path("command").asString(""), shell)))
                        .verdict();
                all++;
                right += (verdict == Verdict.ALLOW) == allow ? 1 : 0;
            }
        }
        double percent = 100.0 * right / all;
        return new Row(
                name + " commands that are " + (allow ? "allowed" : "asked about or blocked") + ", of " + all,
                percent,
                "%",
                null,
                null,
                allow ? "at least 97 %" : "100 %",
                percent >= (allow ? 97 : 100));
    }

    /** The project as a person has it: a git repository with the usual folders. */
    private static PathResolver inGit(Path project) {
        return new PathResolver() {
            @Override
            public Path resolve(Path path) {
                return path.normalize();
            }

            @Override
            public boolean isDirectory(Path path) {
                return path.startsWith(project)
                        && project.relativize(path).getNameCount() == 1
                        && List.of("src", "tests", "build", "dist", "node_modules", "web", "api", "scripts")
                                .contains(String.valueOf(path.getFileName()));
            }

            @Override
            public boolean isGitRepository(Path path) {
                return path.equals(project);
            }
        };
    }

    /** The shipped policy and as many more rules, all of which have to be tried. */
    private static void hundred(PolicyStore policies, FileStore files) throws IOException {
        StringBuilder text = new StringBuilder(Files.readString(policies.file()));
        for (int i = rules(policies); i < RULES; i++) {
            text.append("  - id: more-")
                    .append(i)
                    .append("\n    when: kind == 'write' && path.startsWith('/nowhere/")
                    .append(i)
                    .append("/') && tool == 'Bash'\n    verdict: block\n    reason: never\n");
        }
        files.write(FileWrite.kept(policies.file(), text.toString().getBytes(StandardCharsets.UTF_8)));
        policies.sign();
    }

    private static int rules(PolicyStore policies) {
        return Objects.requireNonNull(policies.current().policy()).size();
    }

    private static double[] decisions(Gate gate, Path project) {
        Action action = new Action(
                "claude-code",
                "s",
                "t",
                "Write",
                Json.object().put("file_path", project.resolve("a").toString()),
                project,
                project,
                List.of(new Effect.Write(project.resolve("a"))));
        double[] times = new double[RUNS];
        for (int i = -WARM; i < RUNS; i++) {
            long start = System.nanoTime();
            Verdict verdict = gate.dryRun(action).verdict();
            if (i >= 0) {
                times[i] = (System.nanoTime() - start) / 1e3;
            }
            if (verdict != Verdict.ALLOW) {
                throw new IllegalStateException("the bench's own action is not allowed");
            }
        }
        return times;
    }

    /**
     * Microseconds of each enforcement and of as many empty events between them. How long two threads need to wake each other is the
     * machine's affair and differs tenfold from one run to the next; the gate is what comes on top.
     */
    private record Enforcing(double[] enforcement, double[] emptyEvent) {}

    private static Enforcing enforcements(Gate gate, ShellContext shell, Path project, Projector projector) {
        double[] enforcement = new double[RUNS];
        double[] emptyEvent = new double[RUNS];
        Draft empty = Draft.of("mirror.bench.ran.v1", "bench", Json.object());
        for (int i = -WARM; i < RUNS; i++) {
            String command = COMMANDS.get(Math.floorMod(i, COMMANDS.size()));
            long start = System.nanoTime();
            gate.decide(new Action(
                    "claude-code",
                    "s" + i / 5,
                    "t",
                    "Bash",
                    Json.object().put("command", command),
                    project,
                    project,
                    ShellEffects.of(command, shell)));
            long enforced = System.nanoTime();
            projector.record(empty);
            if (i >= 0) {
                enforcement[i] = (enforced - start) / 1e3;
                emptyEvent[i] = (System.nanoTime() - enforced) / 1e3;
            }
        }
        return new Enforcing(enforcement, emptyEvent);
    }

    private static double sum(double[] values) {
        return Arrays.stream(values).sum();
    }
}
