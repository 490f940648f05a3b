package mirror.trust;

import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What each agent may spend on a day (UTC): actions, tokens, money. What is spent follows from the log alone: an action from the
 * event that allowed it, tokens and money from reservations and their settlements. Who spends first holds the amount here, then
 * records it, and only then spends, so that neither concurrent callers nor a killed process can exceed a limit.
 *
 * <p>An agent without a limit is not limited. Thread-safe.
 */
public final class Budgets implements Projection {
    static final String SET = "mirror.budget.set.v1";
    static final String GRANTED = "mirror.budget.granted.v1";
    static final String RESERVED = "mirror.spend.reserved.v1";
    static final String SETTLED = "mirror.spend.settled.v1";
    static final String BLOCK_RESERVED = "mirror.block.reserved.v1";
    static final String BLOCK_SETTLED = "mirror.block.settled.v1";

    /** The account that everybody's calls of models are counted in. */
    public static final String ALL = "all";

    /** What the account of a session starts with; it is not renewed at midnight. */
    public static final String SESSION = "session:";

    /** Reservations that nobody settled are remembered until there are this many newer ones; their full amount stays spent. */
    private static final int OPEN = 100_000;

    /** What is counted. */
    public enum Unit {
        /** Actions that the gate allowed. */
        ACTIONS,
        /** Tokens of models, in and out. */
        TOKENS,
        /** Millionths of a US dollar. */
        MONEY;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** The unit of that name, or nothing. */
        public static Optional<Unit> of(String text) {
            for (Unit unit : values()) {
                if (unit.text().equals(text)) {
                    return Optional.of(unit);
                }
            }
            return Optional.empty();
        }
    }

    private record Key(String agent, Unit unit) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            int byAgent = agent.compareTo(other.agent);
            return byAgent != 0 ? byAgent : unit.compareTo(other.unit);
        }
    }

    /** One agent's use of one unit. */
    private static final class Account {
        final boolean renewed;
        long limit = -1;
        LocalDate day = LocalDate.EPOCH;
        long extra;
        long spent;

        Account(Key key) {
            renewed = !key.agent.startsWith(SESSION);
        }

        void on(LocalDate today) {
            if (renewed && today.isAfter(day)) {
                day = today;
                extra = 0;
                spent = 0;
            }
        }

        boolean isOf(LocalDate today) {
            return !renewed || day.equals(today);
        }

        /** What is left of the limit, {@link Long#MAX_VALUE} without one. */
        long left(LocalDate today) {
            return limit < 0 ? Long.MAX_VALUE : isOf(today) ? limit + extra - spent : limit;
        }

        boolean has(long amount, LocalDate today) {
            return amount <= left(today);
        }
    }

    /**
     * An amount for many calls of models, set aside in one step in several accounts, so that not every call has to wait for the disk.
     * What of it was not settled when the process died stays spent.
     *
     * @param id chosen by the caller, once
     * @param accounts the agent's, {@link #ALL}, and the session's when it has a limit
     * @param leases ids of the lease token's blocks, the lease's own first
     * @param calls how many calls at most
     * @param money in millionths of a US dollar
     */
    public record Block(String id, List<String> accounts, List<String> leases, long calls, long tokens, long money) {
        public Block {
            accounts = List.copyOf(accounts);
            leases = List.copyOf(leases);
        }
    }

    private record OpenBlock(List<String> accounts, LocalDate day, long tokens, long money) {}

    private record Open(Key key, LocalDate day, long amount) {}

    /**
     * An account as people see it.
     *
     * @param limit -1 when there is none
     * @param spent what is set aside included
     * @param aside of that, what blocks hold that nobody settled yet: the worst that calls of models may cost
     */
    public record Line(String agent, Unit unit, long limit, long extra, long spent, long aside) {}

    /** An amount that is kept for its holder until it is recorded; closing it gives up what was not recorded. */
    public interface Hold extends AutoCloseable {
        @Override
        void close();
    }

    private final InstantSource clock;
    private final Map<Key, Account> accounts = new TreeMap<>();

    /** Held by callers whose record is not in the log yet; not part of the state. */
    private final Map<Key, Long> held = new TreeMap<>();

    private final Map<String, Open> open = new LinkedHashMap<>();
    private final Map<String, OpenBlock> blocks = new LinkedHashMap<>();

    public Budgets(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public String name() {
        return "budgets";
    }

    @Override
    public int version() {
        return 2;
    }

    private static LocalDate day(Instant time) {
        return LocalDate.ofInstant(time, ZoneOffset.UTC);
    }

    private Account account(Key key, LocalDate day) {
        Account account = accounts.computeIfAbsent(key, Account::new);
        account.on(day);
        return account;
    }

    /**
     * Keeps an amount for the caller, who records it and then closes the hold.
     *
     * @return nothing when the agent's limit of today does not have it
     */
    public synchronized Optional<Hold> hold(String agent, Unit unit, long amount) {
        Key key = new Key(agent, unit);
        Account account = accounts.get(key);
        long all = held.getOrDefault(key, 0L) + amount;
        if (amount < 0 || (account != null && !account.has(all, day(clock.instant())))) {
            return Optional.empty();
        }
        held.put(key, all);
        boolean[] closed = {false};
        return Optional.of(() -> {
            synchronized (this) {
                if (!closed[0]) {
                    closed[0] = true;
                    held.merge(key, -amount, Long::sum);
                }
            }
        });
    }

    /**
     * Keeps tokens and money in all of these accounts, or in none.
     *
     * @return nothing when one of them does not have it
     */
    public synchronized Optional<Hold> hold(List<String> agents, long tokens, long money) {
        Deque<Hold> holds = new ArrayDeque<>();
        for (String agent : agents) {
            for (Unit unit : List.of(Unit.TOKENS, Unit.MONEY)) {
                Optional<Hold> hold = hold(agent, unit, unit == Unit.TOKENS ? tokens : money);
                if (hold.isEmpty()) {
                    holds.forEach(Hold::close);
                    return Optional.empty();
                }
                holds.push(hold.get());
            }
        }
        return Optional.of(() -> holds.forEach(Hold::close));
    }

    /** The least that these accounts have left now, what is held taken off; {@link Long#MAX_VALUE} when none has a limit. */
    public synchronized long left(List<String> agents, Unit unit) {
        LocalDate today = day(clock.instant());
        long least = Long.MAX_VALUE;
        for (String agent : agents) {
            Key key = new Key(agent, unit);
            Account account = accounts.get(key);
            if (account != null && account.limit >= 0) {
                least = Math.min(least, account.left(today) - held.getOrDefault(key, 0L));
            }
        }
        return Math.max(0, least);
    }

    /** Whether this account has a limit of tokens or money. */
    public synchronized boolean isLimited(String agent) {
        Account tokens = accounts.get(new Key(agent, Unit.TOKENS));
        Account money = accounts.get(new Key(agent, Unit.MONEY));
        return (tokens != null && tokens.limit >= 0) || (money != null && money.limit >= 0);
    }

    /**
     * The event that sets a block aside. Record it while a {@link #hold(List, long, long)} of the same amounts is open.
     *
     * @param more what else is to be known of it, such as the decision it rests on
     */
    public static Draft reserve(Block block, ObjectNode more) {
        ObjectNode data = Json.object().put("block", block.id());
        block.accounts().forEach(data.putArray("accounts")::add);
        block.leases().forEach(data.putArray("leases")::add);
        data.put("calls", block.calls()).put("tokens", block.tokens()).put("money", block.money());
        data.setAll(more);
        return Draft.of(BLOCK_RESERVED, "daemon", data)
                .subject(block.id())
                .permit(block.leases().isEmpty() ? null : block.leases().getLast());
    }

    /** The event that says what of a block was really spent; the rest is free again. */
    public static Draft settle(Block block, long calls, long tokens, long money) {
        return Draft.of(
                        BLOCK_SETTLED,
                        "daemon",
                        Json.object()
                                .put("block", block.id())
                                .put("calls", calls)
                                .put("tokens", tokens)
                                .put("money", money))
                .subject(block.id());
    }

    /**
     * The event that says an amount is about to be spent; record it while the hold is open, then spend, then {@link #settle}.
     *
     * @param id chosen by the caller, once
     */
    public Draft reserve(String id, String agent, Unit unit, long amount) {
        return Draft.of(
                        RESERVED,
                        "daemon",
                        Json.object()
                                .put("reservation", id)
                                .put("agent", agent)
                                .put("unit", unit.text())
                                .put("amount", amount))
                .subject(id);
    }

    /** The event that says what was really spent. It may be more than was reserved: what is spent is spent. */
    public Draft settle(String id, long amount) {
        return Draft.of(SETTLED, "daemon", Json.object().put("reservation", id).put("amount", Math.max(0, amount)))
                .subject(id);
    }

    /**
     * The event that limits an agent.
     *
     * @param perDay the limit, or -1 for none
     */
    public Draft set(String agent, Unit unit, long perDay) {
        return Draft.of(
                SET,
                "owner",
                Json.object().put("agent", agent).put("unit", unit.text()).put("per-day", perDay));
    }

    /** The event that gives an agent more for today. */
    public Draft grant(String agent, Unit unit, long amount) {
        return Draft.of(
                GRANTED,
                "owner",
                Json.object()
                        .put("agent", agent)
                        .put("unit", unit.text())
                        .put("amount", amount)
                        .put("day", day(clock.instant()).toString()));
    }

    /** All accounts, by agent, as of today. */
    public synchronized List<Line> list() {
        LocalDate today = day(clock.instant());
        List<Line> lines = new ArrayList<>();
        accounts.forEach((key, account) -> {
            boolean current = account.isOf(today);
            lines.add(new Line(
                    key.agent,
                    key.unit,
                    account.limit,
                    current ? account.extra : 0,
                    current ? account.spent : 0,
                    current ? aside(key, account) : 0));
        });
        return lines;
    }

    private long aside(Key key, Account account) {
        return switch (key.unit) {
            case ACTIONS -> 0;
            case TOKENS, MONEY ->
                blocks.values().stream()
                        .filter(block -> block.accounts.contains(key.agent) && account.isOf(block.day))
                        .mapToLong(block -> key.unit == Unit.TOKENS ? block.tokens : block.money)
                        .sum();
        };
    }

    @Override
    public synchronized void accept(Event event) {
        switch (event.type()) {
            case Gate.DECIDED -> {
                if (event.text("verdict").equals(Verdict.ALLOW.text())) {
                    account(new Key(event.actor(), Unit.ACTIONS), day(event.time())).spent++;
                }
            }
            case SET ->
                key(event)
                        .ifPresent(key -> account(key, day(event.time())).limit =
                                Math.max(-1, event.data().path("per-day").asLong(-1)));
            case GRANTED -> {
                if (day(event.time()).toString().equals(event.text("day"))) {
                    key(event).ifPresent(key -> account(key, day(event.time())).extra += amount(event));
                }
            }
            case RESERVED ->
                key(event).ifPresent(key -> {
                    LocalDate day = day(event.time());
                    account(key, day).spent += amount(event);
                    open.put(event.text("reservation"), new Open(key, day, amount(event)));
                    if (open.size() > OPEN) {
                        open.remove(open.keySet().iterator().next());
                    }
                });
            case SETTLED -> {
                Open reserved = open.remove(event.text("reservation"));
                if (reserved != null) {
                    Account account = account(reserved.key, day(event.time()));
                    if (account.day.equals(reserved.day)) {
                        account.spent += amount(event) - reserved.amount;
                    }
                }
            }
            case BLOCK_RESERVED -> reserved(event);
            case BLOCK_SETTLED -> {
                OpenBlock block = blocks.remove(event.text("block"));
                if (block != null) {
                    LocalDate day = day(event.time());
                    add(block.accounts, block.day, day, number(event, "tokens") - block.tokens, Unit.TOKENS);
                    add(block.accounts, block.day, day, number(event, "money") - block.money, Unit.MONEY);
                }
            }
            default -> {}
        }
    }

    private void reserved(Event event) {
        List<String> agents = new ArrayList<>();
        event.data().path("accounts").forEach(agent -> agents.add(agent.asString("")));
        LocalDate day = day(event.time());
        OpenBlock block = new OpenBlock(agents, day, number(event, "tokens"), number(event, "money"));
        add(agents, day, day, block.tokens, Unit.TOKENS);
        add(agents, day, day, block.money, Unit.MONEY);
        blocks.put(event.text("block"), block);
        if (blocks.size() > OPEN) {
            blocks.remove(blocks.keySet().iterator().next());
        }
    }

    /** Adds to what the accounts have spent, unless they were renewed since the day it is for. */
    private void add(List<String> agents, LocalDate of, LocalDate today, long amount, Unit unit) {
        for (String agent : agents) {
            Account account = account(new Key(agent, unit), today);
            if (account.isOf(of)) {
                account.spent += amount;
            }
        }
    }

    private static long number(Event event, String name) {
        return Math.max(0, event.data().path(name).asLong(0));
    }

    private static long amount(Event event) {
        return Math.max(0, event.data().path("amount").asLong(0));
    }

    private static Optional<Key> key(Event event) {
        return Unit.of(event.text("unit")).map(unit -> new Key(event.text("agent"), unit));
    }

    @Override
    public synchronized JsonNode save() {
        ObjectNode saved = Json.object();
        var array = saved.putArray("accounts");
        accounts.forEach((key, account) -> array.addObject()
                .put("agent", key.agent)
                .put("unit", key.unit.text())
                .put("limit", account.limit)
                .put("day", account.day.toString())
                .put("extra", account.extra)
                .put("spent", account.spent));
        var reserved = saved.putArray("open");
        open.forEach((id, each) -> reserved.addObject()
                .put("id", id)
                .put("agent", each.key.agent)
                .put("unit", each.key.unit.text())
                .put("day", each.day.toString())
                .put("amount", each.amount));
        var aside = saved.putArray("blocks");
        blocks.forEach((id, each) -> {
            ObjectNode node = aside.addObject()
                    .put("id", id)
                    .put("day", each.day.toString())
                    .put("tokens", each.tokens)
                    .put("money", each.money);
            each.accounts.forEach(node.putArray("accounts")::add);
        });
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        accounts.clear();
        open.clear();
        blocks.clear();
        for (JsonNode node : saved.path("accounts")) {
            Account account = new Account(key(node));
            account.limit = node.path("limit").asLong();
            account.day = LocalDate.parse(node.path("day").asString());
            account.extra = node.path("extra").asLong();
            account.spent = node.path("spent").asLong();
            accounts.put(key(node), account);
        }
        for (JsonNode node : saved.path("open")) {
            open.put(
                    node.path("id").asString(),
                    new Open(
                            key(node),
                            LocalDate.parse(node.path("day").asString()),
                            node.path("amount").asLong()));
        }
        for (JsonNode node : saved.path("blocks")) {
            blocks.put(
                    node.path("id").asString(),
                    new OpenBlock(
                            Json.list(node.path("accounts"), String.class),
                            LocalDate.parse(node.path("day").asString()),
                            node.path("tokens").asLong(),
                            node.path("money").asLong()));
        }
    }

    private static Key key(JsonNode node) {
        return new Key(
                node.path("agent").asString(),
                Unit.of(node.path("unit").asString()).orElseThrow());
    }
}
