package mirror.tiers.gateway;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import mirror.bus.Draft;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Which model of which provider is left alone for a while, and why. Starts from what the log says ({@link BreakerLedger}), so that a
 * restart does not begin with trying what is known to be down. A circuit breaker: three failures in a row open it, a rate limit or an exhausted account opens it at once
 * for as long as the provider says. When the time is over one call may try; its success closes the breaker, its failure doubles the
 * time, up to {@value #LONGEST_MINUTES} minutes. Reading it costs a look into a map. Thread-safe.
 */
public final class Breakers {
    private static final int FAILURES = 3;
    private static final long LONGEST_MINUTES = 10;
    private static final Duration LONGEST = Duration.ofMinutes(LONGEST_MINUTES);
    private static final Duration FIRST = Duration.ofSeconds(5);
    private static final Duration LIMITED = Duration.ofSeconds(10);
    private static final Duration MOST_RETRY_AFTER = Duration.ofHours(1);

    /** An account without money, or a key that is not taken, does not change within minutes. */
    private static final Duration OWNERS_MATTER = Duration.ofMinutes(30);

    /** Why a call did not get its answer. */
    enum Cause {
        /** Refused, cut, late, malformed, a server's error. */
        FAILING,
        /** Too many calls or tokens a minute. */
        RATE_LIMIT,
        /** The provider has more to do than it can. */
        OVERLOADED,
        /** The account has no money, or its own ceiling is reached. */
        SPEND_LIMIT,
        /** The provider does not accept the key. */
        KEY;

        String text() {
            return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * An open breaker.
     *
     * @param name {@code provider/model}
     * @param reason one word, such as {@code rate-limit}
     * @param rounds how often it was opened since it was last closed
     */
    public record Open(String name, Instant until, String reason, int rounds) {}

    private final InstantSource clock;
    private final Map<String, Open> open = new ConcurrentHashMap<>();

    private final Map<String, Recent> recent = new ConcurrentHashMap<>();

    /** When a call last went to try. */
    private final Map<String, AtomicLong> trials = new ConcurrentHashMap<>();

    /** @param ledger caught up with the log */
    public Breakers(InstantSource clock, BreakerLedger ledger) {
        this.clock = clock;
        ledger.open().forEach(each -> open.put(each.name(), each));
    }

    /** The open breaker of that name, also when its time is over and it waits for a trial. */
    public Optional<Open> open(String name) {
        return Optional.ofNullable(open.get(name));
    }

    /** How long nothing should be sent there, without asking to be the one that tries when that time is over. */
    Optional<Duration> left(String name) {
        Open breaker = open.get(name);
        Instant now = clock.instant();
        return breaker == null || !now.isBefore(breaker.until)
                ? Optional.empty()
                : Optional.of(Duration.between(now, breaker.until));
    }

    /** How long nothing should be sent there; empty when a call may go. Of many callers after that time one gets through. */
    Optional<Duration> closedFor(String name) {
        Open breaker = open.get(name);
        if (breaker == null) {
            return Optional.empty();
        }
        Instant now = clock.instant();
        if (now.isBefore(breaker.until)) {
            return Optional.of(Duration.between(now, breaker.until));
        }
        AtomicLong trial = trials.computeIfAbsent(name, _ -> new AtomicLong(Long.MIN_VALUE));
        long last = trial.get();
        long second = now.getEpochSecond();
        return second - FIRST.toSeconds() >= last && trial.compareAndSet(last, second)
                ? Optional.empty()
                : Optional.of(FIRST);
    }

    /** Takes note of an answer. The event, if there is one, is the state's change, which holds at once. */
    @Nullable
    Draft succeeded(String name) {
        Recent calls = recent.get(name);
        (calls == null ? recent.computeIfAbsent(name, _ -> new Recent()) : calls).succeeded();
        return open.remove(name) == null ? null : draft(name, "closed", null);
    }

    /** @param retryAfter what the provider said, or null */
    @Nullable
    Draft failed(String name, Cause cause, @Nullable Duration retryAfter) {
        int times = recent.computeIfAbsent(name, _ -> new Recent()).failed(clock.millis());
        Open before = open.get(name);
        boolean counted = cause == Cause.FAILING || (cause == Cause.OVERLOADED && retryAfter == null);
        if (counted && times < FAILURES && before == null) {
            return null;
        }
        int rounds = before == null ? 1 : Math.min(20, before.rounds + 1);
        Duration time = switch (cause) {
            case FAILING, OVERLOADED -> shorter(FIRST.multipliedBy(1L << (rounds - 1)), LONGEST);
            case RATE_LIMIT -> LIMITED;
            case SPEND_LIMIT, KEY -> OWNERS_MATTER;
        };
        if (retryAfter != null && cause != Cause.SPEND_LIMIT) {
            time = shorter(retryAfter, MOST_RETRY_AFTER);
        }
        Open now = new Open(name, clock.instant().plus(time), cause.text(), rounds);
        open.put(name, now);
        return draft(name, "open", now);
    }

    /** Whether at least half of its last calls failed, though not one after the other; after ten minutes without a failure it does not. */
    boolean isFailingOften(String name) {
        Recent calls = recent.get(name);
        return calls != null && calls.isFailingOften(clock.millis());
    }

    /** How the last calls of one model ended. */
    private static final class Recent {
        private static final int KEPT = 32;

        /** Fewer say nothing about how often it fails. */
        private static final int FEWEST = 8;

        /** The last call is the lowest bit; a failure is a one. */
        private int failed;

        private int calls;
        private int inARow;
        private long lastFailure;

        synchronized void succeeded() {
            failed <<= 1;
            calls = Math.min(KEPT, calls + 1);
            inARow = 0;
        }

        /** @return how many failures in a row these are */
        synchronized int failed(long now) {
            failed = (failed << 1) | 1;
            calls = Math.min(KEPT, calls + 1);
            lastFailure = now;
            return ++inARow;
        }

        synchronized boolean isFailingOften(long now) {
            return calls >= FEWEST && 2 * Integer.bitCount(failed) >= calls && now - lastFailure < LONGEST.toMillis();
        }
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) <= 0 ? a : b;
    }

    private static Draft draft(String name, String state, @Nullable Open open) {
        ObjectNode data = Json.object().put("model", name).put("state", state);
        if (open != null) {
            data.put("until", open.until.toString()).put("reason", open.reason).put("rounds", open.rounds);
        }
        return Draft.of(BreakerLedger.CHANGED, "daemon", data).subject(name);
    }
}
