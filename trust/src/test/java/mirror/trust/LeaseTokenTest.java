package mirror.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import mirror.bus.DiskStorage;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import mirror.bus.Projector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A token can be narrowed by whoever has it and widened by nobody. */
final class LeaseTokenTest {
    private static final long SEED = Long.getLong("mirror.seed", System.nanoTime());
    private static final Instant START = Instant.parse("2026-05-01T08:00:00Z");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private Instant now = START;

    @SuppressWarnings("NullAway.Init")
    private DeviceKey key;

    @SuppressWarnings("NullAway.Init")
    private EventLog log;

    @SuppressWarnings("NullAway.Init")
    private Projector projector;

    @SuppressWarnings("NullAway.Init")
    private Leases leases;

    @BeforeEach
    void open() throws IOException {
        Home home = new Home(folder);
        key = DeviceKey.create(home.keys().resolve("device.key"));
        log = EventLog.open(home, "test-" + key.shortId(), new DiskStorage(), () -> now, key);
        replay();
    }

    private void replay() {
        leases = new Leases(() -> now, new Random(7));
        projector = new Projector(log, List.of(leases));
        projector.catchUp();
    }

    @AfterEach
    void close() {
        log.close();
    }

    private NoteKey device() {
        return key.key("device");
    }

    private static LeaseScope scope(String... effects) {
        return LeaseScope.of(List.of(), List.of(effects), START.plus(Duration.ofDays(30)));
    }

    private LeaseToken token(LeaseScope scope) {
        String id = projector.record(leases.grant("mcp:reader", scope, "owner")).text("lease");
        return leases.token(id, key);
    }

    private static LeaseScope effects(LeaseScope old, List<String> effects, long actions) {
        return new LeaseScope(
                old.events(),
                effects,
                old.tools(),
                old.from(),
                old.expires(),
                old.session(),
                old.risk(),
                old.ceiling(),
                old.tier(),
                actions,
                old.tokens(),
                old.cents());
    }

    @Test
    void aTokenIsReadBackAndHoldsWhileItsLeaseDoes() {
        LeaseToken token = token(scope("memory-read:/home/ada"));
        Leases.Presented presented = leases.present(token.text(), device());
        assertThat(presented.holder()).isEqualTo("mcp:reader");
        assertThat(presented.scope().allows(LeaseTerm.parse("memory-read:/home/ada/project")))
                .isTrue();
        assertThat(token.toString()).doesNotContain(token.text().substring(10));
        now = START.plus(Duration.ofDays(30));
        assertThatThrownBy(() -> leases.present(token.text(), device())).hasMessageContaining("expired");
    }

    @Test
    void aChildIsNarrowerAndAParentOrAChildTakenBackTakesAllItsChildrenAlong() {
        LeaseToken parent = token(scope("memory-read:/home/ada"));
        LeaseToken child = parent.attenuate(old -> effects(old, List.of("memory-read:/home/ada/project"), 5));
        LeaseToken grandchild = child.attenuate(old -> old);
        LeaseToken sibling = parent.attenuate(old -> old);
        Leases.Presented presented = leases.present(grandchild.text(), device());
        assertThat(presented.ids()).hasSize(3);
        assertThat(presented.scope().allows(LeaseTerm.parse("memory-read:/home/ada/other")))
                .isFalse();

        projector.record(leases.revoke(presented.ids().get(1)));
        replay();
        assertThatThrownBy(() -> leases.present(grandchild.text(), device())).hasMessageContaining("revoked");
        assertThatThrownBy(() -> leases.present(child.text(), device())).hasMessageContaining("revoked");
        assertThat(leases.present(sibling.text(), device()).ids()).hasSize(2);

        projector.record(leases.revoke(presented.id()));
        assertThatThrownBy(() -> leases.present(parent.text(), device())).hasMessageContaining("revoked");
        assertThatThrownBy(() -> leases.present(sibling.text(), device())).hasMessageContaining("revoked");
    }

    @Test
    void everyUseOfAChildCountsForAllThatItWasMadeFrom() {
        LeaseToken parent = token(effects(scope("memory-read:*"), List.of("memory-read:*"), 3));
        LeaseToken child = parent.attenuate(old -> effects(old, old.effects(), 2));
        for (int i = 0; i < 2; i++) {
            projector.record(leases.use(leases.present(child.text(), device()), "memory_search", "reader", "s1"));
        }
        replay();
        assertThatThrownBy(() -> leases.present(child.text(), device())).hasMessageContaining("used up");
        projector.record(leases.use(leases.present(parent.text(), device()), "memory_search", "reader", "s1"));
        assertThatThrownBy(() -> leases.present(parent.text(), device())).hasMessageContaining("used up");
    }

    @Test
    void aSealedTokenHoldsAndCannotBeNarrowedFurther() {
        LeaseToken sealed = token(scope("memory-read:*")).seal();
        assertThat(leases.present(sealed.text(), device()).ids()).hasSize(1);
        assertThatThrownBy(() -> LeaseToken.parse(sealed.text()).attenuate(old -> old))
                .hasMessageContaining("sealed");
    }

    @Test
    void aTokenOfAnotherDeviceOrOfALeaseThatIsNotInTheLogGivesNothing() throws IOException {
        LeaseToken token = token(scope("memory-read:*"));
        DeviceKey other = DeviceKey.create(folder.resolve("other.key"));
        assertThatThrownBy(() -> leases.present(token.text(), other.key("device")))
                .hasMessageContaining("not signed by this device");
        LeaseToken unknown = LeaseToken.issue("l123456", "mcp:reader", scope("memory-read:*"), key);
        assertThatThrownBy(() -> leases.present(unknown.text(), device())).hasMessageContaining("not in the log");
        LeaseToken wider = LeaseToken.issue(
                leases.list().getFirst().id(), "mcp:reader", scope("memory-read:*", "memory-write:*"), key);
        assertThatThrownBy(() -> leases.present(wider.text(), device())).hasMessageContaining("not in the log");
    }

    @Test
    void aBlockCannotBeMovedToAnotherTokenNorTakenAway() {
        LeaseToken parent = token(scope("memory-read:/home/ada"));
        LeaseToken child = parent.attenuate(old -> effects(old, List.of("memory-read:/home/ada/a"), 1));
        byte[] wide = bytes(parent);
        byte[] narrow = bytes(child);
        // The parent's block with the child's key, and the child's blocks with the parent's.
        byte[] cut = wide.clone();
        System.arraycopy(narrow, narrow.length - 32, cut, cut.length - 32, 32);
        assertNothing(text(cut));
        byte[] grown = narrow.clone();
        System.arraycopy(wide, wide.length - 32, grown, grown.length - 32, 32);
        assertNothing(text(grown));
    }

    private static byte[] bytes(LeaseToken token) {
        return Base64.getUrlDecoder().decode(token.text().substring(LeaseToken.PREFIX.length()));
    }

    private static String text(byte[] bytes) {
        return LeaseToken.PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private void assertNothing(String token) {
        assertThatThrownBy(() -> leases.present(token, device()))
                .as("%s", token)
                .isExactlyInstanceOf(TrustException.class);
    }

    @Test
    void noSingleBitOfATokenCanBeFlipped() {
        LeaseToken token = token(scope("memory-read:/home/ada")).attenuate(old -> effects(old, old.effects(), 5));
        for (LeaseToken each : List.of(token, token.seal())) {
            byte[] bytes = bytes(each);
            for (int bit = 0; bit < bytes.length * 8; bit++) {
                bytes[bit / 8] ^= (byte) (1 << (bit % 8));
                assertNothing(text(bytes));
                bytes[bit / 8] ^= (byte) (1 << (bit % 8));
            }
            leases.present(text(bytes), device());
        }
        byte[] letters = token.text().getBytes(StandardCharsets.ISO_8859_1);
        for (int bit = 0; bit < letters.length * 8; bit++) {
            letters[bit / 8] ^= (byte) (1 << (bit % 8));
            assertNothing(new String(letters, StandardCharsets.ISO_8859_1));
            letters[bit / 8] ^= (byte) (1 << (bit % 8));
        }
    }

    @Test
    void whateverIsDoneToATokenItNeitherCrashesNorHolds() {
        Random random = new Random(SEED);
        String good = token(scope("memory-read:/home/ada"))
                .attenuate(old -> effects(old, old.effects(), 5))
                .text();
        for (int i = 0; i < 1_000; i++) {
            byte[] bytes = Base64.getUrlDecoder().decode(good.substring(LeaseToken.PREFIX.length()));
            byte[] mutated = switch (random.nextInt(4)) {
                case 0 -> java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
                case 1 -> java.util.Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(40));
                case 2 -> {
                    int from = random.nextInt(bytes.length);
                    int length = random.nextInt(Math.min(64, bytes.length - from) + 1);
                    byte[] noise = new byte[length];
                    random.nextBytes(noise);
                    System.arraycopy(noise, 0, bytes, from, length);
                    yield bytes;
                }
                default -> {
                    int at = random.nextInt(bytes.length);
                    int from = random.nextInt(bytes.length);
                    int length = Math.min(random.nextInt(80), bytes.length - Math.max(at, from));
                    System.arraycopy(bytes.clone(), from, bytes, at, length);
                    yield bytes;
                }
            };
            String text = text(mutated);
            if (!text.equals(good)) {
                assertThatThrownBy(() -> leases.present(text, device()))
                        .as("seed %d, round %d: %s", SEED, i, text)
                        .isExactlyInstanceOf(TrustException.class);
            }
        }
        for (String hostile : List.of("", "mlt1.", "mlt1.====", "mlt2." + good.substring(5), good + "A", " " + good)) {
            assertNothing(hostile);
        }
        assertNothing("mlt1." + "A".repeat(1_000_000));
    }

    @Test
    void aFieldThatIsNotKnownMakesItNone() {
        for (String more : List.of("\"unlimited\":true", "\"risk\":\"none\"", "\"actions\":1.5", "\"tools\":\"x\"")) {
            var json = Json.MAPPER.readTree("{\"effects\":[],\"expires\":\"2030-01-01T00:00:00Z\"," + more + "}");
            assertThatThrownBy(() -> LeaseScope.of(json, java.util.Set.of())).isInstanceOf(TrustException.class);
        }
    }

    // ---- the law of narrowing

    @Test
    void whateverIsAppendedTheChildCoversNothingThatItsParentDoesNot() {
        Random random = new Random(SEED);
        int narrowed = 0;
        int covered = 0;
        for (int round = 0; round < 4_000; round++) {
            LeaseScope parent = random(random);
            LeaseScope child = random.nextBoolean() ? random(random) : mutated(parent, random);
            boolean narrower = child.widening(parent).isEmpty();
            narrowed += narrower ? 1 : 0;
            for (int i = 0; narrower && i < 40; i++) {
                Action action = action(random);
                Instant then = START.plusSeconds(random.nextInt(8_000) - 1_000);
                Lease.Spent spent = new Lease.Spent(random.nextInt(4), random.nextInt(4), random.nextInt(4));
                Sensitivity shown = pick(Sensitivity.values(), random);
                boolean childSays = child.covers(action) && child.at(then) && spent.leaves(child);
                boolean parentSays = parent.covers(action) && parent.at(then) && spent.leaves(parent);
                covered += childSays ? 1 : 0;
                assertThat(!childSays || parentSays)
                        .as("seed %d round %d: %s within %s for %s", SEED, round, child, parent, action)
                        .isTrue();
                assertThat(!shown.within(child.visible()) || shown.within(parent.visible()))
                        .as("seed %d round %d: %s", SEED, round, shown)
                        .isTrue();
            }
        }
        assertThat(narrowed).as("seed %d: children that were narrower", SEED).isGreaterThan(200);
        assertThat(covered).as("seed %d: actions that a child covered", SEED).isGreaterThan(50);
    }

    @Test
    void aTokenIsEitherNarrowedOrRefusedWhateverItsBlocksClaim() {
        Random random = new Random(SEED);
        for (int round = 0; round < 150; round++) {
            LeaseScope first = random(random);
            LeaseToken token = LeaseToken.issue("l00000", "mcp:reader", first, key);
            LeaseScope last = first;
            for (int block = 0; block < 3; block++) {
                LeaseScope next = mutated(last, random);
                if (next.faults().isEmpty() && next.widening(last).isEmpty()) {
                    token = token.attenuate(old -> next);
                    last = next;
                } else {
                    LeaseToken before = token;
                    assertThatThrownBy(() -> before.attenuate(old -> next)).isInstanceOf(TrustException.class);
                }
            }
            LeaseToken.Verified verified = LeaseToken.parse(token.text()).verify(device());
            assertThat(verified.scope()).as("seed %d round %d", SEED, round).isEqualTo(last);
            assertThat(verified.scope().widening(first)).isEmpty();
        }
    }

    @Test
    void aCloudModelNeverSeesMoreThanALocalOneAndAHigherCeilingNeverLess() {
        for (Sensitivity ceiling : Sensitivity.values()) {
            for (Sensitivity other : Sensitivity.values()) {
                for (Sensitivity.Tier tier : Sensitivity.Tier.values()) {
                    if (ceiling.compareTo(other) <= 0) {
                        assertThat(Sensitivity.ceiling(tier, ceiling))
                                .isLessThanOrEqualTo(Sensitivity.ceiling(tier, other));
                    }
                    assertThat(Sensitivity.NEVER_SHARE.within(Sensitivity.ceiling(tier, ceiling)))
                            .isFalse();
                    assertThat(Sensitivity.ceiling(tier, ceiling)).isLessThanOrEqualTo(ceiling);
                }
                assertThat(Sensitivity.ceiling(Sensitivity.Tier.CLOUD, ceiling))
                        .isLessThanOrEqualTo(Sensitivity.ceiling(Sensitivity.Tier.LOCAL, ceiling));
            }
        }
    }

    private static final List<String> PATHS = List.of("/a", "/a/b", "/a/bc", "/a/b/c", "/d", "/a/b/c/d", "*");
    private static final List<String> NAMES = List.of("x", "y", "git", "*");

    private static LeaseTerm term(Random random) {
        List<String> kinds = LeaseTerm.KINDS.stream().sorted().toList();
        String kind = kinds.get(random.nextInt(kinds.size()));
        List<String> targets = LeaseTerm.PATH_KINDS.contains(kind) || kind.startsWith("memory-") ? PATHS : NAMES;
        return new LeaseTerm(kind, targets.get(random.nextInt(targets.size())));
    }

    private static LeaseScope random(Random random) {
        List<String> effects = new ArrayList<>();
        for (int i = random.nextInt(12); i >= 0; i--) {
            effects.add(term(random).toString());
        }
        Instant from = random.nextBoolean() ? Instant.EPOCH : START.plusSeconds(random.nextInt(3_000));
        return new LeaseScope(
                List.of(),
                effects,
                random.nextInt(3) > 0 ? List.of() : List.of(random.nextBoolean() ? "Bash" : "Write"),
                from,
                START.plusSeconds(3_001 + random.nextInt(3_000)),
                random.nextInt(3) > 0 ? "" : "s" + random.nextInt(2),
                pick(Risk.values(), random),
                pick(Sensitivity.values(), random),
                pick(Sensitivity.Tier.values(), random),
                limit(random, 1),
                limit(random, 0),
                limit(random, 0));
    }

    private static <T> T pick(T[] values, Random random) {
        return List.of(values).get(random.nextInt(values.length));
    }

    private static long limit(Random random, int least) {
        return random.nextBoolean() ? LeaseScope.UNLIMITED : least + random.nextInt(4);
    }

    /** One field of it changed, towards more or towards less. */
    private static LeaseScope mutated(LeaseScope old, Random random) {
        LeaseScope other = random(random);
        int field = random.nextInt(11);
        List<String> effects = new ArrayList<>(old.effects());
        if (field == 0) {
            effects.set(random.nextInt(effects.size()), term(random).toString());
        }
        if (field == 1) {
            effects.add(other.effects().getFirst());
        }
        return new LeaseScope(
                old.events(),
                effects,
                field == 2 ? other.tools() : old.tools(),
                field == 3 ? other.from() : old.from(),
                field == 4 ? other.expires() : old.expires(),
                field == 5 ? other.session() : old.session(),
                field == 6 ? other.risk() : old.risk(),
                field == 7 ? other.ceiling() : old.ceiling(),
                field == 8 ? other.tier() : old.tier(),
                field == 9 ? other.actions() : old.actions(),
                field == 10 ? other.tokens() : old.tokens(),
                field == 10 ? other.cents() : old.cents());
    }

    private static Action action(Random random) {
        List<Effect> effects = new ArrayList<>();
        for (int i = random.nextInt(2); i >= 0; i--) {
            Path path = Path.of(PATHS.get(random.nextInt(PATHS.size() - 1)));
            String name = NAMES.get(random.nextInt(NAMES.size()));
            effects.add(
                    switch (random.nextInt(13)) {
                        case 0 -> new Effect.Read(path);
                        case 1 -> new Effect.Write(path);
                        case 2 -> new Effect.Delete(path, random.nextBoolean());
                        case 3 -> new Effect.Run(List.of(name));
                        case 4 -> new Effect.Egress(name);
                        case 5 -> new Effect.Publish(name, random.nextBoolean());
                        case 6 -> new Effect.Elevate(name);
                        case 7 -> new Effect.RemoteCode(name);
                        case 8 -> new Effect.Machine(name);
                        case 9 -> new Effect.Tool(name);
                        case 10 -> new Effect.Opaque(name);
                        default -> new Effect.Memory(path.toString(), random.nextBoolean());
                    });
        }
        return new Action(
                "reader",
                "s" + random.nextInt(2),
                null,
                random.nextBoolean() ? "Bash" : "Write",
                Json.object(),
                Path.of("/a"),
                Path.of("/a"),
                effects);
    }
}
