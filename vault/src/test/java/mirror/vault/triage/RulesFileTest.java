package mirror.vault.triage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import mirror.bus.Seed;
import mirror.vault.triage.Entry.Obstacle;
import mirror.vault.triage.Entry.Place;
import org.junit.jupiter.api.Test;

/** What the owner may write into triage.yaml, and what is said of what he may not. */
final class RulesFileTest {
    private static final Path USER = Path.of("/home/ada");
    private static final String STAY = "\n  - {name: rest, to: stay, reason: nothing else fits}\n";

    private static Rules parse(String yaml) throws RulesFile.Faulty {
        return RulesFile.parse(yaml, USER);
    }

    private static void faulty(String yaml, String... words) {
        assertThatThrownBy(() -> parse(yaml))
                .isInstanceOf(RulesFile.Faulty.class)
                .message()
                .contains(words);
    }

    private static void ruleIsFaulty(String rule, String... words) {
        faulty("rules:\n  - " + rule + STAY, words);
    }

    @Test
    void theBuiltInRulesAreTenInOrderAndTheLastLeavesThingsWhereTheyAre() throws Exception {
        Rules rules = parse(Rules.DEFAULT);
        assertThat(rules.rules())
                .extracting(Rule::name)
                .containsExactly(
                        "bundles",
                        "folders",
                        "clippings",
                        "notes",
                        "documents",
                        "images",
                        "audio",
                        "video",
                        "data",
                        "rest");
        assertThat(rules.rules().getLast().to()).isNull();
        assertThat(rules.rules().getLast().when()).isEqualTo(Rule.When.ALWAYS);
        assertThat(rules.rules()).allMatch(rule -> !rule.reason().isBlank());
        assertThat(rules.inbox()).isEqualTo("Inbox");
        assertThat(rules.drop()).isTrue();
        assertThat(rules.pull()).isEmpty();
        assertThat(rules.every()).isEqualTo(Duration.ofMinutes(30));
        assertThat(rules.stable()).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void allFaultsOfAFileAreToldAtOnce() {
        faulty(
                """
                inbox: ../Inbox
                drop: maybe
                pull: [Downloads, "~/x"]
                every: 5s
                stable: soon
                colour: red
                types: {meeting: .git}
                rules:
                  - {name: Bad Name, when: {is: file}, to: "{week}", reason: x}
                  - {name: a, when: {is: thing, size: 3}, to: /etc, reason: ""}
                  - {name: a, when: {ending: []}, to: ../up, reason: x, note: y}
                  - {name: b, when: {property: x, larger: big}, to: A, unpack: B, reason: x}
                  - {name: c, to: A, reason: x}
                  - {name: d, to: stay, reason: x}
                """,
                "inbox: ",
                "drop must be true or false",
                "'Downloads' must be an absolute path",
                "every must be a time",
                "stable must be a time",
                "unknown key 'colour'",
                "types.meeting: '.git' leads out",
                "rule 1: name must be",
                "there is no {week}",
                "rule 'a': when.is must be one of file, folder, note, zip",
                "rule 'a': unknown key 'when.size'",
                "'/etc' must be folders of the vault",
                "rule 'a': reason must be",
                "when.ending must name at least one",
                "rule 'a': unknown key 'note'",
                "'../up' leads out of the vault",
                "two rules named 'a'",
                "when.property must be a mapping",
                "when.larger must be a size",
                "unpack needs 'is: zip'",
                "rule 5: it fits everything, and no rule after it is ever reached");
    }

    @Test
    void whatIsNoYamlOrNoRulesIsOneSentence() {
        faulty("rules: [", "it is not YAML");
        faulty("- a", "not a mapping");
        faulty("", "not a mapping");
        faulty("inbox: In", "rules must be a list");
        faulty("rules: [1]", "rule 1 is not a mapping");
        faulty("rules: []", "rules must be a list");
        faulty("a: 1\na: 2\nrules: []", "it is not YAML");
        faulty("x".repeat(RulesFile.MAX_BYTES + 1), "larger than 256 KB");
        faulty("[".repeat(20_000), "it is not YAML");
    }

    @Test
    void noRuleLeadsBackIntoTheInboxAsAThingToBeTaken() throws Exception {
        ruleIsFaulty("{name: a, when: {is: file}, to: Inbox, reason: x}", "lies in the inbox");
        ruleIsFaulty("{name: a, when: {is: file}, to: 'Inbox/{year}', reason: x}", "lies in the inbox");
        faulty("types: {a: Inbox/A}\nrules:" + STAY, "lies in the inbox");
        assertThat(parse("rules:\n  - {name: a, when: {is: file}, to: Inbox/Unsorted/, reason: x}" + STAY)
                        .filled())
                .containsExactly("Unsorted");
    }

    @Test
    void noFolderIsEmptiedThatHoldsAWholeHome() throws Exception {
        for (String folder : List.of("/", "/home", "/home/ada", "~/", "~/x/..", "/home/ada/./")) {
            faulty("pull: ['" + folder + "']\nrules:" + STAY, "home folder or above it");
        }
        faulty("pull: [~/a, ~/a/b]\nrules:" + STAY, "lies in another one");
        faulty("pull: [~/a, /home/ada/a]\nrules:" + STAY, "named twice");
        assertThat(parse("pull: ~/Downloads/mirror\nrules:" + STAY).pull())
                .containsExactly(Path.of("/home/ada/Downloads/mirror"));
    }

    @Test
    void everyConditionMustHold() throws Exception {
        Entry file = entry("Report 2026.PDF", 2_000_000);
        Content pdf = new Content("application/pdf", "", Map.of(), List.of());
        Content note = new Content(
                "text/plain",
                "see the invoice",
                Map.of("type", List.of("Meeting"), "status", List.of("", "done")),
                List.of("work/acme", "x"));
        assertThat(fits("ending: [pdf, doc]", file, pdf)).isTrue();
        assertThat(fits("ending: .PDF", file, pdf)).isTrue();
        assertThat(fits("ending: doc", file, pdf)).isFalse();
        assertThat(fits("name: [\"report *.pdf\"]", file, pdf)).isTrue();
        assertThat(fits("name: \"report?.pdf\"", file, pdf)).isFalse();
        assertThat(fits("type: \"application/*\"", file, pdf)).isTrue();
        assertThat(fits("type: \"image/*\", ending: pdf", file, pdf)).isFalse();
        assertThat(fits("larger: 1MB, smaller: 2MB", file, pdf)).isTrue();
        assertThat(fits("larger: 2 MB", file, pdf)).isFalse();
        assertThat(fits("from: [pull, root]", file, pdf)).isFalse();
        assertThat(fits("from: inbox", file, pdf)).isTrue();
        assertThat(fits("is: note", file, note)).isFalse();
        Entry md = entry("a.md", 10);
        assertThat(fits("is: note, text: INVOICE", md, note)).isTrue();
        assertThat(fits("text: receipt", md, note)).isFalse();
        assertThat(fits("property: {Type: \"meet*\"}", md, note)).isTrue();
        assertThat(fits("property: {status: \"*\"}", md, note)).isTrue();
        assertThat(fits("property: {status: open}", md, note)).isFalse();
        assertThat(fits("property: {other: \"*\"}", md, note)).isFalse();
        assertThat(fits("tag: \"#Work\"", md, note)).isTrue();
        assertThat(fits("tag: [wor]", md, note)).isFalse();
    }

    private static boolean fits(String when, Entry entry, Content content) throws RulesFile.Faulty {
        return parse("rules:\n  - {name: a, when: {" + when + "}, to: A, reason: x}" + STAY)
                .rules()
                .getFirst()
                .fits(entry, content);
    }

    private static Entry entry(String name, long bytes) {
        return new Entry(
                Place.INBOX,
                Path.of("/v/Inbox", name),
                false,
                bytes,
                1,
                Instant.parse("2026-02-03T04:05:06Z"),
                "s",
                new Obstacle.None());
    }

    @Test
    void aPlaceInATemplateIsFilledWithWhatIsKnownOrNothingMoves() throws Exception {
        Content note = new Content("text/plain", "", Map.of("type", List.of("[[Meeting]]")), List.of());
        assertThat(Destination.parse("A/{year}-{month}/{day} {type}/")
                        .of(entry("a.md", 1), note, Map.of("meeting", "Meetings"), ZoneOffset.UTC))
                .isEqualTo("A/2026-02/03 Meetings");
        assertThatThrownBy(() -> Destination.parse("{type}").of(entry("a.md", 1), note, Map.of(), ZoneOffset.UTC))
                .hasMessageContaining("no folder under 'types:'");
        assertThatThrownBy(() ->
                        Destination.parse("{type}").of(entry("a.md", 1), Content.FOLDER, Map.of(), ZoneOffset.UTC))
                .hasMessageContaining("has no 'type'");
    }

    @Test
    void noTextMakesTheReaderFailInAnotherWayThanBySayingWhatIsWrong() {
        Seed seed = Seed.fresh();
        RandomGenerator random = seed.random();
        String sound = Rules.DEFAULT;
        String signs = ":{}[]-,'\"\\\n\t #&*!|>%@`~/.\u0000\u202e\ud83d";
        for (int i = 0; i < 1_000; i++) {
            StringBuilder text = new StringBuilder(sound);
            for (int n = 1 + random.nextInt(4); n > 0; n--) {
                int at = random.nextInt(text.length());
                switch (random.nextInt(3)) {
                    case 0 -> text.setCharAt(at, signs.charAt(random.nextInt(signs.length())));
                    case 1 -> text.delete(at, Math.min(text.length(), at + random.nextInt(30)));
                    default -> text.insert(at, text.substring(at, Math.min(text.length(), at + random.nextInt(200))));
                }
            }
            try {
                Rules rules = parse(text.toString());
                // What passes is safe, whatever it says.
                for (Rule rule : rules.rules()) {
                    for (Destination to : Rules.destinations(rule)) {
                        assertThat(to.template())
                                .as(seed.toString())
                                .doesNotContain("..")
                                .doesNotStartWith("/");
                    }
                }
            } catch (RulesFile.Faulty e) {
                assertThat(e.getMessage()).as(seed.toString()).isNotBlank();
            }
        }
    }

    @Test
    void aPatternMatchesAsPeopleExpectAndInTimeThatIsBounded() {
        assertThat(new Glob("*").matches("")).isTrue();
        assertThat(new Glob("a*b*c").matches("aXXbYYbc")).isTrue();
        assertThat(new Glob("a*b*c").matches("aXXbYY")).isFalse();
        assertThat(new Glob("?").matches("")).isFalse();
        assertThat(new Glob("a.b").matches("axb")).isFalse();
        assertThat(new Glob("*a".repeat(1_000) + "b").matches("a".repeat(20_000)))
                .isFalse();
    }
}
