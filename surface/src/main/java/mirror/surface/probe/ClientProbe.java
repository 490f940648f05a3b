package mirror.surface.probe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import mirror.surface.hook.Connection;
import mirror.surface.hook.InstalledClient;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what the installed version of a client really honours: started headless in a throw-away folder, with exactly the hooks that
 * Mirror would write and a model of ours, it is asked to run one command, while the hook does one thing after the other that a hook may
 * do. Whether the command's file is there afterwards is the answer; nothing is believed that the client says of itself.
 *
 * <p>Must never: read or write the owner's settings and sessions of the client, let it reach anything but loopback, leave a process or
 * a file behind. Thread-safe; one probe at a time.
 */
public final class ClientProbe {
    /**
     * What a probe waits for at most.
     *
     * @param start until the client has asked its model and was told to run the command
     * @param answer from then on until it has ended
     * @param late how long the hook takes that says no after a while
     * @param patience what the client's settings give the hook that never answers; whole seconds
     */
    public record Limits(Duration start, Duration answer, Duration late, Duration patience) {
        public static final Limits STANDARD = new Limits(
                Duration.ofSeconds(90), Duration.ofSeconds(30), Duration.ofSeconds(3), Duration.ofSeconds(1));
    }

    /** The probe cannot be made; the message says why and what to do. */
    public static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        Refused(String message) {
            super(message);
        }
    }

    /** Hears of each trial when it is over. */
    public interface Listener {
        /** @throws IOException when nobody wants to hear more, which ends the probe */
        void tried(Probed.Tried tried) throws IOException;
    }

    private final Map<String, String> environment;
    private final Path temp;
    private final Limits limits;
    private final ReentrantLock one = new ReentrantLock();
    private volatile boolean closed;
    private volatile @Nullable ThrowAway current;

    /**
     * @param environment the daemon's own; the search path, the shell and the language of it go with the client
     * @param temp where throw-away folders are made
     */
    public ClientProbe(Map<String, String> environment, Path temp, Limits limits) {
        this.environment = Map.copyOf(environment);
        this.temp = temp;
        this.limits = limits;
    }

    /** The version of the client that is installed; empty when there is none. Starts it. */
    public Optional<String> version(Connection client) {
        return InstalledClient.program(environment, client.name())
                .flatMap(program -> InstalledClient.version(program.toString()));
    }

    /** Makes all trials, which takes about a minute. */
    public Probed probe(Connection client, Listener listener) throws IOException, InterruptedException, Refused {
        Headless headless = Headless.of(client.name())
                .orElseThrow(() -> new Refused("Mirror does not know how to start " + client.title() + " by itself"));
        Path program = InstalledClient.program(environment, client.name())
                .orElseThrow(() -> new Refused("there is no '" + client.name()
                        + "' on the PATH that Mirror was started with; install " + client.title()
                        + ", or start Mirror again where it can be found"));
        if (!one.tryLock()) {
            throw new Refused("another probe is under way; wait for its end");
        }
        Path folder = Files.createTempDirectory(temp, "mirror-probe").toRealPath();
        try (ThrowAway world = ThrowAway.in(folder, client.name(), headless, program, environment, limits)) {
            current = world;
            String version = world.version()
                    .orElseThrow(
                            () -> new Refused(program + " --version names no version, so nothing can be said of it"));
            List<Probed.Tried> tried = new ArrayList<>();
            for (Trial trial : Trial.values()) {
                if (closed) {
                    throw new Refused("the daemon stops, and the probe with it");
                }
                tried.add(world.attempt(trial));
                listener.tried(tried.getLast());
            }
            return new Probed(client.actor(), version, tried);
        } finally {
            current = null;
            one.unlock();
        }
    }

    /** Ends the trial that runs; no further one is begun. Returns when nothing of it is left. */
    public void stop() throws InterruptedException {
        closed = true;
        ThrowAway world = current;
        if (world != null) {
            world.end();
        }
        one.lockInterruptibly();
        one.unlock();
    }
}
