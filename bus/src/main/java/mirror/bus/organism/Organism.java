package mirror.bus.organism;

import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import mirror.bus.Event;
import org.jspecify.annotations.Nullable;

/**
 * A subscriber: which events it wants, under which condition and permit, and what it does with one. Built-in organisms and the
 * owner's are made of the same parts.
 *
 * @param name lower case, digits and dashes, at most 32
 * @param condition tried after the permit; a throw makes a dead letter, because an unknown answer is neither yes nor no
 * @param permit id of the lease it acts under, or null for any lease that it holds
 * @param key makes the idempotency key; see {@link Delivery#key}
 * @param parallel how many subjects it may work on at once, 1 … 64; events of one subject always come one after the other
 * @param fromStart whether a new organism hears the log from its first event, and not only what comes from now on
 */
public record Organism(
        String name,
        EventFilter filter,
        Predicate<Event> condition,
        @Nullable String permit,
        Function<Event, String> key,
        Retry retry,
        int parallel,
        boolean fromStart,
        Handler handler) {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,31}");

    /** What an organism does with an event. Called on a thread of its own; an exception counts as {@link Outcome.Failed}. */
    @FunctionalInterface
    public interface Handler {
        /** Must end when its thread is interrupted, which happens when the daemon stops. */
        Outcome handle(Delivery delivery) throws Exception;
    }

    public Organism {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "'" + name + "' is not a name of lower case letters, digits and dashes, at most 32");
        }
        if (parallel < 1 || parallel > 64) {
            throw new IllegalArgumentException("parallel must be 1 to 64, and not " + parallel);
        }
    }

    /** One that hears all events of the filter, at most four subjects at once, with the default key and retries. */
    public static Organism of(String name, EventFilter filter, Handler handler) {
        return new Organism(
                name, filter, _ -> true, null, event -> name + "/" + event.id(), Retry.DEFAULT, 4, false, handler);
    }

    public Organism when(Predicate<Event> wanted) {
        return new Organism(name, filter, wanted, permit, key, retry, parallel, fromStart, handler);
    }

    public Organism retrying(Retry how) {
        return new Organism(name, filter, condition, permit, key, how, parallel, fromStart, handler);
    }

    public Organism parallel(int subjects) {
        return new Organism(name, filter, condition, permit, key, retry, subjects, fromStart, handler);
    }

    public Organism hearingAll() {
        return new Organism(name, filter, condition, permit, key, retry, parallel, true, handler);
    }
}
