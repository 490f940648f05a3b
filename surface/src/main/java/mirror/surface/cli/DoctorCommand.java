package mirror.surface.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import mirror.bus.BusException;
import mirror.bus.DiskStorage;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.surface.Core;
import mirror.surface.hook.ClaudeFolders;
import mirror.surface.hook.Connection;
import mirror.surface.hook.Connections;
import mirror.trust.Policy;
import mirror.trust.PolicyStore;
import mirror.trust.TrustException;

/**
 * Looks at everything that can be wrong and proves what can be proven: it sends forbidden actions through the installed hook client
 * and checks that they are blocked, instead of believing the configuration.
 */
record DoctorCommand(Connections clients) implements Command {
    private record Check(String name, boolean good, String detail) {}

    @Override
    public String name() {
        return "doctor";
    }

    @Override
    public String usage() {
        return "doctor [--json]";
    }

    @Override
    public String summary() {
        return "check everything, and drill the gate with a forbidden action";
    }

    @Override
    public int run(Core core, Call call, Out out) throws IOException, InterruptedException {
        Options options = Options.parse(this, call.args(), "json");
        options.none(this);
        List<Check> checks = new ArrayList<>();
        for (Health.Part part : Health.parts(core, clients)) {
            checks.add(new Check(part.name(), part.state() != Health.State.FAULT, part.detail()));
        }
        var report = EventLog.verify(
                core.home(), core.origin(), new DiskStorage(), core.key().key(core.origin()));
        checks.add(new Check(
                "log",
                report.intact(),
                report.intact()
                        ? report.events() + " events proven, " + report.checkpoints() + " checkpoints"
                        : report.findings().getFirst().sentence()));
        checks.add(backups(core));
        checks.add(skills(core, call));
        checks.addAll(behaviour(core));
        checks.add(modes(core.home()));
        checks.addAll(loosened(core));
        for (Drills.Result drill : new Drills(core, clients).run()) {
            checks.add(new Check("drill " + drill.way(), drill.good(), drill.detail()));
        }
        boolean good = checks.stream().allMatch(Check::good);
        if (options.has("json")) {
            var json = Json.object().put("healthy", good);
            var array = json.putArray("checks");
            checks.forEach(check -> array.addObject()
                    .put("name", check.name)
                    .put("good", check.good)
                    .put("detail", check.detail));
            out.json(json);
        } else {
            Style style = new Style(call.color());
            for (Check check : checks) {
                out.line((check.good ? style.good("ok  ") : style.bad("BAD "))
                        + "%-15s ".formatted(check.name)
                        + Style.plain(check.detail));
            }
        }
        return good ? Exit.OK : Exit.NO;
    }

    /** Unsigned skills are refused, which is as it should be; the owner learns which and what to do. */
    private Check skills(Core core, Call call) {
        List<Path> refused = new ArrayList<>();
        try {
            List<Path> all = new ClaudeFolders(call.user(), clients.claude()).userSkills();
            for (Path skill : all) {
                try {
                    core.contracts().verify("skill", skill);
                } catch (TrustException e) {
                    refused.add(skill);
                }
            }
            return new Check(
                    "skills",
                    true,
                    refused.isEmpty()
                            ? all.size() + " of your own, all signed"
                            : refused.size() + " of " + all.size()
                                    + " not signed as they are, so models may not start them; read and run: mirror sign "
                                    + refused.stream()
                                            .limit(8)
                                            .map(Path::toString)
                                            .collect(Collectors.joining(" ")));
        } catch (IOException e) {
            return new Check("skills", false, "the skills cannot be read: " + e.getMessage());
        }
    }

    /** What is known of what the connected clients honour; a configuration that is whole says nothing of that. */
    private List<Check> behaviour(Core core) throws IOException {
        ClientProbes probes = new ClientProbes(core);
        List<Check> checks = new ArrayList<>();
        for (Connection client : clients.all()) {
            if (!client.connected().isEmpty()) {
                probes.standing(client)
                        .ifPresent(standing ->
                                checks.add(new Check("probe " + client.name(), standing.good(), standing.text())));
            }
        }
        return checks;
    }

    private static Check backups(Core core) {
        try {
            List<String> faults = core.files().check();
            // Refuses a damaged list by itself.
            core.changes().changes();
            return new Check(
                    "backups",
                    faults.isEmpty(),
                    faults.isEmpty() ? "every kept version is whole" : String.join("; ", faults));
        } catch (IOException | BusException e) {
            return new Check("backups", false, "the backups cannot be read: " + e.getMessage());
        }
    }

    /** The home is one person's: nobody else may write anything in it, or read what gives rights. */
    private static Check modes(Home home) {
        List<String> faults = new ArrayList<>();
        for (Path path : List.of(home.root(), home.keys(), home.run())) {
            if (!mode(path).endsWith("------")) {
                faults.add(path + " is open to others (" + mode(path) + "); run: chmod go= " + path);
            }
        }
        try (Stream<Path> files = Files.walk(home.root())) {
            files.filter(path -> !Files.isSymbolicLink(path))
                    .filter(path -> mode(path).charAt(4) == 'w' || mode(path).charAt(7) == 'w')
                    .limit(8)
                    .forEach(path ->
                            faults.add("others may write " + path + " (" + mode(path) + "); run: chmod go-w " + path));
        } catch (IOException | UncheckedIOException e) {
            faults.add("the home cannot be walked: " + e.getMessage());
        }
        return new Check(
                "modes",
                faults.isEmpty(),
                faults.isEmpty() ? home.root() + " is yours alone" : String.join("; ", faults));
    }

    /** {@code rwxr-x---}; of a file that is gone meanwhile the strictest. */
    private static String mode(Path path) {
        try {
            return PosixFilePermissions.toString(Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS));
        } catch (IOException e) {
            return "---------";
        }
    }

    /** What the policy in force lets through that the shipped one would not: perhaps wanted, never to be overlooked. */
    private static List<Check> loosened(Core core) throws IOException {
        Policy policy = core.policies().current().policy();
        if (policy == null) {
            return List.of();
        }
        List<String> looser = policy.looserThan(PolicyStore.shipped(), core.zones(), core.home());
        return List.of(new Check(
                "policy",
                true,
                looser.isEmpty()
                        ? "nothing that is tried is looser than in the shipped policy"
                        : "LOOSER than the shipped policy, if you did not mean that run 'mirror rollback "
                                + core.policies().file() + "': " + String.join("; ", looser)));
    }
}
