package mirror.trust;

import java.util.Locale;
import java.util.Optional;

/** How far something may travel, from least to most restricted. What nobody labelled is {@link #INTERNAL}. */
public enum Sensitivity {
    PUBLIC,
    INTERNAL,
    PRIVATE,
    SECRET,
    NEVER_SHARE;

    /** Where the model runs that would read it. */
    public enum Tier {
        /** Somebody else's machine. */
        CLOUD,
        /** This machine. */
        LOCAL;

        /** The most that a model of this tier may ever read, whatever a lease says. */
        Sensitivity most() {
            return switch (this) {
                case CLOUD -> PRIVATE;
                case LOCAL -> SECRET;
            };
        }

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        public static Optional<Tier> of(String text) {
            for (Tier tier : values()) {
                if (tier.text().equals(text)) {
                    return Optional.of(tier);
                }
            }
            return Optional.empty();
        }
    }

    /** Lower case, with dashes: {@code never-share}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public static Optional<Sensitivity> of(String text) {
        for (Sensitivity value : values()) {
            if (value.text().equals(text)) {
                return Optional.of(value);
            }
        }
        return Optional.empty();
    }

    /**
     * What a file says of itself, in whatever case: what it does not say is {@link #INTERNAL}, and what is no known word is {@link
     * #NEVER_SHARE}.
     */
    public static Sensitivity ofLabel(String label) {
        return label.isEmpty()
                ? INTERNAL
                : of(label.strip().toLowerCase(Locale.ROOT)).orElse(NEVER_SHARE);
    }

    /**
     * What a holder really sees up to. Monotone in both arguments, with {@code CLOUD < LOCAL}: a cloud model never sees more than a
     * local one with the same ceiling, and what is {@link #NEVER_SHARE} is above everybody.
     */
    public static Sensitivity ceiling(Tier tier, Sensitivity ceiling) {
        return ceiling.compareTo(tier.most()) <= 0 ? ceiling : tier.most();
    }

    /** Whether something of this sensitivity may be shown under {@code ceiling}. */
    public boolean within(Sensitivity ceiling) {
        return compareTo(ceiling) <= 0;
    }
}
