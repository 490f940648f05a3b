package mirror.pulse.reap;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import mirror.pulse.supervise.Proc;
import org.jspecify.annotations.Nullable;

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

    private final Path folder;
    private final Proc proc;

    /** @param proc {@code /proc} */
    public LinuxProcesses(Path proc) {
        this.folder = proc;
        this.proc = new Proc(proc);
    }

    @Override
    public List<OsProcess> list() {
        List<OsProcess> all = new ArrayList<>();
        double uptime = uptime();
        Object me = owner(folder.resolve("self"));
        if (uptime < 0 || me == null) {
            return all;
        }
        String boot = proc.boot();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, "[0-9]*")) {
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

    private @Nullable OsProcess process(Path entry, String boot, double uptime, Object me) {
        String pid = String.valueOf(entry.getFileName());
        try {
            List<String> stat = proc.stat(Long.parseLong(pid));
            if (stat.size() <= START || stat.get(STATE).equals("Z")) {
                return null;
            }
            boolean mine = me.equals(owner(entry));
            long start = Long.parseLong(stat.get(START));
            String environment = mine ? proc.read(pid + "/environ") : "";
            String command = proc.read(pid + "/cmdline");
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
                    isOfUnit(proc.read(pid + "/cgroup")),
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
        return Optional.of(proc.key(pid)).filter(key -> !key.isEmpty());
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

    private double uptime() {
        String first = proc.read("uptime").split(" ", 2)[0];
        return first.matches("[0-9]{1,12}(\\.[0-9]+)?") ? Double.parseDouble(first) : -1;
    }

    private static @Nullable Object owner(Path entry) {
        try {
            return Files.getAttribute(entry, "unix:uid");
        } catch (IOException | UnsupportedOperationException e) {
            return null;
        }
    }
}
