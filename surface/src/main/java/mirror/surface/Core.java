package mirror.surface;

import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.IntSupplier;
import mirror.bus.FileStore;
import mirror.bus.Home;
import mirror.bus.Projector;
import mirror.kernel.OrganismRegistry;
import mirror.mesh.BusTransport;
import mirror.pulse.supervise.Supervisor;
import mirror.surface.agent.Agents;
import mirror.surface.console.Pairings;
import mirror.surface.hook.ClaudeServers;
import mirror.surface.hook.ToolEffects;
import mirror.surface.probe.ClientProbe;
import mirror.surface.signal.Signals;
import mirror.tiers.TiersFile;
import mirror.trust.Contracts;
import mirror.trust.DeviceKey;
import mirror.trust.Gate;
import mirror.trust.Invitations;
import mirror.trust.PolicyStore;
import mirror.trust.Zones;
import mirror.trust.claims.ClaimGuard;
import mirror.vault.LiveVault;
import mirror.vault.canon.Knowledge;
import mirror.vault.change.VaultChanges;
import mirror.vault.triage.LiveTriage;
import org.jspecify.annotations.Nullable;

/**
 * The running Mirror as its surfaces see it; built once by the daemon.
 *
 * @param contracts who may sign what is loaded
 * @param servers where the tools of MCP servers come from
 * @param tools what the tools of clients would do
 * @param notes the owner's vault; not opened in a client without a daemon
 * @param changes the one way by which that vault is changed
 * @param knowledge evidence, claims and what is made of them
 * @param triage what puts into the vault what was dropped; runs by itself only in the daemon
 * @param organisms null in a client without a daemon, which hears nothing
 * @param services what keeps the owner's services running; null without a daemon, too
 * @param tiers who answers calls of models
 * @param agents the runs of agents that Mirror started
 * @param clientProbe what finds out what an installed client honours
 * @param transport what carries the log to other machines
 * @param program path of the launcher, for what other programs are told to start
 * @param started when the daemon started
 * @param port loopback TCP port of the HTTP server
 * @param invitations devices that are being enrolled
 * @param pairings browsers that are being let in
 */
public record Core(
        Home home,
        Config config,
        DeviceKey key,
        Projector projector,
        FileStore files,
        PolicyStore policies,
        State state,
        Contracts contracts,
        ClaudeServers servers,
        ToolEffects tools,
        Gate gate,
        Zones zones,
        ClaimGuard claims,
        LiveVault notes,
        VaultChanges changes,
        Knowledge knowledge,
        LiveTriage triage,
        Signals signals,
        @Nullable OrganismRegistry organisms,
        @Nullable Supervisor services,
        TiersFile tiers,
        Agents agents,
        ClientProbe clientProbe,
        BusTransport transport,
        InstantSource clock,
        Path program,
        Instant started,
        IntSupplier port,
        Invitations invitations,
        Pairings pairings) {
    public static final String VERSION = "0.1.0";

    /** The same with another state and time, for looking alone. */
    public Core asOf(State then, InstantSource time) {
        return new Core(
                home,
                config,
                key,
                projector,
                files,
                policies,
                then,
                contracts,
                servers,
                tools,
                gate,
                zones,
                claims,
                notes,
                changes,
                knowledge,
                triage,
                signals,
                organisms,
                services,
                tiers,
                agents,
                clientProbe,
                transport,
                time,
                program,
                started,
                port,
                invitations,
                pairings);
    }

    public String origin() {
        return projector.log().origin();
    }
}
