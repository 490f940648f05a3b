package mirror.tiers.swarm;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import mirror.bus.BusException;
import mirror.bus.Event;
import mirror.bus.Projector;
import mirror.tiers.Tiers;
import mirror.tiers.TiersFile;
import mirror.tiers.ask.GatewayModels;
import mirror.tiers.ask.Models.Cause;
import mirror.tiers.ask.Models.Said;
import mirror.tiers.gateway.Gateway;
import mirror.trust.DeviceKey;
import mirror.trust.LeaseToken;
import mirror.trust.Leases;
import mirror.trust.TrustException;

/** Models behind the gateway, each attempt under a lease of its own. */
final class GatewayWorkers implements Workers {
    /** Who the calls are accounted to. */
    static final String HOLDER = "swarm";

    private static final Duration RECEIPTS = Duration.ofSeconds(5);

    private final TiersFile tiers;
    private final Gateway gateway;
    private final Leases leases;
    private final DeviceKey key;
    private final Projector projector;
    private final InstantSource clock;

    GatewayWorkers(
            TiersFile tiers, Gateway gateway, Leases leases, DeviceKey key, Projector projector, InstantSource clock) {
        this.tiers = tiers;
        this.gateway = gateway;
        this.leases = leases;
        this.key = key;
        this.projector = projector;
        this.clock = clock;
    }

    @Override
    public Worker open(String run, Graph graph, Purse purse, Instant end) {
        if (purse.isEmpty()) {
            throw new TrustException("nothing is left of the run's money or tokens");
        }
        String lease = projector
                .record(leases.grant(HOLDER, Authority.run(graph, purse, end), "owner")
                        .session(run))
                .text("lease");
        return new Leased(lease, new Authority(leases.token(lease, key)));
    }

    private final class Leased implements Worker {
        private final String lease;
        private final Authority authority;

        Leased(String lease, Authority authority) {
            this.lease = lease;
            this.authority = authority;
        }

        @Override
        public Done ask(Order order) {
            String id = "";
            try {
                Tiers now = tiers.current().tiers();
                if (now == null) {
                    return new Done(
                            new Said.Absent(String.valueOf(tiers.current().refusal()), Cause.FAILED), true);
                }
                Duration patience = Duration.ofSeconds(order.task().seconds());
                LeaseToken token =
                        authority.attempt(order, clock.instant().plus(patience).plus(RECEIPTS));
                id = token.verify(key.key("lease")).ids().getLast();
                Said said = new GatewayModels(
                                gateway,
                                now,
                                HOLDER,
                                token.text(),
                                order.task().sensitivity().text(),
                                patience,
                                order.task().output(),
                                clock)
                        .ask(order.task().model(), order.prompt());
                boolean left = said instanceof Said.Absent(String _, Cause cause) && cause == Cause.LEFT;
                return new Done(said, !left && gateway.awaitReceipts(RECEIPTS));
            } catch (TrustException e) {
                return new Done(new Said.Absent(String.valueOf(e.getMessage()), Cause.REFUSED), true);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return new Done(new Said.Absent("it was stopped", Cause.LEFT), false);
            } finally {
                revoke(id);
            }
        }

        @Override
        public void close() {
            revoke(lease);
        }
    }

    @Override
    public void revoke(String id) {
        try {
            if (!id.isEmpty()) {
                Event _ = projector.record(leases.revoke(id));
            }
        } catch (TrustException e) {
            // It has ended by itself.
        } catch (BusException e) {
            // The log takes nothing, so nothing can be reserved under it either, and it ends by itself.
        }
    }
}
