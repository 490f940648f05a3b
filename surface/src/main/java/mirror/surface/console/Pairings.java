package mirror.surface.console;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Codes by which the owner lets a browser in: 128 random bits, for five minutes, once. Ten wrong ones end all that are open. In memory
 * only. Thread-safe.
 */
public final class Pairings {
    static final Duration LIFETIME = Duration.ofMinutes(5);

    private static final int BYTES = 16;
    private static final int OPEN = 8;
    private static final int GUESSES = 10;

    private final InstantSource clock;
    private final RandomGenerator random;
    private final Map<String, Instant> open = new LinkedHashMap<>();
    private int wrong;

    public Pairings(InstantSource clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    /** A new code. */
    public synchronized String open() {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        String code = HexFormat.of().formatHex(bytes);
        open.put(code, clock.instant().plus(LIFETIME));
        if (open.size() > OPEN) {
            open.remove(open.keySet().iterator().next());
        }
        wrong = 0;
        return code;
    }

    /** Whether this is a code that is open; it is used up by that. */
    synchronized boolean take(String code) {
        Instant now = clock.instant();
        open.values().removeIf(until -> !now.isBefore(until));
        byte[] given = code.getBytes(StandardCharsets.UTF_8);
        for (String each : open.keySet()) {
            if (MessageDigest.isEqual(each.getBytes(StandardCharsets.UTF_8), given)) {
                open.remove(each);
                return true;
            }
        }
        if (++wrong >= GUESSES) {
            open.clear();
        }
        return false;
    }
}
