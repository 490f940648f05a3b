package mirror.trust;

import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
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
        long limit = -1;
        LocalDate day = LocalDate.EPOCH;
        long extra;
        long spent;

        void on(LocalDate today) {
            if (today.isAfter(day)) {
                day = today;
                extra = 0;
                spent = 0;
            }
        }

        boolean has(long amount, LocalDate today) {
            return limit < 0 || amount <= (day.equals(today) ? limit + extra - spent : limit);
        }
    }

    private record Open(Key key, LocalDate day, long amount) {}

    /** An account as people see it; {@code limit} -1 when there is none. */
    public record Line(String agent, Unit unit, long limit, long extra, long spent) {}

    /** An amount that is kept for its holder until it is recorded; closing it gives up what was not recorded. */
    public interface Hold extends AutoCloseable {
        @Override
        void close();
    }

    private final InstantSource clock;
    private final Map<Key, Account> accounts = new TreeMap<>();

    /** Held by callers whose record is not in the log yet; not part of the state. */
    private final Map<Key, Long> held = new TreeMap<>();

    private final Map<String, Open> open = new java.util.LinkedHashMap<>();

    public Budgets(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public String name() {
        return "budgets";
    }

    @Override
    public int version() {
        return 1;
    }

    private static LocalDate day(Instant time) {
        return LocalDate.ofInstant(time, ZoneOffset.UTC);
    }

    private Account account(Key key, LocalDate day) {
        Account account = accounts.computeIfAbsent(key, _ -> new Account());
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
            boolean current = account.day.equals(today);
            lines.add(new Line(
                    key.agent, key.unit, account.limit, current ? account.extra : 0, current ? account.spent : 0));
        });
        return lines;
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
            default -> {}
        }
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
        return saved;
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        accounts.clear();
        open.clear();
        for (JsonNode node : saved.path("accounts")) {
            Account account = new Account();
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
    }

    private static Key key(JsonNode node) {
        return new Key(
                node.path("agent").asString(),
                Unit.of(node.path("unit").asString()).orElseThrow());
    }
}
