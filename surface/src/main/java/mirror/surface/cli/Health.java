package mirror.surface.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import mirror.bus.organism.OrganismStatus;
import mirror.kernel.OrganismRegistry;
import mirror.mesh.RedisTransport;
import mirror.mesh.TransportStatus;
import mirror.pulse.supervise.Phase;
import mirror.pulse.supervise.ServiceStatus;
import mirror.pulse.supervise.Supervisor;
import mirror.surface.Config;
import mirror.surface.Core;
import mirror.surface.NoteJson;
import mirror.surface.hook.Connection;
import mirror.surface.hook.Connections;
import mirror.surface.probe.Probed;
import mirror.trust.AirGap;
import mirror.trust.Approvals;
import mirror.trust.PolicyStore;
import mirror.vault.LiveVault;
import org.jspecify.annotations.Nullable;

/** The state of each subsystem, found out now and not remembered. */
final class Health {
    /** How a subsystem is. {@code OFF} is a choice and not a fault. */
    enum State {
        OK,
        WAITING,
        OFF,
        FAULT
    }

    record Part(String name, State state, String detail) {}

    private static final Duration ABSENCE = Duration.ofMinutes(1);

    private Health() {}

    static List<Part> parts(Core core, Connections clients) {
        List<Part> parts = new ArrayList<>();
        var log = core.projector().log();
        String trouble = log.trouble();
        parts.add(
                trouble == null
                        ? new Part(
                                "bus",
                                State.OK,
                                log.durable() + " events, head " + log.head().substring(0, 12))
                        : new Part("bus", State.FAULT, trouble));
        if (core.transport() instanceof RedisTransport) {
            parts.add(redis(core));
        }
        parts.add(gate(core));
        if (new AirGap(core.home()).isOn()) {
            parts.add(new Part("air gap", State.WAITING, "nothing leaves the machine: 'mirror airgap off' ends it"));
        }
        long tainted = core.state().continuity().sessions().list().stream()
                .filter(session -> session.ended() == null
                        && core.state().taint().state(session.id()).tainted())
                .count();
        if (tainted > 0) {
            parts.add(new Part(
                    "taint",
                    State.OK,
                    tainted + (tainted == 1 ? " open session has" : " open sessions have")
                            + " read what others wrote: 'mirror taint'"));
        }
        parts.add(approvals(core));
        parts.add(continuity(core));
        OrganismRegistry organisms = core.organisms();
        if (organisms != null) {
            parts.add(organisms(organisms));
        }
        Supervisor services = core.services();
        if (services != null && !(services.list().isEmpty() && services.faults().isEmpty())) {
            parts.add(services(services));
        }
        parts.add(vault(core));
        parts.add(signal(core));
        parts.addAll(clients(core, clients));
        parts.add(new Part(
                "mcp",
                State.OK,
                "stdio: 'mirror mcp'; HTTP: 127.0.0.1:" + core.port().getAsInt() + "/mcp"));
        return parts;
    }

    private static Part signal(Core core) {
        String fault = core.signals().fault();
        if (fault != null) {
            return new Part("signal", State.FAULT, fault);
        }
        if (core.config().signal().port() == Config.Signal.OFF) {
            return new Part("signal", State.OFF, "signal-port is off");
        }
        long waiting = core.signals().deliveries().stream()
                .filter(sent -> sent.state().equals("waiting"))
                .count();
        return new Part(
                "signal",
                State.OK,
                core.signals().base()
                        + (waiting == 0 ? "" : ", " + waiting + " on their way: 'mirror signal deliveries'"));
    }

    private static Part vault(Core core) {
        try {
            return new Part(
                    "vault",
                    State.OK,
                    core.notes().root() + ", "
                            + NoteJson.freshness(core.notes().vault().freshness()));
        } catch (LiveVault.Unavailable e) {
            boolean there = Files.isDirectory(core.notes().root());
            return new Part("vault", there ? State.WAITING : State.FAULT, String.valueOf(e.getMessage()));
        }
    }

    /** Without Redis Mirror works on and only others hear later, so a short absence is not a fault. */
    private static Part redis(Core core) {
        TransportStatus status = core.transport().status();
        String where = status.address() + ", " + status.position() + " events published, " + status.lag() + " to come";
        if (status.connected()) {
            return new Part(
                    "redis",
                    State.OK,
                    where
                            + (status.healed() == 0 ? "" : ", " + status.healed() + " sent again")
                            + (status.refused() == 0
                                    ? ""
                                    : ", " + status.refused() + " refused, last: " + status.trouble()));
        }
        boolean absent =
                Duration.between(status.since(), core.clock().instant()).compareTo(ABSENCE) > 0;
        return new Part(
                "redis",
                absent ? State.FAULT : State.WAITING,
                (status.trouble().isEmpty() ? "connecting" : status.trouble()) + " (" + where + ")");
    }

    private static Part gate(Core core) {
        if (Files.exists(core.home().kill())) {
            return new Part(
                    "gate",
                    State.FAULT,
                    "kill switch is set: everything is blocked until "
                            + core.home().kill() + " is removed");
        }
        PolicyStore.State state = core.policies().current();
        var policy = state.policy();
        return policy == null
                ? new Part("gate", State.FAULT, "everything is blocked: " + state.refusal())
                : new Part(
                        "gate",
                        State.OK,
                        policy.size() + " rules, policy " + policy.digest().substring(0, 12));
    }

    private static Part approvals(Core core) {
        long pending = core.state().approvals().list().stream()
                .filter(request -> request.status() == Approvals.Status.PENDING)
                .count();
        return pending == 0
                ? new Part("approvals", State.OK, "nothing waits")
                : new Part(
                        "approvals",
                        State.WAITING,
                        pending + (pending == 1 ? " waits" : " wait") + " for you: 'mirror approvals'");
    }

    private static Part continuity(Core core) {
        var sessions = core.state().continuity().sessions().list();
        long open = sessions.stream().filter(session -> session.ended() == null).count();
        String counts = sessions.size() + (sessions.size() == 1 ? " session, " : " sessions, ") + open + " open";
        try {
            var file = core.state().continuity().file();
            if (Files.exists(file.file()) && !file.intact()) {
                return new Part(
                        "continuity",
                        State.FAULT,
                        file.file() + " was changed outside Mirror; 'mirror continuity --rewrite' makes it anew");
            }
        } catch (IOException e) {
            return new Part("continuity", State.FAULT, String.valueOf(e.getMessage()));
        }
        return new Part("continuity", State.OK, counts);
    }

    private static Part organisms(OrganismRegistry organisms) {
        List<String> faults = new ArrayList<>();
        String trouble = organisms.trouble();
        if (trouble != null) {
            faults.add(trouble);
        }
        faults.addAll(organisms.faults());
        List<String> waiting = new ArrayList<>();
        int running = 0;
        for (OrganismStatus status : organisms.list()) {
            switch (status.state()) {
                case LOST -> faults.add(status.name() + " is lost: " + status.reason());
                case RUNNING -> running++;
                case PAUSED, WITHHELD ->
                    waiting.add(status.name() + " is " + status.state().text());
            }
        }
        long dead = organisms.letters().stream()
                .filter(letter -> !letter.requeued())
                .count();
        if (dead > 0) {
            waiting.add(dead + (dead == 1 ? " dead letter" : " dead letters") + ": 'mirror organisms dead'");
        }
        if (!faults.isEmpty()) {
            return new Part("organisms", State.FAULT, String.join("; ", faults));
        }
        String run = running + (running == 1 ? " runs" : " run");
        return waiting.isEmpty()
                ? new Part("organisms", State.OK, run)
                : new Part("organisms", State.WAITING, run + "; " + String.join("; ", waiting));
    }

    /** Not ready is a fault of a critical service once it is beyond starting, and of the others something to know of. */
    private static Part services(Supervisor services) {
        List<String> faults = new ArrayList<>(services.faults());
        List<String> waiting = new ArrayList<>();
        int ready = 0;
        int stopped = 0;
        for (ServiceStatus service : services.list()) {
            boolean coming =
                    List.of(Phase.WAITING, Phase.STARTING, Phase.RUNNING).contains(service.phase());
            if (service.phase() == Phase.READY) {
                ready++;
            } else if (!service.wanted()) {
                stopped++;
            } else {
                (service.critical() && !coming ? faults : waiting)
                        .add(service.name() + " is " + service.phase().text()
                                + (service.reason().isEmpty() ? "" : ": " + service.reason()));
            }
        }
        if (!services.trouble().isEmpty()) {
            faults.add("their events are not recorded: " + services.trouble());
        }
        String counts =
                ready + (ready == 1 ? " is ready" : " are ready") + (stopped == 0 ? "" : ", " + stopped + " stopped");
        List<String> words = new ArrayList<>(faults);
        words.addAll(waiting);
        State state = !faults.isEmpty() ? State.FAULT : waiting.isEmpty() ? State.OK : State.WAITING;
        return new Part("services", state, words.isEmpty() ? counts : counts + "; " + String.join("; ", words));
    }

    /** The first client always, so that a new owner is told of it; others when they are connected. */
    private static List<Part> clients(Core core, Connections clients) {
        List<Part> parts = new ArrayList<>();
        for (Connection client : clients.all()) {
            Part part = client(core, client);
            if (part.state() != State.OFF
                    || client.name().equals(clients.claude().name())) {
                parts.add(part);
            }
        }
        return parts;
    }

    private static Part client(Core core, Connection client) {
        String name = client.name();
        try {
            if (client.connected().isEmpty()) {
                return new Part(name, State.OFF, "not connected: 'mirror connect " + name + "'");
            }
            List<String> faults = new ArrayList<>(client.faults(""));
            if (!client.shimIntact()) {
                faults.add("the hook client " + client.shim() + " was changed; 'mirror connect " + name
                        + "' writes it anew");
            }
            Probed probed = core.state().probed().last(client.actor()).orElse(null);
            if (probed != null && probed.finding() == Probed.Finding.BROKEN) {
                faults.add("version " + probed.version() + " " + probed.consequence());
            }
            return faults.isEmpty()
                    ? new Part(name, State.OK, "hooks in " + client.settings() + probed(probed))
                    : new Part(name, State.FAULT, String.join("; ", faults));
        } catch (IOException e) {
            return new Part(name, State.FAULT, String.valueOf(e.getMessage()));
        }
    }

    private static String probed(@Nullable Probed probed) {
        if (probed == null) {
            return "";
        }
        return "; probed with " + probed.version()
                + (probed.finding() == Probed.Finding.HOLDS ? ": a no holds" : ", which proved nothing");
    }

    static boolean healthy(List<Part> parts) {
        return parts.stream().noneMatch(part -> part.state() == State.FAULT);
    }
}
