package mirror.surface.probe;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import mirror.bus.AtomicFiles;
import mirror.trust.claims.Fact;

/**
 * What this machine is: processor, memory, disk, operating system, Java. On Linux it is read from {@code /proc}; elsewhere there is no
 * model and no memory in it. A virtual machine is told what its host says.
 */
public final class HardwareProbe {
    private HardwareProbe() {}

    /** @param disk a path on the disk that is asked for its size */
    public static List<Fact> facts(Path disk, Instant now) throws IOException {
        return facts(
                text(Path.of("/proc/cpuinfo")),
                text(Path.of("/proc/meminfo")),
                text(Path.of("/etc/os-release")),
                Files.getFileStore(disk).getTotalSpace(),
                now);
    }

    static List<Fact> facts(String cpu, String memory, String release, long disk, Instant now) {
        List<Fact> facts = new ArrayList<>();
        String how = "/proc/cpuinfo";
        String model = "";
        String socket = "";
        Set<String> cores = new HashSet<>();
        for (String line : cpu.lines().toList()) {
            String value = line.substring(line.indexOf(':') + 1).strip();
            if (line.startsWith("model name")) {
                model = value;
            } else if (line.startsWith("physical id")) {
                socket = value;
            } else if (line.startsWith("core id")) {
                cores.add(socket + "/" + value);
            }
        }
        if (!model.isEmpty()) {
            facts.add(fact("cpu model", model, "model", how, cpu, now));
        }
        if (!cores.isEmpty()) {
            facts.add(fact("cpu cores", "" + cores.size(), "cores", how, cpu, now));
        }
        String logical = "" + Runtime.getRuntime().availableProcessors();
        for (String unit : List.of("processors", "threads", "cpus")) {
            facts.add(fact("cpu " + unit, logical, unit, "the JVM's count of logical processors", logical, now));
        }
        for (String line : memory.lines().toList()) {
            if (line.startsWith("MemTotal:")) {
                String kib = line.replaceAll("[^0-9]", "");
                facts.add(fact("machine memory ram", kib, "KiB", "MemTotal of /proc/meminfo", line, now));
            }
        }
        facts.add(fact(
                "machine disk storage ssd", "" + disk, "bytes", "size of the file system of the home", "" + disk, now));
        String name = property(release, "ID");
        if (!name.isEmpty() && !property(release, "VERSION_ID").isEmpty()) {
            facts.add(fact("os " + name, property(release, "VERSION_ID"), "version", "/etc/os-release", release, now));
        }
        String kernel = System.getProperty("os.name", "") + " " + System.getProperty("os.version", "");
        facts.add(fact(
                "os kernel " + System.getProperty("os.name", "").toLowerCase(java.util.Locale.ROOT),
                System.getProperty("os.version", "0"),
                "version",
                "the JVM's os.version",
                kernel,
                now));
        String java = Runtime.version().toString();
        facts.add(fact("java jdk openjdk", java, "version", "the daemon's JVM", java, now));
        return facts;
    }

    private static Fact fact(String subject, String value, String unit, String how, String evidence, Instant now) {
        return new Fact(
                "", subject, value, unit, how, AtomicFiles.digest(evidence.getBytes(StandardCharsets.UTF_8)), now, "");
    }

    private static String property(String release, String name) {
        return release.lines()
                .filter(line -> line.startsWith(name + "="))
                .map(line -> line.substring(name.length() + 1).replace("\"", "").strip())
                .findFirst()
                .orElse("");
    }

    private static String text(Path file) throws IOException {
        return Files.isReadable(file) ? Files.readString(file, StandardCharsets.ISO_8859_1) : "";
    }
}
