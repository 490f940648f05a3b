package mirror.tiers.council;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.random.RandomGenerator;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Seed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ObjectNode;

/** What is learnt, what is forgotten, and what follows from it for the next question. */
final class SkillMemoryTest {
    private static final Instant START = Instant.parse("2026-05-01T08:00:00Z");
    private static final List<String> MEMBERS = List.of("a", "b", "c");

    private final SkillMemory memory = new SkillMemory();

    private static Event event(String type, Instant at, ObjectNode data) {
        return new Event("t-1", "daemon", type, at, null, "t", 1, 1, null, null, data, "", "", "{}");
    }

    private static Event lesson(String run, Kind kind, Mode mode, String winner, Instant at) {
        ObjectNode data = Json.object().put("run", run).put("kind", kind.text()).put("mode", mode.text());
        data.putArray("winners").add(winner);
        data.putArray("evidence").add("owner");
        return event(SkillMemory.DISTILLED, at, data);
    }

    private static Event judged(String run, boolean holds) {
        return event(SkillMemory.JUDGED, START, Json.object().put("run", run).put("holds", holds));
    }

    @ParameterizedTest
    @CsvSource({
        "Why does this code not compile?, CODE, CHAIN",
        "Translate this into German, TEXT, CHAIN",
        "How do I sharpen a knife?, HOW_TO, CHAIN",
        "Should I buy the red boat?, DECISION, COUNCIL",
        "When did the bridge open?, FACT, VERIFY",
        "Wann macht der Hafen auf?, FACT, VERIFY",
        "Tell me something, OTHER, COUNCIL",
    })
    void withoutMemoryTheKindOfQuestionDecides(String question, Kind kind, Mode mode) {
        assertThat(Kind.of(question)).isEqualTo(kind);
        Choice choice = Choice.of(Mode.AUTO, kind, MEMBERS, memory, START);
        assertThat(choice.mode()).isEqualTo(mode);
        assertThat(choice.members()).isEqualTo(MEMBERS);
        assertThat(choice.reason()).isNotBlank();
    }

    @Test
    void whatWasAskedForIsDoneWhateverIsKnown() {
        memory.accept(lesson("r1", Kind.FACT, Mode.CHAIN, "c", START));
        assertThat(Choice.of(Mode.COUNCIL, Kind.FACT, MEMBERS, memory, START))
                .isEqualTo(new Choice(Mode.COUNCIL, MEMBERS, "asked for"));
    }

    @Test
    void oneRunTeachesSkillsAndTwoTeachAutoUntilTheyFade() {
        memory.accept(lesson("r1", Kind.FACT, Mode.CHAIN, "c", START));
        Choice skills = Choice.of(Mode.SKILLS, Kind.FACT, MEMBERS, memory, START);
        assertThat(skills.mode()).isEqualTo(Mode.CHAIN);
        assertThat(skills.members()).containsExactly("c", "a", "b");
        assertThat(Choice.of(Mode.AUTO, Kind.FACT, MEMBERS, memory, START).mode())
                .isEqualTo(Mode.VERIFY);
        assertThat(Choice.of(Mode.SKILLS, Kind.DECISION, MEMBERS, memory, START).mode())
                .isEqualTo(Mode.COUNCIL);
        memory.accept(lesson("r2", Kind.FACT, Mode.CHAIN, "c", START));
        assertThat(Choice.of(Mode.AUTO, Kind.FACT, MEMBERS, memory, START).mode())
                .isEqualTo(Mode.CHAIN);
        Instant later = START.plus(Duration.ofDays(2));
        assertThat(Choice.of(Mode.AUTO, Kind.FACT, MEMBERS, memory, later).mode())
                .isEqualTo(Mode.VERIFY);
        assertThat(memory.list(START.plus(Duration.ofDays(150)))).isEmpty();
    }

    @Test
    void theSameRunTeachesOnceAndWhatIsRefutedTeachesNothing() {
        memory.accept(lesson("r1", Kind.FACT, Mode.CHAIN, "c", START));
        memory.accept(lesson("r1", Kind.FACT, Mode.CHAIN, "c", START));
        memory.accept(judged("r1", true));
        assertThat(memory.list(START)).hasSize(1);
        memory.accept(judged("r1", false));
        assertThat(memory.list(START)).isEmpty();
        // What is not understood is not learnt.
        memory.accept(event(
                SkillMemory.DISTILLED, START, Json.object().put("run", "r9").put("kind", "magic")));
        assertThat(memory.list(START)).isEmpty();
    }

    @Test
    void aSnapshotGivesBackWhatWasSaved() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        CouncilRuns runs = new CouncilRuns();
        for (int i = 0; i < 300; i++) {
            String run = "r" + random.nextInt(250);
            memory.accept(lesson(run, Kind.FACT, Mode.VERIFY, "m" + random.nextInt(4), START));
            ObjectNode data = Json.object().put("run", run).put("question", "q" + i);
            runs.accept(event(CouncilRuns.OPENED, START, data));
            if (random.nextBoolean()) {
                runs.accept(event(
                        CouncilRuns.CONCLUDED,
                        START,
                        Json.object().put("run", run).put("verdict", "v").put("confidence", 0.5)));
            }
            if (random.nextInt(5) == 0) {
                memory.accept(judged(run, false));
                runs.accept(judged(run, false));
            }
            ObjectNode calls = Json.object();
            calls.putArray("calls").addObject().put("session", run).put("money", random.nextInt(1_000));
            runs.accept(event("mirror.calls.completed.v1", START, calls));
        }
        SkillMemory other = new SkillMemory();
        other.restore(Json.MAPPER.readTree(Json.MAPPER.writeValueAsBytes(memory.save())));
        assertThat(Json.MAPPER.writeValueAsString(other.save()))
                .as(seed.toString())
                .isEqualTo(Json.MAPPER.writeValueAsString(memory.save()));
        CouncilRuns again = new CouncilRuns();
        again.restore(Json.MAPPER.readTree(Json.MAPPER.writeValueAsBytes(runs.save())));
        assertThat(Json.MAPPER.writeValueAsString(again.save()))
                .as(seed.toString())
                .isEqualTo(Json.MAPPER.writeValueAsString(runs.save()));
        assertThat(runs.list()).hasSizeLessThanOrEqualTo(200);
    }
}
