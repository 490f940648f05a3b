package mirror.tiers.swarm;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How much memory new work could have without making the machine swap, in megabytes: what Linux calls available. Unknown elsewhere.
 *
 * @see <a href="https://man7.org/linux/man-pages/man5/proc_meminfo.5.html">proc_meminfo(5)</a>
 */
public final class FreeMemory implements Supplier<OptionalLong> {
    private static final Pattern AVAILABLE = Pattern.compile("(?m)^MemAvailable: +(\\d{1,15}) kB$");

    private final Path file;

    /** @param file {@code /proc/meminfo} */
    public FreeMemory(Path file) {
        this.file = file;
    }

    @Override
    public OptionalLong get() {
        try {
            Matcher line = AVAILABLE.matcher(Files.readString(file, StandardCharsets.US_ASCII));
            return line.find() ? OptionalLong.of(Long.parseLong(line.group(1)) / 1_024) : OptionalLong.empty();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }
}
