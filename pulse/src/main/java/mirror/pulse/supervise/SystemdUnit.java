package mirror.pulse.supervise;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Services that are units of systemd, by {@code systemctl} (systemctl(1), properties of org.freedesktop.systemd1(5)). That it says a
 * unit is active is not believed: its main process has to be there.
 */
final class SystemdUnit implements Backend {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final Tools tools;
    private final Proc proc;
    private final Ends ends;

    SystemdUnit(Tools tools, Proc proc, Ends ends) {
        this.tools = tools;
        this.proc = proc;
        this.ends = ends;
    }

    @Override
    public Started start(Service service, String mark) throws IOException, InterruptedException {
        Service.Kind.Systemd unit = (Service.Kind.Systemd) service.kind();
        Map<String, String> before = show(unit);
        if (isActive(before) && alive(before).isEmpty()) {
            // It holds a unit for running whose process is gone; a start would do nothing.
            systemctl(unit, "stop", unit.unit());
        }
        Tools.Result started = systemctl(unit, "start", unit.unit());
        if (started.exit() != 0) {
            throw new IOException(
                    "systemctl start " + unit.unit() + " ended with " + started.exit() + ": " + started.output());
        }
        Map<String, String> now = show(unit);
        return running(unit, now)
                .orElseThrow(() -> new IOException("systemd says that " + unit.unit() + " is "
                        + now.getOrDefault("ActiveState", "unknown") + " ("
                        + now.getOrDefault("SubState", "unknown") + "), but its main process "
                        + now.getOrDefault("MainPID", "0") + " is not there"));
    }

    @Override
    public Optional<Started> find(Service service) throws IOException, InterruptedException {
        Service.Kind.Systemd unit = (Service.Kind.Systemd) service.kind();
        Map<String, String> now = show(unit);
        return isActive(now) ? running(unit, now) : Optional.empty();
    }

    private Optional<Started> running(Service.Kind.Systemd unit, Map<String, String> now) {
        return alive(now).map(pid -> {
            String key = proc.key(pid);
            CompletableFuture<Ending> end = new CompletableFuture<>();
            ends.await(pid, key, proc, () -> Thread.ofVirtual().start(() -> end.complete(exit(unit))));
            return new Started(pid, key, end);
        });
    }

    private static boolean isActive(Map<String, String> properties) {
        return List.of("active", "reloading", "activating").contains(properties.getOrDefault("ActiveState", ""));
    }

    private Optional<Long> alive(Map<String, String> properties) {
        String pid = properties.getOrDefault("MainPID", "0");
        return pid.matches("[1-9][0-9]{0,9}") && !proc.key(Long.parseLong(pid)).isEmpty()
                ? Optional.of(Long.parseLong(pid))
                : Optional.empty();
    }

    private Map<String, String> show(Service.Kind.Systemd unit) throws IOException, InterruptedException {
        Tools.Result shown = systemctl(
                unit,
                "show",
                "-p",
                "LoadState,ActiveState,SubState,MainPID,Result,ExecMainCode,ExecMainStatus",
                unit.unit());
        if (shown.exit() != 0) {
            throw new IOException(
                    "systemctl show " + unit.unit() + " ended with " + shown.exit() + ": " + shown.output());
        }
        Map<String, String> properties = new HashMap<>();
        shown.output().lines().forEach(line -> {
            int equals = line.indexOf('=');
            if (equals > 0) {
                properties.put(line.substring(0, equals), line.substring(equals + 1));
            }
        });
        if (properties.getOrDefault("LoadState", "loaded").equals("not-found")) {
            throw new IOException("systemd knows no unit " + unit.unit());
        }
        return properties;
    }

    /** CLD_EXITED is 1, CLD_KILLED 2 and CLD_DUMPED 3 (sigaction(2)). */
    private Ending exit(Service.Kind.Systemd unit) {
        try {
            Map<String, String> now = show(unit);
            String status = now.getOrDefault("ExecMainStatus", "");
            if (!status.matches("[0-9]{1,3}")) {
                return Ending.UNKNOWN;
            }
            return switch (now.getOrDefault("ExecMainCode", "")) {
                case "1" -> new Ending(Integer.parseInt(status), null, "no");
                case "2", "3" ->
                    new Ending(
                            null,
                            OwnProcess.signal(Integer.parseInt(status)),
                            now.getOrDefault("Result", "").equals("oom-kill") ? "yes" : "no");
                default -> Ending.UNKNOWN;
            };
        } catch (IOException e) {
            return Ending.UNKNOWN;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Ending.UNKNOWN;
        }
    }

    @Override
    public void halt(Service service, Started started, boolean kill) throws IOException, InterruptedException {
        Service.Kind.Systemd unit = (Service.Kind.Systemd) service.kind();
        Tools.Result done = kill
                ? systemctl(unit, "kill", "-s", "KILL", unit.unit())
                : systemctl(unit, "stop", "--no-block", unit.unit());
        if (done.exit() != 0) {
            throw new IOException("systemctl could not end " + unit.unit() + ": " + done.output());
        }
    }

    private Tools.Result systemctl(Service.Kind.Systemd unit, String... words)
            throws IOException, InterruptedException {
        List<String> argv = new ArrayList<>(List.of("systemctl"));
        if (unit.user()) {
            argv.add("--user");
        }
        argv.addAll(List.of(words));
        return tools.run(argv, PATIENCE);
    }
}
