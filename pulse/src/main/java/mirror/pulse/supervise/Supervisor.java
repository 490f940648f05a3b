package mirror.pulse.supervise;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import mirror.bus.BusException;
import mirror.bus.DiskCalls;
import mirror.bus.Draft;
import mirror.bus.FileStore;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.trust.Contracts;
import mirror.trust.Gate;
import mirror.trust.Leases;
import mirror.trust.shell.ShellContext;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Keeps the owner's services running. {@link Supervision} decides; this is told by the system what happened and does what was decided,
 * each start, stop and look on a virtual thread of its own, so that none waits for another.
 *
 * <p>What is in the log when: that a service begins, under which mark, is durable before its first process is started; that a process of
 * it was started, ended, and was started again is recorded as soon as it has happened, without the restart waiting for it. So a daemon
 * that dies between a start and its record leaves a process that carries the mark the log knows, and the next one finds it by that.
 *
 * <p>Must never: start a service twice, or one that nobody signed or that holds no lease. Thread-safe.
 */
public final class Supervisor implements Remedies {
    private static final Duration KEEP_LOGS = Duration.ofSeconds(10);
    private static final Duration STALL = Duration.ofSeconds(1);
    private static final Duration STARTED = Duration.ofSeconds(10);
    private static final Duration ALL_ENDED = Duration.ofSeconds(20);
    private static final Duration KILLED = Duration.ofSeconds(2);

    private final Home home;
    private final Projector projector;
    private final ServiceLedger ledger;
    private final ServiceFolder folder;
    private final ServicePermits permits;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final Proc proc = new Proc();
    private final Ends ends = new Ends();
    private final Prober prober;
    private final Recorder recorder;
    private final Backends backends;
    private final Marks marks;
    private final Ports ports;
    private final ServiceLogs logs;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Condition sooner = lock.newCondition();
    private final Supervision supervision;
    private final Map<String, Running> running = new HashMap<>();
    private List<String> faults = List.of();
    private boolean started;
    private boolean closed;

    /** When the thread that waits for time will look next. */
    private long wakes = Supervision.NEVER;

    /** @param run number of the start that this is */
    private record Running(int run, Backend.Started started) {}

    /** What a reload found. */
    public record Reload(int services, List<String> faults) {}

    /**
     * Nothing is started before {@link #start}.
     *
     * @param projector must feed {@code ledger}, {@code leases} and what {@code gate} answers from
     * @param contracts who may sign services
     * @param user the person's home folder, where services start and their relative paths begin
     * @param environment the daemon's, of which services get a small part
     */
    public Supervisor(
            Home home,
            Path user,
            Projector projector,
            ServiceLedger ledger,
            Leases leases,
            Contracts contracts,
            Gate gate,
            ShellContext shell,
            FileStore files,
            Map<String, String> environment,
            InstantSource clock,
            RandomGenerator random) {
        this.home = home;
        this.projector = projector;
        this.ledger = ledger;
        this.clock = clock;
        this.nanoTime = System::nanoTime;
        this.folder = new ServiceFolder(home.services(), user, contracts);
        this.permits = new ServicePermits(home, leases, gate, shell, user);
        Tools tools = new Tools(user, environment);
        Path folderOfLogs = home.serviceLogs();
        this.prober = new Prober(tools, proc, folderOfLogs, clock, nanoTime, Pause.REAL);
        this.recorder = new Recorder(projector::record, Pause.REAL);
        this.backends = new Backends(
                proc,
                ledger,
                new OwnProcess(tools, proc, ends, folderOfLogs),
                new SystemdUnit(tools, proc, ends),
                new LaunchdAgent(
                        tools, proc, ends, Pause.REAL, files, home.root().resolve("launchd")),
                new DockerContainer(tools, Pause.REAL));
        this.marks = new Marks(ledger, random);
        this.ports = new Ports(proc, prober, marks, nanoTime, Pause.REAL);
        this.logs = new ServiceLogs(new LogKeeper(folderOfLogs, new DiskCalls()), recorder::record);
        this.supervision = new Supervision(random);
    }

    // ---- beginning and end

    /** Reads the files, adopts what runs of an earlier daemon, and starts what is to run. */
    public void start() throws IOException {
        new DiskCalls().createFolders(home.serviceLogs());
        ServiceFolder.Content content = folder.read();
        Set<String> adopted = adopt(content.sound());
        tell(now -> {
            faults = content.faults();
            for (Service service : content.sound()) {
                ServiceLedger.Known known = ledger.get(service.name());
                boolean never = !ledger.knows(service.name());
                if (!adopted.contains(service.name()) && (known.wanted() || (never && service.boot()))) {
                    supervision.begin(service.name(), Step.Cause.BOOT, now);
                }
            }
            started = true;
        });
        Thread.ofPlatform().daemon(true).name("supervisor").start(this::tick);
        Thread.ofVirtual().name("service-logs").start(this::keepLogs);
    }

    /** What an earlier daemon started and still runs, goes on; nothing of it is started again. */
    private Set<String> adopt(List<Service> services) {
        List<Proc.Marked> marked = services.isEmpty() ? List.of() : proc.marked();
        Map<String, Backend.Started> found = new HashMap<>();
        for (Service service : services) {
            backends.left(service, marked).ifPresent(process -> found.put(service.name(), process));
        }
        tell(now -> {
            supervision.define(services, Map.of(), now);
            for (Service service : services) {
                ServiceLedger.Known known = ledger.get(service.name());
                if (known.wanted()) {
                    restore(service, known, now);
                }
                Backend.Started process = found.get(service.name());
                if (process != null) {
                    adopted(service, known, process, now);
                }
            }
        });
        return found.keySet();
    }

    /** The moments at which it failed, on the clock that only counts. */
    private void restore(Service service, ServiceLedger.Known known, long now) {
        Instant wall = clock.instant();
        List<Long> failures = known.failures().stream()
                .map(at -> now - Duration.between(at, wall).toNanos())
                .filter(at -> at <= now)
                .toList();
        Instant until = known.until();
        long left = until == null ? 0 : Duration.between(wall, until).toNanos();
        long most = service.restart().longestQuarantine().toNanos();
        supervision.restore(service.name(), failures, known.level(), now + Math.clamp(left, 0, most), until != null);
    }

    private void adopted(Service service, ServiceLedger.Known known, Backend.Started process, long now) {
        int run = Math.max(1, known.run());
        long age = ProcessHandle.of(process.pid())
                .flatMap(handle -> handle.info().startInstant())
                .map(at -> Duration.between(at, clock.instant()).toNanos())
                .orElse(0L);
        marks.begun(service.name(), known.token());
        record(draft(
                ServiceLedger.ADOPTED,
                service.name(),
                Json.object()
                        .put("service", service.name())
                        .put("run", run)
                        .put("pid", process.pid())
                        .put("key", process.key())
                        .put("digest", known.digest())));
        running.put(service.name(), new Running(run, process));
        supervision.adopted(
                service.name(), run, now - Math.max(0, age), !known.digest().equals(service.digest()), now);
        listen(service.name(), run, process);
    }

    /**
     * Ends the daemon's part in it.
     *
     * @param keep leave them running, for the next daemon to adopt; otherwise they are stopped, those that need others first
     */
    public void stop(boolean keep) throws InterruptedException {
        if (!keep) {
            tell(supervision::endAll);
            if (!await(_ -> supervision.ended(), ALL_ENDED)) {
                lock.lock();
                try {
                    running.forEach((name, one) ->
                            ProcessHandle.of(one.started.pid()).ifPresent(ProcessHandle::destroyForcibly));
                } finally {
                    lock.unlock();
                }
                await(_ -> supervision.ended(), KILLED);
            }
        }
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
            sooner.signalAll();
        } finally {
            lock.unlock();
        }
        recorder.close();
        ends.close();
    }

    // ---- inputs

    @FunctionalInterface
    private interface Input {
        void at(long now);
    }

    /** Tells the supervision something, and does what follows. */
    private void tell(Input input) {
        List<Step> steps;
        lock.lock();
        try {
            if (closed) {
                return;
            }
            input.at(nanoTime.getAsLong());
            steps = supervision.take();
            // In the order of the decisions, so within the lock; it only puts them into a queue.
            for (Step step : steps) {
                if (step instanceof Step.Note(String type, String service, ObjectNode data)) {
                    record(draft(type, service, data));
                }
            }
            changed.signalAll();
            if (supervision.due(nanoTime.getAsLong()) < wakes) {
                sooner.signal();
            }
        } finally {
            lock.unlock();
        }
        steps.forEach(this::carryOut);
    }

    private void carryOut(Step step) {
        switch (step) {
            case Step.Launch launch ->
                Thread.ofVirtual().name("start-" + launch.service().name()).start(() -> launch(launch));
            case Step.Halt halt ->
                Thread.ofVirtual().name("stop-" + halt.service().name()).start(() -> halt(halt));
            case Step.Look look ->
                Thread.ofVirtual().name("look-" + look.service().name()).start(() -> look(look));
            case Step.Note _ -> {
                // was recorded
            }
        }
    }

    /** Wakes the supervision when something is due, and tells it when the machine or this process stood still meanwhile. */
    private void tick() {
        Duration drift = drift();
        while (true) {
            boolean late = false;
            lock.lock();
            try {
                if (closed) {
                    return;
                }
                long now = nanoTime.getAsLong();
                long due = supervision.due(now);
                if (due > now) {
                    long asked = due == Supervision.NEVER ? TimeUnit.MINUTES.toNanos(1) : due - now;
                    wakes = due;
                    long left = sooner.awaitNanos(asked);
                    late = left < -STALL.toNanos();
                }
            } catch (InterruptedException e) {
                return;
            } finally {
                lock.unlock();
            }
            Duration drifted = drift();
            boolean stalled = late || drifted.minus(drift).abs().compareTo(STALL) > 0;
            drift = drifted;
            tell(stalled ? supervision::stalled : supervision::advance);
        }
    }

    /** How far the clock on the wall is ahead of the one that only counts: it changes when the one is set or the machine sleeps. */
    private Duration drift() {
        return Duration.between(Instant.EPOCH, clock.instant()).minusNanos(nanoTime.getAsLong());
    }

    // ---- starting

    private void launch(Step.Launch launch) {
        Service service = launch.service();
        String name = service.name();
        try {
            if (!folder.isAsRead(name)) {
                tell(now ->
                        supervision.withheld(name, launch.run(), "its file was changed; it is read again", false, now));
                reload();
                return;
            }
            ServicePermits.Answer may = launch.cause().isIntention()
                    ? permits.mayBegin(service, name + "-" + launch.run() + "-" + marks.token())
                    : permits.mayRun(service);
            if (may instanceof ServicePermits.Answer.No(String why, boolean later)) {
                tell(now -> supervision.withheld(name, launch.run(), why, later, now));
                return;
            }
            String lease = ((ServicePermits.Answer.Yes) may).lease();
            Backend.Started process = null;
            boolean found = false;
            if (launch.cause().isIntention()) {
                process = backends.existing(service);
                found = process != null;
                if (!found) {
                    begin(service, launch, lease);
                }
            }
            if (process == null) {
                ports.free(service);
                logs.fresh(service);
                process = backends.of(service).start(service, marks.of(service, launch.run()));
            }
            Backend.Started up = process;
            String type = found ? ServiceLedger.ADOPTED : ServiceLedger.STARTED;
            tell(now -> {
                running.put(name, new Running(launch.run(), up));
                record(draft(
                                type,
                                name,
                                Json.object()
                                        .put("service", name)
                                        .put("run", launch.run())
                                        .put("cause", launch.cause().text())
                                        .put("pid", up.pid())
                                        .put("key", up.key())
                                        .put("digest", service.digest()))
                        .permit(lease));
                supervision.started(name, launch.run(), now);
            });
            listen(name, launch.run(), up);
        } catch (IOException | RuntimeException e) {
            String why = "it could not be started: " + e.getMessage();
            tell(now -> supervision.startFailed(name, launch.run(), why, now));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The intention; durable before there is a process. */
    private void begin(Service service, Step.Launch launch, String lease) {
        String token = marks.token();
        projector.record(draft(
                        ServiceLedger.BEGUN,
                        service.name(),
                        Json.object()
                                .put("service", service.name())
                                .put("cause", launch.cause().text())
                                .put("token", token)
                                .put("digest", service.digest()))
                .permit(lease));
        marks.begun(service.name(), token);
    }

    private void listen(String name, int run, Backend.Started process) {
        CompletableFuture<Void> _ = process.end()
                .thenAccept(exit -> tell(now -> {
                    Running was = running.get(name);
                    if (was != null && was.run == run) {
                        running.remove(name);
                    }
                    supervision.exited(name, run, exit, now);
                }));
    }

    private void halt(Step.Halt halt) {
        Running one = running(halt.service().name(), halt.run());
        if (one == null) {
            return;
        }
        try {
            backends.of(halt.service()).halt(halt.service(), one.started, halt.kill());
        } catch (IOException e) {
            record(draft(
                    "mirror.service.failed.v1",
                    halt.service().name(),
                    Json.object()
                            .put("service", halt.service().name())
                            .put("reason", "it could not be told to end: " + e.getMessage())));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look(Step.Look look) {
        String name = look.service().name();
        Running one = running(name, look.run());
        Probe.Finding finding;
        try {
            finding = one == null
                    ? new Probe.Finding.Unknown("it has ended")
                    : prober.look(look.service(), look.probe(), one.started.pid(), look.timeout());
        } catch (InterruptedException | RuntimeException e) {
            finding = new Probe.Finding.Unknown("the look failed: " + e);
        }
        Probe.Finding found = finding;
        tell(now -> supervision.looked(name, look.run(), look.id(), found, now));
    }

    private @Nullable Running running(String name, int run) {
        lock.lock();
        try {
            Running one = running.get(name);
            return one != null && one.run == run ? one : null;
        } finally {
            lock.unlock();
        }
    }

    // ---- logs

    private void keepLogs() {
        while (true) {
            List<Service> services;
            lock.lock();
            try {
                if (closed) {
                    return;
                }
                services =
                        supervision.units().stream().map(unit -> unit.service).toList();
            } finally {
                lock.unlock();
            }
            services.forEach(logs::keep);
            try {
                Pause.REAL.rest(KEEP_LOGS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    // ---- the log

    private static Draft draft(String type, String service, ObjectNode data) {
        return Draft.of(type, "daemon", data).subject(service);
    }

    private void record(Draft draft) {
        recorder.record(draft);
    }

    // ---- what the owner sees and does

    /** Reads the files again: what was edited is started anew, what has no file any more is stopped. */
    public Reload reload() {
        ServiceFolder.Content content = folder.read();
        tell(now -> {
            faults = content.faults();
            Set<String> before = supervision.names();
            supervision.define(content.sound(), content.refused(), now);
            for (Service service : content.sound()) {
                ServiceLedger.Known known = ledger.get(service.name());
                boolean isNew = !before.contains(service.name());
                boolean never = !ledger.knows(service.name());
                if (started && isNew && (known.wanted() || (never && service.boot()))) {
                    supervision.begin(service.name(), Step.Cause.BOOT, now);
                }
            }
        });
        return new Reload(content.sound().size(), content.faults());
    }

    /** What is wrong with the owner's files, one sentence each. */
    public List<String> faults() {
        lock.lock();
        try {
            return faults;
        } finally {
            lock.unlock();
        }
    }

    /** What keeps events of services out of the log, or empty. */
    public String trouble() {
        return recorder.trouble();
    }

    /** All services, each after those that it needs. A daemon that is just starting looks first what runs. */
    public List<ServiceStatus> list() {
        lock.lock();
        try {
            long left = STARTED.toNanos();
            while (!started && !closed && left > 0) {
                left = changed.awaitNanos(left);
            }
            long now = nanoTime.getAsLong();
            Instant wall = clock.instant();
            return supervision.units().stream()
                    .map(unit -> status(unit, now, wall))
                    .toList();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BusException("interrupted while Mirror looks what runs");
        } finally {
            lock.unlock();
        }
    }

    /** @throws BusException when there is none */
    public ServiceStatus get(String name) {
        return list().stream()
                .filter(status -> status.name().equals(name))
                .findFirst()
                .orElseThrow(() -> {
                    String fault = faults().stream()
                            .filter(each -> each.startsWith(name + ".yaml:"))
                            .findFirst()
                            .map(each -> "; " + each)
                            .orElse("; 'mirror service list' shows them");
                    return new BusException("there is no service '" + name + "'" + fault);
                });
    }

    private ServiceStatus status(Unit unit, long now, Instant wall) {
        Running one = running.get(unit.name());
        boolean up = unit.phase.isUp();
        boolean timed = List.of(Phase.BACKOFF, Phase.QUARANTINED).contains(unit.phase) && unit.due != Supervision.NEVER;
        String refusal = unit.refusal;
        String reason = unit.waits.isEmpty()
                ? unit.reason
                : unit.reason.isEmpty() ? unit.waits : unit.reason + "; " + unit.waits;
        return new ServiceStatus(
                unit.name(),
                unit.phase,
                unit.phase == Phase.READY && unit.stable,
                refusal != null && up ? "it runs, but is not started again: " + refusal : reason,
                unit.service.critical(),
                unit.desired,
                unit.service.needs(),
                unit.service.does(),
                one == null || !up ? 0 : one.started.pid(),
                unit.run,
                unit.run == 0 ? null : wall.minusNanos(now - unit.starting),
                timed ? wall.plusNanos(Math.max(0, unit.due - now)) : null,
                unit.restarts.recent(now).size(),
                unit.lastExit,
                unit.lastExit == null ? null : wall.minusNanos(now - unit.lastExitAt),
                unit.service.ready() == null ? ServiceStatus.Look.NONE : look(unit.ready, now, wall),
                unit.service.live() == null ? ServiceStatus.Look.NONE : look(unit.live, now, wall));
    }

    private static ServiceStatus.Look look(Unit.@Nullable Looked looked, long now, Instant wall) {
        if (looked == null) {
            return ServiceStatus.Look.NEVER;
        }
        String state = switch (looked.finding()) {
            case Probe.Finding.Works _ -> "works";
            case Probe.Finding.Fails _, Probe.Finding.TooLarge _ -> "fails";
            case Probe.Finding.Unknown _ -> "unknown";
        };
        return new ServiceStatus.Look(state, looked.finding().detail(), wall.minusNanos(now - looked.at()));
    }

    /** Starts it, whatever it did before. */
    public void begin(String name) {
        get(name);
        tell(now -> supervision.begin(name, Step.Cause.OWNER, now));
    }

    /**
     * Stops it until it is started again, also over a restart of Mirror.
     *
     * @param dependants whether those that need it are stopped too
     * @throws BusException when others that run need it, and they are not to be stopped
     */
    public void end(String name, boolean dependants) {
        get(name);
        List<String> others = new ArrayList<>();
        tell(now -> {
            others.addAll(supervision.dependants(name).stream().sorted().toList());
            if (others.isEmpty() || dependants) {
                others.forEach(other -> supervision.end(other, now));
                supervision.end(name, now);
            }
        });
        if (!others.isEmpty() && !dependants) {
            throw new BusException(String.join(", ", others) + (others.size() == 1 ? " needs " : " need ") + name
                    + "; 'mirror service stop " + name + " --dependants' stops all of them");
        }
    }

    /** Ends and starts it, as the owner's wish. */
    public void restart(String name) {
        get(name);
        tell(now -> supervision.restart(name, now));
    }

    /** The same as a remediation: within the budget of all of them, and counted as a failure of the service. */
    @Override
    public void remedy(String name, String reason) {
        get(name);
        tell(now -> supervision.remedy(name, reason, now));
    }

    // ---- what a healer asks and does

    @Override
    public boolean mayRemedy(String who) {
        lock.lock();
        try {
            return supervision.mayRemedy(who, nanoTime.getAsLong());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void tryNow(String name) {
        tell(now -> supervision.tryNow(name, now));
    }

    private @Nullable Service service(String name) {
        lock.lock();
        try {
            Unit unit = supervision.unit(name);
            return unit == null ? null : unit.service;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Map<String, Path> logs() {
        Map<String, Path> logs = new HashMap<>();
        lock.lock();
        try {
            for (Unit unit : supervision.units()) {
                if (unit.service.kind() instanceof Service.Kind.Own) {
                    logs.put(unit.name(), OwnProcess.log(home.serviceLogs(), unit.name()));
                }
            }
        } finally {
            lock.unlock();
        }
        return logs;
    }

    @Override
    public Optional<Rotated> rotate(String name, long least) throws IOException {
        Service service = service(name);
        if (service == null) {
            return Optional.empty();
        }
        return logs.rotate(service, least);
    }

    @Override
    public Optional<Path> missingFolder(String name) {
        Service service = service(name);
        return service != null && service.kind() instanceof Service.Kind.Own own && !Files.isDirectory(own.cwd())
                ? Optional.of(own.cwd())
                : Optional.empty();
    }

    @Override
    public Map<String, List<String>> lostVariables() {
        Map<String, Service> services = new HashMap<>();
        Map<String, Backend.Started> processes = new HashMap<>();
        lock.lock();
        try {
            running.forEach((name, one) -> {
                Unit unit = supervision.unit(name);
                if (unit != null && (unit.phase == Phase.RUNNING || unit.phase == Phase.READY)) {
                    services.put(name, unit.service);
                    processes.put(name, one.started);
                }
            });
        } finally {
            lock.unlock();
        }
        Map<String, List<String>> lost = new HashMap<>();
        services.forEach((name, service) -> {
            Backend.Started process = processes.get(name);
            if (process == null
                    || !(service.kind() instanceof Service.Kind.Own own)
                    || own.env().isEmpty()) {
                return;
            }
            proc.environment(process.pid())
                    .filter(_ -> proc.key(process.pid()).equals(process.key()))
                    .ifPresent(has -> lost.put(
                            name,
                            own.env().entrySet().stream()
                                    .filter(variable -> !variable.getValue().equals(has.get(variable.getKey())))
                                    .map(Map.Entry::getKey)
                                    .sorted()
                                    .toList()));
        });
        return lost;
    }

    @Override
    public Optional<Holder> portHolder(String name) {
        Service service = service(name);
        if (service == null) {
            return Optional.empty();
        }
        lock.lock();
        try {
            if (running.containsKey(name)) {
                return Optional.empty();
            }
        } finally {
            lock.unlock();
        }
        return ports.holder(service);
    }

    @Override
    public boolean isLeftover(String name, Holder holder) {
        return holder.pid() > 0 && !holder.key().isEmpty() && marks.wasOf(name, holder.mark());
    }

    @Override
    public boolean endLeftover(String name, Holder holder) throws InterruptedException {
        Service service = service(name);
        return service == null || ports.end(service, holder);
    }

    /** Ends its quarantine or delay, and forgets its failures. */
    public void release(String name) {
        get(name);
        tell(now -> {
            record(Draft.of("mirror.service.released.v1", "owner", Json.object().put("service", name))
                    .subject(name));
            supervision.begin(name, Step.Cause.OWNER, now);
        });
    }

    /** What kept services from being started may be over, such as a missing lease. */
    public void retry() {
        tell(supervision::retry);
    }

    /** Waits until a service is so, and says how it is then. */
    public ServiceStatus await(String name, Predicate<ServiceStatus> so, Duration longest) throws InterruptedException {
        await(
                _ -> {
                    Unit unit = supervision.unit(name);
                    return unit == null || so.test(status(unit, nanoTime.getAsLong(), clock.instant()));
                },
                longest);
        return get(name);
    }

    private boolean await(Predicate<Supervision> so, Duration longest) throws InterruptedException {
        lock.lock();
        try {
            long left = longest.toNanos();
            while (!so.test(supervision) && left > 0) {
                left = changed.awaitNanos(left);
            }
            return so.test(supervision);
        } finally {
            lock.unlock();
        }
    }

    /** The end of what it wrote, oldest line first; empty when it never wrote. */
    public String logTail(String name, int bytes) throws IOException {
        get(name);
        Path file = OwnProcess.log(home.serviceLogs(), name);
        return Files.exists(file) ? LogKeeper.tail(file, bytes) : "";
    }

    /** Returns when what happened so far is in the log. */
    public void flush() throws InterruptedException {
        recorder.flush();
    }
}
