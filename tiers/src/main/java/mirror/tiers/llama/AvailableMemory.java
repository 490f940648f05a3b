package mirror.tiers.llama;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/**
 * How many bytes can be taken without anything being pushed out: what Linux says is available, less where the group of processes has a limit;
 * elsewhere what is free. Thread-safe.
 */
public final class AvailableMemory implements LongSupplier {
    private static final Path MEMINFO = Path.of("/proc/meminfo");
    private static final Path GROUP = Path.of("/sys/fs/cgroup");

    @Override
    public long getAsLong() {
        try {
            for (String line : Files.readAllLines(MEMINFO)) {
                if (line.startsWith("MemAvailable:")) {
                    return Math.min(Long.parseLong(line.replaceAll("[^0-9]", "")) * 1_024, group());
                }
            }
        } catch (IOException | NumberFormatException e) {
            // Not Linux, or one that does not say.
        }
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getFreeMemorySize()
                : 0;
    }

    /** What the limit of a container leaves (cgroup v2). */
    private static long group() {
        try {
            String most = Files.readString(GROUP.resolve("memory.max")).strip();
            long now = Long.parseLong(
                    Files.readString(GROUP.resolve("memory.current")).strip());
            return most.equals("max") ? Long.MAX_VALUE : Math.max(0, Long.parseLong(most) - now);
        } catch (IOException | NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }
}
