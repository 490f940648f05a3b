package mirror.trust;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** How bad an effect can be, from mild to grave. */
public enum Risk {
    LOCAL_REVERSIBLE,
    LOCAL_VISIBLE,
    EXTERNAL_REVERSIBLE,
    EXTERNAL_IRREVERSIBLE,
    DESTRUCTIVE;

    /** What is not understood, foreign code and other rights count as the worst: nobody knows what they do. */
    static Risk of(Effect effect) {
        return switch (effect) {
            case Effect.Read _, Effect.Write _, Effect.Run _, Effect.Memory _ -> LOCAL_REVERSIBLE;
            case Effect.Machine _, Effect.Tool _ -> LOCAL_VISIBLE;
            case Effect.Egress _ -> EXTERNAL_REVERSIBLE;
            case Effect.Publish(String _, boolean irreversible) ->
                irreversible ? EXTERNAL_IRREVERSIBLE : EXTERNAL_REVERSIBLE;
            case Effect.Delete _, Effect.Elevate _, Effect.RemoteCode _, Effect.Opaque _ -> DESTRUCTIVE;
        };
    }

    /** The worst of them; of none the mildest. */
    static Risk worst(Collection<Effect> effects) {
        return effects.stream().map(Risk::of).max(Risk::compareTo).orElse(LOCAL_REVERSIBLE);
    }

    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public static Optional<Risk> of(String text) {
        for (Risk value : values()) {
            if (value.text().equals(text)) {
                return Optional.of(value);
            }
        }
        return Optional.empty();
    }
}
