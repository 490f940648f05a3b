package mirror.pulse.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.random.RandomGenerator;
import mirror.bus.DiskStorage;
import mirror.bus.Draft;
import mirror.bus.EventLog;
import mirror.bus.Home;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import mirror.bus.Projector;
import mirror.bus.Seed;
import mirror.pulse.stats.TextCheck.Found;
import mirror.pulse.stats.TextCheck.Verdict;
import mirror.trust.DeviceKey;
import mirror.trust.TrustException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TextCheckTest {
    private static final List<Definition> ALL = List.of(
            Definition.of("events", "event", "count *", "Events."),
            Definition.of("turns", "turn", "count turn.ended.v1", "Turns."),
            Definition.of("tokens", "token", "sum in of calls.completed.v1 each calls", "Tokens."),
            Definition.of("false-restarts", "restart", "unknown no event says so", "False restarts."));
    private static final String TEXT = """
            # Figures

            There were **0** <!-- mirror:stats turns --> turns and <b>1</b><!-- mirror:stats tokens --> tokens,
            and false restarts are <!-- mirror:stats false-restarts -->.
            """;
    private static final String DATED = TEXT + "As of <!-- mirror:stats date -->.\n";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private volatile Instant now = Instant.parse("2026-05-01T08:00:00Z");

    /** One Mirror: its key, its log and its numbers. */
    private final class Owner {
        final Stats stats = new Stats(ALL);
        final DeviceKey key;
        final EventLog log;
        final Projector projector;

        Owner(String name) throws IOException {
            Home home = new Home(folder.resolve(name));
            key = DeviceKey.create(home.keys().resolve("device.key"));
            log = EventLog.open(home, name + "-" + key.shortId(), new DiskStorage(), () -> now, key);
            projector = new Projector(log, List.of(stats));
            projector.catchUp();
            for (int i = 0; i < 3; i++) {
                turn();
            }
            projector.record(Draft.of(
                    "mirror.calls.completed.v1",
                    "daemon",
                    Json.MAPPER.readTree("{\"calls\": [{\"in\": 1234567}]}")
                                    instanceof tools.jackson.databind.node.ObjectNode data
                            ? data
                            : Json.object()));
        }

        void turn() {
            projector.record(Draft.of("mirror.turn.ended.v1", "daemon", Json.object()));
        }

        NoteKey verifier() {
            return key.key(log.origin());
        }

        String fill(String text) {
            return Filling.of(MarkedText.of(text), stats.report(), key);
        }

        List<Found> check(String text) {
            return TextCheck.of(MarkedText.of(text), null, verifier(), log);
        }
    }

    @SuppressWarnings("NullAway.Init")
    private Owner ada;

    @SuppressWarnings("NullAway.Init")
    private Owner bob;

    @BeforeEach
    void open() throws IOException {
        ada = new Owner("ada");
        bob = new Owner("bob");
    }

    @AfterEach
    void close() {
        ada.log.close();
        bob.log.close();
    }

    private static List<Verdict> verdicts(List<Found> found) {
        return found.stream().map(Found::verdict).toList();
    }

    @Test
    void whatWasFilledInHoldsAndReadsAsPeopleWriteNumbers() {
        String filled = ada.fill(DATED);
        assertThat(filled)
                .contains("There were **3** <!-- mirror:stats turns @5 -->")
                .contains("<b>1,234,567</b><!-- mirror:stats tokens @5 --> tokens")
                .contains("false restarts are unknown<!-- mirror:stats false-restarts @5 -->")
                .contains("As of 2026-05-01<!-- mirror:stats date @5 -->.");
        assertThat(verdicts(ada.check(filled))).hasSize(4).containsOnly(Verdict.HOLDS);
        assertThat(ada.fill(filled)).as("again").isEqualTo(filled);
    }

    @Test
    void aNumberThatGrewIsStaleUnlessItsDayStandsWithIt() {
        String undated = ada.fill(TEXT);
        String dated = ada.fill(DATED);
        ada.turn();
        assertThat(ada.check(undated)).anySatisfy(each -> {
            assertThat(each.name()).isEqualTo("turns");
            assertThat(each.verdict()).isEqualTo(Verdict.STALE);
            assertThat(each.sentence()).contains("it was true as of event 5, 2026-05-01; now it is 4");
            assertThat(each.place()).isEqualTo(new MarkedText.Place(3, 18));
        });
        assertThat(verdicts(ada.check(dated)))
                .containsExactly(Verdict.DATED, Verdict.HOLDS, Verdict.HOLDS, Verdict.HOLDS);
        assertThat(verdicts(ada.check(dated.replace("As of 2026-05-01", "As of 2026-05-02"))))
                .containsExactly(Verdict.STALE, Verdict.HOLDS, Verdict.HOLDS, Verdict.WRONG);
    }

    @Test
    void aTamperedNumberIsWrongAtItsPlace() {
        String filled = ada.fill(TEXT);
        assertThat(ada.check(filled.replace("1,234,567", "9,234,567"))).anySatisfy(each -> {
            assertThat(each.name()).isEqualTo("tokens");
            assertThat(each.verdict()).isEqualTo(Verdict.WRONG);
            assertThat(each.sentence()).contains("the text says 9,234,567").contains("signed for event 5 is 1234567");
            assertThat(each.place().line()).isEqualTo(3);
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "1,234,567; HOLDS",
                "1234567; HOLDS",
                "1_234_567; HOLDS",
                "1'234'567; HOLDS",
                "12,34567; WRONG",
                "1,234_567; WRONG",
                "1.234.567; WRONG",
                "1234567.0; HOLDS",
                "1234567.1; WRONG",
                "-1234567; WRONG",
                "91,234,567; WRONG",
                "v1234567; WRONG",
                "about; WRONG",
                "unknown; WRONG",
                "0x1234567; WRONG"
            })
    void aNumberIsReadInOneWayOrNotAtAll(String word, Verdict verdict) {
        String filled = ada.fill(TEXT).replace("1,234,567", word);
        assertThat(ada.check(filled).stream().filter(each -> each.name().equals("tokens")))
                .singleElement()
                .satisfies(
                        each -> assertThat(each.verdict()).as(each.sentence()).isEqualTo(verdict));
    }

    @Test
    void noChangedCharacterOfTheSignedStatementIsTaken() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        String filled = ada.fill(DATED);
        int from = filled.indexOf("mirror:signed ") + "mirror:signed ".length();
        int to = filled.indexOf(" -->", from);
        for (int i = 0; i < 300; i++) {
            int at = from + random.nextInt(to - from);
            char other = (char) ('!' + random.nextInt(90));
            if (other == filled.charAt(at)) {
                continue;
            }
            String broken = filled.substring(0, at) + other + filled.substring(at + 1);
            List<Found> found = ada.check(broken);
            assertThat(verdicts(found))
                    .as(seed + ", '" + other + "' at " + at)
                    .contains(Verdict.BAD_SIGNATURE)
                    .doesNotContain(Verdict.HOLDS, Verdict.DATED);
        }
    }

    @Test
    void numbersOfAnotherLogAreNotThisOnes() {
        String filled = bob.fill(TEXT);
        assertThat(verdicts(ada.check(filled)))
                .contains(Verdict.BAD_SIGNATURE, Verdict.UNSIGNED)
                .doesNotContain(Verdict.HOLDS);
        // The same key over a history that this log does not have.
        Report report = ada.stats.report();
        String forged = new Report(
                        new Head(
                                report.head().origin(),
                                4,
                                "f".repeat(64),
                                report.head().time()),
                        report.figures())
                .signed(ada.key);
        String text = "3<!-- mirror:stats turns @4 -->\n<!-- mirror:signed " + forged.strip() + " -->\n";
        assertThat(ada.check(text))
                .allSatisfy(each -> assertThat(each.verdict()).isEqualTo(Verdict.FOREIGN));
    }

    @Test
    void whatWasSignedAndIsNotInTheLogIsNotBelieved() {
        Report report = ada.stats.report();
        Figure lie = new Figure("turns", Value.of(99), "turn", "Turns.", "count turn.ended.v1");
        String signed = new Report(report.head(), List.of(lie)).signed(ada.key).strip();
        String text = "99<!-- mirror:stats turns -->\n<!-- mirror:signed " + signed + " -->\n";
        assertThat(verdicts(ada.check(text))).containsExactly(Verdict.CONTRADICTED);
    }

    @Test
    void withoutTheLogTheSignatureAloneIsEnoughForADatedNumberOnly() {
        assertThat(verdicts(TextCheck.of(MarkedText.of(ada.fill(DATED)), null, ada.verifier(), null)))
                .containsExactly(Verdict.DATED, Verdict.DATED, Verdict.DATED, Verdict.HOLDS);
        assertThat(verdicts(TextCheck.of(MarkedText.of(ada.fill(TEXT)), null, ada.verifier(), null)))
                .containsOnly(Verdict.SIGNED);
        assertThat(verdicts(TextCheck.of(MarkedText.of(ada.fill(DATED)), null, bob.verifier(), null)))
                .doesNotContain(Verdict.DATED, Verdict.HOLDS);
    }

    @Test
    void anUnknownNameAndAMarkWithoutStatementAreTold() {
        String filled = ada.fill(TEXT);
        assertThat(verdicts(ada.check(filled.replace("stats turns @5", "stats users @5"))))
                .contains(Verdict.UNKNOWN_NAME);
        assertThat(verdicts(ada.check(filled.replace("stats turns @5", "stats turns @3"))))
                .contains(Verdict.UNSIGNED);
        assertThat(verdicts(ada.check("5 <!-- mirror:stats events -->"))).containsExactly(Verdict.UNSIGNED);
        assertThat(verdicts(ada.check("5 <!-- mirror:statistics -->"))).containsExactly(Verdict.WRONG);
        assertThat(ada.check("5 <!-- nothing of Mirror's -->")).isEmpty();
        assertThatThrownBy(() -> ada.fill("5 <!-- mirror:stats users -->"))
                .hasMessage("line 1, column 3: there is no number 'users'");
    }

    @Test
    void aStatementBesideTheTextCountsToo() {
        String text = "3<!-- mirror:stats turns -->";
        assertThat(verdicts(
                        TextCheck.of(MarkedText.of(text), ada.stats.report().signed(ada.key), ada.verifier(), ada.log)))
                .containsExactly(Verdict.HOLDS);
    }

    @Test
    void examplesInCodeBlocksAreNoMarks() {
        assertThat(MarkedText.of("```\n5 <!-- mirror:stats events -->\n```\n").marks())
                .isEmpty();
        assertThat(MarkedText.of("~~~\n```\n5 <!-- mirror:stats events -->\n").marks())
                .isEmpty();
        assertThat(MarkedText.of("```\n```\n5 <!-- mirror:stats events -->\n").marks())
                .hasSize(1);
        assertThat(MarkedText.of("```a`b\n5 <!-- mirror:stats events -->\n").marks())
                .as("inline code, not a block")
                .hasSize(1);
    }

    /** A hostile text costs a moment, whatever it is made of. */
    @ParameterizedTest
    @CsvSource({
        "<!-- mirror:",
        "<!-- mirror:stats events -->",
        "</b>",
        "1,1",
        "<!-- mirror:signed {",
        "```\\n",
        "*",
        "<"
    })
    void aTextOfAnythingIsReadOrRefusedAtOnce(String piece) {
        String text = piece.repeat(MarkedText.LONGEST / piece.length()) + "<!-- mirror:stats events -->";
        try {
            assertThat(TextCheck.of(
                            MarkedText.of(text.substring(text.length() - MarkedText.LONGEST)),
                            null,
                            ada.verifier(),
                            ada.log))
                    .noneMatch(each -> each.verdict().isGood());
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageStartingWith("the text has more than");
        }
    }

    @Test
    void aTextThatIsTooLongIsRefused() {
        assertThatThrownBy(() -> MarkedText.of("x".repeat(MarkedText.LONGEST + 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("longer than");
    }

    @Test
    void aStatementOfSomethingElseIsNotOne() {
        assertThatThrownBy(() -> Report.open(
                        new mirror.trust.Statement(
                                        List.of(new mirror.trust.Statement.Subject("x", "0".repeat(64))),
                                        "https://example.org/other",
                                        Json.object().put("a", 1))
                                .signed(ada.key)
                                .getBytes(StandardCharsets.UTF_8),
                        ada.verifier()))
                .isInstanceOf(TrustException.class)
                .hasMessageContaining("not numbers of Mirror");
    }
}
