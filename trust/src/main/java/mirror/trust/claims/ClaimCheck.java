package mirror.trust.claims;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Holds the claims of a text against facts. A number is supported when a fact of the same dimension lies within what was written, as
 * it was rounded, and the text around it shares a word with the fact's subject; a count when as many of that noun were counted; a
 * version when a fact names that product and begins with that version; a model when a fact names all parts of it. A sentence with the
 * word ESTIMATE claims nothing.
 *
 * <p>Pure. It cannot tell a true sentence from a false one about the same number; it only finds figures that nobody recorded.
 */
public final class ClaimCheck {
    /** Words that say how something was measured and not what. */
    private static final Set<String> GENERIC = Set.of(
            "median",
            "mean",
            "average",
            "measured",
            "figure",
            "value",
            "result",
            "the",
            "and",
            "of",
            "per",
            "with",
            "from",
            "for",
            "to",
            "in",
            "is",
            "at",
            "an",
            "by",
            "on",
            "it",
            "time",
            "second",
            "ms",
            "mb",
            "gb",
            "most",
            "least",
            "about",
            "than",
            "that",
            "this",
            "whole",
            "all",
            "one",
            "ratio");

    private ClaimCheck() {}

    /**
     * A claim that nothing supports.
     *
     * @param nearest the fact that comes closest, or null when nothing of the kind was recorded
     */
    public record Finding(Claim claim, @Nullable Fact nearest) {
        /** Where and what, and what is known instead; one line. */
        public String text() {
            return claim.line() + ":" + claim.column() + " \u2018" + clip(claim.text()) + "\u2019 ("
                    + (nearest == null ? "nothing of that kind was probed" : "nearest fact: " + nearest.text()) + ")";
        }

        private static String clip(String text) {
            return text.length() <= 80 ? text : text.substring(0, 80) + "\u2026";
        }
    }

    /** All claims of a text that the facts do not support, in order. */
    public static List<Finding> check(String text, boolean html, List<Fact> facts) {
        return unsupported(ClaimFinder.find(text, html), facts);
    }

    /** Those of them that the older text did not have, word for word in the same sentence. */
    public static List<Finding> changed(String before, String after, boolean html, List<Fact> facts) {
        return unsupported(fresh(keys(before, html), ClaimFinder.find(after, html)), facts);
    }

    /** What {@link #fresh} compares with: the claims of a text, each as often as it is there. */
    static Map<String, Integer> keys(String text, boolean html) {
        Map<String, Integer> keys = new HashMap<>();
        ClaimFinder.find(text, html).forEach(claim -> keys.merge(claim.key(), 1, Integer::sum));
        return keys;
    }

    static List<Claim> fresh(Map<String, Integer> before, List<Claim> claims) {
        Map<String, Integer> left = new HashMap<>(before);
        List<Claim> fresh = new ArrayList<>();
        for (Claim claim : claims) {
            Integer times = left.get(claim.key());
            if (times == null || times == 0) {
                fresh.add(claim);
            } else {
                left.put(claim.key(), times - 1);
            }
        }
        return fresh;
    }

    static List<Finding> unsupported(List<Claim> claims, List<Fact> facts) {
        Known known = new Known(facts);
        List<Finding> findings = new ArrayList<>();
        for (Claim claim : claims) {
            if (!claim.estimate() && !known.supports(claim)) {
                findings.add(new Finding(claim, known.nearest(claim)));
            }
        }
        return findings;
    }

    /** The facts by what they measure. */
    private static final class Known {
        private record Measured(Fact fact, Set<String> topic, List<Double> values) {}

        private record Name(Fact fact, Set<String> topic, Set<String> tokens) {}

        private final Map<String, List<Measured>> numbers = new HashMap<>();
        private final List<Name> names = new ArrayList<>();

        Known(List<Fact> facts) {
            for (Fact fact : facts) {
                Set<String> topic = new HashSet<>(Prose.words(fact.subject()));
                topic.removeAll(GENERIC);
                names.add(new Name(fact, topic, ClaimFinder.tokens(fact.subject() + " " + fact.value())));
                Measure.of(fact.value(), fact.unit())
                        .ifPresent(measure -> numbers.computeIfAbsent(measure.dimension(), _ -> new ArrayList<>())
                                .add(new Measured(fact, topic, measure.values())));
            }
        }

        boolean supports(Claim claim) {
            return switch (claim.what()) {
                case Claim.Amount amount ->
                    numbers.getOrDefault(amount.dimension(), List.of()).stream()
                            .anyMatch(number -> about(number, claim, amount)
                                    && number.values.stream()
                                            .anyMatch(value ->
                                                    amount.ranges().stream().anyMatch(range -> range.holds(value))));
                case Claim.Version version ->
                    names.stream().anyMatch(name -> isOf(name, version) && begins(name.fact.value(), version.number()));
                case Claim.Model(Set<String> tokens) ->
                    names.stream().anyMatch(name -> name.tokens.containsAll(tokens));
            };
        }

        /** A noun says by itself what was counted; of a measure, some word must be the same. */
        private static boolean about(Measured number, Claim claim, Claim.Amount amount) {
            return amount.dimension().startsWith("count:")
                    || number.topic.stream().anyMatch(claim.context()::contains);
        }

        private static boolean isOf(Name name, Claim.Version version) {
            if (!name.fact.unit().equals(Fact.VERSION)) {
                return false;
            }
            String project = name.fact.project();
            return version.product().isEmpty()
                    || name.topic.contains(Units.singular(version.product()))
                    || (name.topic.contains("repo")
                            && project.substring(project.lastIndexOf('/') + 1).equalsIgnoreCase(version.product()));
        }

        private static boolean begins(String known, String written) {
            return known.equals(written)
                    || (known.startsWith(written) && !Character.isDigit(known.charAt(written.length())));
        }

        @Nullable
        Fact nearest(Claim claim) {
            return switch (claim.what()) {
                case Claim.Amount amount ->
                    numbers.getOrDefault(amount.dimension(), List.of()).stream()
                            .min(Comparator.<Measured>comparingInt(number -> -shared(number.topic, claim.context()))
                                    .thenComparingDouble(
                                            number -> amount.ranges().getFirst().distance(number.values.getFirst())))
                            .map(Measured::fact)
                            .orElse(null);
                case Claim.Version version ->
                    names.stream()
                            .filter(name -> isOf(name, version))
                            .findFirst()
                            .map(Name::fact)
                            .orElse(null);
                case Claim.Model(Set<String> tokens) ->
                    best(tokens).map(Name::fact).orElse(null);
            };
        }

        private Optional<Name> best(Set<String> tokens) {
            return names.stream()
                    .filter(name -> name.fact.unit().equals(Fact.MODEL) || shared(name.tokens, tokens) > 0)
                    .max(Comparator.comparingInt(name -> shared(name.tokens, tokens)));
        }

        private static int shared(Set<String> some, Set<String> others) {
            return (int) some.stream().filter(others::contains).count();
        }
    }
}
