package mirror.tiers;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many bytes new work could have without anything being pushed out: what Linux calls available, less where the group of processes (a
 * container's) has a limit. Unknown elsewhere. Thread-safe.
 *
 * @see <a href="https://man7.org/linux/man-pages/man5/proc_meminfo.5.html">proc_meminfo(5)</a>
 */
public final class AvailableMemory implements Supplier<OptionalLong> {
    private static final Pattern AVAILABLE = Pattern.compile("(?m)^MemAvailable: +(\\d{1,15}) kB$");

    private final Path file;
    private final Path group;

    public AvailableMemory() {
        this(Path.of("/proc/meminfo"), Path.of("/sys/fs/cgroup"));
    }

    /**
     * @param file in the form of {@code /proc/meminfo}
     * @param group folder of the control group, version 2
     */
    AvailableMemory(Path file, Path group) {
        this.file = file;
        this.group = group;
    }

    @Override
    public OptionalLong get() {
        try {
            Matcher line = AVAILABLE.matcher(Files.readString(file, StandardCharsets.US_ASCII));
            return line.find()
                    ? OptionalLong.of(Math.min(Long.parseLong(line.group(1)) * 1_024, left()))
                    : OptionalLong.empty();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }

    /** The same; where it is unknown, what is free, which is less. */
    public long orFree() {
        return get().orElseGet(() ->
                ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                        ? system.getFreeMemorySize()
                        : 0);
    }

    /** What the limit of the group leaves. */
    private long left() {
        try {
            String most = Files.readString(group.resolve("memory.max")).strip();
            long now = Long.parseLong(
                    Files.readString(group.resolve("memory.current")).strip());
            return most.equals("max") ? Long.MAX_VALUE : Math.max(0, Long.parseLong(most) - now);
        } catch (IOException | NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }
}
