package mirror.mesh;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import mirror.bus.DiskStorage;
import mirror.bus.Draft;
import mirror.bus.EventLog;
import mirror.bus.Follower;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import mirror.trust.DeviceKey;

/** A device with a real log on a real disk, its transport, and those who hear it. */
final class Device implements AutoCloseable {
    static final String ORIGIN = "test-0badcafe";
    /** Short waits: a test that fails often should not wait often. */
    static final Backoff SOON = failures -> Duration.ofMillis(Math.min(200, 5L * failures));

    final DeviceKey key;
    final RandomGenerator random;
    private final Home home;
    private final List<Runnable> open = new ArrayList<>();
    EventLog log;

    Device(Path folder, RandomGenerator random) throws IOException {
        Path file = folder.resolve("keys").resolve("device.key");
        this.home = new Home(folder);
        this.key = Files.exists(file) ? DeviceKey.load(file) : DeviceKey.create(file);
        this.random = random;
        this.log = EventLog.open(home, ORIGIN, new DiskStorage(), InstantSource.system(), key);
    }

    NoteKey publicKey() {
        return key.key(ORIGIN);
    }

    RedisTransport publish(RedisAddress address) {
        return publish(address, RedisTransport.WINDOW);
    }

    RedisTransport publish(RedisAddress address, int window) {
        RedisTransport transport = new RedisTransport(
                        address, log, new DiskStorage(), home.chain(ORIGIN), window, SOON, InstantSource.system())
                .start();
        open.add(transport::close);
        return transport;
    }

    Receiver hear(RedisAddress address, Ear ear) {
        return hear(address, ear, Follower.Cursor.START);
    }

    Receiver hear(RedisAddress address, Receiver.Listener listener, Follower.Cursor from) {
        Receiver receiver =
                new Receiver(address, publicKey(), from, listener, SOON, random, InstantSource.system()).start();
        open.add(receiver::close);
        return receiver;
    }

    void write(int count) {
        for (int i = 0; i < count; i++) {
            log.append(draft(i));
        }
    }

    private static Draft draft(int i) {
        return Draft.of(
                "mirror.note.written.v1",
                "owner",
                Json.object()
                        .put("text", "n\u00f6te " + i + " \u2028 \ud83d\ude80 \",\"seq\":9")
                        .put("n", i));
    }

    /** Starts {@code writers} threads that write {@code each} events and returns at once. */
    Future<?> writing(int writers, int each) {
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        List<Future<?>> all = new ArrayList<>();
        for (int w = 0; w < writers; w++) {
            all.add(threads.submit(() -> write(each)));
        }
        return threads.submit(() -> {
            for (Future<?> one : all) {
                one.get();
            }
            threads.shutdown();
            return null;
        });
    }

    /** Closes and opens the log, as a restart of the daemon does. */
    void reopen() {
        log.close();
        log = EventLog.open(home, ORIGIN, new DiskStorage(), InstantSource.system(), key);
    }

    @Override
    public void close() {
        open.forEach(Runnable::run);
        log.close();
    }
}
