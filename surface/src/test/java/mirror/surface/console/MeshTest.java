package mirror.surface.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import mirror.bus.Event;
import mirror.bus.Json;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

final class MeshTest {
    private Instant now = Instant.parse("2026-03-01T10:00:00Z");
    private long seq;
    private final Mesh mesh = new Mesh();

    private Event event(String actor, String type, String session, ObjectNode data) {
        seq++;
        return new Event(
                "t-" + seq,
                actor,
                "mirror." + type + ".v1",
                now,
                data.path("service").asString(data.path("run").asString("")),
                "t",
                seq,
                seq,
                null,
                session.isEmpty() ? null : session,
                data,
                "",
                "",
                "");
    }

    private Event tell(String actor, String type, String session, ObjectNode data) {
        Event event = event(actor, type, session, data);
        mesh.accept(event);
        return event;
    }

    private JsonNode node(String id) {
        for (JsonNode node : mesh.picture().path("nodes")) {
            if (node.path("id").asString("").equals(id)) {
                return node;
            }
        }
        return Json.object();
    }

    private static ObjectNode service(String name, String reason) {
        return Json.object().put("service", name).put("reason", reason);
    }

    @Test
    void aPlaceIsInTheStateThatItsEventsSayAndUnknownBefore() {
        tell("daemon", "service.begun", "", service("notes", ""));
        assertThat(node("service:notes").path("state").asString()).isEqualTo("busy");
        tell("daemon", "service.readied", "", service("notes", ""));
        assertThat(node("service:notes").path("state").asString()).isEqualTo("ok");
        tell("daemon", "service.quarantined", "", service("notes", "it fails"));
        assertThat(node("service:notes").path("state").asString()).isEqualTo("quarantined");
        assertThat(node("service:notes").path("note").asString()).isEqualTo("it fails");
        assertThat(node("vault").path("state").asString()).as("nobody said").isEqualTo("unknown");
    }

    @Test
    void whatWaitsIsSeenUntilItIsAnsweredOrItsTimeIsOver() {
        tell("codex", "session.opened", "s1", Json.object().put("project", "/home/ada/one"));
        for (String approval : List.of("a1", "a2")) {
            tell(
                    "codex",
                    "approval.requested",
                    "s1",
                    Json.object()
                            .put("approval", approval)
                            .put("summary", "rm")
                            .put("expires", now.plus(Duration.ofMinutes(10)).toString()));
        }
        assertThat(node("gate").path("waiting").asInt()).isEqualTo(2);
        assertThat(node("session:s1").path("state").asString()).isEqualTo("waiting");
        tell("owner", "approval.answered", "s1", Json.object().put("approval", "a1"));
        assertThat(node("session:s1").path("state").asString())
                .as("one is left")
                .isEqualTo("waiting");
        now = now.plus(Duration.ofMinutes(10));
        tell("daemon", "pulse.taken", "", Json.object());
        assertThat(node("gate").path("waiting").asInt()).isZero();
        assertThat(node("session:s1").path("state").asString()).isEqualTo("ok");
    }

    @Test
    void lightGoesFromThePlaceToTheLog() {
        Event event = tell("codex", "session.opened", "s1", Json.object().put("project", "/home/ada/one"));
        assertThat(mesh.way(event)).containsExactly("session:s1", "client:codex", "gate", "log");
        Event other = tell("daemon", "service.readied", "", service("notes", ""));
        assertThat(mesh.way(other)).containsExactly("service:notes", "device:t", "log");
        assertThat(mesh.way(tell("x", "strange.happened", "", Json.object()))).endsWith("log");
    }

    @Test
    void whatChangedSinceMakesTheOldPictureTheNewOne() {
        tell("daemon", "service.begun", "", service("a", ""));
        tell("daemon", "check.changed", "", Json.object().put("check", "disk:/").put("to", "failing"));
        long then = seq;
        assertThat(mesh.since(then)).isEmpty();
        tell("daemon", "check.changed", "", Json.object().put("check", "disk:/").put("to", "ok"));
        tell("daemon", "service.begun", "", service("b", ""));
        ObjectNode changed = mesh.since(then).orElseThrow();
        assertThat(changed.path("nodes").toString()).contains("service:b").doesNotContain("service:a");
        assertThat(changed.path("gone").toString()).isEqualTo("[\"check:disk:/\"]");
    }

    /** Random histories, also of garbage: a snapshot in the middle changes nothing, and the picture stays small and whole. */
    @Test
    void aSnapshotInTheMiddleOfAnyHistoryChangesNothing() {
        long seed = Long.getLong("mirror.seed", System.nanoTime());
        RandomGenerator random = new Random(seed);
        List<Event> events = new ArrayList<>();
        List<String> types = List.of(
                "service.begun",
                "service.readied",
                "service.exited",
                "service.stopped",
                "session.opened",
                "session.prompted",
                "session.ended",
                "action.decided",
                "approval.requested",
                "approval.answered",
                "agent.started",
                "agent.ended",
                "check.changed",
                "breaker.changed",
                "letter.buried",
                "device.enrolled",
                "note.changed",
                "calls.completed",
                "strange.happened");
        for (int i = 0; i < 3_000; i++) {
            String name = "n" + random.nextInt(700);
            now = now.plusSeconds(random.nextInt(30));
            ObjectNode data = Json.object()
                    .put("service", name)
                    .put("approval", name)
                    .put("check", name)
                    .put("to", List.of("ok", "failing", "gone", "").get(random.nextInt(4)))
                    .put("organism", name)
                    .put("device", name)
                    .put("run", name)
                    .put("prompt", "\u202e<img onerror=x>" + "x".repeat(random.nextInt(500)))
                    .put("verdict", random.nextBoolean() ? "block" : "allow")
                    .put(
                            "expires",
                            random.nextInt(10) == 0
                                    ? "never"
                                    : now.plusSeconds(60).toString());
            events.add(event(
                    "c" + random.nextInt(5),
                    types.get(random.nextInt(types.size())),
                    random.nextBoolean() ? "s" + random.nextInt(200) : "",
                    data));
        }
        int middle = random.nextInt(events.size());
        Mesh whole = new Mesh();
        events.forEach(whole);
        Mesh first = new Mesh();
        events.subList(0, middle).forEach(first);
        Mesh second = new Mesh();
        second.restore(first.save());
        events.subList(middle, events.size()).forEach(second);
        String told = "seed " + seed + " (repeat with -Dmirror.seed=" + seed + ")";
        assertThat(second.save()).as(told).isEqualTo(whole.save());
        assertThat(whole.picture().path("nodes").size()).as(told).isLessThan(470);
        for (JsonNode node : whole.picture().path("nodes")) {
            assertThat(node.path("name").asString().length()).as(told).isLessThanOrEqualTo(120);
            assertThat(node.path("waiting").asInt()).as(told).isNotNegative();
        }
        for (Event event : events.subList(2_900, 3_000)) {
            assertThat(whole.way(event)).as(told).endsWith("log").doesNotHaveDuplicates();
        }
    }
}
