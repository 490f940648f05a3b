package mirror.surface;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import mirror.bus.Projection;
import mirror.bus.organism.OrganismLedger;
import mirror.continuity.Continuity;
import mirror.continuity.Imports;
import mirror.pulse.check.Checkups;
import mirror.pulse.check.Disks;
import mirror.pulse.drift.DriftLedger;
import mirror.pulse.heal.HealLedger;
import mirror.pulse.reliability.Reliability;
import mirror.pulse.stats.Stats;
import mirror.pulse.supervise.ServiceLedger;
import mirror.surface.agent.AgentRuns;
import mirror.surface.console.Captures;
import mirror.surface.console.ConsoleSessions;
import mirror.surface.console.Mesh;
import mirror.surface.diagnose.Diagnoses;
import mirror.surface.probe.ProbedClients;
import mirror.surface.report.ReportLedger;
import mirror.surface.signal.SignalLedger;
import mirror.surface.stats.CallMeters;
import mirror.surface.stats.Numbers;
import mirror.tiers.catalog.Catalog;
import mirror.tiers.council.CouncilRuns;
import mirror.tiers.council.SkillMemory;
import mirror.tiers.gateway.BreakerLedger;
import mirror.tiers.gateway.Costs;
import mirror.tiers.swarm.SwarmRuns;
import mirror.trust.Approvals;
import mirror.trust.Budgets;
import mirror.trust.Denials;
import mirror.trust.Devices;
import mirror.trust.Identity;
import mirror.trust.KnownTools;
import mirror.trust.Leases;
import mirror.trust.Passkeys;
import mirror.trust.Presence;
import mirror.trust.Risk;
import mirror.trust.Signers;
import mirror.trust.Taint;
import mirror.trust.claims.Facts;
import mirror.vault.canon.Claims;
import mirror.vault.triage.TriageRuns;

/** All that Mirror knows because of its events, and only because of them. */
public record State(
        Continuity continuity,
        Approvals approvals,
        Leases leases,
        Denials denials,
        Budgets budgets,
        Presence presence,
        Devices devices,
        Signers signers,
        KnownTools tools,
        Taint taint,
        Facts facts,
        Imports imports,
        AgentRuns agents,
        ProbedClients probed,
        Claims claims,
        OrganismLedger organisms,
        TriageRuns triage,
        BreakerLedger breakers,
        Catalog catalog,
        Costs costs,
        CouncilRuns councils,
        SkillMemory skills,
        SwarmRuns swarms,
        Checkups checkups,
        Disks disks,
        ServiceLedger services,
        HealLedger heals,
        Reliability reliability,
        SignalLedger signals,
        ReportLedger reports,
        Passkeys passkeys,
        ConsoleSessions consoles,
        Captures captures,
        Mesh mesh,
        Stats stats,
        CallMeters meters,
        DriftLedger drift,
        Diagnoses diagnoses) {

    /**
     * The state before the first event.
     *
     * @param random for nonces and identifiers
     * @param patience how long a request for approval waits while the owner is there
     * @param twice of which risk an action is that two devices have to allow
     */
    public static State empty(
            Continuity continuity,
            InstantSource clock,
            RandomGenerator random,
            Supplier<Duration> patience,
            Set<Risk> twice) {
        Presence presence = new Presence();
        return new State(
                continuity,
                new Approvals(clock, random, () -> presence.isAway() ? Presence.QUEUED : patience.get(), twice),
                new Leases(clock, random),
                new Denials(clock),
                new Budgets(clock),
                presence,
                new Devices(clock),
                new Signers(),
                new KnownTools(),
                new Taint(),
                new Facts(),
                new Imports(),
                new AgentRuns(),
                new ProbedClients(),
                new Claims(),
                new OrganismLedger(),
                new TriageRuns(),
                new BreakerLedger(),
                new Catalog(),
                new Costs(),
                new CouncilRuns(),
                new SkillMemory(),
                new SwarmRuns(),
                new Checkups(),
                new Disks(),
                new ServiceLedger(),
                new HealLedger(),
                new Reliability(),
                new SignalLedger(),
                new ReportLedger(),
                new Passkeys(clock, random),
                new ConsoleSessions(clock, random),
                new Captures(),
                new Mesh(),
                new Stats(Numbers.ALL),
                new CallMeters(),
                new DriftLedger(),
                new Diagnoses());
    }

    public Identity identity() {
        return continuity.identity();
    }

    /** What the projector feeds. */
    public List<Projection> projections() {
        List<Projection> all = new ArrayList<>(continuity.projections());
        all.addAll(List.of(
                approvals,
                leases,
                denials,
                budgets,
                presence,
                devices,
                signers,
                tools,
                taint,
                facts,
                imports,
                agents,
                probed,
                claims,
                organisms,
                triage,
                breakers,
                catalog,
                costs,
                councils,
                skills,
                swarms,
                checkups,
                disks,
                services,
                heals,
                reliability,
                signals,
                reports,
                passkeys,
                consoles,
                captures,
                mesh,
                stats,
                meters,
                drift,
                diagnoses));
        return all;
    }
}
