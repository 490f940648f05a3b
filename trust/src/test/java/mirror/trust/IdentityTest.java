package mirror.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import mirror.bus.Draft;
import mirror.bus.Event;
import mirror.bus.Json;
import mirror.trust.Identity.Field;
import mirror.trust.Identity.Protection;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

final class IdentityTest {
    private final Identity identity = new Identity();
    private final List<Event> events = new ArrayList<>();

    private static Field field(String value, Protection protection) {
        return new Field(value, protection, Sensitivity.INTERNAL);
    }

    private void change(String name, @Nullable Field field) {
        Map<String, @Nullable Field> changes = new HashMap<>();
        changes.put(name, field);
        events.add(event(identity.change(changes, "owner")));
        identity.accept(events.getLast());
    }

    private Event event(Draft draft) {
        long seq = events.size() + 1L;
        return TestEvents.of(draft, seq, Instant.EPOCH.plusSeconds(seq));
    }

    private Verdict verdict(String field, Verdict sofar) {
        Action action = new Action(
                "codex",
                "s",
                null,
                "identity_set",
                Json.object(),
                Path.of("/p"),
                Path.of("/p"),
                List.of(new Effect.Memory(Identity.SCOPE + field, true)));
        return new IdentityCheck(identity)
                .check(action, new Policy.Match(sofar, "r", "why"))
                .map(Policy.Match::verdict)
                .orElse(sofar);
    }

    @Test
    void eachVersionNamesTheOneBeforeAndWhatWasChanged() {
        change("name", field("Ada", Protection.PROTECTED));
        change("tone", field("dry", Protection.OPEN));
        change("tone", null);
        assertThat(events.get(0).text("prev")).isEqualTo(Identity.NONE);
        assertThat(events.get(1).text("prev")).isEqualTo(events.get(0).text("sha256"));
        assertThat(events.get(2).text("prev")).isEqualTo(events.get(1).text("sha256"));
        assertThat(identity.current().number()).isEqualTo(3);
        assertThat(identity.current().fields()).containsOnlyKeys("name");
        assertThatThrownBy(() -> change("name", field("Ada", Protection.PROTECTED)))
                .hasMessage("that is how it is already");
    }

    @Test
    void aFixedFieldIsNeverChangedByAnybody() {
        change("born", field("1815", Protection.FIXED));
        for (Field other : new Field[] {field("1816", Protection.FIXED), field("1815", Protection.OPEN), null}) {
            assertThatThrownBy(() -> change("born", other)).hasMessageContaining("is fixed");
        }
        assertThat(verdict("born", Verdict.ALLOW)).isEqualTo(Verdict.BLOCK);
    }

    @Test
    void aProtectedFieldIsAskedAboutEvenUnderALease() {
        change("name", field("Ada", Protection.PROTECTED));
        change("tone", field("dry", Protection.OPEN));
        assertThat(verdict("name", Verdict.ALLOW)).isEqualTo(Verdict.ASK);
        assertThat(verdict("tone", Verdict.ALLOW)).isEqualTo(Verdict.ALLOW);
        assertThat(verdict("tone", Verdict.ASK)).isEqualTo(Verdict.ASK);
    }

    @Test
    void whatIsNotFitForAFieldIsNamed() {
        assertThatThrownBy(() -> change("Name", field("x", Protection.OPEN))).hasMessageContaining("not a name");
        assertThatThrownBy(() -> change("name", field("a\nb", Protection.OPEN))).hasMessageContaining("one line");
        assertThatThrownBy(() -> change("name", field(" ", Protection.OPEN))).hasMessageContaining("one line");
        assertThatThrownBy(() -> change("name", field("x".repeat(401), Protection.OPEN)))
                .hasMessageContaining("one line");
        assertThatThrownBy(() -> change("key", field("ghp_" + "a1B2".repeat(9), Protection.OPEN)))
                .hasMessageContaining("looks like a secret");
        for (int i = 0; i < Identity.FIELDS; i++) {
            change("f" + i, field("x", Protection.OPEN));
        }
        assertThatThrownBy(() -> change("more", field("x", Protection.OPEN))).hasMessageContaining("at most");
    }

    @Test
    void eachChangedBitOfAVersionMakesTheIdentityUnusableAndSaysSo() {
        change("name", field("Ada", Protection.PROTECTED));
        change("tone", field("dry", Protection.OPEN));
        List<ObjectNode> forgeries = new ArrayList<>();
        ObjectNode data = (ObjectNode) events.getLast().data();
        forgeries.add(data.deepCopy().put("prev", Identity.NONE));
        forgeries.add(data.deepCopy().put("version", 3));
        forgeries.add(data.deepCopy().put("sha256", Identity.NONE));
        ObjectNode value = data.deepCopy();
        ((ObjectNode) value.path("fields").path("name")).put("value", "Eve");
        forgeries.add(value);
        ObjectNode protection = data.deepCopy();
        ((ObjectNode) protection.path("fields").path("name")).put("protection", "open");
        forgeries.add(protection);
        ObjectNode none = data.deepCopy();
        ((ObjectNode) none.path("fields").path("name")).remove("sensitivity");
        forgeries.add(none);
        for (ObjectNode forged : forgeries) {
            Identity other = new Identity();
            other.accept(events.getFirst());
            other.accept(event(Draft.of(Identity.CHANGED, "owner", forged)));
            assertThatThrownBy(other::current).hasMessageContaining("the identity is damaged");
            assertThat(other.protection("tone")).as("nothing is open then").isEqualTo(Protection.FIXED);
            Identity restored = new Identity();
            restored.restore(other.save());
            assertThatThrownBy(restored::current).hasMessageContaining("the identity is damaged");
        }
    }

    @Test
    void anyHistoryFoldsToTheSameFromItsMiddleAndNeverMovesAFixedField() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        Map<String, String> fixed = new HashMap<>();
        Identity snapshot = new Identity();
        for (int i = 0; i < 300; i++) {
            String name = "f" + random.nextInt(6);
            Field field = random.nextInt(5) == 0
                    ? null
                    : field(
                            "v" + random.nextInt(4),
                            random.nextInt(40) == 0
                                    ? Protection.FIXED
                                    : (random.nextBoolean() ? Protection.OPEN : Protection.PROTECTED));
            try {
                change(name, field);
                assertThat(fixed).as("seed %s", seed).doesNotContainKey(name);
                if (field != null && field.protection() == Protection.FIXED) {
                    fixed.put(name, field.value());
                }
            } catch (TrustException e) {
                // Refused changes leave no trace; the next assertion would see one.
            }
            fixed.forEach((key, value) -> assertThat(identity.current().fields())
                    .as("seed %s", seed)
                    .containsEntry(key, field(value, Protection.FIXED)));
            if (i == 150) {
                snapshot.restore(identity.save());
            } else if (i > 150
                    && events.size() > 0
                    && snapshot.current().number() < identity.current().number()) {
                snapshot.accept(events.getLast());
            }
        }
        Identity again = new Identity();
        events.forEach(again);
        assertThat(again.save()).as("seed %s", seed).isEqualTo(identity.save()).isEqualTo(snapshot.save());
    }

    @Test
    void fieldsAboveTheCeilingAreNotShown() {
        change("name", new Field("Ada", Protection.OPEN, Sensitivity.PUBLIC));
        change("street", new Field("Elm", Protection.OPEN, Sensitivity.PRIVATE));
        change("diary", new Field("here", Protection.OPEN, Sensitivity.NEVER_SHARE));
        assertThat(identity.lines(Sensitivity.INTERNAL)).containsExactly("name: Ada");
        assertThat(identity.lines(Sensitivity.PRIVATE)).containsExactly("name: Ada", "street: Elm");
        assertThat(identity.lines(Sensitivity.SECRET)).hasSize(2);
    }
}
