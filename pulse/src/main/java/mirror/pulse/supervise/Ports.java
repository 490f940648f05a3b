package mirror.pulse.supervise;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Who holds the ports of services. Nobody is fought for one: who holds it is named, and only what is left of the very service is ended.
 * Stateless.
 */
final class Ports {
    private static final Duration FREE = Duration.ofSeconds(1);
    private static final Duration LOOK = Duration.ofMillis(10);

    private final Proc proc;
    private final Prober prober;
    private final Marks marks;
    private final LongSupplier nanoTime;
    private final Pause pause;

    Ports(Proc proc, Prober prober, Marks marks, LongSupplier nanoTime, Pause pause) {
        this.proc = proc;
        this.prober = prober;
        this.marks = marks;
        this.nanoTime = nanoTime;
        this.pause = pause;
    }

    /**
     * Returns when nobody holds the service's port, for which what is left of it is ended.
     *
     * @throws IOException when somebody else holds it
     */
    void free(Service service) throws IOException, InterruptedException {
        Remedies.Holder holder =
                service.kind() instanceof Service.Kind.Own ? holder(service).orElse(null) : null;
        if (holder == null) {
            return;
        }
        if (marks.isOf(service.name(), holder.mark())) {
            ProcessHandle.of(holder.pid()).ifPresent(ProcessHandle::destroyForcibly);
            long until = nanoTime.getAsLong() + FREE.toNanos();
            while (nanoTime.getAsLong() < until) {
                if (proc.listening(service.port(), Set.of()).state() != Proc.State.OTHER) {
                    return;
                }
                pause.rest(LOOK);
            }
        }
        throw new IOException(holder.told());
    }

    /** Of a service that does not run; empty when nobody holds its port, it has none, or that is not known. */
    Optional<Remedies.Holder> holder(Service service) {
        if (service.port() == 0) {
            return Optional.empty();
        }
        Proc.Listening who = proc.listening(service.port(), Set.of());
        if (who.state() != Proc.State.OTHER) {
            return Optional.empty();
        }
        String mark = who.pid() == 0 ? "" : proc.mark(who.pid()).orElse("");
        String process = prober.holder(who.pid());
        return Optional.of(new Remedies.Holder(
                who.pid(),
                who.pid() == 0 ? "" : proc.key(who.pid()),
                mark,
                "port " + service.port() + " is held by "
                        + marks.service(mark)
                                .map(other -> "the service " + other + ", " + process)
                                .orElse(process)));
    }

    /** Ends it, should it still be the process that was found, and kills it after the service's grace; false when it is still there. */
    boolean end(Service service, Remedies.Holder holder) throws InterruptedException {
        ProcessHandle process = ProcessHandle.of(holder.pid()).orElse(null);
        if (process == null || isGone(holder)) {
            return true;
        }
        process.destroy();
        for (boolean killed : List.of(false, true)) {
            if (killed && !isGone(holder)) {
                process.destroyForcibly();
            }
            long until = nanoTime.getAsLong() + service.stop().grace().toNanos();
            while (nanoTime.getAsLong() < until) {
                if (isGone(holder)) {
                    return true;
                }
                pause.rest(LOOK);
            }
        }
        return false;
    }

    private boolean isGone(Remedies.Holder holder) {
        return !proc.key(holder.pid()).equals(holder.key());
    }
}
