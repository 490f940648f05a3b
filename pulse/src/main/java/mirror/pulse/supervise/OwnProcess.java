package mirror.pulse.supervise;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Services that are child processes of Mirror's. What they write goes straight into a file that is opened for appending, so it needs
 * nobody to read it and goes on when Mirror is gone.
 */
final class OwnProcess implements Backend {
    private static final Duration KILL = Duration.ofSeconds(5);

    /** Numbers that are the same on Linux and macOS, and those of Linux for the rest. */
    private static final Map<Integer, String> SIGNALS = Map.ofEntries(
            Map.entry(1, "HUP"),
            Map.entry(2, "INT"),
            Map.entry(3, "QUIT"),
            Map.entry(4, "ILL"),
            Map.entry(6, "ABRT"),
            Map.entry(7, "BUS"),
            Map.entry(8, "FPE"),
            Map.entry(9, "KILL"),
            Map.entry(10, "USR1"),
            Map.entry(11, "SEGV"),
            Map.entry(12, "USR2"),
            Map.entry(13, "PIPE"),
            Map.entry(14, "ALRM"),
            Map.entry(15, "TERM"),
            Map.entry(24, "XCPU"),
            Map.entry(25, "XFSZ"));

    private final Tools tools;
    private final Proc proc;
    private final Ends ends;
    private final Path logs;
    private final AtomicLong memoryKills;

    /** What was below a process when it was told to end, so that it ends too. */
    private final Map<Long, Set<Long>> below = new ConcurrentHashMap<>();

    private final Set<Long> killed = ConcurrentHashMap.newKeySet();

    /** @param logs the folder of their logs and heartbeats; must be there */
    OwnProcess(Tools tools, Proc proc, Ends ends, Path logs) {
        this.tools = tools;
        this.proc = proc;
        this.ends = ends;
        this.logs = logs;
        this.memoryKills = new AtomicLong(proc.memoryKills().orElse(-1));
        IgnoredSignals.handle();
    }

    static Path log(Path logs, String service) {
        return logs.resolve(service + ".log");
    }

    static Path heartbeat(Path logs, String service) {
        return logs.resolve(service + ".beat");
    }

    @Override
    public Started start(Service service, String mark) throws IOException {
        Service.Kind.Own own = (Service.Kind.Own) service.kind();
        if (!Files.isDirectory(own.cwd())) {
            throw new IOException("its folder " + own.cwd() + " is not there");
        }
        Map<String, String> environment = new HashMap<>(tools.environment());
        environment.putAll(own.env());
        environment.put("MIRROR_SERVICE", service.name());
        environment.put("MIRROR_HEARTBEAT", heartbeat(logs, service.name()).toString());
        environment.put(Proc.MARK, mark);
        ProcessBuilder builder = new ProcessBuilder(limited(service.limits(), own.argv()))
                .directory(own.cwd().toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        log(logs, service.name()).toFile()));
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process = builder.start();
        long pid = process.pid();
        String key = proc.key(pid);
        return new Started(pid, key, process.onExit().thenApply(ended -> exit(pid, ended.exitValue())));
    }

    /** Limits are set by a shell that becomes the program; without any there is no shell. */
    private List<String> limited(Service.Limits limits, List<String> argv) throws IOException {
        List<String> command = new ArrayList<>(argv);
        command.set(0, tools.find(argv.getFirst()));
        if (!limits.any()) {
            return command;
        }
        StringBuilder script = new StringBuilder();
        limit(script, "-n", limits.files());
        limit(script, "-t", limits.cpu());
        // In units of 512 bytes, as POSIX has it for -f, and of 1024 for -v.
        limit(script, "-f", limits.fileSize() / 512);
        limit(script, "-v", limits.addressSpace() / 1024);
        command.addAll(0, List.of("/bin/sh", "-c", script + "exec \"$@\"", "sh"));
        return command;
    }

    private static void limit(StringBuilder script, String option, long value) {
        if (value > 0) {
            script.append("ulimit ").append(option).append(' ').append(value).append(" || exit 126; ");
        }
    }

    /** Its name without SIG, or its number. */
    static String signal(int number) {
        return SIGNALS.getOrDefault(number, String.valueOf(number));
    }

    /** The JDK gives 128 and the number for a signal, as shells do; a program that ends with such a code is not told from it. */
    private Ending exit(long pid, int code) {
        sweep(pid);
        boolean ours = killed.remove(pid);
        String signal = code > 128 ? SIGNALS.get(code - 128) : null;
        if (signal == null) {
            return new Ending(code, null, "no");
        }
        return new Ending(null, signal, signal.equals("KILL") && !ours ? memory() : "no");
    }

    /** Whether the system ended something for want of memory since it was last asked. */
    private String memory() {
        OptionalLong now = proc.memoryKills();
        if (now.isEmpty()) {
            return "unknown";
        }
        long before = memoryKills.getAndSet(now.getAsLong());
        return before < 0 ? "unknown" : now.getAsLong() > before ? "yes" : "no";
    }

    /** What runs is found by its mark and its number; see {@link Adoption}. */
    @Override
    public Optional<Started> find(Service service) {
        return Optional.empty();
    }

    /** A process that an earlier daemon started. How it ends nobody can tell but its parent. */
    Started adopt(long pid, String key) {
        CompletableFuture<Ending> end = new CompletableFuture<>();
        ends.await(pid, key, proc, () -> {
            sweep(pid);
            killed.remove(pid);
            end.complete(Ending.UNKNOWN);
        });
        return new Started(pid, key, end);
    }

    /** What was below it when it was told to end ends with it. */
    private void sweep(long pid) {
        Set<Long> left = below.remove(pid);
        if (left != null) {
            left.forEach(child -> ProcessHandle.of(child).ifPresent(ProcessHandle::destroyForcibly));
        }
    }

    @Override
    public void halt(Service service, Started started, boolean kill) throws IOException, InterruptedException {
        long pid = started.pid();
        if (!proc.key(pid).equals(started.key())) {
            return;
        }
        Set<Long> tree = proc.tree(pid);
        tree.remove(pid);
        below.put(pid, tree);
        String signal = kill ? "KILL" : service.stop().signal();
        ProcessHandle process = ProcessHandle.of(pid).orElse(null);
        if (process == null) {
            return;
        }
        switch (signal) {
            case "KILL" -> {
                killed.add(pid);
                tree.forEach(child -> ProcessHandle.of(child).ifPresent(ProcessHandle::destroyForcibly));
                process.destroyForcibly();
            }
            case "TERM" -> process.destroy();
            default -> tools.run(List.of("kill", "-s", signal, String.valueOf(pid)), KILL);
        }
    }
}
