package mirror.tiers;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * How a route chooses among its models, beyond their order in the file.
 *
 * @param order in which they are tried
 * @param mostMoney what one call may cost at most, in millionths of a US dollar; 0: no ceiling
 * @param rules the first that holds, and of which somebody can take the call, names the models
 * @param cache how long an answer may be given again; zero: never
 * @param similar how near another question must be to be given such an answer, too, as the cosine of what both mean; 0: only the very same request is
 */
public record Choosing(Order order, long mostMoney, List<Rule> rules, Duration cache, double similar) {
    /** Below it questions are too often about something else, whatever else is looked at. */
    public static final double LEAST_SIMILAR = 0.95;

    /** As it stands in the file. */
    public static final Choosing NONE = new Choosing(Order.LISTED, 0, List.of(), Duration.ZERO, 0);

    /** Which model is tried first. */
    public enum Order {
        /** As the file lists them. */
        LISTED,
        /** The one on which the call can cost the least, at the worst. */
        CHEAPEST,
        /** The one whose streams usually begin first; who is not known yet is found out. */
        FASTEST;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Choosing {
        rules = List.copyOf(rules);
    }

    /** Whether anything but the file's order decides. */
    public boolean decides() {
        return order != Order.LISTED || mostMoney > 0 || !rules.isEmpty();
    }
}
