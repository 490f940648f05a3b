package mirror.vault.canon;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import mirror.bus.AtomicFiles;
import mirror.trust.Sensitivity;
import mirror.vault.Note;
import mirror.vault.NoteParser;
import mirror.vault.canon.Canon.Notes;
import mirror.vault.canon.Canon.Part;
import mirror.vault.canon.Claim.Standing;
import mirror.vault.canon.Claims.Known;
import org.junit.jupiter.api.Test;

/** The notes that follow from claims, and which claims cannot both be true. */
final class CanonTest {
    private static final long SEED = Long.getLong("mirror.seed", System.nanoTime());
    private static final Instant TIME = Instant.parse("2026-04-01T10:00:00Z");

    private static Evidence evidence(String name, Sensitivity sensitivity) {
        String sha256 = AtomicFiles.digest(name.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        return new Evidence(sha256, name, "/notes/" + name, 9, sensitivity, TIME, "owner", sha256);
    }

    private static Claim claim(
            Evidence evidence, String about, String says, Standing standing, String key, String value) {
        Claim.Draft draft = new Claim.Draft(evidence.sha256(), "a quote of it", about, says, standing, key, value);
        return new Claim(
                Claim.id(draft), evidence.sha256(), draft.quote(), 1, about, says, standing, key, value, TIME, "owner");
    }

    private static Claim claim(String about, String says) {
        return claim(evidence("e", Sensitivity.INTERNAL), about, says, Standing.FACT, "", "");
    }

    private static Part part(Notes notes, String name) {
        return Objects.requireNonNull(notes.parts().get("Mirror/canon/" + name));
    }

    private static Known known(List<Evidence> evidence, List<Claim> claims) {
        Known known = new Known(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
        evidence.forEach(each -> known.evidence().put(each.sha256(), each));
        claims.forEach(each -> known.claims().put(each.id(), each));
        return known;
    }

    @Test
    void theSameClaimsGiveTheSameBytesInWhateverOrderTheyCame() {
        Random random = new Random(SEED);
        List<Evidence> sources = List.of(evidence("a", Sensitivity.INTERNAL), evidence("b", Sensitivity.SECRET));
        List<Claim> claims = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            claims.add(claim(
                    sources.get(random.nextInt(2)),
                    "thing " + random.nextInt(5),
                    "says " + random.nextInt(1_000),
                    List.of(Standing.values()).get(random.nextInt(3)),
                    "",
                    ""));
        }
        Notes first = Canon.of(known(sources, claims));
        Collections.shuffle(claims, random);
        assertThat(Canon.of(known(sources, claims))).as("seed %s", SEED).isEqualTo(first);
        assertThat(first.parts()).isNotEmpty();
    }

    @Test
    void noTextOfOthersIsAnythingButItselfInANote() {
        Random random = new Random(SEED);
        String odd =
                "[[x]] ![[y]] #tag `c` %%z%% <!-- /mirror:canon --> ^id --- \" \\ \n \r \t \u0007 \u2028 {{t}} $m$ | * _ ~ = é 中 \ud83d\ude00 \ud800";
        for (int round = 0; round < 500; round++) {
            StringBuilder text = new StringBuilder("w");
            for (int n = random.nextInt(60); n > 0; n--) {
                int at = random.nextInt(odd.length());
                text.append(odd, at, Math.min(odd.length(), at + random.nextInt(12)));
            }
            Evidence source = evidence(text.toString(), Sensitivity.INTERNAL);
            Claim claim = claim(source, text.toString(), text.toString(), Standing.FACT, "k" + text, text.toString());
            Notes notes = Canon.of(known(List.of(source), List.of(claim)));
            String part = notes.parts().values().iterator().next().head()
                    + notes.parts().values().iterator().next().text();
            check(part, Canon.claimPath(claim), Canon.evidencePath(source));
            check(Objects.requireNonNull(notes.whole().get(Canon.claimPath(claim))), "", Canon.evidencePath(source));
            check(Canon.evidence(source, text.toString()), "", "");
        }
    }

    private static void check(String text, String... targets) {
        assertThat(text).as("seed %s", SEED).doesNotContain(Canon.END).doesNotContain(Canon.BEGIN);
        Note note = NoteParser.parse(text);
        assertThat(note.fault()).as("seed %s in %s", SEED, text).isEmpty();
        assertThat(note.tags()).as("seed %s in %s", SEED, text).isEmpty();
        assertThat(note.links())
                .as("seed %s in %s", SEED, text)
                .allMatch(link -> List.of(targets).contains(link.target() + ".md"));
    }

    @Test
    void everySentenceNamesItsClaimAndItsEvidenceAndSaysWhatSpeaksAgainstIt() {
        Evidence source = evidence("manual.md", Sensitivity.INTERNAL);
        Claim one = claim(source, "Server", "It listens on 5432.", Standing.FACT, "port", "5432");
        Claim other = claim(source, "Server", "It may listen on 5433.", Standing.ESTIMATE, "port", "5433");
        Known known = known(List.of(source), List.of(one, other));
        known.disputes().put(one.id(), new TreeMap<>(java.util.Map.of(other.id(), "another value")));
        String text = part(Canon.of(known), "Server.md").text();
        assertThat(text)
                .contains("## Facts\n\n- It listens on 5432. ([[Mirror/claims/" + one.id() + "|")
                .contains("[[Mirror/evidence/manual.md " + source.id() + "#^p1|manual.md]]")
                .contains("**Disputed** by [[Mirror/claims/" + other.id() + "|")
                .contains("## Estimates\n\n- It may listen on 5433.");
    }

    @Test
    void whatIsMoreThanInternalStandsInANoteThatSaysSo() {
        Evidence open = evidence("a", Sensitivity.INTERNAL);
        Evidence secret = evidence("b", Sensitivity.SECRET);
        Notes notes = Canon.of(known(
                List.of(open, secret),
                List.of(
                        claim(open, "Server", "It is grey.", Standing.FACT, "", ""),
                        claim(secret, "Server", "Its door has no lock.", Standing.FACT, "", ""))));
        assertThat(notes.parts().keySet()).containsExactly("Mirror/canon/Server (secret).md", "Mirror/canon/Server.md");
        assertThat(part(notes, "Server.md").text()).doesNotContain("lock");
        assertThat(NoteParser.parse(part(notes, "Server (secret).md").head()).sensitivity())
                .isEqualTo("secret");
        notes.whole().forEach((path, text) -> {
            if (text.contains("lock")) {
                assertThat(NoteParser.parse(text).sensitivity()).as(path).isEqualTo("secret");
            }
        });
    }

    @Test
    void thingsWhoseNamesCannotBeThoseOfFilesHaveNotesOfTheirOwn() {
        Notes notes = Canon.of(known(
                List.of(evidence("e", Sensitivity.INTERNAL)),
                List.of(claim("a/b", "One."), claim("a:b", "Two."), claim("a-b", "Three."), claim("../x", "Four."))));
        assertThat(notes.parts()).hasSize(4);
        assertThat(notes.parts().keySet())
                .allMatch(path -> path.matches("Mirror/canon/[^/\\\\:]+\\.md"))
                .contains("Mirror/canon/a-b.md")
                .noneMatch(path -> path.contains("/."));
    }

    @Test
    void aParagraphHasTheNumberThatItsViewGivesIt() {
        String text = "---\nx: 1\n---\n\nfirst one\nstill\n\n \n\nsecond\r\n\r\nthird";
        String view = Canon.evidence(evidence("e", Sensitivity.INTERNAL), text);
        for (String word : List.of("first", "still", "second", "third")) {
            int block = Canon.paragraph(text, text.indexOf(word));
            String before = view.substring(view.indexOf(word));
            assertThat(before.substring(before.indexOf("^p"))).as(word).startsWith("^p" + block + "\n");
        }
        assertThat(NoteParser.parse(view).blocks()).containsExactlyInAnyOrder("p1", "p2", "p3", "p4");
    }

    @Test
    void contradictionsOfFormAreFoundAndAgreementIsNone() {
        assertThat(why("It listens on 5432.", "It listens on 5433.")).isNotEmpty();
        assertThat(why("The mast is made of wood.", "The mast is not made of wood."))
                .isNotEmpty();
        assertThat(why("The pump needs oil.", "The pump does not need oil.")).isNotEmpty();
        assertThat(why("It listens on 5432.", "it listens on 5432")).isEmpty();
        assertThat(why("The mast is made of wood.", "The boom is made of wood."))
                .isEmpty();
        assertThat(why("There were 3 in 2025.", "There were 3 in 2025!")).isEmpty();
        Evidence source = evidence("e", Sensitivity.INTERNAL);
        Claim one = claim(source, "Server", "Listens there.", Standing.FACT, "port", "5432");
        assertThat(Contradictions.between(one, claim(source, "server", "Is there.", Standing.FACT, "Port", "5433")))
                .isNotEmpty();
        assertThat(Contradictions.between(one, claim(source, "Server", "Is there.", Standing.FACT, "port", "5432")))
                .isEmpty();
        assertThat(Contradictions.between(one, claim(source, "Other", "Is there.", Standing.FACT, "port", "5433")))
                .isEmpty();
        assertThat(Contradictions.between(one, one)).isEmpty();
    }

    private static String why(String one, String other) {
        String found = Contradictions.between(claim("x", one), claim("x", other));
        assertThat(Contradictions.between(claim("x", other), claim("x", one))).isEqualTo(found);
        return found;
    }
}
