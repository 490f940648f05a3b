package mirror.tiers.council;

import java.util.List;
import java.util.Locale;

/**
 * A claim and what is known of it.
 *
 * @param by members who say it in answers of their own
 * @param yes members who were asked and say that it holds
 * @param no members who were asked and say that it does not
 * @param found what stands in the vault
 */
public record Checked(String text, List<String> by, List<String> yes, List<String> no, Evidence.Finding found) {
    public Checked {
        by = List.copyOf(by);
        yes = List.copyOf(yes);
        no = List.copyOf(no);
    }

    /** What that comes to; the first that fits. */
    public enum Mark {
        /** The vault says otherwise. */
        CONTRADICTED,
        /** The vault says so. */
        SUPPORTED,
        /** A member says that it does not hold. */
        DISPUTED,
        /** At least two members said so by themselves. */
        AGREED,
        /** One said so, another one says that it holds. */
        CONFIRMED,
        /** One model's word. */
        UNCONFIRMED;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** Whether anything but one model's word speaks for it, and nothing against it. */
        boolean holds() {
            return this == SUPPORTED || this == AGREED || this == CONFIRMED;
        }
    }

    public Mark mark() {
        if (found.word() == Evidence.Word.CONTRADICTED) {
            return Mark.CONTRADICTED;
        }
        if (found.word() == Evidence.Word.SUPPORTED) {
            return Mark.SUPPORTED;
        }
        if (!no.isEmpty()) {
            return Mark.DISPUTED;
        }
        return by.size() > 1 ? Mark.AGREED : yes.isEmpty() ? Mark.UNCONFIRMED : Mark.CONFIRMED;
    }

    /** How many of the members hold it. */
    int holders() {
        return by.size() + yes.size();
    }
}
