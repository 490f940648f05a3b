package mirror.pulse.stats;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import mirror.bus.AtomicFiles;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.pulse.reliability.Reliability;
import mirror.pulse.reliability.Score;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A query under way: a pure fold of events, and the value that it has come to. Not thread-safe. */
abstract sealed class Tally {
    /** More different things than this are not held in memory; their number is then unknown. */
    static final int MOST = 200_000;

    private static final int LONGEST_KEY = 80;

    /** @param asOf when the last event was; what has ended by then is over */
    abstract Value value(Instant asOf);

    abstract void accept(Event event);

    abstract JsonNode save();

    abstract void restore(JsonNode saved);

    /** A fresh one. */
    static Tally of(Query query) {
        return switch (query.verb()) {
            case COUNT, SUM -> new Sum(query);
            case DISTINCT, OPEN, LATEST -> new Keys(query);
            case DAEMON -> new Daemon(query.field());
            case RELIABILITY -> new Exercised(query.field());
            case UNKNOWN -> new Unknown(query.field());
        };
    }

    /** How many there were, and what a field of them comes to. */
    private static final class Sum extends Tally {
        private final Query query;
        private final boolean counts;
        private long many;
        private long told;
        private long sum;
        private boolean tooLarge;

        Sum(Query query) {
            this.query = query;
            this.counts = query.verb() == Query.Verb.COUNT;
        }

        @Override
        void accept(Event event) {
            if (!query.isAbout(event)) {
                return;
            }
            if (query.each().isEmpty()) {
                add(event, event.data());
            } else {
                for (JsonNode each : event.data().path(query.each())) {
                    add(event, each);
                }
            }
        }

        private void add(Event event, JsonNode node) {
            if (!query.holds(event, node)) {
                return;
            }
            many++;
            if (counts) {
                return;
            }
            JsonNode value = node.path(query.field());
            if (value.isIntegralNumber() && value.canConvertToLong()) {
                told++;
                try {
                    sum = Math.addExact(sum, value.asLong());
                } catch (ArithmeticException e) {
                    tooLarge = true;
                }
            }
        }

        @Override
        Value value(Instant asOf) {
            if (counts) {
                return Value.of(many);
            }
            if (tooLarge) {
                return Value.unknown("the sum is larger than can be counted");
            }
            return many > 0 && told == 0
                    ? Value.unknown("none of " + many + " says its " + query.field())
                    : Value.of(sum);
        }

        @Override
        JsonNode save() {
            return Json.object()
                    .put("many", many)
                    .put("told", told)
                    .put("sum", sum)
                    .put("too-large", tooLarge);
        }

        @Override
        void restore(JsonNode saved) {
            many = saved.path("many").asLong(0);
            told = saved.path("told").asLong(0);
            sum = saved.path("sum").asLong(0);
            tooLarge = saved.path("too-large").asBoolean(false);
        }
    }

    /** Different things: all, those that have not ended, or those whose last event is so. */
    private static final class Keys extends Tally {
        private final Query query;
        /** When each ends, or empty. */
        private final TreeMap<String, String> keys = new TreeMap<>();

        private boolean tooMany;

        Keys(Query query) {
            this.query = query;
        }

        @Override
        void accept(Event event) {
            String by = query.verb() == Query.Verb.DISTINCT ? query.field() : query.by();
            String key = key(Query.text(event, event.data(), by));
            if (key.isEmpty()) {
                return;
            }
            if (Query.isOneOf(query.until(), event)) {
                keys.remove(key);
            }
            if (query.isAbout(event)) {
                if (query.holds(event, event.data())) {
                    put(key, query.ends().isEmpty() ? null : event.time(query.ends()));
                } else if (query.verb() == Query.Verb.LATEST) {
                    keys.remove(key);
                }
            }
        }

        private void put(String key, @Nullable Instant ends) {
            if (keys.size() >= MOST && !keys.containsKey(key)) {
                tooMany = true;
            } else {
                keys.put(key, ends == null ? "" : ends.toString());
            }
        }

        private static String key(String text) {
            return text.length() <= LONGEST_KEY
                    ? text
                    : AtomicFiles.digest(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }

        @Override
        Value value(Instant asOf) {
            return tooMany
                    ? Value.unknown("there are more than " + MOST + ", which are not told apart")
                    : Value.of(keys.values().stream()
                            .filter(ends ->
                                    ends.isEmpty() || Instant.parse(ends).isAfter(asOf))
                            .count());
        }

        @Override
        JsonNode save() {
            ObjectNode saved = Json.object().put("too-many", tooMany);
            ObjectNode all = saved.putObject("keys");
            keys.forEach(all::put);
            return saved;
        }

        @Override
        void restore(JsonNode saved) {
            keys.clear();
            tooMany = saved.path("too-many").asBoolean(false);
            saved.path("keys")
                    .properties()
                    .forEach(each -> keys.put(each.getKey(), each.getValue().asString("")));
        }
    }

    /**
     * How long the daemon ran, by its own events. Between two events of a run that are no more than {@link #GAP_MS} apart it was up; a longer
     * silence is unknown, because a machine that sleeps and a daemon that hangs are as silent. Between an orderly end and the next start it
     * was down. A start without an end before it follows a crash: when that was is unknown, and so is the time in which the new daemon
     * may already have written before it said that it had started.
     */
    private static final class Daemon extends Tally {
        private static final String STARTED = "mirror.daemon.started.v1";
        private static final String STOPPED = "mirror.daemon.stopped.v1";
        private static final long GAP_MS = 15 * 60 * 1000;

        /** A daemon says that it has started within so long of its first event. */
        private static final long STARTING_MS = 60 * 1000;

        private static final long SECOND = 1000;

        private final String field;
        private @Nullable Instant last;
        private boolean began;
        private boolean runs;
        private long up;
        private long down;
        private long unknown;
        private long crashes;
        /** Gaps of the last minute that were taken for running, by the time of their end. */
        private final TreeMap<String, Long> recent = new TreeMap<>();

        Daemon(String field) {
            this.field = field;
        }

        @Override
        void accept(Event event) {
            boolean starts = event.type().equals(STARTED);
            if (!began && !starts) {
                return;
            }
            Instant now = event.time();
            Instant before = last == null ? now : last;
            // A clock that went back makes no time.
            long gap = Math.max(0, now.toEpochMilli() - before.toEpochMilli());
            if (starts && runs) {
                crashes++;
                long taken = recent.values().stream().mapToLong(Long::longValue).sum();
                up -= taken;
                unknown += taken + gap;
            } else if (starts) {
                down += gap;
            } else if (runs && gap <= GAP_MS) {
                up += gap;
                remember(now, gap);
            } else if (runs) {
                unknown += gap;
            } else {
                // Written by a daemon that has not said yet that it started, or by the owner's command: down until
                // then.
                return;
            }
            if (starts) {
                recent.clear();
            }
            began = true;
            runs = starts || (runs && !event.type().equals(STOPPED));
            last = now;
        }

        private void remember(Instant now, long gap) {
            recent.keySet().removeIf(end -> Instant.parse(end).isBefore(now.minusMillis(STARTING_MS)));
            if (gap >= SECOND) {
                recent.merge(now.toString(), gap, Long::sum);
            }
        }

        @Override
        Value value(Instant asOf) {
            if (!began) {
                return Value.unknown("no daemon has said yet that it started");
            }
            return Value.of(
                    switch (field) {
                        case "up" -> up / SECOND;
                        case "down" -> down / SECOND;
                        case "unknown" -> unknown / SECOND;
                        default -> crashes;
                    });
        }

        @Override
        JsonNode save() {
            ObjectNode saved = Json.object()
                    .put("last", last == null ? "" : last.toString())
                    .put("began", began)
                    .put("runs", runs)
                    .put("up", up)
                    .put("down", down)
                    .put("unknown", unknown)
                    .put("crashes", crashes);
            ObjectNode gaps = saved.putObject("recent");
            recent.forEach(gaps::put);
            return saved;
        }

        @Override
        void restore(JsonNode saved) {
            String text = saved.path("last").asString("");
            last = text.isEmpty() ? null : Instant.parse(text);
            began = saved.path("began").asBoolean(false);
            runs = saved.path("runs").asBoolean(false);
            up = saved.path("up").asLong(0);
            down = saved.path("down").asLong(0);
            unknown = saved.path("unknown").asLong(0);
            crashes = saved.path("crashes").asLong(0);
            recent.clear();
            saved.path("recent")
                    .properties()
                    .forEach(each -> recent.put(each.getKey(), each.getValue().asLong(0)));
        }
    }

    /** What {@code mirror reliability} knows, folded on its own. */
    private static final class Exercised extends Tally {
        private static final int DIGITS = 3;

        private final String field;
        private final Reliability reliability = new Reliability();

        Exercised(String field) {
            this.field = field;
        }

        @Override
        void accept(Event event) {
            reliability.accept(event);
        }

        @Override
        Value value(Instant asOf) {
            var scores = reliability.scores().values();
            if (field.equals("runs")) {
                return Value.of(scores.stream().mapToLong(Score::runs).sum());
            }
            ToDoubleFunction<Score> least = score -> score.at(asOf).least();
            return scores.stream().mapToDouble(least).min().stream()
                    .mapToObj(lowest -> new Value(
                            // Enough digits to tell, and few enough that every machine rounds to the same ones.
                            BigDecimal.valueOf(lowest).setScale(DIGITS, RoundingMode.HALF_EVEN), ""))
                    .findFirst()
                    .orElse(Value.unknown("no mechanism was needed yet, and what never tripped is untested"));
        }

        @Override
        JsonNode save() {
            return reliability.save();
        }

        @Override
        void restore(JsonNode saved) {
            reliability.restore(saved);
        }
    }

    private static final class Unknown extends Tally {
        private final String reason;

        Unknown(String reason) {
            this.reason = reason;
        }

        @Override
        void accept(Event event) {
            // Nothing tells.
        }

        @Override
        Value value(Instant asOf) {
            return Value.unknown(reason);
        }

        @Override
        JsonNode save() {
            return Json.object();
        }

        @Override
        void restore(JsonNode saved) {
            // Nothing was saved.
        }
    }

    /** Types whose events this query is about, without {@code mirror.}; {@code *} when it hears all. */
    static Set<String> hears(Query query) {
        return switch (query.verb()) {
            case DAEMON, RELIABILITY -> Set.of("*");
            case UNKNOWN -> Set.of();
            default -> {
                Set<String> types = new TreeSet<>(query.types());
                types.addAll(query.until());
                yield types;
            }
        };
    }
}
