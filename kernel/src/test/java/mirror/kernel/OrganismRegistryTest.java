package mirror.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.organism.DeadLetter;
import mirror.bus.organism.Delivery;
import mirror.bus.organism.Organism;
import mirror.bus.organism.OrganismStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Everything together: files, leases, the gate, the engine on its own threads. */
final class OrganismRegistryTest {
    private static final String DECIDED = "mirror.action.decided.v1";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private static boolean isDecisionOf(Event event, String organism) {
        return event.type().equals(DECIDED) && event.actor().equals("organism." + organism);
    }

    @Test
    void anOrganismWithoutALeaseWaitsAndSaysWhichOneAndWithItCarriesOutItsProgram() throws Exception {
        try (TestHome world = new TestHome(folder)) {
            world.file("log.yaml", "name: log\non: {types: [note]}\nrun: ['true']\n");
            world.organisms.start();
            Event note = world.note("s", "n");
            assertThat(world.organisms.get("log").state()).isEqualTo(OrganismStatus.State.WITHHELD);
            assertThat(world.organisms.get("log").reason())
                    .contains("mirror lease grant --to organism:log --events mirror.note --effects run:true");
            world.grant("log", "note", "run:false");
            assertThat(world.organisms.get("log").state()).isEqualTo(OrganismStatus.State.WITHHELD);
            String lease = world.grant("log", "note", "run:true");
            Event decided = world.await(event -> isDecisionOf(event, "log"));
            assertThat(decided.session()).isEqualTo("log/" + note.id());
            assertThat(decided.data().path("input").path("lease").asString()).isEqualTo(lease);
            assertThat(decided.text("verdict")).isEqualTo("allow");
        }
    }

    @Test
    void aRevokedLeaseStopsTheVeryNextDeliveryAndANewOneDeliversWhatWaited() throws Exception {
        try (TestHome world = new TestHome(folder)) {
            world.file("a.yaml", "name: a\non: {types: [note]}\nrun: ['true']\n");
            world.file("b.yaml", "name: b\non: {types: [note]}\nrun: ['true']\n");
            world.organisms.start();
            String lease = world.grant("a", "note", "run:true");
            world.grant("b", "note", "run:true");
            Event first = world.note("s", "1");
            world.await(event -> isDecisionOf(event, "a") && ("a/" + first.id()).equals(event.session()));
            world.projector.record(world.leases.revoke(lease));
            Event second = world.note("s", "2");
            world.await(event -> isDecisionOf(event, "b") && ("b/" + second.id()).equals(event.session()));
            assertThat(world.organisms.get("a").state()).isEqualTo(OrganismStatus.State.WITHHELD);
            world.log.replay(
                    second.seq(), event -> assertThat(isDecisionOf(event, "a")).isFalse());
            world.grant("a", "note", "run:*");
            world.await(event -> isDecisionOf(event, "a") && ("a/" + second.id()).equals(event.session()));
        }
    }

    @Test
    void aLeaseOfAnotherTypeOrAnotherHolderCoversNothing() throws Exception {
        try (TestHome world = new TestHome(folder)) {
            world.file("a.yaml", "name: a\non: {types: [note, task]}\nrun: ['true']\n");
            world.file("b.yaml", "name: b\npermit: l00000\non: {types: [note]}\nrun: ['true']\n");
            world.organisms.start();
            world.grant("a", "task", "run:true");
            world.grant("b", "note", "run:true");
            world.note("s", "not covered");
            Event task = world.projector.record(
                    Draft.of("mirror.task.created.v1", "owner", Json.object()).subject("s"));
            Event decided = world.await(event -> isDecisionOf(event, "a"));
            assertThat(decided.session()).isEqualTo("a/" + task.id());
            assertThat(world.organisms.get("a").uncovered()).isEqualTo(1);
            assertThat(world.organisms.get("b").reason()).contains("l00000 is not valid or not its own");
        }
    }

    @Test
    void whatTheGateBlocksIsADeadLetterWithTheRuleAndAFaultyFileDoesNotTouchTheOthers() throws Exception {
        try (TestHome world = new TestHome(folder)) {
            world.file("bad.yaml", "name: [\n");
            world.file("copy.yaml", "name: steal\non: {types: [task]}\nrun: ['true']\n");
            world.file("steal.yaml", "name: steal\non: {types: [note]}\nrun: [cat, .ssh/id_rsa]\n");
            world.file("self.yaml", "name: continuity\non: {types: [note]}\nrun: ['true']\n");
            world.file("old.yml", "name: old\n");
            world.organisms.start();
            assertThat(world.organisms.faults()).hasSize(4).allMatch(fault -> !fault.contains("\n"));
            assertThat(world.organisms.faults()).anyMatch(fault -> fault.contains("'steal' is taken by copy.yaml"));
            assertThat(world.organisms.faults()).anyMatch(fault -> fault.contains("taken by a part of Mirror"));
            Files.delete(world.home.organisms().resolve("copy.yaml"));
            assertThat(world.organisms.reload().own()).isEqualTo(1);
            world.grant("steal", "note", "run:cat");
            Event note = world.note("s", "n");
            world.await(event -> event.type().equals("mirror.letter.buried.v1"));
            world.projector.catchUp();
            DeadLetter letter = world.organisms.letters().getFirst();
            assertThat(letter.event()).isEqualTo(note.id());
            assertThat(letter.reason()).contains("blocked by rule secrets");
        }
    }

    @Test
    void anOrganismThatIsNotSignedOrChangedSinceIsNamedAndNotLoaded() throws Exception {
        try (TestHome world = new TestHome(folder)) {
            Path file = world.home.organisms().resolve("own.yaml");
            Files.writeString(file, "name: own\non: {types: [note]}\nrun: ['true']\n");
            world.organisms.start();
            assertThat(world.organisms.faults())
                    .containsExactly(
                            "own.yaml: it is not signed; read it and, if it says what you want, run 'mirror sign "
                                    + file + "'");
            world.file("own.yaml", Files.readString(file));
            assertThat(world.organisms.reload().faults()).isEmpty();
            assertThat(world.organisms.get("own").name()).isEqualTo("own");
            Files.writeString(file, Files.readString(file).replace("true", "tru3"));
            assertThat(world.organisms.reload().faults().getFirst()).contains("changed after it was signed");
            assertThat(world.organisms.list()).noneMatch(status -> status.name().equals("own"));
        }
    }

    @Test
    void fiveBlocksInAMinuteRaiseOneAlarmWhichTheOwnersOrganismsHear() throws Exception {
        try (TestHome world = new TestHome(folder)) {
            world.file("tell.yaml", "name: tell\non: {types: [alarm.raised]}\nrun: ['true']\n");
            world.organisms.start();
            world.grant("tell", "alarm", "run:true");
            for (int i = 0; i < 5; i++) {
                block(world, "s1");
                block(world, "s" + (10 + i));
            }
            Event alarm = world.await(event -> event.type().equals(DenialBurst.RAISED));
            assertThat(alarm.actor()).isEqualTo("organism.denial-burst");
            assertThat(alarm.text("about")).isEqualTo("s1");
            assertThat(alarm.data().path("events")).hasSize(5);
            assertThat(alarm.permit())
                    .isEqualTo(world.organisms.leases("denial-burst").getFirst().id());
            world.await(event -> isDecisionOf(event, "tell"));
            assertThat(world.count(DenialBurst.RAISED)).isEqualTo(1);
        }
    }

    private static void block(TestHome world, String session) {
        world.projector.record(Draft.of(
                        DECIDED,
                        "claude-code",
                        Json.object().put("verdict", "block").put("rule", "secrets"))
                .session(session));
    }

    @Test
    void theContinuityFileFollowsTheMemory() throws Exception {
        try (TestHome world = new TestHome(folder)) {
            Organism organism = ContinuityKeeper.organism(world.continuity, world.projector);
            Event first = memory(world, "cookies, not tokens");
            Event second = memory(world, "two factors");
            organism.handler().handle(new Delivery("continuity", first, "k", 1, "l1"));
            assertThat(world.continuity.file().file()).content().contains("cookies, not tokens", "two factors");
            assertThat(world.continuity.file().intact()).isTrue();
            Files.delete(world.continuity.file().file());
            organism.handler().handle(new Delivery("continuity", second, "k", 1, "l1"));
            assertThat(world.continuity.file().file())
                    .as("written with the first already")
                    .doesNotExist();
            Event third = memory(world, "a third");
            organism.handler().handle(new Delivery("continuity", third, "k", 1, "l1"));
            assertThat(world.continuity.file().file()).content().contains("a third");
        }
    }

    private static Event memory(TestHome world, String text) {
        return world.projector.record(Draft.of(
                "mirror.memory.written.v1",
                "claude-code",
                Json.object()
                        .put("kind", "decision")
                        .put("text", text)
                        .put("project", world.user.resolve("p").toString())));
    }

    @Test
    void theOwnersRevocationOfAPartOfMirrorHoldsOverARestart() throws IOException {
        try (TestHome world = new TestHome(folder)) {
            world.organisms.start();
            String lease = world.organisms.leases("denial-burst").getFirst().id();
            world.projector.record(world.leases.revoke(lease));
        }
        try (TestHome world = new TestHome(folder)) {
            world.organisms.start();
            assertThat(world.organisms.get("denial-burst").state()).isEqualTo(OrganismStatus.State.WITHHELD);
            assertThat(world.organisms.get("continuity").state()).isEqualTo(OrganismStatus.State.RUNNING);
            assertThat(world.organisms.leases("continuity")).as("given once").hasSize(1);
        }
    }

    @Test
    void whatWasNotHeardBeforeARestartIsHeardAfterIt() throws Exception {
        Event note;
        try (TestHome world = new TestHome(folder)) {
            world.file("a.yaml", "name: a\non: {types: [note]}\nrun: ['true']\n");
            world.organisms.start();
            note = world.note("s", "n");
        }
        try (TestHome world = new TestHome(folder)) {
            world.organisms.start();
            world.grant("a", "note", "run:true");
            world.await(event -> isDecisionOf(event, "a") && ("a/" + note.id()).equals(event.session()));
        }
    }
}
