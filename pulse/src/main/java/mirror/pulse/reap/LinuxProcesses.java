package mirror.pulse.reap;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Processes from {@code /proc} (proc(5)). Elsewhere there is none, and so nothing to be ended. Of what ends while it is read, nothing is
 * told. Stateless.
 */
public final class LinuxProcesses implements ProcessTable {
    private static final int STATE = 2;
    private static final int PARENT = 3;
    private static final int SESSION = 5;
    private static final int TERMINAL = 6;
    private static final int USER_TIME = 13;
    private static final int SYSTEM_TIME = 14;
    private static final int START = 21;

    /** USER_HZ, which is the same on every Linux. */
    private static final long TICKS = 100;

    private final Path proc;

    /** @param proc {@code /proc} */
    public LinuxProcesses(Path proc) {
        this.proc = proc;
    }

    @Override
    public List<OsProcess> list() {
        List<OsProcess> all = new ArrayList<>();
        double uptime = uptime();
        Object me = owner(proc.resolve("self"));
        if (uptime < 0 || me == null) {
            return all;
        }
        String boot = boot();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(proc, "[0-9]*")) {
            for (Path entry : entries) {
                OsProcess process = process(entry, boot, uptime, me);
                if (process != null) {
                    all.add(process);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            return List.of();
        }
        return all;
    }

    private @org.jspecify.annotations.Nullable OsProcess process(Path entry, String boot, double uptime, Object me) {
        List<String> stat = stat(entry);
        if (stat.size() <= START || stat.get(STATE).equals("Z")) {
            return null;
        }
        try {
            boolean mine = me.equals(owner(entry));
            long start = Long.parseLong(stat.get(START));
            String environment = mine ? read(entry.resolve("environ")) : "";
            String command = read(entry.resolve("cmdline"));
            return new OsProcess(
                    Long.parseLong(stat.getFirst()),
                    boot + "/" + start,
                    Long.parseLong(stat.get(PARENT)),
                    mine,
                    stat.get(1),
                    command.isEmpty() ? List.of() : List.of(command.split("\0", 0)),
                    Duration.ofMillis(Math.max(0, (long) (uptime * 1_000) - start * 1_000 / TICKS)),
                    Duration.ofMillis((Long.parseLong(stat.get(USER_TIME)) + Long.parseLong(stat.get(SYSTEM_TIME)))
                            * 1_000
                            / TICKS),
                    Long.parseLong(stat.get(SESSION)),
                    !stat.get(TERMINAL).equals("0"),
                    isOfUnit(read(entry.resolve("cgroup"))),
                    environment.isEmpty()
                            || environment.contains("MIRROR_RUN=")
                            || environment.contains("MIRROR_SERVICE="));
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** cgroups(7): the last part of the path is the unit; a session's and an application's scope are none that starts anything. */
    static boolean isOfUnit(String cgroup) {
        return cgroup.lines().anyMatch(line -> line.endsWith(".service"));
    }

    @Override
    public Optional<String> key(long pid) {
        List<String> stat = stat(proc.resolve(String.valueOf(pid)));
        return stat.size() <= START || stat.get(STATE).equals("Z")
                ? Optional.empty()
                : Optional.of(boot() + "/" + stat.get(START));
    }

    @Override
    public void signal(OsProcess process, boolean kill) {
        // The handle holds the start of the process that has the number now, and signals no other.
        Optional<ProcessHandle> handle = ProcessHandle.of(process.pid());
        if (handle.isPresent() && key(process.pid()).equals(Optional.of(process.key()))) {
            if (kill) {
                handle.get().destroyForcibly();
            } else {
                handle.get().destroy();
            }
        }
    }

    private String boot() {
        return read(proc.resolve("sys/kernel/random/boot_id")).strip();
    }

    private double uptime() {
        String first = read(proc.resolve("uptime")).split(" ", 2)[0];
        return first.matches("[0-9]{1,12}(\\.[0-9]+)?") ? Double.parseDouble(first) : -1;
    }

    private static @org.jspecify.annotations.Nullable Object owner(Path entry) {
        try {
            return Files.getAttribute(entry, "unix:uid");
        } catch (IOException | UnsupportedOperationException e) {
            return null;
        }
    }

    /** Fields of its stat file, the name without its parentheses; empty when there is none. */
    private static List<String> stat(Path entry) {
        String line = read(entry.resolve("stat"));
        int open = line.indexOf('(');
        int close = line.lastIndexOf(')');
        if (open < 1 || close < open || line.length() < close + 2) {
            return List.of();
        }
        List<String> fields = new ArrayList<>();
        fields.add(line.substring(0, open - 1));
        fields.add(line.substring(open + 1, close));
        fields.addAll(List.of(line.substring(close + 2).strip().split(" ", -1)));
        return fields;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            // It ended, or is another person's.
            return "";
        }
    }
}
