package mirror.pulse.supervise;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Finds what an earlier daemon started and still runs. First the process that the log names: its number, the boot and moment in which it
 * began. When that is gone, or its start was never recorded because the daemon died right after it, one that carries the mark which the
 * log has had since before there was a process. A mark tells the definition, too: what runs another one is not taken for this.
 */
final class Adoption {
    /** @param key of {@link Proc#key} */
    record Found(long pid, String key) {}

    private Adoption() {}

    static Optional<Found> find(Service service, ServiceLedger.Known known, Proc proc, List<Proc.Marked> marked) {
        if (known.token().isEmpty()) {
            return Optional.empty();
        }
        if (known.pid() > 0 && !known.key().isEmpty() && proc.key(known.pid()).equals(known.key())) {
            return Optional.of(new Found(known.pid(), known.key()));
        }
        String prefix = known.token() + "/";
        return marked.stream()
                .filter(process -> process.mark().startsWith(prefix))
                // The newest start of it, and of that the process that came first.
                .max(Comparator.comparingInt((Proc.Marked process) -> run(process.mark(), prefix))
                        .thenComparing(
                                Comparator.comparingLong(Proc.Marked::pid).reversed()))
                .map(process -> new Found(process.pid(), proc.key(process.pid())))
                .filter(found -> !found.key.isEmpty());
    }

    private static int run(String mark, String prefix) {
        String rest = mark.substring(prefix.length());
        int slash = rest.indexOf('/');
        return slash > 0 && rest.substring(0, slash).matches("[0-9]{1,9}")
                ? Integer.parseInt(rest.substring(0, slash))
                : 0;
    }
}
