package mirror.trust.claims;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Units as people write them, each with what it measures and how many base units it is. Stateless. */
final class Units {
    /**
     * @param dimension {@code time}, {@code bytes}, {@code ratio}, {@code bytes/s}, {@code count:test} …; only equal ones compare
     * @param factors base units in one of it; more than one where usage differs (1 GB of memory is 2^30 bytes)
     */
    record Unit(String dimension, List<Double> factors) {
        Unit(String dimension, double factor) {
            this(dimension, List.of(factor));
        }
    }

    private static final Map<String, Unit> KNOWN = known();

    private static final Map<String, Double> MULTIPLES =
            Map.of("k", 1e3, "K", 1e3, "M", 1e6, "thousand", 1e3, "million", 1e6, "billion", 1e9, "bn", 1e9);

    /** Things whose number is always a claim. */
    private static final Set<String> STRONG = Set.of(
            "test",
            "commit",
            "contributor",
            "committer",
            "core",
            "thread",
            "cpu",
            "gpu",
            "processor",
            "user",
            "customer",
            "download",
            "star",
            "install",
            "installation",
            "dependency",
            "parameter",
            "loc",
            "benchmark");

    /** Things that prose counts all the time; a small number of them is no claim. */
    private static final Set<String> WEAK = Set.of(
            "file",
            "line",
            "event",
            "rule",
            "module",
            "package",
            "class",
            "language",
            "release",
            "token",
            "page",
            "request",
            "endpoint",
            "project",
            "organism",
            "country",
            "team",
            "company",
            "record",
            "row",
            "message");

    static final int WEAK_FROM = 20;

    private Units() {}

    private static Map<String, Unit> known() {
        Map<String, Unit> units = new java.util.HashMap<>();
        add(units, "time", 1e-9, "ns", "nanosecond");
        add(units, "time", 1e-6, "us", "\u00b5s", "\u03bcs", "microsecond");
        add(units, "time", 1e-3, "ms", "msec", "millisecond");
        add(units, "time", 1, "s", "sec", "second");
        add(units, "Hz", 1, "Hz");
        add(units, "Hz", 1e3, "kHz");
        add(units, "Hz", 1e6, "MHz");
        add(units, "Hz", 1e9, "GHz");
        add(units, "W", 1, "W", "watt");
        add(units, "W", 1e3, "kW");
        add(units, "ratio", 0.01, "%", "percent");
        add(units, "ratio", 1, "x", "\u00d7", "-fold", "fold");
        add(units, "bytes", 1, "B", "byte");
        String prefixes = "kMGTP";
        for (int i = 0; i < prefixes.length(); i++) {
            String prefix = prefixes.substring(i, i + 1);
            double si = Math.pow(1000, i + 1);
            double iec = Math.pow(1024, i + 1);
            Unit both = new Unit("bytes", List.of(si, iec));
            units.put(prefix + "B", both);
            units.put(prefix.toUpperCase(Locale.ROOT) + "B", both);
            add(units, "bytes", iec, prefix.toUpperCase(Locale.ROOT) + "iB");
            add(units, "bit/s", si, prefix + "bps", prefix + "bit/s", prefix.toUpperCase(Locale.ROOT) + "bps");
        }
        add(units, "rate:request", 1, "rps");
        add(units, "rate:query", 1, "qps");
        add(units, "rate:transaction", 1, "tps");
        add(units, "rate:frame", 1, "fps");
        return Map.copyOf(units);
    }

    private static void add(Map<String, Unit> units, String dimension, double factor, String... names) {
        for (String name : names) {
            units.put(name, new Unit(dimension, factor));
        }
    }

    /** A unit of measure, not a count. */
    static Optional<Unit> measure(String name) {
        Unit exact = KNOWN.get(name);
        return Optional.ofNullable(exact != null || name.length() < 4 ? exact : KNOWN.get(singular(name)));
    }

    /** That unit, each second, minute or hour. */
    static @Nullable Unit per(String name, String period) {
        double seconds = switch (singular(period)) {
            case "s", "sec", "second" -> 1;
            case "min", "minute" -> 60;
            case "h", "hour" -> 3600;
            case "day", "d" -> 86_400;
            default -> 0;
        };
        if (seconds == 0) {
            return null;
        }
        Unit unit = measure(name).orElse(null);
        if (unit == null) {
            return new Unit("rate:" + counted(name), 1 / seconds);
        }
        return new Unit(
                unit.dimension + "/s",
                unit.factors.stream().map(f -> f / seconds).toList());
    }

    /** One name for what many people shorten. */
    private static String counted(String name) {
        return switch (singular(name)) {
            case "op", "operation" -> "operation";
            case "req", "request" -> "request";
            case "msg", "message" -> "message";
            case "tok", "token" -> "token";
            default -> singular(name);
        };
    }

    static double multiple(String suffix) {
        return MULTIPLES.getOrDefault(suffix, 0.0);
    }

    /** Whether so many of these are a statement that somebody must have counted. */
    static boolean isCount(String noun, double number) {
        String one = counted(noun);
        return STRONG.contains(one) || (WEAK.contains(one) && number >= WEAK_FROM);
    }

    static Unit count(String noun) {
        return new Unit("count:" + counted(noun), 1);
    }

    static String singular(String word) {
        String lower = word.toLowerCase(Locale.ROOT);
        if (lower.length() > 4 && lower.endsWith("ies")) {
            return lower.substring(0, lower.length() - 3) + "y";
        }
        if (lower.length() > 4 && (lower.endsWith("sses") || lower.endsWith("ches"))) {
            return lower.substring(0, lower.length() - 2);
        }
        return lower.length() > 3 && lower.endsWith("s") && !lower.endsWith("ss")
                ? lower.substring(0, lower.length() - 1)
                : lower;
    }
}
