package mirror.bus.organism;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import mirror.bus.BusException;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.bus.Seed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The engine, with threads and time moved by hand. */
final class OrganismsTest {
    private static final EventFilter NOTES = EventFilter.types("note");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final Seed seed = Seed.fresh();
    private final List<String> heard = new ArrayList<>();

    private World world() {
        return new World(folder, seed.random());
    }

    private Organism listener(String name) {
        return Organism.of(name, NOTES, delivery -> {
            heard.add(delivery.event().text("text"));
            return Outcome.done();
        });
    }

    private static Organism failing(String name, Outcome outcome, List<Integer> attempts) {
        return Organism.of(name, NOTES, delivery -> {
                    attempts.add(delivery.attempt());
                    return outcome;
                })
                .retrying(World.TWICE);
    }

    // ---- what is heard, and in which order

    @Test
    void aNewOrganismHearsWhatComesFromNowOnAndOneThatAsksForItHearsAll() {
        try (World world = world()) {
            world.note("s", "old");
            List<String> all = new ArrayList<>();
            world.define(
                    listener("new"),
                    Organism.of("all", NOTES, delivery -> {
                                all.add(delivery.event().text("text"));
                                return Outcome.done();
                            })
                            .hearingAll());
            world.note("s", "fresh");
            world.settle();
            assertThat(heard).containsExactly("fresh");
            assertThat(all).containsExactly("old", "fresh");
        }
    }

    @Test
    void ofFiftyOrganismsUnderLoadEachDealsWithEverySubjectInOrderAndLeavesNothingOut() {
        for (int round = 0; round < 5; round++) {
            RandomGenerator random = new Seed(seed.value() + round).random();
            try (World world = new World(folder.resolve("r" + round), random)) {
                Map<String, Map<String, List<Long>>> ended = new HashMap<>();
                List<Organism> organisms = new ArrayList<>();
                for (int i = 0; i < 50; i++) {
                    String name = "o" + i;
                    Map<String, List<Long>> subjects = ended.computeIfAbsent(name, _ -> new HashMap<>());
                    organisms.add(Organism.of(name, NOTES, delivery -> {
                                Outcome outcome = outcome(random);
                                if (outcome instanceof Outcome.Done || outcome instanceof Outcome.Dead) {
                                    subjects.computeIfAbsent(
                                                    String.valueOf(
                                                            delivery.event().subject()),
                                                    _ -> new ArrayList<>())
                                            .add(delivery.event().seq());
                                }
                                return outcome;
                            })
                            .retrying(new Retry(50, Duration.ofMillis(10), Duration.ofSeconds(1), Duration.ofDays(9)))
                            .parallel(1 + random.nextInt(6)));
                }
                world.organisms.define(organisms);
                Map<String, List<Long>> written = new HashMap<>();
                for (int i = 0; i < 120; i++) {
                    String subject = "s" + random.nextInt(7);
                    written.computeIfAbsent(subject, _ -> new ArrayList<>())
                            .add(world.note(subject, "n" + i).seq());
                    for (int steps = random.nextInt(60); steps > 0; steps--) {
                        world.organisms.dispatchOnce();
                        world.hand.step();
                    }
                }
                world.advance(Duration.ofMinutes(10));
                ended.forEach((name, subjects) ->
                        assertThat(subjects).as("%s, %s", name, seed).isEqualTo(written));
            }
        }
    }

    private static Outcome outcome(RandomGenerator random) {
        return switch (random.nextInt(8)) {
            case 0 -> new Outcome.Failed("no luck");
            case 1 -> new Outcome.Later("not yet");
            case 2 -> new Outcome.Dead("never");
            default -> Outcome.done();
        };
    }

    @Test
    void whileAnEventIsTriedAgainLaterOnesOfItsSubjectWaitAndOthersGoOn() {
        try (World world = world()) {
            Set<String> failed = new HashSet<>();
            world.define(Organism.of("o", NOTES, delivery -> {
                String text = delivery.event().text("text");
                if (text.equals("a1") && failed.add(text)) {
                    return new Outcome.Failed("once");
                }
                heard.add(text);
                return Outcome.done();
            }));
            world.note("a", "a1");
            world.note("a", "a2");
            world.note("b", "b1");
            world.settle();
            assertThat(heard).containsExactly("b1");
            world.advance(Duration.ofSeconds(2));
            assertThat(heard).containsExactly("b1", "a1", "a2");
        }
    }

    @Test
    void theFilterLooksAtWholeWordsOfTheTypeAtTheActorAndAtTheSubject() {
        try (World world = world()) {
            world.define(Organism.of("o", new EventFilter(List.of("mirror.note"), "ada", "docs/"), delivery -> {
                heard.add(delivery.event().text("text"));
                return Outcome.done();
            }));
            world.append(draft("mirror.note.written.v1", "ada", "docs/a", "yes"));
            world.append(draft("mirror.note.written.v1", "bob", "docs/a", "actor"));
            world.append(draft("mirror.note.written.v1", "ada", "src/a", "subject"));
            world.append(draft("mirror.note.written.v1", "ada", null, "none"));
            world.append(draft("mirror.notes.written.v1", "ada", "docs/a", "type"));
            world.settle();
            assertThat(heard).containsExactly("yes");
        }
        assertThat(EventFilter.prefix("session.")).isEqualTo("mirror.session");
        assertThat(EventFilter.prefix("mirror")).isEqualTo("mirror");
        assertThatThrownBy(() -> EventFilter.prefix("Session*")).hasMessageContaining("'Session*'");
    }

    private static Draft draft(
            String type, String actor, @org.jspecify.annotations.Nullable String subject, String text) {
        return Draft.of(type, actor, Json.object().put("text", text)).subject(subject);
    }

    @Test
    void theProjectionsKnowAnEventBeforeAnyOrganismHearsIt() {
        try (World world = world()) {
            world.define(Organism.of("o", EventFilter.types("letter"), _ -> {
                heard.add("letters known: " + world.ledger.letters().size());
                return Outcome.done();
            }));
            world.append(OrganismLedger.buried("other", world.note("s", "x"), 1, "r"));
            world.settle();
            assertThat(heard).containsExactly("letters known: 1");
        }
    }

    // ---- slow ones

    @Test
    void aStuckOrganismHoldsABoundedNumberOfEventsKeepsNobodyWaitingAndCatchesUpFromTheLog() {
        try (World world = world()) {
            boolean[] stuck = {true};
            List<String> slow = new ArrayList<>();
            world.define(listener("quick"), Organism.of("slow", NOTES, delivery -> {
                if (stuck[0]) {
                    return new Outcome.Later("stuck");
                }
                slow.add(delivery.event().text("text"));
                return Outcome.done();
            }));
            List<String> written = new ArrayList<>();
            for (int i = 0; i < 3 * Runner.WINDOW; i++) {
                written.add("n" + i);
                world.note("s" + i % 5, "n" + i);
            }
            world.settle();
            assertThat(heard).containsExactlyInAnyOrderElementsOf(written);
            assertThat(world.status("slow").open()).isEqualTo(Runner.WINDOW);
            assertThat(world.status("slow").behind()).isPositive();
            stuck[0] = false;
            world.advance(Duration.ofMinutes(10));
            assertThat(slow).containsExactlyInAnyOrderElementsOf(written);
            assertThat(world.status("slow").behind()).isZero();
        }
    }

    @Test
    void whatAnOrganismHoldsIsBoundedInBytesToo() {
        try (World world = world()) {
            world.define(failing("o", new Outcome.Later("stuck"), new ArrayList<>()));
            for (int i = 0; i < 40; i++) {
                world.note("s" + i, "x".repeat(30_000));
            }
            world.settle();
            assertThat(world.status("o").open()).isBetween(1, (int) (Runner.WINDOW_CHARS / 30_000) + 1);
        }
    }

    // ---- crashes

    @Test
    void noCrashSkipsAnEventAndEveryRepetitionHasTheSameKey() {
        for (int round = 0; round < 20; round++) {
            RandomGenerator random = new Seed(seed.value() + round).random();
            try (World world = new World(folder.resolve("c" + round), random)) {
                Map<String, Set<String>> keys = new HashMap<>();
                Map<String, Long> last = new HashMap<>();
                Set<Long> done = new HashSet<>();
                Organism organism = Organism.of("o", NOTES, delivery -> {
                            Event event = delivery.event();
                            keys.computeIfAbsent(event.id(), _ -> new HashSet<>())
                                    .add(delivery.key());
                            Outcome outcome = outcome(random);
                            if (outcome instanceof Outcome.Done || outcome instanceof Outcome.Dead) {
                                assertThat(last.merge(String.valueOf(event.subject()), event.seq(), Math::max))
                                        .as("order within one life; %s", seed)
                                        .isEqualTo(event.seq());
                                done.add(event.seq());
                            }
                            return outcome;
                        })
                        .retrying(new Retry(99, Duration.ofMillis(10), Duration.ofMillis(500), Duration.ofDays(9)));
                world.define(organism);
                Set<Long> written = new HashSet<>();
                for (int life = 0; life < 6; life++) {
                    for (int i = random.nextInt(40); i >= 0; i--) {
                        written.add(world.note("s" + random.nextInt(4), "n").seq());
                    }
                    for (int steps = random.nextInt(80); steps > 0; steps--) {
                        world.organisms.dispatchOnce();
                        world.hand.step();
                        if (random.nextInt(10) == 0) {
                            world.advance(Duration.ofMillis(random.nextInt(700)));
                        }
                    }
                    last.clear();
                    if (random.nextBoolean()) {
                        world.crash(organism);
                    } else {
                        world.restart(organism);
                    }
                }
                world.advance(Duration.ofHours(1));
                assertThat(done).as("round %d, %s", round, seed).isEqualTo(written);
                assertThat(keys).allSatisfy((id, all) -> assertThat(all).containsExactly("o/" + id));
            }
        }
    }

    @Test
    void aCrashBetweenTheEffectAndTheCursorRepeatsTheDeliveryWithItsKey() {
        try (World world = world()) {
            List<String> keys = new ArrayList<>();
            Organism organism = Organism.of("o", NOTES, delivery -> {
                keys.add(delivery.key());
                return Outcome.done();
            });
            world.define(organism);
            Event event = world.note("s", "n");
            world.settle();
            world.crash(organism);
            world.settle();
            assertThat(keys).containsExactly("o/" + event.id(), "o/" + event.id());
            world.advance(Duration.ofSeconds(2));
            world.crash(organism);
            world.settle();
            assertThat(keys).as("saved now").hasSize(2);
        }
    }

    @Test
    void whatWasDealtWithPastAStuckEventIsNotRepeatedAfterARestart() {
        try (World world = world()) {
            boolean[] stuck = {true};
            Organism organism = Organism.of("o", NOTES, delivery -> {
                if (stuck[0] && delivery.event().text("text").equals("stuck")) {
                    return new Outcome.Later("not yet");
                }
                heard.add(delivery.event().text("text"));
                return Outcome.done();
            });
            world.define(organism);
            world.note("a", "stuck");
            world.note("b", "b1");
            world.note("a", "a2");
            world.settle();
            world.restart(organism);
            stuck[0] = false;
            world.settle();
            assertThat(heard).containsExactly("b1", "stuck", "a2");
        }
    }

    // ---- permits

    @Test
    void aPermitRevokedBetweenTwoEventsStopsTheVeryNextDeliveryAndANewOneLetsItGoOn() {
        try (World world = world()) {
            List<String> other = new ArrayList<>();
            world.define(
                    Organism.of("o", NOTES, delivery -> {
                        heard.add(delivery.event().text("text"));
                        world.withheld.put("o", "the lease l1 was revoked");
                        return Outcome.done();
                    }),
                    Organism.of("other", NOTES, delivery -> {
                        other.add(delivery.event().text("text"));
                        return Outcome.done();
                    }));
            world.note("a", "1");
            world.note("a", "2");
            world.note("b", "3");
            world.advance(Duration.ofHours(3));
            assertThat(heard).hasSize(1);
            assertThat(other).containsExactlyInAnyOrder("1", "2", "3");
            assertThat(world.status("o").state()).isEqualTo(OrganismStatus.State.WITHHELD);
            assertThat(world.status("o").reason()).contains("l1 was revoked");
            assertThat(world.status("o").open()).isEqualTo(2);
            world.withheld.clear();
            world.append(Draft.of("mirror.permit.changed.v1", "owner", Json.object()));
            world.settle();
            assertThat(heard).as("one more, and revoked again").hasSize(2);
            assertThat(world.organisms.letters()).isEmpty();
        }
    }

    @Test
    void aPermitThatComesBackWithoutAnEventIsNoticedToo() {
        try (World world = world()) {
            world.withheld.put("o", "none");
            world.define(listener("o"));
            world.note("s", "1");
            world.settle();
            world.withheld.clear();
            world.advance(Runner.RECHECK);
            assertThat(heard).containsExactly("1");
        }
    }

    // ---- failures

    @Test
    void aPoisonEventBecomesADeadLetterAndRequeueingDeliversItOnceMore() {
        try (World world = world()) {
            List<Integer> attempts = new ArrayList<>();
            boolean[] mended = {false};
            Organism organism = Organism.of("o", NOTES, delivery -> {
                        if (delivery.event().text("text").equals("poison") && !mended[0]) {
                            attempts.add(delivery.attempt());
                            throw new IOException("cannot digest this");
                        }
                        heard.add(delivery.event().text("text"));
                        return Outcome.done();
                    })
                    .retrying(World.TWICE);
            world.define(organism);
            Event poison = world.note("s", "poison");
            world.note("s", "next");
            world.advance(Duration.ofMinutes(1));
            assertThat(attempts).containsExactly(1, 2);
            assertThat(heard).containsExactly("next");
            DeadLetter letter = world.organisms.letters().getFirst();
            assertThat(letter.id()).isEqualTo("o/" + poison.id());
            assertThat(letter.attempts()).isEqualTo(2);
            assertThat(letter.reason()).contains("cannot digest this");
            assertThat(world.status("o").letters()).isEqualTo(1);

            world.organisms.requeue(letter.id());
            world.advance(Duration.ofMinutes(1));
            assertThat(attempts).as("tried afresh").containsExactly(1, 2, 1, 2);
            assertThat(world.organisms.letters()).hasSize(1);

            mended[0] = true;
            world.organisms.requeue("o");
            world.settle();
            assertThat(heard).containsExactly("next", "poison");
            assertThat(world.organisms.letters()).isEmpty();
            assertThatThrownBy(() -> world.organisms.requeue(letter.id()))
                    .isInstanceOf(BusException.class)
                    .hasMessageContaining("no dead letter");
            world.restart(organism);
            world.settle();
            assertThat(heard).hasSize(2);
        }
    }

    @Test
    void aRequeuedLetterIsDeliveredAfterACrashBeforeItWas() {
        try (World world = world()) {
            boolean[] mended = {false};
            Organism organism = Organism.of("o", NOTES, delivery -> {
                if (!mended[0]) {
                    return new Outcome.Dead("no");
                }
                heard.add(delivery.event().text("text"));
                return Outcome.done();
            });
            world.define(organism);
            world.note("s", "n");
            world.advance(Duration.ofSeconds(2));
            mended[0] = true;
            world.organisms.requeue("o");
            world.crash(organism);
            world.settle();
            assertThat(heard).containsExactly("n");
            assertThat(world.organisms.letters()).isEmpty();
        }
    }

    @Test
    void aLetterThatWasBuriedBeforeACrashIsNotDeliveredAgain() {
        try (World world = world()) {
            List<Integer> attempts = new ArrayList<>();
            Organism organism = failing("o", new Outcome.Dead("no"), attempts);
            world.define(organism);
            world.note("s", "n");
            world.settle();
            world.crash(organism);
            world.settle();
            assertThat(attempts).hasSize(1);
            assertThat(world.organisms.letters()).hasSize(1);
        }
    }

    @Test
    void aConditionOrKeyThatFailsMakesADeadLetterAndTheHandlerIsNotCalled() {
        try (World world = world()) {
            Organism condition = listener("condition").when(event -> {
                throw new IllegalStateException("no such field: kind in " + event.id());
            });
            Organism key = new Organism(
                    "key",
                    NOTES,
                    _ -> true,
                    null,
                    event -> {
                        throw new IllegalStateException("no session in " + event.id());
                    },
                    Retry.DEFAULT,
                    1,
                    false,
                    condition.handler());
            world.define(
                    condition,
                    key,
                    listener("picky").when(event -> event.text("text").equals("b")));
            world.note("s", "a");
            world.note("s", "b");
            world.settle();
            assertThat(heard).containsExactly("b");
            assertThat(world.organisms.letters()).hasSize(4).allSatisfy(letter -> {
                assertThat(letter.attempts()).isZero();
                assertThat(letter.reason()).containsAnyOf("no such field: kind", "no session");
            });
        }
    }

    @Test
    void laterUsesUpNoAttemptButItsPatienceEnds() {
        try (World world = world()) {
            List<Integer> attempts = new ArrayList<>();
            world.define(failing("o", new Outcome.Later("waits for approval a1"), attempts));
            world.note("s", "n");
            world.advance(Duration.ofMinutes(50));
            assertThat(attempts).hasSizeGreaterThan(100).containsOnly(1);
            assertThat(world.organisms.letters()).isEmpty();
            assertThat(world.status("o").waiting()).isEqualTo(1);
            world.advance(Duration.ofMinutes(20));
            assertThat(world.organisms.letters().getFirst().reason()).contains("a1");
        }
    }

    @Test
    void whatWaitsForAnAnswerIsTriedAtOnceWhenTheAnswerComes() {
        try (World world = world()) {
            boolean[] answered = {false};
            world.define(Organism.of("o", NOTES, delivery -> {
                if (!answered[0]) {
                    return new Outcome.Later("asked");
                }
                heard.add(delivery.event().text("text"));
                return Outcome.done();
            }));
            world.note("s", "n");
            world.advance(Duration.ofHours(1));
            answered[0] = true;
            world.append(Draft.of("mirror.permit.changed.v1", "owner", Json.object()));
            world.settle();
            assertThat(heard).containsExactly("n");
        }
    }

    @Test
    void delaysDoubleUpToTheLongestAndAreShortenedByAtMostAHalf() {
        RandomGenerator random = seed.random();
        Retry retry = new Retry(9, Duration.ofSeconds(1), Duration.ofSeconds(60), Duration.ofHours(1));
        for (int failures = 1; failures < 80; failures++) {
            long whole = Math.min(60_000, 1_000L << Math.min(20, failures - 1));
            assertThat(retry.delay(failures, random).toMillis())
                    .as("after %d failures, %s", failures, seed)
                    .isBetween(whole / 2, whole);
        }
    }

    @Test
    void aDeadLetterThatTheLogCannotTakeIsKeptUntilItCan() {
        boolean[] full = {false};
        try (World world = new World(folder, seed.random(), full)) {
            List<Integer> attempts = new ArrayList<>();
            world.define(failing("o", new Outcome.Dead("never"), attempts));
            world.note("s", "n");
            full[0] = true;
            world.advance(Duration.ofMinutes(1));
            assertThat(attempts).as("the handler is not called again").hasSize(1);
            assertThat(world.status("o").open()).isEqualTo(1);
            assertThat(world.status("o").trouble()).contains("could not be recorded");
            full[0] = false;
            world.advance(Duration.ofMinutes(1));
            assertThat(world.organisms.letters()).hasSize(1);
            assertThat(world.status("o").open()).isZero();
        }
    }

    // ---- places

    @Test
    void anOrganismWhosePlaceIsGoneDamagedOrOfAnotherLogIsLostAndNamedAndOthersRun() throws IOException {
        try (World world = world()) {
            Organism a = listener("a");
            Organism b = listener("b");
            world.define(a, b);
            world.note("s", "1");
            world.settle();
            world.organisms.close();
            List<String> lines = Files.readAllLines(world.cursors());
            heard.clear();

            Files.delete(world.cursors());
            world.crash(a, b);
            assertThat(world.organisms.list()).allSatisfy(lost -> {
                assertThat(lost.state()).isEqualTo(OrganismStatus.State.LOST);
                assertThat(lost.reason()).contains("missing or damaged").contains("--from now");
            });

            Files.write(world.cursors(), List.of(lines.get(0).replace("\"open\":[]", "\"open\":[1]"), lines.get(1)));
            world.crash(a, b);
            assertThat(world.status("a").state()).isEqualTo(OrganismStatus.State.LOST);
            assertThat(world.cursors().resolveSibling("cursors.damaged")).exists();
            world.note("s", "2");
            world.settle();
            assertThat(heard).containsExactly("2");
            assertThatThrownBy(() -> world.organisms.resume("a")).hasMessageContaining("a is lost");

            world.organisms.resume("a", 0);
            world.settle();
            assertThat(heard).containsExactly("2", "1", "2");
            world.restart(a, b);
            world.settle();
            assertThat(world.status("a").state()).isEqualTo(OrganismStatus.State.RUNNING);
            assertThat(heard).hasSize(3);
        }
    }

    @Test
    void anEnrolmentThatACrashCutInTwoIsCompletedAndItsPlaceKept() throws IOException {
        try (World world = world()) {
            long before = world.log.durable();
            new Cursors(world.cursors()).save(Map.of("a", new Cursors.Position(before, world.log.head(), List.of())));
            world.crash();
            world.note("s", "1");
            world.crash(listener("a"));
            world.settle();
            assertThat(heard).containsExactly("1");
            assertThat(world.events(OrganismLedger.ENROLLED))
                    .singleElement()
                    .satisfies(event ->
                            assertThat(event.data().path("after").asLong()).isEqualTo(before));
            Files.delete(world.cursors());
            world.crash(listener("a"));
            assertThat(world.status("a").state()).isEqualTo(OrganismStatus.State.LOST);
        }
    }

    @Test
    void aPlaceAheadOfTheLogOrWithAnotherHashIsNotBelieved() throws IOException {
        try (World world = world()) {
            Organism a = listener("a");
            world.define(a);
            world.organisms.close();
            Cursors cursors = new Cursors(world.cursors());
            String head = world.log.head();
            cursors.save(Map.of("a", new Cursors.Position(900, head, List.of())));
            world.crash(a);
            assertThat(world.status("a").reason()).contains("event 900").contains("not in this log");
            cursors.save(Map.of("a", new Cursors.Position(1, head, List.of())));
            world.crash(a);
            assertThat(world.status("a").state()).isEqualTo(OrganismStatus.State.LOST);
            assertThatThrownBy(() -> world.organisms.resume("a", 901)).hasMessageContaining("no 901");
        }
    }

    @Test
    void everyDamagedByteOfThePlacesIsNoticed() throws IOException {
        Path file = folder.resolve("cursors.jsonl");
        Cursors.Position position = new Cursors.Position(90, "ab".repeat(32), List.of(71L, 88L));
        new Cursors(file).save(Map.of("x", position));
        assertThat(new Cursors(file).get("x")).contains(position);
        byte[] whole = Files.readAllBytes(file);
        for (int i = 0; i < whole.length - 1; i++) {
            byte[] bytes = whole.clone();
            bytes[i] ^= (byte) (1 << seed.random().nextInt(8));
            Files.write(file, bytes);
            Cursors read = new Cursors(file);
            assertThat(read.get("x").isEmpty() && read.damaged())
                    .as("byte %d, %s", i, seed)
                    .isTrue();
        }
        Files.write(file, java.util.Arrays.copyOf(whole, whole.length / 2));
        assertThat(new Cursors(file).damaged()).isTrue();
        Files.delete(file);
        Files.createDirectory(file);
        assertThat(new Cursors(file).damaged()).isTrue();
    }

    @Test
    void placesThatCannotBeSavedAreNamedAndDeliveriesGoOn() throws IOException {
        try (World world = world()) {
            world.define(listener("o"));
            Files.delete(world.cursors());
            Files.createDirectories(world.cursors().resolve("in-the-way"));
            world.note("s", "n");
            world.advance(Duration.ofSeconds(3));
            assertThat(heard).containsExactly("n");
            assertThat(world.organisms.trouble()).contains("cursors.jsonl");
            Files.delete(world.cursors().resolve("in-the-way"));
            Files.delete(world.cursors());
            world.advance(Duration.ofSeconds(3));
            assertThat(world.organisms.trouble()).isNull();
        }
    }

    // ---- what the owner does

    @Test
    void aPauseHoldsThroughARestartAndNothingIsLost() {
        try (World world = world()) {
            Organism organism = listener("o");
            world.define(organism);
            world.organisms.pause("o");
            world.note("s", "1");
            world.settle();
            world.restart(organism);
            world.note("s", "2");
            world.settle();
            assertThat(heard).isEmpty();
            assertThat(world.status("o").state()).isEqualTo(OrganismStatus.State.PAUSED);
            world.organisms.resume("o");
            world.settle();
            assertThat(heard).containsExactly("1", "2");
            assertThatThrownBy(() -> world.organisms.pause("nobody")).hasMessageContaining("'nobody'");
        }
    }

    @Test
    void onlyALostOrPausedOrganismCanBeMoved() {
        try (World world = world()) {
            world.define(listener("o"));
            world.note("s", "1");
            assertThatThrownBy(() -> world.organisms.resume("o", 0)).hasMessageContaining("at work");
            world.organisms.pause("o");
            world.note("s", "2");
            long after = world.log.durable();
            world.note("s", "3");
            world.settle();
            world.organisms.resume("o", after);
            world.settle();
            assertThat(heard).containsExactly("3");
        }
    }

    @Test
    void aReloadSwapsDefinitionsStopsWhatIsGoneAndFindsItsPlaceWhenItComesBack() {
        try (World world = world()) {
            world.define(listener("a"), listener("b"));
            world.note("s", "1");
            world.settle();
            world.define(listener("b").when(event -> event.text("text").endsWith("!")));
            world.note("s", "2");
            world.note("s", "3!");
            world.settle();
            assertThat(heard).containsExactly("1", "1", "3!");
            assertThat(world.organisms.list()).extracting(OrganismStatus::name).containsExactly("b");
            heard.clear();
            world.define(listener("a"), listener("b"));
            world.settle();
            assertThat(heard).containsExactly("2", "3!");
            assertThatThrownBy(() -> world.define(listener("a"), listener("a"))).hasMessageContaining("two organisms");
        }
    }

    // ---- circles

    private static Organism echo(World world, String name, String hears, String says) {
        return Organism.of(name, EventFilter.types(hears), delivery -> {
            world.append(delivery.stamp(Draft.of("mirror." + says + ".written.v1", "x", Json.object())
                    .subject(delivery.event().subject())));
            return Outcome.done();
        });
    }

    @Test
    void anOrganismNeverHearsWhatItCausedDirectlyOrThroughOthers() {
        try (World world = world()) {
            world.define(
                    echo(world, "self", "note", "note"),
                    echo(world, "ping", "ping", "pong"),
                    echo(world, "pong", "pong", "ping"));
            world.note("s", "n");
            world.append(Draft.of("mirror.ping.written.v1", "owner", Json.object()));
            world.settle();
            assertThat(world.events("mirror.note.written.v1")).hasSize(2);
            assertThat(world.events("mirror.ping.written.v1")).hasSize(2);
            assertThat(world.events("mirror.pong.written.v1")).hasSize(1);
            assertThat(world.status("ping").cut()).isEqualTo(1);
            assertThat(world.events("mirror.pong.written.v1").getFirst().actor())
                    .isEqualTo("organism.ping");
            assertThat(world.events("mirror.pong.written.v1").getFirst().permit())
                    .isEqualTo("lease-of-ping");
        }
    }

    @Test
    void aChainThatIsTooLongOrCannotBeFollowedEndsInADeadLetter() {
        try (World world = world()) {
            List<Organism> chain = new ArrayList<>();
            for (char c = 'a'; c < 'm'; c++) {
                chain.add(echo(world, "c" + c, "step-" + c, "step-" + (char) (c + 1)));
            }
            world.organisms.define(chain);
            world.append(Draft.of("mirror.step-a.written.v1", "owner", Json.object()));
            world.settle();
            assertThat(world.organisms.letters()).singleElement().satisfies(letter -> {
                assertThat(letter.organism()).isEqualTo("cj");
                assertThat(letter.reason()).contains("more than 8");
            });
            world.append(Draft.of("mirror.step-l.written.v1", "organism.ghost", Json.object()));
            world.append(Draft.of("mirror.step-l.written.v1", "organism.ghost", Json.object())
                    .session("ghost/test-0badcafe-999"));
            world.settle();
            assertThat(world.organisms.letters())
                    .hasSize(3)
                    .last()
                    .satisfies(letter -> assertThat(letter.reason()).contains("does not say which event"));
        }
    }

    @Test
    void twoThatHearOfDeadLettersAndFailThemselvesDoNotBuryEachOtherForever() {
        try (World world = world()) {
            EventFilter letters = EventFilter.types("letter");
            world.define(
                    failing("o", new Outcome.Dead("no"), new ArrayList<>()),
                    Organism.of("n1", letters, _ -> new Outcome.Dead("no")),
                    Organism.of("n2", letters, _ -> new Outcome.Dead("no")));
            world.note("s", "n");
            world.settle();
            assertThat(world.events(OrganismLedger.BURIED)).hasSize(5);
        }
    }
}
