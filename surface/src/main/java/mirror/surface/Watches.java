package mirror.surface;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import mirror.continuity.Session;
import mirror.pulse.check.Check;
import mirror.pulse.check.Checkups.Checkup;
import mirror.pulse.check.ClockLook;
import mirror.pulse.check.DiskLook;
import mirror.pulse.check.EnvironmentLook;
import mirror.pulse.check.ExpiryLook;
import mirror.pulse.check.FilesLook;
import mirror.pulse.check.Finding;
import mirror.pulse.check.LogsLook;
import mirror.pulse.check.MemoryLook;
import mirror.pulse.check.ProcessesLook;
import mirror.pulse.check.PulseFile;
import mirror.pulse.supervise.ServiceStatus;
import mirror.pulse.supervise.Supervisor;
import mirror.tiers.gateway.Breakers;
import mirror.trust.Lease;

/** What the pulse looks at: Mirror, the machine, and what the owner named. */
public final class Watches {
    private static final Duration CRYSTAL = Duration.ofMinutes(5);
    private static final Duration RECENT = Duration.ofDays(7);

    private Watches() {}

    /**
     * @param health how Mirror's own subsystems are
     * @param drift how capsules went
     */
    public static List<Check> of(Core core, PulseFile file, Check.Look health, Check.Look drift) {
        return List.of(
                new Check("mirror", true, true, health),
                new Check("pulse", false, false, () -> Map.of("", file.finding())),
                new Check(
                        "disk",
                        true,
                        false,
                        new DiskLook(
                                () -> disks(core, file),
                                core.state().disks(),
                                draft -> core.projector().record(draft),
                                core.clock())),
                new Check("memory", false, true, new MemoryLook(Path.of("/proc"))),
                new Check("clock", false, false, new ClockLook(core.clock(), System::nanoTime, () -> latest(core))),
                new Check("service", false, false, () -> services(core)),
                new Check("environment", false, true, new EnvironmentLook(() -> lostVariables(core))),
                new Check("continuity", false, true, () -> Map.of("", continuity(core))),
                new Check("model", false, true, () -> models(core)),
                new Check("drift", false, false, drift),
                new Check("log", false, false, new LogsLook(() -> logs(core, file), core.clock())),
                new Check(
                        "file", false, true, new FilesLook(() -> file.current().files(), core.clock())),
                new Check(
                        "repository",
                        false,
                        false,
                        new RepositoriesLook(() -> file.current().repositories(), core.clock())),
                new Check(
                        "expiry",
                        false,
                        false,
                        new ExpiryLook(() -> file.current().expiring(), () -> leases(core), core.clock())),
                new Check(
                        "process",
                        false,
                        true,
                        new ProcessesLook(() -> file.current().processes())));
    }

    /** Events after which something is looked at soon: beginnings of their types, and the check. */
    public static final Map<String, String> REASONS = Map.of(
            "mirror.service.",
            "service",
            "mirror.upkeep.failed",
            "mirror",
            "mirror.policy.",
            "mirror",
            "mirror.breaker.",
            "model",
            "mirror.drift.",
            "drift");

    /** Whether the part is of a service that its owner called critical. */
    public static boolean isCriticalService(Core core, String id) {
        Supervisor services = core.services();
        return services != null
                && services.list().stream().anyMatch(each -> each.critical() && id.equals("service:" + each.name()));
    }

    private static Map<String, Finding> services(Core core) {
        Supervisor services = core.services();
        Map<String, Finding> found = new TreeMap<>();
        if (services == null) {
            return found;
        }
        for (ServiceStatus each : services.list()) {
            String told = each.phase().text() + (each.reason().isEmpty() ? "" : ": " + each.reason());
            found.put(
                    each.name(),
                    switch (each.phase()) {
                        case READY -> Finding.ok(told);
                        case STOPPED -> each.wanted() ? Finding.failing(told) : Finding.ok("stopped as wanted");
                        case WAITING, STARTING, RUNNING, STOPPING -> Finding.unknown(told);
                        case BACKOFF -> Finding.warning(told);
                        case QUARANTINED, WITHHELD ->
                            Finding.failing(told + "; 'mirror service show " + each.name() + "' tells more");
                    });
        }
        services.faults()
                .forEach(fault -> found.put("file " + Integer.toHexString(fault.hashCode()), Finding.failing(fault)));
        return found;
    }

    private static Map<String, List<String>> lostVariables(Core core) {
        Supervisor services = core.services();
        return services == null ? Map.of() : services.lostVariables();
    }

    private static List<Path> disks(Core core, PulseFile file) {
        List<Path> disks =
                new ArrayList<>(List.of(core.home().root(), core.notes().root()));
        disks.addAll(file.current().disks());
        return disks.stream().distinct().toList();
    }

    private static List<Path> logs(Core core, PulseFile file) {
        List<Path> logs = new ArrayList<>(List.of(core.home().run().resolve("daemon.log")));
        Supervisor services = core.services();
        if (services != null) {
            logs.addAll(services.logs().values());
        }
        logs.addAll(file.current().logs());
        return logs.stream().distinct().toList();
    }

    private static Instant latest(Core core) {
        return Stream.concat(
                        core.state().continuity().sessions().list().stream().map(Session::lastAt),
                        core.state().checkups().list().stream().map(Checkup::looked))
                .max(Instant::compareTo)
                .orElse(Instant.EPOCH);
    }

    /** Whether sessions that ended are told to the next ones. */
    private static Finding continuity(Core core) {
        Instant now = core.clock().instant();
        List<Session> ended = core.state().continuity().sessions().list().stream()
                .filter(session -> session.ended() != null
                        && session.prompts() > 0
                        && session.lastAt().isAfter(now.minus(RECENT)))
                .toList();
        List<Session> late = ended.stream()
                .filter(session -> session.crystallized() < session.last()
                        && session.lastAt().isBefore(now.minus(CRYSTAL)))
                .toList();
        return late.isEmpty()
                ? Finding.ok(
                        ended.isEmpty()
                                ? "no session ended within a week"
                                : "all " + ended.size() + " sessions that ended within a week are in their crystals")
                : Finding.failing(late.size() + " of " + ended.size()
                        + " sessions that ended within a week are not in their crystal, such as "
                        + late.getFirst().id() + "; the next start of Mirror makes it");
    }

    private static Map<String, Finding> models(Core core) {
        Map<String, Finding> found = new TreeMap<>();
        Instant now = core.clock().instant();
        for (Breakers.Open open : core.state().breakers().open()) {
            if (open.until().isAfter(now)) {
                found.put(
                        open.name(), Finding.warning("it is left alone until " + open.until() + ": " + open.reason()));
            }
        }
        if (found.isEmpty()) {
            found.put("", Finding.ok("no model is left alone for its failures"));
        }
        return found;
    }

    /** When the leases end under which something goes on by itself. */
    private static Map<String, Instant> leases(Core core) {
        Instant now = core.clock().instant();
        Map<String, Instant> ends = new TreeMap<>();
        for (Lease lease : core.state().leases().list()) {
            boolean works = lease.holder().matches("(organism|service|healer):.*|reaper");
            if (works
                    && !lease.revoked()
                    && lease.by().equals("owner")
                    && lease.expires().isAfter(now)) {
                ends.merge(
                        "lease of " + lease.holder(),
                        lease.expires(),
                        (one, other) -> one.isAfter(other) ? one : other);
            }
        }
        return ends;
    }
}
