package mirror.pulse.stats;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * What a query gave: a number, or that it is unknown.
 *
 * @param number without trailing zeros; null when it is unknown, which is not zero
 * @param why it is unknown; empty with a number
 */
public record Value(@Nullable BigDecimal number, String why) {
    public Value {
        if (number != null) {
            number = number.stripTrailingZeros();
            number = number.scale() < 0 ? number.setScale(0) : number;
        }
    }

    public static Value of(long number) {
        return new Value(BigDecimal.valueOf(number), "");
    }

    public static Value unknown(String why) {
        return new Value(null, why);
    }

    /** As it is told: the plain digits, or {@code unknown}. */
    public String text() {
        return number == null ? "unknown" : number.toPlainString();
    }
}
