package mirror.bus.organism;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.bus.TestSigner;

/** A log, an engine driven by hand, and permits that a test can take away; a crash loses the engine and keeps the files. */
final class World implements AutoCloseable {
    static final Retry TWICE = new Retry(2, Duration.ofSeconds(1), Duration.ofSeconds(8), Duration.ofHours(1));

    private final Home home;
    final HandDrive hand;
    final EventLog log;
    final Map<String, String> withheld = new HashMap<>();
    Projector projector;
    OrganismLedger ledger;
    Organisms organisms;

    World(Path folder, RandomGenerator random) {
        this(folder, random, new boolean[1]);
    }

    /** @param full the disk refuses writes to the log while this holds true */
    World(Path folder, RandomGenerator random, boolean[] full) {
        home = new Home(folder);
        hand = new HandDrive(random);
        log = EventLog.open(
                home,
                "test-0badcafe",
                new QuickDisk(full),
                () -> Instant.parse("2026-03-01T10:00:00Z"),
                new TestSigner());
        ledger = new OrganismLedger();
        projector = new Projector(log, List.of(ledger));
        organisms = engine();
    }

    private Organisms engine() {
        projector.catchUp();
        return new Organisms(
                projector,
                ledger,
                home.cursors(),
                (name, _) -> withheld.containsKey(name)
                        ? new Permit.Withheld(String.valueOf(withheld.get(name)))
                        : new Permit.Valid(_ -> "lease-of-" + name),
                event -> event.type().equals("mirror.permit.changed.v1"),
                hand.drive());
    }

    Path cursors() {
        return home.cursors();
    }

    void define(Organism... definitions) {
        organisms.define(List.of(definitions));
    }

    /** A power cut of the engine, and its next start on what is on the disk. */
    void crash(Organism... definitions) {
        hand.crash();
        ledger = new OrganismLedger();
        projector = new Projector(log, List.of(ledger));
        organisms = engine();
        define(definitions);
    }

    /** An orderly end, and the next start. */
    void restart(Organism... definitions) {
        while (hand.step()) {
            // What runs already comes to its end.
        }
        organisms.close();
        crash(definitions);
    }

    Event note(String subject, String text) {
        return append(Draft.of("mirror.note.written.v1", "owner", Json.object().put("text", text))
                .subject(subject));
    }

    Event append(Draft draft) {
        return log.append(draft);
    }

    void settle() {
        hand.settle(organisms);
    }

    void advance(Duration duration) {
        hand.advance(duration, organisms);
    }

    OrganismStatus status(String name) {
        return organisms.list().stream()
                .filter(status -> status.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    List<Event> events(String type) {
        List<Event> found = new ArrayList<>();
        log.replay(1, event -> {
            if (event.type().equals(type)) {
                found.add(event);
            }
        });
        return found;
    }

    @Override
    public void close() {
        hand.crash();
        log.close();
    }
}
