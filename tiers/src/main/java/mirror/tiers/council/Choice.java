package mirror.tiers.council;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Which mode a question gets, in which order its members come, and why. The rules, in order: what was asked for; what verified runs on
 * such questions say; the kind of question.
 *
 * @param members those who did well on such questions first, when the mode looks at that; else as in the file
 * @param reason one sentence for the owner
 */
record Choice(Mode mode, List<String> members, String reason) {
    /** What the memory must weigh before {@link Mode#AUTO} follows it; a run of today weighs 1. */
    static final double FOLLOWED = 2;

    /** What it must weigh for {@link Mode#SKILLS}. */
    static final double KNOWN = 0.5;

    static Choice of(Mode asked, Kind kind, List<String> members, SkillMemory memory, Instant now) {
        if (asked != Mode.AUTO && asked != Mode.SKILLS) {
            return new Choice(asked, members, "asked for");
        }
        Optional<SkillMemory.Best> best = memory.best(kind, now);
        double least = asked == Mode.SKILLS ? KNOWN : FOLLOWED;
        if (best.isPresent() && best.get().weight() >= least) {
            List<String> ordered = members.stream()
                    .sorted(Comparator.comparingDouble((String member) -> -memory.weight(kind, member, now)))
                    .toList();
            return new Choice(
                    best.get().mode(),
                    ordered,
                    "verified runs on questions of kind " + kind.text() + " were done so ("
                            + best.get().runs() + ")");
        }
        String none = asked == Mode.SKILLS
                ? "no verified run on a question of kind " + kind.text() + " counts yet; by the rules: "
                : "";
        if (members.size() < 2) {
            return new Choice(Mode.COUNCIL, members, none + "there is one member only");
        }
        return switch (kind) {
            case CODE, TEXT, HOW_TO ->
                new Choice(
                        Mode.CHAIN, members, none + "a " + kind.text() + " question gets better by being worked over");
            case FACT -> new Choice(Mode.VERIFY, members, none + "what is said of facts can be checked claim by claim");
            case DECISION, OTHER ->
                new Choice(Mode.COUNCIL, members, none + "where opinions differ, answers must be independent");
        };
    }
}
