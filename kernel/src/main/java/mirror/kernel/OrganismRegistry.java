package mirror.kernel;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mirror.bus.BusException;
import mirror.bus.Home;
import mirror.bus.Projector;
import mirror.bus.organism.DeadLetter;
import mirror.bus.organism.Drive;
import mirror.bus.organism.Organism;
import mirror.bus.organism.OrganismLedger;
import mirror.bus.organism.OrganismStatus;
import mirror.bus.organism.Organisms;
import mirror.continuity.Continuity;
import mirror.trust.Contracts;
import mirror.trust.Decision;
import mirror.trust.Gate;
import mirror.trust.Lease;
import mirror.trust.Leases;
import mirror.trust.shell.ShellContext;
import org.jspecify.annotations.Nullable;

/**
 * All organisms of this Mirror: the built-in ones and those in {@code organisms/*.yaml}, on one engine and under the same rules. A
 * built-in one has a lease like any other, given by the daemon at its first start; when the owner revokes it, it stays revoked.
 * Thread-safe.
 */
public final class OrganismRegistry implements AutoCloseable {
    /**
     * Where an organism comes from and what it does.
     *
     * @param file the owner's file, or null for a part of Mirror
     * @param does its reaction in a few words
     */
    public record About(String name, @Nullable Path file, String does) {}

    /** What a reload found. */
    public record Reload(int builtIn, int own, List<String> faults) {}

    private static final List<String> NO_EFFECTS = List.of();

    private final Home home;
    private final Projector projector;
    private final Leases leases;
    private final Contracts contracts;
    private final Organisms engine;
    private final Reactor reactor;
    private final Map<String, Organism> builtIn = new LinkedHashMap<>();
    private volatile Map<String, LeasePermits.Need> needs = Map.of();
    private volatile Map<String, About> abouts = Map.of();
    private volatile List<String> faults = List.of();

    /**
     * Reads the saved positions; nothing runs before {@link #start}.
     *
     * @param projector must feed {@code ledger}, {@code leases} and what {@code gate} and {@code continuity} answer from
     * @param contracts who may sign the owner's files; the built-in ones are signed with the program
     * @param user the person's home folder, where programs start
     * @param parts built-in organisms of rooms that this one does not know
     */
    public OrganismRegistry(
            Home home,
            Path user,
            Projector projector,
            OrganismLedger ledger,
            Leases leases,
            Contracts contracts,
            Gate gate,
            Continuity continuity,
            ShellContext shell,
            Map<String, String> environment,
            List<Organism> parts,
            Drive drive) {
        this.home = home;
        this.projector = projector;
        this.leases = leases;
        this.contracts = contracts;
        this.reactor = new Reactor(home, gate, user, shell, environment);
        this.engine = new Organisms(
                projector,
                ledger,
                home.cursors(),
                new LeasePermits(
                        leases, name -> needs.getOrDefault(name, new LeasePermits.Need(List.of("mirror"), ""))),
                event -> Leases.isAbout(event) || isAnswer(event.type()),
                drive);
        for (Organism organism :
                List.of(ContinuityKeeper.organism(continuity, projector), DenialBurst.organism(projector))) {
            builtIn.put(organism.name(), organism);
        }
        for (Organism part : parts) {
            builtIn.put(part.name(), part);
        }
    }

    /** Events after which the gate may answer otherwise. */
    private static boolean isAnswer(String type) {
        return type.equals("mirror.approval.answered.v1") || type.equals("mirror.policy.signed.v1");
    }

    /** Reads the owner's files and begins to listen. */
    public void start() {
        reload();
        engine.start();
    }

    /** Reads the owner's files again; organisms whose file is gone or faulty stop and keep their place. */
    public synchronized Reload reload() {
        lease();
        OrganismFolder.Content content = OrganismFolder.read(home.organisms(), builtIn.keySet(), contracts);
        Map<String, LeasePermits.Need> nowNeeds = new LinkedHashMap<>();
        Map<String, About> nowAbouts = new LinkedHashMap<>();
        List<Organism> organisms = new ArrayList<>();
        builtIn.values().forEach(organism -> {
            organisms.add(organism);
            nowNeeds.put(
                    organism.name(), new LeasePermits.Need(organism.filter().types(), ""));
            nowAbouts.put(organism.name(), new About(organism.name(), null, "a part of Mirror"));
        });
        content.files().forEach((path, file) -> {
            organisms.add(file.organism(delivery -> reactor.react(file, delivery)));
            nowNeeds.put(
                    file.name(),
                    new LeasePermits.Need(file.filter().types(), file.reaction().needs()));
            nowAbouts.put(file.name(), new About(file.name(), path, does(file.reaction())));
        });
        needs = nowNeeds;
        abouts = nowAbouts;
        faults = content.faults();
        engine.define(organisms);
        return new Reload(builtIn.size(), content.files().size(), faults);
    }

    private static String does(Reaction reaction) {
        return switch (reaction) {
            case Reaction.Run run -> "runs " + run.command();
            case Reaction.Http http -> http.method() + " to " + http.url();
        };
    }

    /** Gives Mirror's own parts their leases, unless the owner has ever taken one away from them. */
    private void lease() {
        for (Organism organism : builtIn.values()) {
            String holder = LeasePermits.holder(organism.name());
            boolean taken =
                    leases.list().stream().anyMatch(lease -> lease.holder().equals(holder) && lease.revoked());
            if (!taken && leases.held(holder).isEmpty()) {
                projector.record(leases.grant(holder, organism.filter().types(), NO_EFFECTS, Leases.LONGEST, "daemon"));
            }
        }
    }

    // ---- what the owner sees and does

    public List<OrganismStatus> list() {
        return engine.list();
    }

    /** @throws BusException when there is none */
    public OrganismStatus get(String name) {
        return engine.list().stream()
                .filter(status -> status.name().equals(name))
                .findFirst()
                .orElseThrow(() ->
                        new BusException("there is no organism '" + name + "'; 'mirror organisms list' shows them"));
    }

    public Optional<About> about(String name) {
        return Optional.ofNullable(abouts.get(name));
    }

    public List<Lease> leases(String name) {
        return leases.held(LeasePermits.holder(name));
    }

    /** What is wrong with the owner's files, one sentence each. */
    public List<String> faults() {
        return faults;
    }

    /** What keeps all of them from their work, or null. */
    public @Nullable String trouble() {
        return engine.trouble();
    }

    public List<DeadLetter> letters() {
        return engine.letters();
    }

    public List<DeadLetter> requeue(String what) {
        return engine.requeue(what);
    }

    public void pause(String name) {
        engine.pause(name);
    }

    public void resume(String name) {
        engine.resume(name);
    }

    /** @see Organisms#resume(String, long) */
    public void resume(String name, long after) {
        engine.resume(name, after);
    }

    /** What the gate says of a command if an organism came with it; recorded like every decision, and never carried out. */
    public Decision drill(String command) {
        return reactor.drill(command);
    }

    @Override
    public void close() {
        engine.close();
        reactor.close();
    }
}
