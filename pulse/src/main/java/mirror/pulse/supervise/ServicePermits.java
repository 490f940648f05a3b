package mirror.pulse.supervise;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.trust.Action;
import mirror.trust.Decision;
import mirror.trust.Effect;
import mirror.trust.Gate;
import mirror.trust.Lease;
import mirror.trust.Leases;
import mirror.trust.Switch;
import mirror.trust.shell.CommandLine;
import mirror.trust.shell.ShellContext;
import mirror.trust.shell.ShellEffects;
import org.jspecify.annotations.Nullable;

/**
 * What services may do. Each start of one asks, in memory, whether the kill switch is off and a lease of the owner's allows every program
 * that it runs. A beginning (by the owner, by a new daemon, after an edit) goes through the gate besides, which judges the commands by
 * what they do and records its answer; a restart of the same definition rests on that answer. Thread-safe.
 */
final class ServicePermits {
    /** What may be done. */
    sealed interface Answer {
        /** @param lease under which */
        record Yes(String lease) implements Answer {}

        /** @param later whether it may become a yes without the owner touching the service */
        record No(String why, boolean later) implements Answer {}
    }

    private final Switch kill;
    private final Leases leases;
    private final Gate gate;
    private final ShellContext shell;
    private final Path user;

    /** The request for the owner's yes that a service waits for. */
    private final Map<String, String> asked = new ConcurrentHashMap<>();

    ServicePermits(Home home, Leases leases, Gate gate, ShellContext shell, Path user) {
        this.kill = new Switch(home.kill());
        this.leases = leases;
        this.gate = gate;
        this.shell = shell;
        this.user = user;
    }

    static String holder(String service) {
        return "service:" + service;
    }

    /** Takes microseconds and records nothing. */
    Answer mayRun(Service service) {
        if (kill.isOn()) {
            return new Answer.No("the owner has stopped everything; " + kill.file() + " exists", true);
        }
        String holder = holder(service.name());
        List<String> missing = new ArrayList<>();
        String lease = "";
        for (List<String> command : commands(service)) {
            String effect = "run:" + command.getFirst();
            List<Lease> held = leases.allowing(holder, effect);
            if (held.isEmpty()) {
                missing.add(effect);
            } else if (lease.isEmpty()) {
                lease = held.getFirst().id();
            }
        }
        if (missing.isEmpty()) {
            return new Answer.Yes(lease);
        }
        return new Answer.No(
                "it holds no valid lease that allows " + String.join(" and ", missing) + "; "
                        + Leases.advice(holder, List.of(), missing),
                true);
    }

    /** The gate's word on a beginning; recorded, and durable when this returns. */
    Answer mayBegin(Service service, String id) {
        Answer may = mayRun(service);
        if (may instanceof Answer.No) {
            return may;
        }
        Action action = action(service, id);
        String open = asked.remove(service.name());
        Decision decision = open == null ? gate.decide(action) : gate.settle(action, open);
        return switch (decision.verdict()) {
            case ALLOW -> may;
            case ASK -> {
                String approval = String.valueOf(decision.approval());
                asked.put(service.name(), approval);
                yield new Answer.No(
                        "waits for your answer: mirror approve " + approval + " (" + decision.reason() + ")", true);
            }
            case BLOCK ->
                new Answer.No(
                        "blocked by rule " + decision.rule() + ": " + decision.reason()
                                + "; when that is mended, 'mirror service start " + service.name() + "'",
                        false);
        };
    }

    private Action action(Service service, String id) {
        Set<Effect> effects = new LinkedHashSet<>();
        List<String> lines = new ArrayList<>();
        for (List<String> command : commands(service)) {
            String line = CommandLine.of(command);
            lines.add(line);
            effects.addAll(ShellEffects.of(line, shell));
        }
        Path cwd = service.kind() instanceof Service.Kind.Own own ? own.cwd() : user;
        return new Action(
                "service." + service.name(),
                "service/" + service.name(),
                id,
                "service",
                Json.object()
                        .put("command", String.join("; ", lines))
                        .put("service", service.name())
                        .put("definition", service.digest()),
                cwd,
                cwd,
                List.copyOf(effects));
    }

    /** What is run for it: its own command, or that of the system's program that starts it, and those of its probes. */
    static List<List<String>> commands(Service service) {
        List<List<String>> commands = new ArrayList<>();
        commands.add(
                switch (service.kind()) {
                    case Service.Kind.Own own -> own.argv();
                    case Service.Kind.Systemd unit -> List.of("systemctl", "start", unit.unit());
                    case Service.Kind.Launchd agent ->
                        List.of("launchctl", "bootstrap", agent.plist().toString());
                    case Service.Kind.Docker docker -> List.of("docker", "start", docker.container());
                });
        addCommand(commands, service.ready() == null ? null : service.ready().probe());
        addCommand(commands, service.live() == null ? null : service.live().probe());
        return commands;
    }

    private static void addCommand(List<List<String>> commands, @Nullable Probe probe) {
        if (probe instanceof Probe.Command(List<String> argv) && !commands.contains(argv)) {
            commands.add(argv);
        }
    }
}
