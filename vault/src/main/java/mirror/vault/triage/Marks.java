package mirror.vault.triage;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.vault.change.Change;

/**
 * By what triage knows its own changes again: the reason of each ends with what was moved, by which rule, in which run. So the vault's
 * list of changes alone tells what a run did, also when a crash came between the move and its event.
 *
 * @param what {@code file}, {@code folder}, {@code bundle} or {@code unpacked}
 */
record Marks(String reason, String what, String rule, String run) {
    static final String ACTOR = "triage";
    private static final Pattern WHY = Pattern.compile(
            "(.*) \\((file|folder|bundle|unpacked), rule ([a-z0-9-]+), run ([A-Za-z0-9-]+)\\)", Pattern.DOTALL);

    String why() {
        return reason + " (" + what + ", rule " + rule + ", run " + run + ")";
    }

    /** Of a move that triage made, whether it stands or not; empty for every other change. */
    static Optional<Marks> of(Change change) {
        Matcher matcher = WHY.matcher(change.why());
        return change.kind() == Change.Kind.MOVED && change.by().equals(ACTOR) && matcher.matches()
                ? Optional.of(new Marks(matcher.group(1), matcher.group(2), matcher.group(3), matcher.group(4)))
                : Optional.empty();
    }
}
