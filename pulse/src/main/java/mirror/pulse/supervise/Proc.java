package mirror.pulse.supervise;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What the system tells of processes. On Linux from {@code /proc} (proc(5)); elsewhere from the JDK, which knows less: what is not known
 * is empty or unknown, never guessed. Stateless.
 */
public final class Proc {
    /** Name and value by which a process and all it starts can be found again: {@code MIRROR_RUN=<token>/<number>/<digest>}. */
    static final String MARK = "MIRROR_RUN";

    private static final int START = 22;
    private static final int RSS = 24;
    private static final int STATE = 3;
    private static final int PARENT = 4;
    private static final long PAGE = 4096;
    private static final String LISTEN = "0A";

    /** Another place than {@code /proc} is for tests. */
    private final Path proc;

    Proc() {
        this(Path.of("/proc"));
    }

    /** @param proc {@code /proc}, or what stands for it */
    public Proc(Path proc) {
        this.proc = proc;
    }

    /** A process that carries a mark. */
    record Marked(long pid, long parent, String mark) {}

    private boolean isHere() {
        return Files.isDirectory(proc.resolve("self"));
    }

    /**
     * Tells one process from every other that ever had its number: the boot and the moment of its start in it, in the kernel's own
     * ticks, which setting the clock does not change. Empty when there is no such process or it has ended and only waits to be noticed.
     */
    public String key(long pid) {
        if (isHere()) {
            List<String> stat = stat(pid);
            return stat.size() < START || stat.get(STATE - 1).equals("Z") ? "" : boot() + "/" + stat.get(START - 1);
        }
        return ProcessHandle.of(pid)
                .filter(ProcessHandle::isAlive)
                .flatMap(handle -> handle.info().startInstant())
                .map(Object::toString)
                .orElse("");
    }

    /** Which start of the system this is. */
    public String boot() {
        return read("sys/kernel/random/boot_id").strip();
    }

    /** Fields of its stat file, the name without its parentheses; empty when there is none. */
    public List<String> stat(long pid) {
        String line = read(pid + "/stat");
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

    /** A file below it; empty when it cannot be read. */
    public String read(String file) {
        try {
            return Files.readString(proc.resolve(file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            // It ended, or is another person's.
            return "";
        }
    }

    /** Processes of this person that carry a mark, those alone whose parent does not carry the same. */
    List<Marked> marked() {
        Map<Long, Marked> all = new HashMap<>();
        for (long pid : pids()) {
            String environment = read(pid + "/environ");
            if (!environment.contains(MARK + "=")) {
                continue;
            }
            Stream.of(environment.split("\0", -1))
                    .filter(variable -> variable.startsWith(MARK + "="))
                    .findFirst()
                    .ifPresent(variable -> {
                        List<String> stat = stat(pid);
                        if (stat.size() >= START && !stat.get(STATE - 1).equals("Z")) {
                            all.put(
                                    pid,
                                    new Marked(
                                            pid,
                                            Long.parseLong(stat.get(PARENT - 1)),
                                            variable.substring(MARK.length() + 1)));
                        }
                    });
        }
        return all.values().stream()
                .filter(each -> {
                    Marked parent = all.get(each.parent);
                    return parent == null || !parent.mark.equals(each.mark);
                })
                .toList();
    }

    /** The mark of one process. */
    java.util.Optional<String> mark(long pid) {
        return Stream.of(read(pid + "/environ").split("\0", -1))
                .filter(variable -> variable.startsWith(MARK + "="))
                .map(variable -> variable.substring(MARK.length() + 1))
                .findFirst();
    }

    /** What a process was started with; empty when that is not known. */
    java.util.Optional<Map<String, String>> environment(long pid) {
        String all = read(pid + "/environ");
        if (all.isEmpty()) {
            return java.util.Optional.empty();
        }
        Map<String, String> environment = new HashMap<>();
        for (String variable : all.split("\0", -1)) {
            int equals = variable.indexOf('=');
            if (equals > 0) {
                // The file was read byte by byte; values are UTF-8.
                environment.put(
                        variable.substring(0, equals),
                        new String(
                                variable.substring(equals + 1).getBytes(StandardCharsets.ISO_8859_1),
                                StandardCharsets.UTF_8));
            }
        }
        return java.util.Optional.of(environment);
    }

    private List<Long> pids() {
        List<Long> pids = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(proc, "[0-9]*")) {
            for (Path entry : entries) {
                pids.add(Long.parseLong(entry.getFileName().toString()));
            }
        } catch (IOException | NumberFormatException e) {
            // Nothing is known here.
        }
        return pids;
    }

    /** A process and all below it. */
    Set<Long> tree(long pid) {
        Set<Long> tree = new LinkedHashSet<>(Set.of(pid));
        ProcessHandle.of(pid).ifPresent(handle -> handle.descendants().forEach(child -> tree.add(child.pid())));
        return tree;
    }

    /** Letter of the kernel for what it does: {@code T} stopped, {@code D} waiting for a disk, {@code Z} ended; empty when not known. */
    String state(long pid) {
        List<String> stat = stat(pid);
        return stat.size() < STATE ? "" : stat.get(STATE - 1);
    }

    /** CPU time of processes so far. */
    Duration cpu(Set<Long> pids) {
        Duration sum = Duration.ZERO;
        for (long pid : pids) {
            sum = sum.plus(ProcessHandle.of(pid)
                    .flatMap(handle -> handle.info().totalCpuDuration())
                    .orElse(Duration.ZERO));
        }
        return sum;
    }

    /** Bytes of memory that processes hold now; empty when not known. */
    OptionalLong memory(Set<Long> pids) {
        if (!isHere()) {
            return OptionalLong.empty();
        }
        long pages = 0;
        for (long pid : pids) {
            List<String> stat = stat(pid);
            pages += stat.size() < RSS ? 0 : Long.parseLong(stat.get(RSS - 1));
        }
        return OptionalLong.of(pages * PAGE);
    }

    /** Its command, for a sentence that names it; clipped. */
    String command(long pid) {
        String line = read(pid + "/cmdline").replace('\0', ' ').strip();
        return line.isEmpty() ? "?" : line.length() > 60 ? line.substring(0, 60) + "\u2026" : line;
    }

    // ---- ports

    /** Whether anybody listens on a TCP port, as far as the system tells. */
    Listening listening(int port, Set<Long> own) {
        if (!isHere()) {
            return new Listening(State.UNKNOWN, 0);
        }
        Set<String> inodes = new HashSet<>();
        for (String table : List.of("net/tcp", "net/tcp6")) {
            read(table).lines().skip(1).forEach(line -> {
                String[] words = line.strip().split("\\s+", -1);
                if (words.length > 9 && words[3].equals(LISTEN) && words[1].endsWith(":" + "%04X".formatted(port))) {
                    inodes.add("socket:[" + words[9] + "]");
                }
            });
        }
        if (inodes.isEmpty()) {
            return new Listening(State.NOBODY, 0);
        }
        for (long pid : own) {
            if (holds(pid, inodes)) {
                return new Listening(State.OWN, pid);
            }
        }
        for (long pid : pids()) {
            if (holds(pid, inodes)) {
                return new Listening(State.OTHER, pid);
            }
        }
        // Somebody whose files this person may not see.
        return new Listening(State.OTHER, 0);
    }

    /** Who listens. */
    enum State {
        NOBODY,
        OWN,
        OTHER,
        UNKNOWN
    }

    /** @param pid who it is, or 0 when that cannot be told */
    record Listening(State state, long pid) {}

    private boolean holds(long pid, Set<String> inodes) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(proc.resolve(pid + "/fd"))) {
            for (Path file : files) {
                if (inodes.contains(target(file))) {
                    return true;
                }
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            // It ended, or is another person's.
        }
        return false;
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return "";
        }
    }

    // ---- memory

    /** How often the system ended a process of this daemon's control group for want of memory; empty when it does not tell. */
    OptionalLong memoryKills() {
        for (String line : read("self/cgroup").lines().toList()) {
            String[] parts = line.split(":", 3);
            if (parts.length < 3) {
                continue;
            }
            // cgroups(7): version 2 is the entry without a name; version 1 has a hierarchy called memory.
            Path file = parts[1].isEmpty()
                    ? Path.of("/sys/fs/cgroup" + parts[2], "memory.events")
                    : parts[1].equals("memory")
                            ? Path.of("/sys/fs/cgroup/memory" + parts[2], "memory.oom_control")
                            : null;
            OptionalLong count = file == null ? OptionalLong.empty() : counted(file);
            if (count.isPresent()) {
                return count;
            }
        }
        return OptionalLong.empty();
    }

    private static OptionalLong counted(Path file) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith("oom_kill "))
                    .mapToLong(line -> Long.parseLong(line.substring("oom_kill ".length())))
                    .findFirst();
        } catch (IOException | java.io.UncheckedIOException | NumberFormatException e) {
            return OptionalLong.empty();
        }
    }
}
