package mirror.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import mirror.bus.DiskStorage;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.trust.DeviceKey;

/** Opens a log once and prints how many nanoseconds that took since the start of {@code main}; a process of its own. */
public final class OpenLog {
    private OpenLog() {}

    public static void main(String[] args) throws IOException {
        long start = System.nanoTime();
        Home home = new Home(Path.of(args[0]));
        DeviceKey key = DeviceKey.load(home.keys().resolve("device.key"));
        try (EventLog log =
                EventLog.open(home, "bench-" + key.shortId(), new DiskStorage(), InstantSource.system(), key)) {
            long opened = System.nanoTime() - start;
            if (log.durable() < 1_000_000) {
                throw new IllegalStateException("the log has only " + log.durable() + " events");
            }
            System.out.println(opened);
        }
    }
}
