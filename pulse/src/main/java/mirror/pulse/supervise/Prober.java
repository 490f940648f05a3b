package mirror.pulse.supervise;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Looks at services. Each look has a thread of its own and a deadline after which it is not waited for, so no endpoint that hangs keeps
 * another from being looked at. Before a look that found nothing counts, the process is looked at: what computes, waits for a disk or
 * shows a heartbeat may only be late.
 *
 * <p>How old a file is depends on the clock on the wall; when that was set since the last look, the age says nothing, and it is only asked
 * whether the file was written since then. Thread-safe.
 */
final class Prober {
    private static final Duration SAMPLE = Duration.ofMillis(200);
    private static final Duration JUMP = Duration.ofMillis(500);

    /** A tenth of a core. */
    private static final int BUSY_SHARE = 10;

    private static final int STATUS_LINE = 64;

    private final Tools tools;
    private final Proc proc;
    private final Path logs;
    private final InstantSource clock;
    private final LongSupplier nanoTime;
    private final Pause pause;

    /** What was seen of a service's file at the last look. */
    private record Seen(Instant modified, Duration drift) {}

    private final Map<String, Seen> seen = new HashMap<>();

    /** @param logs where heartbeats are */
    Prober(Tools tools, Proc proc, Path logs, InstantSource clock, LongSupplier nanoTime, Pause pause) {
        this.tools = tools;
        this.proc = proc;
        this.logs = logs;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.pause = pause;
    }

    /** Returns soon after the timeout at the latest. */
    Probe.Finding look(Service service, Probe probe, long pid, Duration timeout) throws InterruptedException {
        if (service.limits().memory() > 0 && pid > 0) {
            OptionalLong held = proc.memory(proc.tree(pid));
            if (held.isPresent() && held.getAsLong() > service.limits().memory()) {
                return new Probe.Finding.TooLarge("it holds " + (held.getAsLong() >> 20) + " MB of memory and may hold "
                        + (service.limits().memory() >> 20));
            }
        }
        Probe.Finding finding = switch (probe) {
            // These take no time worth a thread.
            case Probe.Running _ -> running(pid);
            case Probe.Heartbeat(Duration fresh) ->
                fresh(service.name(), OwnProcess.heartbeat(logs, service.name()), fresh);
            case Probe.Fresh(Path file, Duration fresh) -> fresh(service.name(), file, fresh);
            default -> within(service, probe, pid, timeout);
        };
        return finding instanceof Probe.Finding.Fails fails && pid > 0
                ? new Probe.Finding.Fails(
                        fails.detail(), isBusy(service, pid), proc.state(pid).equals("T"))
                : finding;
    }

    private static Probe.Finding failed(String detail) {
        return new Probe.Finding.Fails(detail, false, false);
    }

    private Probe.Finding running(long pid) {
        if (pid == 0) {
            return new Probe.Finding.Works("it was started, and its end was not heard of");
        }
        return proc.key(pid).isEmpty()
                ? failed("its process " + pid + " is gone")
                : new Probe.Finding.Works("process " + pid);
    }

    /** Each of these keeps the deadline by itself. */
    private Probe.Finding within(Service service, Probe probe, long pid, Duration timeout) throws InterruptedException {
        try {
            return switch (probe) {
                case Probe.Port(int port) -> port(port, pid, timeout);
                case Probe.Http http -> http(http, timeout);
                case Probe.Command command -> command(service, command, timeout);
                default -> throw new IllegalArgumentException("not a probe that takes time: " + probe);
            };
        } catch (SocketTimeoutException e) {
            return failed("no answer within " + timeout.toMillis() + " ms");
        } catch (IOException e) {
            return failed(String.valueOf(e.getMessage()));
        }
    }

    private Probe.Finding port(int port, long pid, Duration timeout) throws IOException {
        Proc.Listening who = proc.listening(port, pid == 0 ? Set.of() : proc.tree(pid));
        return switch (who.state()) {
            case OWN -> new Probe.Finding.Works("process " + who.pid() + " listens on port " + port);
            case NOBODY -> failed("nobody listens on port " + port);
            // Of a container the process is not seen from here, or only the one that stands before it.
            case OTHER ->
                pid == 0
                        ? new Probe.Finding.Works("port " + port + " is open; whose it is cannot be told")
                        : failed("port " + port + " is held by " + holder(who.pid()));
            case UNKNOWN -> {
                connect(InetAddress.getLoopbackAddress().getHostAddress(), port, timeout)
                        .close();
                yield new Probe.Finding.Works("port " + port + " is open; whose it is cannot be told here");
            }
        };
    }

    /** Who holds a port, in words. */
    String holder(long pid) {
        return pid == 0 ? "a process of somebody else" : "process " + pid + " (" + proc.command(pid) + ")";
    }

    private static Socket connect(String host, int port, Duration timeout) throws IOException {
        // Past a proxy that the JVM was told of: what is looked at is on this machine.
        Socket socket = new Socket(Proxy.NO_PROXY);
        try {
            socket.connect(new InetSocketAddress(InetAddress.getByName(host), port), millis(timeout));
            socket.setSoTimeout(millis(timeout));
            return socket;
        } catch (SocketTimeoutException e) {
            socket.close();
            throw e;
        } catch (IOException e) {
            socket.close();
            throw new IOException("port " + port + " cannot be reached: " + e.getMessage(), e);
        }
    }

    private static int millis(Duration timeout) {
        return Math.clamp(timeout.toMillis(), 1, Integer.MAX_VALUE);
    }

    /** The status line is all that is read, and of that no more than there can be of a sound one. */
    private Probe.Finding http(Probe.Http http, Duration timeout) throws IOException {
        long until = nanoTime.getAsLong() + timeout.toNanos();
        try (Socket socket = connect(http.host(), http.port(), timeout)) {
            socket.getOutputStream()
                    .write(("GET " + http.path() + " HTTP/1.1\r\nHost: " + http.host() + ":" + http.port()
                                    + "\r\nUser-Agent: Mirror\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            byte[] line = new byte[STATUS_LINE];
            int length = 0;
            while (length < line.length && !hasStatus(line, length)) {
                long left = until - nanoTime.getAsLong();
                if (left <= 0) {
                    throw new SocketTimeoutException();
                }
                // Before each read, so that an answer in drops is not waited for longer.
                socket.setSoTimeout(millis(Duration.ofNanos(left)));
                int n = socket.getInputStream().read(line, length, line.length - length);
                if (n < 0) {
                    break;
                }
                length += n;
            }
            if (!hasStatus(line, length)) {
                return failed("the answer on port " + http.port() + " is not HTTP");
            }
            int status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
            boolean good = http.status() == 0 ? status >= 200 && status < 400 : status == http.status();
            return good ? new Probe.Finding.Works("HTTP " + status) : failed("HTTP " + status);
        }
    }

    /** Whether it begins as {@code HTTP/1.1 200 }, the three digits and what ends them included (RFC 9112, section 4). */
    private static boolean hasStatus(byte[] line, int length) {
        return length > 12
                && new String(line, 0, 7, StandardCharsets.US_ASCII).equals("HTTP/1.")
                && line[8] == ' '
                && line[9] >= '1'
                && line[9] <= '5'
                && Character.isDigit(line[10])
                && Character.isDigit(line[11])
                && line[12] <= ' ';
    }

    private Probe.Finding command(Service service, Probe.Command command, Duration timeout)
            throws IOException, InterruptedException {
        Tools.Result result = tools.run(command.argv(), Map.of("MIRROR_SERVICE", service.name()), timeout);
        return result.exit() == 0
                ? new Probe.Finding.Works("exit code 0")
                : failed(
                        "exit code " + result.exit() + (result.output().isEmpty() ? "" : ": " + clip(result.output())));
    }

    private static String clip(String text) {
        String line = text.replaceAll("\\s+", " ");
        return line.length() <= 200 ? line : line.substring(0, 200) + "\u2026";
    }

    private Probe.Finding fresh(String service, Path file, Duration fresh) {
        Instant modified;
        try {
            modified =
                    Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).toInstant();
        } catch (IOException e) {
            return failed(file + " is not there");
        }
        Instant now = clock.instant();
        // How far the wall's clock is ahead of the one that only counts.
        Duration drift = Duration.between(Instant.EPOCH, now).minusNanos(nanoTime.getAsLong());
        Seen before;
        synchronized (seen) {
            before = seen.put(service + " " + file, new Seen(modified, drift));
        }
        boolean jumped = before != null && before.drift.minus(drift).abs().compareTo(JUMP) > 0;
        if (jumped || modified.isAfter(now.plus(JUMP))) {
            return before != null && before.modified.equals(modified)
                    ? new Probe.Finding.Unknown("the clock was set; how old " + file + " is cannot be told")
                    : new Probe.Finding.Works("written since the last look");
        }
        Duration age = Duration.between(modified, now);
        return age.compareTo(fresh) <= 0
                ? new Probe.Finding.Works("written " + Math.max(0, age.toMillis()) + " ms ago")
                : failed(file.getFileName() + " was last written " + age.toMillis() + " ms ago");
    }

    private boolean isBusy(Service service, long pid) throws InterruptedException {
        if (proc.state(pid).equals("D")) {
            return true;
        }
        Set<Long> tree = proc.tree(pid);
        Duration before = proc.cpu(tree);
        Instant beat = beat(service);
        boolean runnable = isRunnable(tree);
        pause.rest(SAMPLE);
        // On a machine with too much to do it may wait for a core longer than it has one.
        return proc.cpu(tree).minus(before).compareTo(SAMPLE.dividedBy(BUSY_SHARE)) >= 0
                || (runnable && isRunnable(tree))
                || !beat(service).equals(beat);
    }

    private boolean isRunnable(Set<Long> pids) {
        return pids.stream().anyMatch(pid -> proc.state(pid).equals("R"));
    }

    private Instant beat(Service service) {
        try {
            return Files.getLastModifiedTime(OwnProcess.heartbeat(logs, service.name()), LinkOption.NOFOLLOW_LINKS)
                    .toInstant();
        } catch (IOException e) {
            return Instant.EPOCH;
        }
    }
}
