package mirror.tiers.council;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Projection;
import tools.jackson.databind.JsonNode;

/**
 * What verified runs taught: for which kind of question which mode and which members gave a verdict that held. Nothing else gets in, and what got
 * in fades: after {@value #HALF_LIFE_DAYS} days it weighs half. A fold over the log. Thread-safe.
 */
public final class SkillMemory implements Projection {
    static final String DISTILLED = "mirror.council.distilled.v1";
    static final String JUDGED = "mirror.council.judged.v1";

    static final int HALF_LIFE_DAYS = 30;
    private static final int KEPT = 500;

    /** Below this a lesson is as good as forgotten. */
    private static final double FORGOTTEN = 0.05;

    /**
     * One verified run.
     *
     * @param winners members whose words the verdict is made of
     * @param evidence places in the vault, or {@code owner}
     */
    public record Lesson(String run, Kind kind, Mode mode, List<String> winners, List<String> evidence, Instant at) {
        public Lesson {
            winners = List.copyOf(winners);
            evidence = List.copyOf(evidence);
        }

        /** From 1 towards 0, by age. */
        public double weight(Instant now) {
            double days = Math.max(0, Duration.between(at, now).toMinutes() / 1_440.0);
            return Math.pow(0.5, days / HALF_LIFE_DAYS);
        }
    }

    /** @param runs how many of them there are */
    record Best(Mode mode, double weight, int runs) {}

    private final List<Lesson> lessons = new ArrayList<>();

    /** Those that still weigh something, newest first. */
    public synchronized List<Lesson> list(Instant now) {
        return lessons.reversed().stream()
                .filter(lesson -> lesson.weight(now) >= FORGOTTEN)
                .toList();
    }

    Optional<Best> best(Kind kind, Instant now) {
        Map<Mode, Best> modes = new EnumMap<>(Mode.class);
        for (Lesson lesson : list(now)) {
            if (lesson.kind() == kind) {
                modes.merge(
                        lesson.mode(),
                        new Best(lesson.mode(), lesson.weight(now), 1),
                        (a, b) -> new Best(a.mode, a.weight + b.weight, a.runs + b.runs));
            }
        }
        return modes.values().stream().max(Comparator.comparingDouble(Best::weight));
    }

    /** How much verified runs on such questions rest on this member. */
    double weight(Kind kind, String member, Instant now) {
        return list(now).stream()
                .filter(lesson -> lesson.kind() == kind && lesson.winners().contains(member))
                .mapToDouble(lesson -> lesson.weight(now))
                .sum();
    }

    synchronized boolean knows(String run) {
        return lessons.stream().anyMatch(lesson -> lesson.run().equals(run));
    }

    @Override
    public String name() {
        return "council-skills";
    }

    @Override
    public int version() {
        return 1;
    }

    @Override
    public synchronized void accept(Event event) {
        String run = event.text("run");
        if (event.type().equals(JUDGED) && !event.data().path("holds").asBoolean(true)) {
            lessons.removeIf(lesson -> lesson.run().equals(run));
        } else if (event.type().equals(DISTILLED)) {
            Optional<Kind> kind = Kind.named(event.text("kind"));
            Optional<Mode> mode = Mode.of(event.text("mode"));
            if (kind.isPresent() && mode.isPresent() && !knows(run)) {
                lessons.add(new Lesson(
                        run,
                        kind.get(),
                        mode.get(),
                        texts(event.data().path("winners")),
                        texts(event.data().path("evidence")),
                        event.time()));
            }
            while (lessons.size() > KEPT) {
                lessons.removeFirst();
            }
        }
    }

    private static List<String> texts(JsonNode array) {
        Set<String> texts = new HashSet<>();
        List<String> ordered = new ArrayList<>();
        for (JsonNode each : array) {
            if (texts.add(each.asString(""))) {
                ordered.add(each.asString(""));
            }
        }
        return ordered;
    }

    @Override
    public synchronized JsonNode save() {
        return Json.MAPPER.valueToTree(lessons);
    }

    @Override
    public synchronized void restore(JsonNode saved) {
        lessons.clear();
        for (JsonNode each : saved) {
            lessons.add(Json.MAPPER.treeToValue(each, Lesson.class));
        }
    }
}
