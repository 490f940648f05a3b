package mirror.continuity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import mirror.bus.DiskStorage;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.trust.DeviceKey;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** What consolidation finds follows from events, is found once, and counts when it is applied. */
final class InsightsTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final Insights insights = new Insights();
    private final Memory memory = new Memory();
    private Instant now = Instant.parse("2026-05-01T08:00:00Z");

    @SuppressWarnings("NullAway.Init")
    private Projector projector;

    @BeforeEach
    void open() throws Exception {
        Home home = new Home(folder.resolve("m"));
        DeviceKey key = DeviceKey.create(home.keys().resolve("device.key"));
        EventLog log = EventLog.open(home, "t", new DiskStorage(), () -> now, key);
        projector = new Projector(log, List.of(insights, memory));
    }

    @AfterEach
    void close() {
        projector.log().close();
    }

    private Event event(String session, String type, ObjectNode data) {
        return projector.record(Draft.of(type, "claude-code", data).session(session));
    }

    private void opened(String session) {
        event(session, Types.OPENED, Json.object().put("project", "/p"));
    }

    private Event failed(String session, String command) {
        return event(
                session,
                Types.ACTION_FAILED,
                Json.object().put("tool", "Bash").put("command", command).put("error", "Exit code 2"));
    }

    private List<Draft> dream() {
        return insights.dream(memory, now);
    }

    private void record() {
        dream().forEach(projector::record);
    }

    @Test
    void aCommandThatFailedThreeTimesAndNeverWorkedIsFoundOnceWithItsEvents() {
        opened("s1");
        opened("s2");
        Event first = failed("s1", "make  deploy");
        Event second = failed("s1", "make deploy");
        assertThat(dream()).isEmpty();
        Event third = failed("s2", "make deploy");
        assertThat(dream()).singleElement().satisfies(draft -> {
            assertThat(draft.data().path("kind").asString()).isEqualTo(Insights.NEVER_AGAIN);
            assertThat(draft.data().path("events").valueStream().map(id -> id.asString()))
                    .containsExactly(first.id(), second.id(), third.id());
        });
        record();
        failed("s2", "make deploy");
        assertThat(dream()).isEmpty();
    }

    @Test
    void aCommandThatWorkedInTheEndIsNoFailedApproach() {
        opened("s1");
        failed("s1", "make deploy");
        failed("s1", "make deploy");
        event("s1", Types.ACTION_COMPLETED, Json.object().put("tool", "Bash").put("command", "make deploy"));
        failed("s1", "make deploy");
        assertThat(dream()).isEmpty();
    }

    @Test
    void aFindingIsToldOnlyWhenItWasAppliedAndOnlyWhereItBelongs() {
        opened("s1");
        for (int i = 0; i < 3; i++) {
            failed("s1", "make deploy TARGET=west");
        }
        record();
        String id = insights.list("").getFirst().id();
        assertThat(insights.resembling("/p", "make deploy TARGET=west")).isEmpty();
        projector.record(insights.answer(id, true, "owner"));
        assertThat(insights.resembling("/p", "make   deploy TARGET=west")).isPresent();
        assertThat(insights.resembling("/p", "make deploy TARGET=west -k")).isPresent();
        assertThat(insights.resembling("/p", "make test")).isEmpty();
        assertThat(insights.resembling("/q", "make deploy TARGET=west")).isEmpty();
    }

    @Test
    void aFactThatThreeSessionsCameToIsProposedAsAClaim() {
        for (String session : List.of("s1", "s2", "s3")) {
            opened(session);
            event(session, Types.TURN_ENDED, Json.object().put("message", "Fact: The port is 8080"));
        }
        assertThat(dream()).singleElement().satisfies(draft -> {
            assertThat(draft.data().path("kind").asString()).isEqualTo("claim");
            assertThat(draft.data().path("events").size()).isEqualTo(3);
        });
    }

    private Event wrote(String kind, String text) {
        return event(
                "s1",
                Types.MEMORY_WRITTEN,
                Json.object()
                        .put("kind", kind)
                        .put("text", text)
                        .put("project", "/p")
                        .put("source", "x"));
    }

    @Test
    void anOpenEndOfThreeWeeksAgoIsStale() {
        Event open = wrote("open", "the index is not rebuilt");
        assertThat(dream()).isEmpty();
        now = now.plus(Duration.ofDays(21));
        assertThat(dream())
                .singleElement()
                .satisfies(
                        draft -> assertThat(draft.data().path("events").path(0).asString())
                                .isEqualTo(open.id()));
    }

    @Test
    void twoFactsThatDifferInTheirFiguresOnlyContradictEachOther() {
        Event first = wrote("fact", "The server listens on port 8080");
        wrote("fact", "The client listens on port 9090");
        assertThat(dream()).isEmpty();
        Event second = wrote("fact", "The server listens on port 9090");
        assertThat(dream())
                .singleElement()
                .satisfies(draft -> assertThat(
                                draft.data().path("events").valueStream().map(id -> id.asString()))
                        .containsExactly(first.id(), second.id()));
        record();
        assertThat(dream()).isEmpty();
    }

    @Test
    void memoryRefusesWhatSaysNothingHasNoSourceOrIsKnown() {
        Event first = wrote("fact", "The server listens on port 8080");
        assertThat(memory.fault("fact", "", "/p", "x", "")).contains("empty");
        assertThat(memory.fault("fact", "ok", "/p", "x", "")).contains("too little");
        assertThat(memory.fault("fact", "The port is 8080", "/p", " ", "")).contains("'source' is empty");
        assertThat(memory.fault("note", "the server LISTENS on port 8080.", "/p", "x", ""))
                .contains("known already", first.id());
        assertThat(memory.fault("fact", "The server listens on port 9090", "/p", "x", ""))
                .isEmpty();
        assertThat(memory.fault("fact", "The server listens on port 8080", "/q", "x", ""))
                .isEmpty();
        assertThat(memory.fault("fact", "The server listens on port 8080!", "/p", "x", first.id()))
                .isEmpty();
    }

    @Test
    void theAuditCountsJunkDuplicatesStaleAndUnsourced() {
        event(
                "s1",
                Types.MEMORY_WRITTEN,
                Json.object().put("kind", "open").put("text", "hm").put("project", "/p"));
        wrote("fact", "The server listens on port 8080");
        wrote("note", "the server listens on port 8080");
        now = now.plus(Duration.ofDays(20));
        assertThat(memory.audit(now).stream().map(Memory.Finding::fault))
                .containsExactly("junk", "unsourced", "stale", "duplicate");
    }

    @Test
    void aSnapshotHoldsAllThatIsKnown() {
        opened("s1");
        failed("s1", "make deploy");
        failed("s1", "make deploy");
        wrote("fact", "The server listens on port 8080");
        Insights restored = new Insights();
        restored.restore(insights.save());
        assertThat(restored.save()).isEqualTo(insights.save());
    }
}
