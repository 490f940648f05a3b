package mirror.surface.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import mirror.bus.organism.OrganismStatus;
import mirror.continuity.Session;
import mirror.pulse.check.Checkups.Checkup;
import mirror.pulse.check.Finding;
import mirror.pulse.reliability.Reliability;
import mirror.pulse.reliability.Score;
import mirror.pulse.supervise.Phase;
import mirror.pulse.supervise.ServiceStatus;
import mirror.surface.Core;
import mirror.surface.drift.Capsules;
import mirror.surface.drift.DriftLook;
import mirror.surface.hook.Connection;
import mirror.surface.hook.Connections;
import mirror.tiers.Candidate;
import mirror.tiers.Tiers;
import mirror.trust.Approvals;
import mirror.trust.Lease;
import mirror.vault.LiveVault;
import org.jspecify.annotations.Nullable;

/**
 * The five planes of Mirror and what is in each: what is registered, and of that what is well, stale, missing or unknown. What the pulse looks at
 * is told as the pulse found it and nothing here looks a second time; the rest follows from the log and from what runs. Whoever is not known to
 * be well is not counted as well. Used once.
 */
final class Planes {
    private static final Duration OPEN = Duration.ofDays(1);
    private static final Duration SOON = Duration.ofDays(14);

    /** How a thing is. */
    enum State {
        WELL,
        STALE,
        MISSING,
        UNKNOWN
    }

    /** @param since when it is so, or null where nothing tells */
    record Item(
            String name, State state, String why, @Nullable Instant since) {}

    /** Things of one kind; without items there are none of them. */
    record Kind(String name, List<Item> items) {
        Kind {
            items = List.copyOf(items);
        }

        long count(State state) {
            return items.stream().filter(item -> item.state() == state).count();
        }
    }

    record Plane(String name, List<Kind> kinds) {
        Plane {
            kinds = List.copyOf(kinds);
        }
    }

    private final Core core;
    private final Connections clients;
    private final Capsules capsules;
    private final List<Checkup> board;
    private final Instant now;

    /** @param board what the pulse knows; empty when no daemon looks */
    Planes(Core core, Connections clients, Capsules capsules, List<Checkup> board) {
        this.core = core;
        this.clients = clients;
        this.capsules = capsules;
        this.board = board;
        this.now = core.clock().instant();
    }

    List<Plane> all() {
        return List.of(
                new Plane("discovery", List.of(devices(), clients(), organisms(), services(), servers(), models())),
                new Plane("memory", List.of(vault(), memory(), evidence(), claims(), blobs())),
                new Plane("trace", List.of(log(), sessions(), receipts())),
                new Plane("eval", List.of(checks(), mechanisms(), evaluations(), reports())),
                new Plane("trust", List.of(keys(), policy(), switches(), leases(), approvals())));
    }

    // ---- what the pulse found

    /** The pulse's word on one of its checks. */
    private Item checked(String name, String id) {
        return board.stream()
                .filter(each -> each.id().equals(id))
                .findFirst()
                .map(each -> of(name, each))
                .orElse(new Item(
                        name,
                        State.UNKNOWN,
                        board.isEmpty() ? "no daemon runs that looks at it" : "the pulse does not know it",
                        null));
    }

    private static Item of(String name, Checkup checkup) {
        Finding finding = checkup.finding();
        return new Item(
                name,
                switch (finding.state()) {
                    case OK -> State.WELL;
                    case WARNING, FAILING -> State.STALE;
                    case UNKNOWN -> State.UNKNOWN;
                },
                finding.reason(),
                checkup.looked().isAfter(Instant.EPOCH) ? checkup.since() : null);
    }

    // ---- discovery

    private Kind devices() {
        List<Item> items = new ArrayList<>();
        items.add(new Item(core.origin(), State.WELL, "this device", null));
        core.state().devices().list().stream()
                .filter(device -> device.revoked() == null)
                .forEach(device -> items.add(new Item(
                        device.name(),
                        State.UNKNOWN,
                        "whether it is there is seen when it answers",
                        device.enrolled())));
        return new Kind("devices", items);
    }

    private Kind clients() {
        List<Item> items = new ArrayList<>();
        for (Connection client : clients.all()) {
            try {
                if (!client.connected().isEmpty()) {
                    items.add(checked(client.name(), "mirror:" + client.name()));
                }
            } catch (IOException e) {
                items.add(new Item(client.name(), State.UNKNOWN, String.valueOf(e.getMessage()), null));
            }
        }
        return new Kind("clients", items);
    }

    private Kind organisms() {
        List<Item> items = new ArrayList<>();
        var registry = core.organisms();
        if (registry == null) {
            return new Kind("organisms", List.of(new Item("organisms", State.UNKNOWN, "no daemon runs", null)));
        }
        for (OrganismStatus each : registry.list()) {
            items.add(new Item(
                    each.name(),
                    switch (each.state()) {
                        case RUNNING -> State.WELL;
                        case PAUSED, WITHHELD -> State.STALE;
                        case LOST -> State.MISSING;
                    },
                    each.state().text() + (each.reason().isEmpty() ? "" : ": " + each.reason()),
                    null));
        }
        registry.faults().forEach(fault -> items.add(new Item("file", State.MISSING, fault, null)));
        return new Kind("organisms", items);
    }

    private Kind services() {
        var supervisor = core.services();
        if (supervisor == null) {
            return new Kind("services", List.of(new Item("services", State.UNKNOWN, "no daemon runs", null)));
        }
        List<Item> items = new ArrayList<>();
        for (ServiceStatus each : supervisor.list()) {
            State state = switch (each.phase()) {
                case READY -> State.WELL;
                case STOPPED -> each.wanted() ? State.MISSING : State.WELL;
                case WAITING, STARTING, RUNNING, STOPPING -> State.UNKNOWN;
                case BACKOFF -> State.STALE;
                case QUARANTINED, WITHHELD -> State.MISSING;
            };
            items.add(new Item(
                    each.name(),
                    state,
                    each.phase() == Phase.STOPPED && !each.wanted()
                            ? "stopped as wanted"
                            : each.phase().text() + (each.reason().isEmpty() ? "" : ": " + each.reason()),
                    each.since()));
        }
        supervisor.faults().forEach(fault -> items.add(new Item("file", State.MISSING, fault, null)));
        return new Kind("services", items);
    }

    /** A server that was trusted once says nothing of whether it answers now: nobody asks it but its clients. */
    private Kind servers() {
        Map<String, Long> tools = core.state().tools().list().stream()
                .map(known -> known.server().replaceFirst("/.*", ""))
                .collect(Collectors.groupingBy(name -> name, java.util.TreeMap::new, Collectors.counting()));
        return new Kind(
                "mcp servers",
                tools.entrySet().stream()
                        .map(each -> new Item(
                                each.getKey(),
                                State.UNKNOWN,
                                each.getValue() + " definitions known; only its clients see whether it answers",
                                null))
                        .toList());
    }

    private Kind models() {
        Tiers tiers = core.tiers().current().tiers();
        if (tiers == null) {
            return Files.exists(core.tiers().file())
                    ? new Kind(
                            "models",
                            List.of(new Item(
                                    "tiers.yaml",
                                    State.MISSING,
                                    String.valueOf(core.tiers().current().refusal()),
                                    null)))
                    : new Kind("models", List.of());
        }
        List<Item> items = new ArrayList<>();
        tiers.providers()
                .values()
                .forEach(provider -> provider.models().values().forEach(model -> {
                    Candidate candidate = new Candidate(provider, model);
                    items.add(model(candidate.name(), candidate));
                }));
        return new Kind("models", items);
    }

    private Item model(String name, Candidate candidate) {
        for (var open : core.state().breakers().open()) {
            if (open.name().equals(name) && open.until().isAfter(now)) {
                return new Item(name, State.STALE, "left alone until " + open.until() + ": " + open.reason(), null);
            }
        }
        var said = core.state().catalog().said(candidate);
        if (said.isPresent() && !said.get().listed()) {
            return new Item(
                    name,
                    State.MISSING,
                    "its provider does not list it any more",
                    core.state().catalog().asked(candidate.provider()).orElse(null));
        }
        return said.isPresent()
                ? new Item(
                        name,
                        State.WELL,
                        "its provider lists it",
                        core.state().catalog().asked(candidate.provider()).orElse(null))
                : new Item(name, State.UNKNOWN, "its provider was not asked, or does not tell", null);
    }

    // ---- memory

    private Kind vault() {
        List<Item> items = new ArrayList<>();
        items.add(checked("vault", "mirror:vault"));
        try {
            var fresh = core.notes().vault().freshness();
            items.add(new Item(
                    "index",
                    fresh.pending() > 0 ? State.STALE : State.WELL,
                    fresh.notes() + " notes, " + fresh.pending() + " to be read",
                    null));
        } catch (LiveVault.Unavailable e) {
            items.add(new Item("index", State.UNKNOWN, String.valueOf(e.getMessage()), null));
        }
        return new Kind("vault", items);
    }

    private Kind memory() {
        return new Kind(
                "continuity", List.of(checked("continuity", "continuity"), checked("file", "mirror:continuity")));
    }

    private Kind evidence() {
        return new Kind(
                "evidence",
                core.knowledge().known().evidence().values().stream()
                        .map(each -> new Item(
                                each.name(),
                                each.isChanged() ? State.STALE : State.WELL,
                                each.isChanged() ? "its source says something else now" : "as it was kept",
                                each.time()))
                        .toList());
    }

    private Kind claims() {
        var known = core.knowledge().known();
        return new Kind(
                "claims",
                known.claims().values().stream()
                        .map(each -> {
                            boolean stale = known.of(each).isChanged();
                            boolean disputed = !known.against(each.id()).isEmpty();
                            return new Item(
                                    each.id(),
                                    stale || disputed ? State.STALE : State.WELL,
                                    stale ? "its source changed" : disputed ? "another claim speaks against it" : "",
                                    each.time());
                        })
                        .toList());
    }

    private Kind blobs() {
        boolean there = Files.isDirectory(core.home().blobs());
        return new Kind(
                "blobs",
                there
                        ? List.of(new Item("blobs", State.UNKNOWN, "'mirror verify' looks at each of them", null))
                        : List.of());
    }

    // ---- trace

    private Kind log() {
        return new Kind("log", List.of(checked(core.origin(), "mirror:bus"), checked("clock", "clock")));
    }

    private Kind sessions() {
        return new Kind(
                "sessions",
                core.state().continuity().sessions().list().stream()
                        .filter(session -> session.ended() == null)
                        .map(this::session)
                        .toList());
    }

    private Item session(Session session) {
        boolean stale = session.lastAt().isBefore(now.minus(OPEN));
        return new Item(
                session.id(),
                stale ? State.STALE : State.WELL,
                session.client() + (stale ? ", open and silent for a day" : ", open"),
                session.lastAt());
    }

    private Kind receipts() {
        var rows = core.state().costs().list();
        return new Kind(
                "receipts",
                rows.isEmpty()
                        ? List.of()
                        : List.of(new Item(
                                "calls",
                                State.WELL,
                                rows.stream()
                                                .mapToLong(row -> row.sum().calls())
                                                .sum() + " calls of models in "
                                        + rows.getLast().key().day() + " and before",
                                null)));
    }

    // ---- eval

    private Kind checks() {
        return new Kind(
                "checks", board.stream().map(each -> of(each.id(), each)).toList());
    }

    private Kind mechanisms() {
        Map<String, Score> scores = core.state().reliability().scores();
        core.state()
                .services()
                .names()
                .forEach(service -> scores.putIfAbsent(Reliability.restart(service), Score.UNTESTED));
        List<Item> items = new ArrayList<>();
        scores.forEach((name, score) -> items.add(
                score.isTested()
                        ? new Item(
                                name,
                                State.WELL,
                                Math.round(100 * score.at(now).least()) + " % at least, " + score.runs() + " runs",
                                score.at())
                        : new Item(name, State.UNKNOWN, "it was never needed, and that is not reliable", null)));
        return new Kind("mechanisms", items);
    }

    private Kind evaluations() {
        List<Item> items = new ArrayList<>();
        new DriftLook(core, capsules)
                .look()
                .forEach((name, finding) -> items.add(new Item(
                        name,
                        switch (finding.state()) {
                            case OK -> State.WELL;
                            case WARNING -> State.STALE;
                            case UNKNOWN -> State.UNKNOWN;
                            case FAILING -> State.MISSING;
                        },
                        finding.reason(),
                        null)));
        return new Kind("capsules", items);
    }

    private Kind reports() {
        Predicate<Session> silent = Session::unreported;
        return new Kind(
                "completions",
                core.state().continuity().sessions().list().stream()
                        .filter(session -> session.completed() != null || silent.test(session))
                        .map(session -> new Item(
                                session.id(),
                                silent.test(session) ? State.MISSING : State.WELL,
                                silent.test(session) ? "it changed files and nobody said what came of it" : "reported",
                                session.lastAt()))
                        .toList());
    }

    // ---- trust

    private Kind keys() {
        List<Item> items = new ArrayList<>();
        items.add(new Item("device key", State.WELL, core.key().shortId(), null));
        core.state()
                .signers()
                .list()
                .forEach(signer -> items.add(new Item(signer.name(), State.WELL, "trusted to sign", null)));
        return new Kind("keys", items);
    }

    private Kind policy() {
        var state = core.policies().current();
        var policy = state.policy();
        return new Kind(
                "policy",
                List.of(
                        policy == null
                                ? new Item("policy", State.MISSING, String.valueOf(state.refusal()), null)
                                : new Item("policy", State.WELL, policy.size() + " rules, signed", null)));
    }

    private Kind switches() {
        List<Item> items = new ArrayList<>();
        if (Files.exists(core.home().kill())) {
            items.add(new Item("kill switch", State.STALE, "it is set: everything is blocked", null));
        }
        if (Files.exists(core.home().airGap())) {
            items.add(new Item("air gap", State.STALE, "it is on: nothing leaves the machine", null));
        }
        return new Kind("switches that are on", items);
    }

    private Kind leases() {
        return new Kind(
                "leases",
                core.state().leases().list().stream()
                        .filter(lease -> !lease.revoked() && lease.expires().isAfter(now))
                        .map(this::lease)
                        .toList());
    }

    private Item lease(Lease lease) {
        boolean ends = lease.by().equals("owner")
                && lease.expires().isBefore(now.plus(SOON))
                && (lease.holder().startsWith("organism:") || lease.holder().startsWith("service:"));
        return new Item(
                lease.id(),
                ends ? State.STALE : State.WELL,
                lease.holder() + ", until " + lease.expires(),
                lease.granted());
    }

    private Kind approvals() {
        return new Kind(
                "approvals waiting",
                core.state().approvals().list().stream()
                        .filter(request -> request.status() == Approvals.Status.PENDING)
                        .map(request -> new Item(request.id(), State.STALE, "it waits for you", null))
                        .toList());
    }
}
