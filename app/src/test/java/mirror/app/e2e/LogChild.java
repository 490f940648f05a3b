package mirror.app.e2e;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import mirror.bus.DiskStorage;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.trust.DeviceKey;

/** Appends with 64 writers until it is killed, and says what it was told is safe: number and hash, a line each. */
final class LogChild {
    private static final int WRITERS = 64;

    private LogChild() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        Home home = new Home(Path.of(args[0]));
        DeviceKey key = DeviceKey.load(home.keys().resolve("device.key"));
        EventLog log = EventLog.open(home, args[1], new DiskStorage(), InstantSource.system(), key);
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.US_ASCII);
        Thread[] writers = new Thread[WRITERS];
        for (int w = 0; w < WRITERS; w++) {
            String text = "writer " + w + " " + "x".repeat(w * 8);
            writers[w] = Thread.ofVirtual().start(() -> {
                while (true) {
                    Event event = log.append(Draft.of(
                            "mirror.note.written.v1", "test", Json.object().put("text", text)));
                    out.println(event.seq() + " " + event.hash());
                }
            });
        }
        for (Thread writer : writers) {
            writer.join();
        }
    }
}
