package mirror.vault.triage;

import java.util.Locale;

/**
 * What becomes of one entry, and why.
 *
 * @param path from the vault's root, or absolute when it lies outside
 * @param to where it goes, from the vault's root; empty when it does not move
 * @param unpacked folder that a bundle's files get, from the vault's root; empty when none is made
 * @param rule that fitted, or empty
 * @param reason a sentence
 */
public record Step(Action action, String path, String to, String unpacked, String rule, String reason) {
    public enum Action {
        MOVE,
        /** The bundle is moved, and its files into a folder of their own. */
        UNPACK,
        STAY,
        /** It is not finished yet, or was not seen so for long enough. */
        WAIT,
        /** A rule fits, and it cannot be followed. */
        REFUSE;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    boolean isMove() {
        return action == Action.MOVE || action == Action.UNPACK;
    }

    Step refused(String why) {
        return new Step(Action.REFUSE, path, "", "", rule, why);
    }

    Step waiting(String why) {
        return new Step(Action.WAIT, path, "", "", rule, why);
    }
}
