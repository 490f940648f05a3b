package mirror.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import mirror.bus.DiskCalls;
import mirror.bus.DiskStorage;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.FileStore;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projection;
import mirror.bus.Projector;
import mirror.continuity.Continuity;
import mirror.continuity.Imports;
import mirror.continuity.Projects;
import mirror.continuity.Types;
import mirror.surface.State;
import mirror.trust.DeviceKey;
import mirror.trust.Risk;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** Any past state follows from the events alone, byte for byte, with and without snapshots. */
final class ReplayTest {
    private static final String[] WORDS = {"tests", "green", "\u00e4nderung", "\ud83d\ude80", "\"quoted\"", "a\nb", ""};

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final InstantSource clock = InstantSource.fixed(Instant.parse("2026-05-01T08:00:00Z"));

    @SuppressWarnings("NullAway.Init")
    private Home home;

    @SuppressWarnings("NullAway.Init")
    private DeviceKey key;

    @BeforeEach
    void makeHome() throws IOException {
        home = new Home(folder.resolve("m"));
        key = DeviceKey.create(home.keys().resolve("device.key"));
    }

    private String origin() {
        return "t-" + key.shortId();
    }

    private EventLog open() {
        return EventLog.open(home, origin(), new DiskStorage(), clock, key);
    }

    private List<Projection> fresh() {
        return State.empty(
                        new Continuity(
                                home.continuity(),
                                folder.resolve("vault"),
                                new Projects(folder),
                                clock,
                                new FileStore(home, new DiskCalls(), clock, _ -> {})),
                        clock,
                        new SplittableRandom(1),
                        () -> Duration.ofMinutes(10),
                        Set.of(Risk.DESTRUCTIVE))
                .projections();
    }

    private static List<byte[]> saved(List<Projection> projections) {
        return projections.stream()
                .map(projection -> Json.MAPPER.writeValueAsBytes(projection.save()))
                .toList();
    }

    private static List<byte[]> fold(EventLog log, List<Projection> projections, long upTo) {
        log.replay(1, event -> {
            if (event.seq() <= upTo) {
                projections.forEach(projection -> projection.accept(event));
            }
        });
        return saved(projections);
    }

    private static Draft any(RandomGenerator random, List<Event> before) {
        String session = "s-" + random.nextInt(5);
        String text = WORDS[random.nextInt(WORDS.length)] + " " + random.nextInt(20);
        String earlier = before.isEmpty()
                ? "none"
                : before.get(random.nextInt(before.size())).id();
        String approval = "a" + random.nextInt(6);
        ObjectNode data = Json.object();
        String type = switch (random.nextInt(18)) {
            case 0 -> {
                data.put("project", "/p/" + random.nextInt(2)).put("cwd", "/p").put("how", "startup");
                yield Types.OPENED;
            }
            case 1 -> {
                data.put("prompt", text);
                yield Types.PROMPTED;
            }
            case 2 -> {
                data.put("message", "Done.\nDecision: " + text + "\nOpen: " + text);
                yield Types.TURN_ENDED;
            }
            case 3 -> {
                data.put("kind", "fact")
                        .put("text", text)
                        .put("project", "/p/0")
                        .put("source", "x");
                data.put("replaces", random.nextBoolean() ? earlier : "");
                yield Types.MEMORY_WRITTEN;
            }
            case 4 -> {
                data.put("project", "/p/1").putArray("decisions").add(text);
                data.putArray("open").add(text).add("b");
                yield Types.COMPLETED;
            }
            case 5 -> {
                data.put("task", text).put("state", "s").put("next", "n").put("project", "/p/0");
                yield Types.HANDOFF_CREATED;
            }
            case 6 -> {
                data.put("handoff", earlier);
                yield Types.HANDOFF_CLAIMED;
            }
            case 7 -> {
                data.put("approval", approval)
                        .put("digest", text)
                        .put("tool", "Bash")
                        .put("summary", text);
                data.put("reason", "r").put("expires", "2026-05-01T08:10:00Z").put("devices", random.nextInt(1, 3));
                yield "mirror.approval.requested.v1";
            }
            case 8 -> {
                data.put("approval", approval).put("by", random.nextBoolean() ? "cli" : "passkey:phone");
                if (random.nextBoolean()) {
                    yield "mirror.approval.signed.v1";
                }
                data.put("answer", random.nextBoolean() ? "allow" : "deny");
                yield "mirror.approval.answered.v1";
            }
            case 9 -> {
                data.put("approval", approval);
                yield "mirror.approval.used.v1";
            }
            case 10 -> {
                data.put("tool", "Edit").putArray("changed").addObject().put("path", "/p/" + text);
                yield Types.ACTION_COMPLETED;
            }
            case 11 -> {
                data.put("verdict", "block").put("tool", "Bash");
                yield Types.DECIDED;
            }
            case 12 -> {
                data.put("client", "codex").put("path", "/t/" + random.nextInt(3));
                data.put("sha256", "d" + random.nextInt(9)).put("bytes", random.nextInt(3));
                data.put("version", 2).put("previous", earlier).put("first", "2026-05-01T08:10:00Z");
                yield Imports.IMPORTED;
            }
            case 13 -> {
                data.put("run", approval)
                        .put("client", "codex")
                        .put("prompt", text)
                        .put("pid", 7);
                yield "mirror.agent.started.v1";
            }
            case 14 -> {
                data.put("run", approval).put("reason", "done").put("output-tokens", 7);
                yield "mirror.agent.ended.v1";
            }
            default -> {
                data.put("reason", "exit");
                yield Types.ENDED;
            }
        };
        return Draft.of(type, "claude-code", data).session(session);
    }

    @Test
    void aSnapshotAndTheEventsAfterItGiveWhatAFullReplayGives() throws IOException {
        long seed = Long.getLong("mirror.seed", System.nanoTime());
        RandomGenerator random = new SplittableRandom(seed);
        List<Event> before = new ArrayList<>();
        for (int round = 0; round < 12; round++) {
            try (EventLog log = open()) {
                List<Projection> projections = fresh();
                Projector projector = new Projector(log, projections);
                projector.catchUp();
                assertThat(saved(projections))
                        .as("seed %d round %d", seed, round)
                        .usingElementComparator(java.util.Arrays::compare)
                        .isEqualTo(fold(log, fresh(), log.durable()));
                int count = random.nextInt(40);
                int saveAt = random.nextInt(40);
                for (int i = 0; i < count; i++) {
                    before.add(projector.record(any(random, before)));
                    if (i == saveAt) {
                        projector.save(true);
                    }
                }
                assertThat(saved(projections))
                        .as("seed %d round %d", seed, round)
                        .usingElementComparator(java.util.Arrays::compare)
                        .isEqualTo(fold(log, fresh(), log.durable()));
            }
        }
    }

    @Test
    void everyProjectionComesBackFromItsSavedFormAtEveryEvent() {
        long seed = Long.getLong("mirror.seed", System.nanoTime());
        RandomGenerator random = new SplittableRandom(seed);
        try (EventLog log = open()) {
            List<Event> before = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                before.add(log.append(any(random, before)));
            }
            List<byte[]> whole = fold(log, fresh(), log.durable());
            for (int cut = 0; cut <= 61; cut++) {
                List<Projection> first = fresh();
                fold(log, first, cut);
                List<Projection> second = fresh();
                for (int i = 0; i < first.size(); i++) {
                    second.get(i)
                            .restore(Json.MAPPER.readTree(
                                    Json.MAPPER.writeValueAsBytes(first.get(i).save())));
                }
                log.replay(cut + 1, event -> second.forEach(projection -> projection.accept(event)));
                assertThat(saved(second))
                        .as("seed %d cut %d", seed, cut)
                        .usingElementComparator(java.util.Arrays::compare)
                        .isEqualTo(whole);
            }
        }
    }

    private static String approvals(List<Projection> projections) {
        return projections.stream()
                .filter(projection -> projection.name().equals("approvals"))
                .findFirst()
                .orElseThrow()
                .save()
                .toString();
    }

    @Test
    void aSnapshotThatWasTamperedWithOrStandsOnAnotherHistoryIsNotUsed() throws IOException {
        Event before;
        try (EventLog log = open()) {
            Projector projector = new Projector(log, fresh());
            projector.catchUp();
            before = projector.record(Draft.of(
                            "mirror.approval.requested.v1",
                            "claude-code",
                            Json.object()
                                    .put("approval", "a1")
                                    .put("digest", "d")
                                    .put("expires", "2026-05-01T08:10:00Z"))
                    .session("s"));
            projector.save(true);
        }
        Path file = home.index().resolve(origin() + ".state");
        String good = Files.readString(file);
        assertThat(good).contains("PENDING");
        Files.writeString(file, good.replace("PENDING", "ALLOWED"));
        try (EventLog log = open()) {
            List<Projection> projections = fresh();
            new Projector(log, projections).catchUp();
            assertThat(approvals(projections)).contains("PENDING").doesNotContain("ALLOWED");
        }
        Files.writeString(file, good.replace(before.hash(), "0".repeat(64)));
        try (EventLog log = open()) {
            List<Projection> projections = fresh();
            new Projector(log, projections).catchUp();
            assertThat(approvals(projections)).contains("PENDING");
        }
    }
}
