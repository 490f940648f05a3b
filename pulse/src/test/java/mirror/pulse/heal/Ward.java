package mirror.pulse.heal;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import mirror.bus.DiskStorage;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.Projector;
import mirror.pulse.check.Checkups.Checkup;
import mirror.pulse.check.Finding;
import mirror.pulse.reliability.Reliability;
import mirror.trust.DeviceKey;
import mirror.trust.Effect;
import org.jspecify.annotations.Nullable;

/** Things that are well or not, a clock that is turned by hand, and a real log. Everything happens in the thread of the test. */
final class Ward implements Healer.Looks, AutoCloseable {
    /** What is wrong with each check; well when it is not there. */
    final Map<String, Finding> truth = new TreeMap<>();

    /** What finds out for itself how a check is. */
    final Map<String, java.util.function.Supplier<Finding>> real = new HashMap<>();

    /** What was found at the last look. */
    final Map<String, Finding> seen = new TreeMap<>();

    final List<Heal> heals = new ArrayList<>();
    final List<String> done = new ArrayList<>();
    final HealLedger ledger;
    final Reliability reliability = new Reliability();
    final EventLog log;
    final Projector projector;
    final Map<String, Integer> looks = new HashMap<>();
    Instant now = Instant.parse("2026-05-01T08:00:00Z");
    Permits.@Nullable Answer answer;
    Permits.@Nullable Answer gate;
    int budget = Integer.MAX_VALUE;
    final Healer healer;

    Ward(Path folder) throws IOException {
        this(folder, new HealLedger());
    }

    Ward(Path folder, HealLedger ledger) throws IOException {
        this.ledger = ledger;
        Home home = new Home(folder);
        Path key = home.keys().resolve("device.key");
        DeviceKey device = java.nio.file.Files.exists(key) ? DeviceKey.load(key) : DeviceKey.create(key);
        log = EventLog.open(home, "t-" + device.shortId(), new DiskStorage(), () -> now, device);
        projector = new Projector(log, List.of(ledger, reliability));
        projector.catchUp();
        healer = new Healer(
                ledger,
                () -> heals,
                new Permits() {
                    @Override
                    public Answer look(Deed deed) {
                        return answer == null ? new Answer.Yes("l1") : answer;
                    }

                    @Override
                    public Answer ask(Deed deed) {
                        return gate == null ? look(deed) : gate;
                    }

                    @Override
                    public Answer rehearse(Deed deed) {
                        return ask(deed);
                    }
                },
                _ -> budget-- > 0,
                this,
                projector,
                () -> now,
                length -> now = now.plus(length),
                Runnable::run);
    }

    @Override
    public List<Checkup> board() {
        return seen.entrySet().stream()
                .map(each -> new Checkup(each.getKey(), true, each.getValue(), now, now))
                .toList();
    }

    @Override
    public void look(String check) {
        looks.merge(check, 1, Integer::sum);
        java.util.function.Supplier<Finding> finds = real.get(check);
        seen.put(check, finds == null ? truth.getOrDefault(check, Finding.ok("well")) : finds.get());
    }

    Finding at(String check) {
        return java.util.Objects.requireNonNull(seen.get(check), check);
    }

    /** Breaks something; the pulse sees it. */
    void breaks(String check, String why) {
        truth.put(check, Finding.failing(why));
        look(check);
    }

    /** A fix that does something. */
    Heal heal(String name, String when, Fix.Work work) {
        Heal heal = new Heal(
                name,
                when,
                new Fix() {
                    @Override
                    public String does() {
                        return "mends";
                    }

                    @Override
                    public Plan plan(String check, Finding finding) {
                        return new Plan.Do(
                                "mends " + check,
                                List.of("machine:x"),
                                List.of(new Effect.Machine("x")),
                                Path.of("/"),
                                () -> {
                                    done.add(name + " " + check);
                                    return work.run();
                                });
                    }
                },
                Duration.ofMinutes(10),
                3,
                Duration.ofMinutes(1),
                true);
        heals.add(heal);
        return heal;
    }

    List<Event> events(String type) {
        List<Event> events = new ArrayList<>();
        log.replay(1, event -> {
            if (event.type().equals("mirror." + type + ".v1")) {
                events.add(event);
            }
        });
        return events;
    }

    List<String> results() {
        return events("heal.ended").stream().map(event -> event.text("result")).toList();
    }

    @Override
    public void close() {
        log.close();
    }
}
