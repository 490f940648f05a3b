package mirror.continuity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import mirror.bus.DiskCalls;
import mirror.bus.DiskStorage;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.EventLog;
import mirror.bus.FileStore;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.Projector;
import mirror.continuity.Handoffs.Claim;
import mirror.continuity.Handoffs.Status;
import mirror.trust.DeviceKey;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** Work is left once, held by one, and never lost. */
final class HandoffsTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private Instant now = Instant.parse("2026-05-01T08:00:00Z");

    @SuppressWarnings("NullAway.Init")
    private Path project;

    @SuppressWarnings("NullAway.Init")
    private Continuity continuity;

    @SuppressWarnings("NullAway.Init")
    private Projector projector;

    @BeforeEach
    void open() throws Exception {
        Home home = new Home(folder.resolve("m"));
        project = Files.createDirectories(folder.resolve("project"));
        Path file = home.keys().resolve("device.key");
        DeviceKey key = Files.exists(file) ? DeviceKey.load(file) : DeviceKey.create(file);
        continuity = new Continuity(
                home.continuity(),
                folder.resolve("vault"),
                new Projects(folder.resolve("person")),
                () -> now,
                new FileStore(home, new DiskCalls(), () -> now, draft -> {}));
        EventLog log = EventLog.open(home, "t-" + key.shortId(), new DiskStorage(), () -> now, key);
        projector = new Projector(log, continuity.projections());
        projector.catchUp();
    }

    @AfterEach
    void close() {
        projector.log().close();
    }

    private Event event(String session, String type, ObjectNode data) {
        return projector.record(Draft.of(type, "claude-code", data).session(session));
    }

    private String left() {
        return event(
                        "s1",
                        Types.HANDOFF_CREATED,
                        Json.object().put("project", project.toString()).put("task", "finish"))
                .id();
    }

    private Claim claim(String id, String session) {
        return continuity.handoffs().claim(projector, id, "codex", session, false);
    }

    private Handoffs.Handoff get(String id) {
        return continuity.handoffs().get(id).orElseThrow();
    }

    @Test
    void theHolderWhoseAnswerWasLostGetsItAgainAndNobodyElse() {
        String id = left();
        assertThat(claim(id, "c1")).isInstanceOf(Claim.Claimed.class);
        assertThat(claim(id, "c1")).isInstanceOf(Claim.Claimed.class);
        assertThat(claim(id, "c2")).isInstanceOf(Claim.Refused.class);
    }

    @Test
    void itComesBackWhenTheHolderEndsWithoutAReport() {
        String id = left();
        claim(id, "c1");
        event("c1", Types.ENDED, Json.object());
        assertThat(continuity.handoffs().open(project.toString())).hasSize(1);
        assertThat(get(id).returned()).isEqualTo(1);
        assertThat(claim(id, "c2")).isInstanceOf(Claim.Claimed.class);
    }

    @Test
    void itIsDoneWhenTheHoldersReportIsAccepted() {
        String id = left();
        claim(id, "c1");
        event("c1", Types.COMPLETED, Json.object().put("summary", "done"));
        event("c1", Types.ENDED, Json.object());
        assertThat(get(id).status()).isEqualTo(Status.DONE);
        assertThat(claim(id, "c2")).isEqualTo(new Claim.Refused("the handoff is done"));
    }

    @Test
    void itComesBackWhenNothingIsHeardOfTheHolder() {
        String id = left();
        claim(id, "c1");
        now = now.plus(Duration.ofMinutes(50));
        event("c1", Types.PROMPTED, Json.object());
        now = now.plus(Duration.ofMinutes(50));
        assertThat(claim(id, "c2")).isInstanceOf(Claim.Refused.class);
        now = now.plus(Duration.ofMinutes(11));
        assertThat(claim(id, "c2")).isInstanceOf(Claim.Claimed.class);
        assertThat(get(id).holder()).isEqualTo("c2");
    }

    @Test
    void whoLeftItMayTakeItAgainAndGiveItBack() {
        String id = left();
        assertThat(claim(id, "s1")).isInstanceOf(Claim.Claimed.class);
        assertThat(continuity.handoffs().giveBack(projector, id, "codex", "s1", "no"))
                .isInstanceOf(Claim.Claimed.class);
        assertThat(claim(id, "c2")).isInstanceOf(Claim.Claimed.class);
    }

    @Test
    void onlyTheHolderOrTheOwnerGivesItBack() {
        String id = left();
        claim(id, "c1");
        assertThat(continuity.handoffs().giveBack(projector, id, "codex", "c2", "mine"))
                .isInstanceOf(Claim.Refused.class);
        assertThat(continuity.handoffs().giveBack(projector, id, "owner", null, "enough"))
                .isInstanceOf(Claim.Claimed.class);
        assertThat(get(id).status()).isEqualTo(Status.OPEN);
    }

    @Test
    void aSessionThatRunsIntoALimitLeavesItsWorkWithTheFilesAsTheyAre() throws Exception {
        continuity.opened(projector, "claude-code", "s1", project, "startup");
        event("s1", Types.PROMPTED, Json.object().put("prompt", "build the index"));
        Path file = Files.writeString(project.resolve("index.txt"), "half");
        ObjectNode wrote = Json.object().put("tool", "Write");
        wrote.putArray("changed").addObject().put("path", file.toString());
        event("s1", Types.ACTION_COMPLETED, wrote);
        event(
                "s1",
                Types.TURN_ENDED,
                Json.object()
                        .put("message", "Decision: one file\nOpen: the second half")
                        .put("error", "rate_limit"));
        continuity.crystallize(projector, "s1");
        event("s1", Types.ENDED, Json.object());
        continuity.crystallize(projector, "s1");

        assertThat(continuity.handoffs().open("")).singleElement().satisfies(handoff -> {
            assertThat(handoff.task()).isEqualTo("build the index");
            assertThat(handoff.state()).isEqualTo("one file");
            assertThat(handoff.next()).isEqualTo("the second half");
            assertThat(handoff.files()).hasSize(1);
        });
        String told = continuity.bootContext().render(project.toString(), "", 2000, projector.log());
        assertThat(told).contains("build the index", "one file", "the second half", "index.txt (sha256 ");
    }

    @Test
    void aSessionThatGoesOnAfterItsLimitTakesItsWorkBack() throws Exception {
        continuity.opened(projector, "claude-code", "s1", project, "startup");
        event("s1", Types.PROMPTED, Json.object().put("prompt", "build the index"));
        event("s1", Types.TURN_ENDED, Json.object().put("message", "").put("error", "rate_limit"));
        continuity.crystallize(projector, "s1");
        assertThat(continuity.handoffs().open("")).hasSize(1);
        event("s1", Types.PROMPTED, Json.object().put("prompt", "go on"));
        assertThat(continuity.handoffs().open("")).isEmpty();
        event("s1", Types.TURN_ENDED, Json.object().put("message", "").put("error", "rate_limit"));
        continuity.crystallize(projector, "s1");
        assertThat(continuity.handoffs().open("")).hasSize(1);
    }

    /** Claimers race, die, give back, finish; the log is closed and opened in between: nothing is ever lost or held twice. */
    @Test
    void inAThousandRoundsOfClaimsWithDeathsEveryHandoffIsHeldByOneOrWaits() throws Exception {
        long seed = Long.getLong("mirror.seed", System.nanoTime());
        Random random = new Random(seed);
        int holders = 0;
        String id = left();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int round = 0; round < 1_000; round++) {
                List<Callable<Claim>> claims = new ArrayList<>();
                for (int i = 0; i < 2 + random.nextInt(6); i++) {
                    String session = "c" + holders++;
                    String wanted = id;
                    claims.add(() -> claim(wanted, session));
                }
                List<Claim> won = new ArrayList<>();
                for (var claim : threads.invokeAll(claims)) {
                    if (claim.get() instanceof Claim.Claimed) {
                        won.add(claim.get());
                    }
                }
                assertThat(won).as("seed %d, round %d", seed, round).hasSize(1);
                if (random.nextInt(20) == 0) {
                    close();
                    open();
                }
                String holder = String.valueOf(get(id).holder());
                switch (random.nextInt(4)) {
                    case 0 -> event(holder, Types.ENDED, Json.object());
                    case 1 -> now = now.plus(Duration.ofMinutes(61));
                    case 2 -> continuity.handoffs().giveBack(projector, id, "codex", holder, "no");
                    default -> {
                        event(holder, Types.COMPLETED, Json.object());
                        assertThat(get(id).status()).isEqualTo(Status.DONE);
                        id = left();
                    }
                }
                if (continuity.handoffs().stale(get(id))) {
                    id = left();
                }
                String at = id;
                assertThat(continuity.handoffs().open("").stream().map(Handoffs.Handoff::id))
                        .as("seed %d, round %d", seed, round)
                        .contains(at);
            }
        }
    }
}
