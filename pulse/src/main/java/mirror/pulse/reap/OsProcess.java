package mirror.pulse.reap;

import java.time.Duration;
import java.util.List;

/**
 * A process as the system told of it at one moment.
 *
 * @param key tells it from every other process that ever had its number: boot and start, in the kernel's own ticks
 * @param parent number of its parent
 * @param mine whether it is of the user that asks
 * @param name what the kernel calls it
 * @param argv its arguments, the program first; empty when they are not known
 * @param session number of the first process of its session
 * @param terminal whether it has a controlling terminal
 * @param unit whether a unit of systemd is what it belongs to, so that somebody is left for it
 * @param marked whether it may be Mirror's or a service's: its environment says so, or cannot be read
 */
public record OsProcess(
        long pid,
        String key,
        long parent,
        boolean mine,
        String name,
        List<String> argv,
        Duration age,
        Duration cpu,
        long session,
        boolean terminal,
        boolean unit,
        boolean marked) {
    public OsProcess {
        argv = List.copyOf(argv);
    }

    /** Its program, without folders. */
    public String program() {
        String first = argv.isEmpty() ? name : argv.getFirst();
        return first.substring(first.lastIndexOf('/') + 1);
    }
}
