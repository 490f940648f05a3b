package mirror.pulse.supervise;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Simulated processes and a clock that is turned by hand; after every step it checks what must never happen. */
final class World {
    private static final Duration SPAWN = Duration.ofMillis(2);
    static final Duration DAY = Duration.ofDays(1);

    /** A process of a service. */
    static final class Running {
        final int run;
        boolean hung;
        boolean busy;

        Running(int run) {
            this.run = run;
        }
    }

    /** What is said of a service: when its start fails, how long it lives, whether it ever gets ready. */
    static final class Nature {
        @Nullable
        String startFails;

        Duration lives = DAY.multipliedBy(1000);
        boolean unready;
        Ending exit = new Ending(1, null, "no");
        Duration ends = Duration.ofMillis(50);
    }

    private record Timed(long at, long order, Runnable what) {}

    record Started(String service, Step.Cause cause, long at) {}

    final Supervision supervision;
    final RandomGenerator random;
    final Map<String, Running> processes = new HashMap<>();
    final Map<String, Nature> natures = new HashMap<>();
    final List<Started> starts = new ArrayList<>();
    final List<Step.Note> notes = new ArrayList<>();
    final List<Step.Look> looks = new ArrayList<>();
    final List<Step.Halt> halts = new ArrayList<>();
    boolean silent;
    long now = 1_000_000_000L;
    private long orders;
    private final PriorityQueue<Timed> agenda =
            new PriorityQueue<>((a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : Long.compare(a.order, b.order));

    World(RandomGenerator random) {
        this.random = random;
        this.supervision = new Supervision(random);
    }

    static Service service(String name, String... needs) {
        return service(name, null, null, needs);
    }

    static Service service(
            String name, Service.@Nullable Readiness ready, Service.@Nullable Liveness live, String... needs) {
        return new Service(
                name,
                "digest of " + name,
                new Service.Kind.Own(List.of("sleep", "1000"), Path.of("/"), Map.of()),
                List.of(needs),
                true,
                true,
                0,
                ready,
                live,
                new Service.Stop("TERM", Duration.ofSeconds(10)),
                new Service.Limits(0, 0, 0, 0, 0),
                new Service.LogFiles(1 << 20, 3),
                RestartPolicy.STANDARD);
    }

    static Service.Liveness live(Duration every, int misses) {
        return new Service.Liveness(
                new Probe.Http("127.0.0.1", 80, "/", 0), every, Duration.ofSeconds(1), misses, Duration.ofMinutes(10));
    }

    static Service.Readiness ready(Duration within) {
        return new Service.Readiness(
                new Probe.Http("127.0.0.1", 80, "/", 0), Duration.ofMillis(250), Duration.ofSeconds(1), within);
    }

    Nature nature(String service) {
        return natures.computeIfAbsent(service, _ -> new Nature());
    }

    World with(Service... services) {
        supervision.define(List.of(services), Map.of(), now);
        for (Service service : services) {
            nature(service.name());
        }
        for (Service service : services) {
            supervision.begin(service.name(), Step.Cause.BOOT, now);
        }
        settle();
        return this;
    }

    void after(Duration delay, Runnable what) {
        agenda.add(new Timed(now + delay.toNanos(), orders++, what));
    }

    /** Something is told to the supervision from outside. */
    void tell(Runnable input) {
        input.run();
        settle();
    }

    private void settle() {
        for (Step step : supervision.take()) {
            switch (step) {
                case Step.Launch launch -> launch(launch);
                case Step.Halt halt -> {
                    halts.add(halt);
                    halt(halt);
                }
                case Step.Look look -> {
                    looks.add(look);
                    look(look);
                }
                case Step.Note note -> notes.add(note);
            }
        }
    }

    private void launch(Step.Launch launch) {
        Service service = launch.service();
        String name = service.name();
        if (processes.containsKey(name)) {
            throw new AssertionError(name + " is started while it runs");
        }
        for (String need : service.needs()) {
            if (phase(need) != Phase.READY) {
                throw new AssertionError(name + " is started before " + need + " is ready");
            }
        }
        starts.add(new Started(name, launch.cause(), now));
        Nature nature = nature(name);
        after(SPAWN, () -> {
            String fails = nature.startFails;
            if (fails != null) {
                tell(() -> supervision.startFailed(name, launch.run(), fails, now));
                return;
            }
            Running process = new Running(launch.run());
            processes.put(name, process);
            after(nature.lives, () -> end(name, process, nature.exit));
            tell(() -> supervision.started(name, launch.run(), now));
        });
    }

    private void halt(Step.Halt halt) {
        String name = halt.service().name();
        Running process = processes.get(name);
        if (process != null && process.run == halt.run() && (halt.kill() || !process.hung)) {
            after(nature(name).ends, () -> end(name, process, new Ending(null, halt.kill() ? "KILL" : "TERM", "no")));
        }
    }

    private void look(Step.Look look) {
        String name = look.service().name();
        if (silent) {
            return;
        }
        Running process = processes.get(name);
        Probe.Finding finding;
        Duration takes = Duration.ofMillis(1);
        if (process == null) {
            finding = new Probe.Finding.Unknown("it has ended");
        } else if (process.hung || process.busy) {
            takes = look.timeout();
            finding = new Probe.Finding.Fails("no answer", process.busy, process.hung);
        } else if (nature(name).unready) {
            finding = new Probe.Finding.Fails("HTTP 503", false, false);
        } else {
            finding = new Probe.Finding.Works("HTTP 200");
        }
        after(takes, () -> tell(() -> supervision.looked(name, look.run(), look.id(), finding, now)));
    }

    /** A process ends by itself or by somebody's hand. */
    void kill(String name) {
        Running process = processes.get(name);
        if (process != null) {
            end(name, process, new Ending(null, "KILL", "no"));
        }
    }

    private void end(String name, Running process, Ending exit) {
        if (processes.remove(name, process)) {
            tell(() -> supervision.exited(name, process.run, exit, now));
        }
    }

    /** Lets time pass, and everything happen in it. */
    void pass(Duration time) {
        long until = now + time.toNanos();
        int spins = 0;
        while (true) {
            long due = supervision.due(now);
            long next = Math.min(due, agenda.isEmpty() ? Long.MAX_VALUE : agenda.peek().at);
            if (next > until) {
                now = until;
                return;
            }
            spins = next <= now ? spins + 1 : 0;
            if (spins > 10_000) {
                throw new AssertionError("it is busy without time passing");
            }
            now = Math.max(now, next);
            if (!agenda.isEmpty() && agenda.peek().at <= now) {
                agenda.poll().what.run();
            } else {
                tell(() -> supervision.advance(now));
            }
        }
    }

    Unit unit(String name) {
        return java.util.Objects.requireNonNull(supervision.unit(name), name);
    }

    Running process(String name) {
        return java.util.Objects.requireNonNull(processes.get(name), name);
    }

    Phase phase(String name) {
        return unit(name).phase;
    }

    String reason(String name) {
        return unit(name).reason;
    }

    long starts(String name) {
        return starts.stream().filter(start -> start.service.equals(name)).count();
    }

    List<Step.Note> notes(String type) {
        return notes.stream().filter(note -> note.type().equals(type)).toList();
    }
}
