package mirror.tiers.gateway;

import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import mirror.bus.BusException;
import mirror.bus.Draft;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.tiers.Candidate;
import mirror.tiers.Price;
import mirror.tiers.Route;
import mirror.trust.Action;
import mirror.trust.Budgets;
import mirror.trust.Budgets.Unit;
import mirror.trust.Decision;
import mirror.trust.Gate;
import mirror.trust.Lease;
import mirror.trust.LeaseToken;
import mirror.trust.Leases;
import mirror.trust.Verdict;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Says for each call whether it may go, and keeps what it may cost. A durable yes costs a flush of the disk, which is more than a call
 * may be delayed. So the gate's decision and a reservation are made for a <em>block</em> of calls of the same caller to the same
 * route, and are in the log before the first of them leaves; the calls draw their worst case from it in memory and give back what
 * they did not use. A crash forfeits the block: what is reserved in the log is never less than what was spent.
 *
 * <p>The block says what was decided, not what still holds: for each call the gate judges again (without a record), so that a changed
 * policy, the kill switch, the air gap and a revoked lease stop the very next one. Why it is so, and what was measured:
 * docs/decisions/0028. Thread-safe.
 */
public final class Governor implements AutoCloseable {
    /** A block holds about so many calls as the one that it is opened for, as long as no limit is near. */
    private static final int CALLS = 64;

    /** Of what is left under a limit a block takes this part, so that others find something, too. */
    private static final int SHARE = 8;

    private static final long MOST_CALLS = 4_096;

    /** Many callers at once hold several blocks; more than this are begun anew. */
    private static final int BLOCKS = 32;

    private static final long OLDEST_NANOS = TimeUnit.MINUTES.toNanos(10);
    private static final int SLOTS = 10_000;
    private static final long DAY_MILLIS = TimeUnit.DAYS.toMillis(1);

    /**
     * Who calls what: calls that share a block.
     *
     * @param lease ids of the token's blocks
     * @param sessionLimited whether the session has an account of its own
     */
    record Key(
            List<String> lease,
            String session,
            boolean sessionLimited,
            String project,
            Endpoint endpoint,
            String route,
            boolean localOnly) {}

    /** The blocks of one key, and what the gate is asked about them. */
    static final class Slot {
        final Key key;
        final Route route;
        final LeaseToken.Verified lease;
        final Action action;
        final List<String> accounts;

        /** Who of the route may be asked by these callers at all; the hosts of the action are theirs. */
        final List<Candidate> candidates;

        private final Deque<Block> blocks = new ArrayDeque<>();
        private final AtomicBoolean fetching = new AtomicBoolean();
        private volatile long used;

        Slot(
                Key key,
                Route route,
                LeaseToken.Verified lease,
                Action action,
                List<String> accounts,
                List<Candidate> candidates) {
            this.key = key;
            this.route = route;
            this.lease = lease;
            this.action = action;
            this.accounts = accounts;
            this.candidates = candidates;
        }

        private synchronized @Nullable Draw take(long tokens, long money, long day, boolean approvedOnly) {
            for (Block block : blocks) {
                if ((block.approved || !approvedOnly) && block.has(tokens, money, day)) {
                    return block.draw(tokens, money);
                }
            }
            return null;
        }
    }

    /** A reservation in the log from which calls draw. Guarded by its slot. */
    private static final class Block {
        final Slot slot;
        final Budgets.Block reserved;
        final boolean approved;
        final long day;
        final long opened;
        long calls;
        long tokens;
        long money;
        long openTokens;
        long openMoney;
        int under;
        boolean retired;
        boolean settled;

        Block(Slot slot, Budgets.Block reserved, boolean approved, long day, long opened) {
            this.slot = slot;
            this.reserved = reserved;
            this.approved = approved;
            this.day = day;
            this.opened = opened;
        }

        boolean has(long moreTokens, long moreMoney, long today) {
            return !retired
                    && day == today
                    && calls + under < reserved.calls()
                    && moreTokens <= reserved.tokens() - tokens - openTokens
                    && moreMoney <= reserved.money() - money - openMoney;
        }

        Draw draw(long moreTokens, long moreMoney) {
            under++;
            openTokens += moreTokens;
            openMoney += moreMoney;
            return new Draw(this, moreTokens, moreMoney);
        }

        /** Whether most of it is spent. What calls under way hold may come back, and does not count. */
        boolean isLow() {
            return 4 * (reserved.tokens() - tokens) < reserved.tokens()
                    || 4 * (reserved.money() - money) < reserved.money()
                    || 4 * (reserved.calls() - calls) < reserved.calls();
        }

        /** Whether a call of this size fits once those under way have ended. */
        boolean mayHave(long moreTokens, long moreMoney, long today) {
            return day == today
                    && calls < reserved.calls()
                    && moreTokens <= reserved.tokens() - tokens
                    && moreMoney <= reserved.money() - money;
        }
    }

    /** What one call may use. It is settled exactly once; a call that does not know what it used has used all of it. */
    static final class Draw {
        private final Block block;
        private final long tokens;
        private final long money;
        private boolean settled;

        private Draw(Block block, long tokens, long money) {
            this.block = block;
            this.tokens = tokens;
            this.money = money;
        }

        long tokens() {
            return tokens;
        }

        long money() {
            return money;
        }

        String block() {
            return block.reserved.id();
        }
    }

    private final Gate gate;
    private final Projector projector;
    private final Budgets budgets;
    private final Leases leases;
    private final Receipts receipts;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Map<Key, Slot> slots = new ConcurrentHashMap<>();

    /** Slots that may have blocks, also those that calls under way got before their key led to another one. */
    private final Set<Slot> holders = ConcurrentHashMap.newKeySet();

    /** Blocks are opened one at a time: between looking what is left and writing that down there must be nobody else. */
    private final ReentrantLock opening = new ReentrantLock();

    private boolean closed;

    public Governor(
            Gate gate,
            Projector projector,
            Budgets budgets,
            Leases leases,
            Receipts receipts,
            InstantSource clock,
            RandomGenerator random) {
        this.gate = gate;
        this.projector = projector;
        this.budgets = budgets;
        this.leases = leases;
        this.receipts = receipts;
        this.clock = clock;
        this.random = random;
    }

    /** The slot of a key, or null when there is none, or one of another route. */
    @Nullable
    Slot slot(Key key, Route route) {
        Slot slot = slots.get(key);
        return slot != null && isFor(slot, route) ? slot : null;
    }

    /** The slot of a key, which is this one unless another call was faster. */
    Slot slot(Slot fresh) {
        if (slots.size() >= SLOTS) {
            // Blocks are found by who holds them, so nothing is lost by forgetting names.
            slots.clear();
        }
        return slots.compute(fresh.key, (_, now) -> now != null && isFor(now, fresh.route) ? now : fresh);
    }

    @SuppressWarnings("ReferenceEquality") // A route is one object as long as its file does not change.
    private static boolean isFor(Slot slot, Route route) {
        return slot.route == route;
    }

    /** Millionths of a US dollar that are neither spent nor set aside; {@link Long#MAX_VALUE}: no limit. */
    long leftMoney(LeaseToken.Verified token, List<String> accounts) {
        return Math.min(budgets.left(accounts, Unit.MONEY), money(leases.left(token)));
    }

    private static long money(Lease.Spent lease) {
        return lease.cents() >= Long.MAX_VALUE / 10_000 ? Long.MAX_VALUE : lease.cents() * 10_000;
    }

    /** Whether the gate lets such a call go now, and what happens can be written down. Nothing is drawn. */
    boolean mayGo(Slot slot) {
        return receipts.trouble() == null && gate.dryRun(slot.action).verdict() == Verdict.ALLOW;
    }

    /** Whether a session has a limit of its own, and so an account. */
    boolean isLimited(String account) {
        return budgets.isLimited(account);
    }

    /**
     * Keeps the worst case of a call.
     *
     * @param money in millionths of a US dollar
     * @throws Refusal when it may not go, or not now
     */
    Draw draw(Slot slot, long tokens, long money) throws Refusal {
        Decision now = gate.dryRun(slot.action);
        if (now.verdict() == Verdict.BLOCK) {
            throw new Refusal(403, "gate", "the gate blocks this (" + now.rule() + "): " + now.reason());
        }
        String trouble = receipts.trouble();
        if (trouble != null) {
            throw new Refusal(503, "log", trouble);
        }
        boolean approvedOnly = now.verdict() == Verdict.ASK;
        slot.used = System.nanoTime();
        Draw draw = slot.take(tokens, money, today(), approvedOnly);
        if (draw == null) {
            opening.lock();
            try {
                draw = slot.take(tokens, money, today(), approvedOnly);
                if (draw == null) {
                    draw = open(slot, tokens, money);
                }
            } finally {
                opening.unlock();
            }
        } else if (draw.block.isLow() && slot.fetching.compareAndSet(false, true)) {
            Thread.ofVirtual().name("block").start(() -> fetch(slot, tokens, money));
        }
        return draw;
    }

    private long today() {
        return Math.floorDiv(clock.millis(), DAY_MILLIS);
    }

    /** Opens the next block before the last one is empty, so that no call has to wait for it. */
    private void fetch(Slot slot, long tokens, long money) {
        opening.lock();
        try {
            boolean low;
            synchronized (slot) {
                low = slot.blocks.stream().allMatch(block -> block.isLow() || block.day != today());
            }
            if (low && !closed) {
                settle(open(slot, tokens, money), 0, 0, false);
            }
        } catch (Refusal e) {
            // The call that needs it will hear why.
        } finally {
            opening.unlock();
            slot.fetching.set(false);
        }
    }

    private Draw open(Slot slot, long tokens, long money) throws Refusal {
        if (closed) {
            throw new Refusal(503, "closing", "it is being stopped");
        }
        long now = System.nanoTime();
        sweep(block -> now - Math.max(block.opened, block.slot.used) > OLDEST_NANOS);
        Optional<Budgets.Block> sized = size(slot, tokens, money);
        if (sized.isEmpty() && idle(slot, tokens, money)) {
            // Others hold blocks that they do not use now.
            sweep(_ -> true);
            sized = size(slot, tokens, money);
        }
        Budgets.Block reserved = sized.orElseThrow(() -> over(slot, tokens, money));
        Decision decision = gate.decide(slot.action);
        switch (decision.verdict()) {
            case ALLOW -> {}
            case ASK ->
                throw new Refusal(
                        403,
                        "gate",
                        "the owner has to allow this (" + decision.reason() + "); 'mirror approve "
                                + decision.approval() + "', then try again");
            case BLOCK ->
                throw new Refusal(403, "gate", "the gate blocks this (" + decision.rule() + "): " + decision.reason());
        }
        Optional<Budgets.Hold> hold = budgets.hold(reserved.accounts(), reserved.tokens(), reserved.money());
        if (hold.isEmpty()) {
            throw over(slot, tokens, money);
        }
        try (Budgets.Hold _ = hold.get()) {
            ObjectNode more = Json.object()
                    .put("decision", String.valueOf(decision.event()))
                    .put("route", slot.key.route())
                    .put("endpoint", slot.key.endpoint().name().toLowerCase(java.util.Locale.ROOT));
            if (slot.key.localOnly()) {
                more.put("local-only", true);
            }
            projector.record(Budgets.reserve(reserved, more).session(slot.key.session()));
        } catch (BusException e) {
            throw new Refusal(503, "log", "the log cannot record it: " + e.getMessage());
        }
        Block block = new Block(slot, reserved, decision.rule().equals("approval"), today(), now);
        synchronized (slot) {
            // What is too little for such a call is given back when the calls under way have ended.
            retire(slot, each -> slot.blocks.size() >= BLOCKS || !each.mayHave(tokens, money, block.day));
            holders.add(slot);
            slot.blocks.addLast(block);
            return block.draw(tokens, money);
        }
    }

    /** How large a block may be that serves this call at least; nothing when not even that is left. */
    private Optional<Budgets.Block> size(Slot slot, long tokens, long money) {
        Lease.Spent lease = leases.left(slot.lease);
        long tokensLeft = Math.min(budgets.left(slot.accounts, Unit.TOKENS), lease.tokens());
        long moneyLeft = Math.min(budgets.left(slot.accounts, Unit.MONEY), money(lease));
        if (lease.actions() < 1 || tokens > tokensLeft || money > moneyLeft) {
            return Optional.empty();
        }
        byte[] id = new byte[8];
        random.nextBytes(id);
        return Optional.of(new Budgets.Block(
                "b" + HexFormat.of().formatHex(id),
                slot.accounts,
                slot.lease.ids(),
                lease.actions() == Long.MAX_VALUE ? MOST_CALLS : share(1, lease.actions()),
                share(tokens, tokensLeft),
                share(money, moneyLeft)));
    }

    /** So much for many calls, but only a part of what is left, and at least what one needs. */
    private static long share(long need, long left) {
        long wanted = need > Long.MAX_VALUE / CALLS ? need : need * CALLS;
        return left == Long.MAX_VALUE ? wanted : Math.max(Math.min(need, left), Math.min(wanted, left / SHARE));
    }

    private Refusal over(Slot slot, long tokens, long money) {
        Lease.Spent lease = leases.left(slot.lease);
        if (lease.actions() < 1 || lease.tokens() < tokens || lease.cents() < Math.ceilDiv(money, 10_000)) {
            return new Refusal(
                    402,
                    "lease-budget",
                    "the lease " + slot.lease.ids().getLast()
                            + " has not enough left for this call, which may use up to " + tokens + " tokens and "
                            + Price.dollars(money));
        }
        return new Refusal(
                402,
                "budget",
                "the budget of " + String.join(", ", slot.accounts)
                        + " has not enough left for this call, which may use up to " + tokens + " tokens and "
                        + Price.dollars(money) + "; 'mirror budget' shows it");
    }

    // ---- giving back

    /** The call used this; the rest of its draw is free again. What is more than the draw is spent all the same. */
    void settle(Draw draw, long tokens, long money) {
        settle(draw, tokens, money, true);
    }

    private void settle(Draw draw, long tokens, long money, boolean counts) {
        Block block = draw.block;
        synchronized (block.slot) {
            if (draw.settled) {
                return;
            }
            draw.settled = true;
            block.under--;
            block.openTokens -= draw.tokens;
            block.openMoney -= draw.money;
            block.calls += counts ? 1 : 0;
            block.tokens += tokens;
            block.money += money;
            done(block);
        }
    }

    /** Called with the slot's lock. A retired block that nobody draws from any more is closed in the log. */
    private void done(Block block) {
        if (block.under == 0 && block.retired && !block.settled) {
            block.settled = true;
            block.slot.blocks.remove(block);
            receipts.record(Budgets.settle(block.reserved, block.calls, block.tokens, block.money));
        }
    }

    /** Whether what is left and what blocks hold that nobody draws from may be as much as this call needs, together. */
    private boolean idle(Slot mine, long tokens, long money) {
        Lease.Spent lease = leases.left(mine.lease);
        double idleTokens = (double) Math.min(budgets.left(mine.accounts, Unit.TOKENS), lease.tokens());
        double idleMoney = Math.min((double) budgets.left(mine.accounts, Unit.MONEY), (double) lease.cents() * 10_000);
        double idleCalls = (double) lease.actions();
        for (Slot slot : holders) {
            synchronized (slot) {
                for (Block block : slot.blocks) {
                    if (block.under == 0) {
                        idleTokens += Math.max(0, block.reserved.tokens() - block.tokens);
                        idleMoney += Math.max(0, block.reserved.money() - block.money);
                        idleCalls += Math.max(0, block.reserved.calls() - block.calls);
                    }
                }
            }
        }
        return idleTokens >= tokens && idleMoney >= money && idleCalls >= 1;
    }

    /** Closes blocks that nobody draws from, in the log before it returns. Called with the lock of opening. */
    private void sweep(Predicate<Block> which) {
        List<Draft> settled = new ArrayList<>();
        for (Iterator<Slot> each = holders.iterator(); each.hasNext(); ) {
            Slot slot = each.next();
            synchronized (slot) {
                for (Block block : List.copyOf(slot.blocks)) {
                    if (block.under == 0 && which.test(block)) {
                        block.retired = true;
                        block.settled = true;
                        slot.blocks.remove(block);
                        settled.add(Budgets.settle(block.reserved, block.calls, block.tokens, block.money));
                    }
                }
                if (slot.blocks.isEmpty()) {
                    each.remove();
                    if (System.nanoTime() - slot.used > OLDEST_NANOS) {
                        slots.remove(slot.key, slot);
                    }
                }
            }
        }
        try {
            if (!settled.isEmpty()) {
                projector.record(settled);
            }
        } catch (BusException e) {
            // It stays reserved: nothing is overspent by that.
        }
    }

    private void retire(Slot slot, Predicate<Block> which) {
        synchronized (slot) {
            for (Block block : List.copyOf(slot.blocks)) {
                if (which.test(block)) {
                    block.retired = true;
                    done(block);
                }
            }
        }
    }

    /** Gives back what is left of all blocks that nobody draws from; those of calls under way stay spent in full. */
    @Override
    public void close() {
        opening.lock();
        try {
            closed = true;
            sweep(_ -> true);
        } finally {
            opening.unlock();
        }
    }
}
