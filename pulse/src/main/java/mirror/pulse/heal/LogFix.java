package mirror.pulse.heal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mirror.pulse.check.Finding;
import mirror.pulse.supervise.Holes;
import mirror.pulse.supervise.LogKeeper;
import mirror.pulse.supervise.Remedies;
import mirror.pulse.supervise.Rotated;
import mirror.trust.Effect;

/**
 * Makes a log small that grew too large or grows too fast: what is in it goes into parts beside it, and no line is lost, or that some were
 * is said. Whoever writes it goes on, and is named where Mirror knows it. Errors in a log are not mended by making it smaller.
 *
 * @param least bytes; a log with fewer is not put aside
 */
record LogFix(Remedies services, LogKeeper keeper, Path home, Path user, long least) implements Fix {
    static final long LEAST = 10L << 20;
    private static final String LOG = "log:";
    private static final String PARTS = ".mirror-";
    private static final int KEEP = 100;

    @Override
    public String does() {
        return "puts aside what is in a log that grew too large or grows too fast";
    }

    @Override
    public Plan plan(String check, Finding finding) throws IOException {
        if (!check.startsWith(LOG) || finding.state() != Finding.State.WARNING) {
            return new Plan.Nothing();
        }
        Path file = Path.of(check.substring(LOG.length()));
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return new Plan.Nothing();
        }
        long room = Files.size(file) - Holes.before(file);
        Optional<String> service = services.logs().entrySet().stream()
                .filter(each -> each.getValue().equals(file))
                .map(Map.Entry::getKey)
                .findFirst();
        if (room < least) {
            // The supervisor puts logs of services aside as they grow.
            return service.isEmpty()
                    ? new Plan.Nothing()
                    : new Plan.Ask("the service " + service.get() + " writes too much, and is not restarted for that: "
                            + finding.reason() + "; its log is put aside as it grows");
        }
        if (service.isPresent()) {
            String name = service.get();
            return new Plan.Do(
                    "puts aside %.1f MB that the service %s wrote".formatted(room / 1e6, name),
                    List.of(ServiceFixes.need(name)),
                    List.of(new Effect.Machine(ServiceFixes.what(name))),
                    user,
                    () -> told(services.rotate(name, 1).orElse(null), "the service " + name));
        }
        // What lies in Mirror's home is no file that the policy lets anybody write to.
        Effect effect = file.startsWith(home) ? new Effect.Machine("log " + file) : new Effect.Write(file);
        return new Plan.Do(
                "puts aside %.1f MB of %s".formatted(room / 1e6, file),
                List.of(effect instanceof Effect.Machine ? "machine:log " + file : "write:" + file),
                List.of(effect),
                user,
                () -> {
                    synchronized (keeper) {
                        return told(keeper.keep(file, PARTS, 1, KEEP), "whoever writes to it");
                    }
                });
    }

    private static String told(@org.jspecify.annotations.Nullable Rotated rotated, String who) {
        return rotated == null
                ? "there was nothing in it any more"
                : "put aside %.1f MB%s; %s goes on writing"
                        .formatted(
                                rotated.bytes() / 1e6,
                                rotated.lossless()
                                        ? ", and lost no line"
                                        : ", and lines that came meanwhile may be lost",
                                who);
    }
}
