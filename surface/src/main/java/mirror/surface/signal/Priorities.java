package mirror.surface.signal;

import java.util.Locale;
import java.util.OptionalInt;

/** ntfy's priorities by number and name. */
final class Priorities {
    private Priorities() {}

    /** 1 to 5; 0 for an empty text; nothing for what is no priority. */
    static OptionalInt of(String text) {
        return switch (text.strip().toLowerCase(Locale.ROOT)) {
            case "" -> OptionalInt.of(0);
            case "1", "min" -> OptionalInt.of(1);
            case "2", "low" -> OptionalInt.of(2);
            case "3", "default" -> OptionalInt.of(3);
            case "4", "high" -> OptionalInt.of(4);
            case "5", "max", "urgent" -> OptionalInt.of(5);
            default -> OptionalInt.empty();
        };
    }
}
