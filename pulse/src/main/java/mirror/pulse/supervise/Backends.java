package mirror.pulse.supervise;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** What services run in, and what of them runs already. Stateless. */
final class Backends {
    private final Proc proc;
    private final ServiceLedger ledger;
    private final OwnProcess own;
    private final SystemdUnit systemd;
    private final LaunchdAgent launchd;
    private final DockerContainer docker;

    Backends(
            Proc proc,
            ServiceLedger ledger,
            OwnProcess own,
            SystemdUnit systemd,
            LaunchdAgent launchd,
            DockerContainer docker) {
        this.proc = proc;
        this.ledger = ledger;
        this.own = own;
        this.systemd = systemd;
        this.launchd = launchd;
        this.docker = docker;
    }

    Backend of(Service service) {
        return switch (service.kind()) {
            case Service.Kind.Own _ -> own;
            case Service.Kind.Systemd _ -> systemd;
            case Service.Kind.Launchd _ -> launchd;
            case Service.Kind.Docker _ -> docker;
        };
    }

    /** The child process that an earlier daemon left of it, whatever its definition was then. */
    Optional<Backend.Started> left(Service service, List<Proc.Marked> marked) {
        return service.kind() instanceof Service.Kind.Own
                ? Adoption.find(service, ledger.get(service.name()), proc, marked)
                        .map(process -> own.adopt(process.pid(), process.key()))
                : Optional.empty();
    }

    /** Of this service what runs already, so that it is not started twice; what runs of an older definition is ended. */
    Backend.@Nullable Started existing(Service service) throws IOException, InterruptedException {
        Optional<Backend.Started> found = of(service).find(service);
        ServiceLedger.Known known = ledger.get(service.name());
        if (found.isPresent() || known.token().isEmpty()) {
            return found.orElse(null);
        }
        Backend.Started old = left(service, proc.marked()).orElse(null);
        if (old == null || known.digest().equals(service.digest())) {
            return old;
        }
        end(service, old);
        return null;
    }

    private void end(Service service, Backend.Started old) throws IOException, InterruptedException {
        own.halt(service, old, false);
        try {
            old.end().get(service.stop().grace().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            own.halt(service, old, true);
            old.end().join();
        } catch (ExecutionException e) {
            throw new IOException("the end of the process " + old.pid() + " cannot be told", e);
        }
    }
}
