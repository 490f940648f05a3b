package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import mirror.bus.AtomicFiles;
import mirror.surface.cli.TestMirror.Answer;
import mirror.vault.canon.Claims;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Evidence, claims and canon as their owner handles them. */
final class CanonCommandTest extends MirrorTest {
    private static final long SEED = Long.getLong("mirror.seed", System.nanoTime());

    @SuppressWarnings("NullAway.Init")
    private Path vault;

    @BeforeEach
    void open() throws Exception {
        vault = mirror.root().resolve("vault");
        Files.createDirectories(vault);
    }

    private String add(String name, String text) throws Exception {
        Files.writeString(vault.resolve(name), text);
        Answer answer = mirror.run("canon", "add", vault.resolve(name).toString());
        assertThat(answer.exit()).as(answer.text()).isZero();
        return AtomicFiles.digest(text.getBytes(StandardCharsets.UTF_8)).substring(0, 12);
    }

    private Answer claim(String evidence, String about, String says, String quote, String... more) throws Exception {
        List<String> args = new ArrayList<>(List.of(about, "--says", says, "--quote", quote));
        args.addFirst("--about");
        args.addFirst(evidence);
        args.addFirst("claim");
        args.addAll(List.of(more));
        return mirror.run("canon", args.toArray(String[]::new));
    }

    private String canon(String name) throws Exception {
        return Files.readString(vault.resolve("Mirror/canon").resolve(name));
    }

    private Map<String, String> notes() throws Exception {
        Map<String, String> notes = new TreeMap<>();
        try (var files = Files.walk(vault.resolve("Mirror"))) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                notes.put(vault.relativize(file).toString(), Files.readString(file));
            }
        }
        return notes;
    }

    @Test
    void aClaimIsAdmittedWithItsQuoteAndShownWithWhereItStands() throws Exception {
        String evidence = add("server.md", "# Server\n\nThe database listens on port 5432\nof the loopback.\n");
        Answer answer = claim(evidence, "Server", "The database listens on port 5432.", "listens on port 5432\nof the");
        assertThat(answer.exit()).as(answer.text()).isZero();
        assertThat(answer.text()).contains("FACT  Server: The database listens on port 5432.");
        assertThat(canon("Server.md"))
                .startsWith("---\nkind: canon\nabout: \"Server\"\n")
                .contains("- The database listens on port 5432. ([[Mirror/claims/")
                .contains("#^p2|server.md]]");
        assertThat(notes().keySet())
                .contains("Mirror/claims.base", "Mirror/evidence.base", "Mirror/canon.base")
                .hasSize(6);
        Answer again = claim(evidence, "Server", "The database listens on port 5432.", "listens on port 5432\nof the");
        assertThat(again.exit()).isZero();
        assertThat(mirror.run("canon").text().lines()).hasSize(1);
    }

    @Test
    void noClaimIsAdmittedWhoseQuoteIsNotInTheEvidenceAsItStands() throws Exception {
        Random random = new Random(SEED);
        String text =
                "The tide at the north pier turns at 04:17 on the third day after full moon, and the bell is rung twice.";
        String evidence = add("tide.md", text);
        for (int round = 0; round < 200; round++) {
            int from = random.nextInt(text.length() - 20);
            StringBuilder quote = new StringBuilder(text.substring(from, from + 12 + random.nextInt(8)));
            int at = random.nextInt(quote.length());
            switch (random.nextInt(4)) {
                case 0 -> quote.setCharAt(at, quote.charAt(at) == 'x' ? 'y' : 'x');
                case 1 -> quote.deleteCharAt(at);
                case 2 -> quote.insert(at, ' ');
                default -> quote.append('?');
            }
            if (!text.contains(quote)) {
                Answer answer = claim(evidence, "Tide", "It turns.", quote.toString());
                assertThat(answer.exit()).as("seed %s: %s", SEED, quote).isEqualTo(1);
            }
        }
        assertThat(claim("ffff", "Tide", "It turns.", "turns at 04:17").error()).contains("there is no evidence");
        assertThat(claim(evidence, "Tide", "It turns.", "turns at").exit()).isZero();
        assertThat(claim(evidence, "Tide", "It turns.", "bell").error()).contains("too short");
        assertThat(claim(evidence, "Tide", "It turns at 05:17.", "turns at 04:17")
                        .error())
                .contains("no number");
        assertThat(claim(evidence, "Tide", "It turns at 05:17.", "turns at 04:17", "--standing", "estimate")
                        .exit())
                .isZero();
        assertThat(claim(evidence, "", "It turns.", "turns at 04:17").exit()).isEqualTo(1);
        assertThat(claim(evidence, "Tide", "It turns.", "turns at 04:17", "--standing", "sure")
                        .exit())
                .isEqualTo(2);
    }

    @Test
    void contradictionsAreMarkedOnBothSidesAndNothingGoes() throws Exception {
        String evidence = add("a.md", "The port is 5432 they say. Others say the port is 5433 now.");
        claim(evidence, "Server", "The port is 5432.", "The port is 5432", "--key", "port", "--value", "5432");
        claim(evidence, "Server", "The port is 5433.", "the port is 5433", "--key", "port", "--value", "5433");
        assertThat(mirror.run("canon", "claims").text().lines().filter(line -> line.contains("disputed by")))
                .hasSize(2);
        assertThat(canon("Server.md").lines().filter(line -> line.contains("**Disputed**")))
                .hasSize(2);
        String other = add("b.md", "The port was never opened to anybody.");
        claim(other, "Server", "The port was never opened.", "The port was never opened");
        String[] ids = mirror.run("canon", "claims")
                .text()
                .lines()
                .filter(line -> !line.startsWith(" "))
                .map(line -> line.split(" ", 2)[0])
                .toArray(String[]::new);
        assertThat(mirror.run("canon", "dispute", ids[0], ids[2], "an unopened port has no number")
                        .exit())
                .isZero();
        assertThat(mirror.run("canon", "dispute", ids[0], ids[0], "no").exit()).isEqualTo(1);
        assertThat(ids).hasSize(3);
    }

    @Test
    void whatTheOwnerWritesOutsideTheMarksStaysByteForByte() throws Exception {
        String evidence = add("a.md", "The mast is made of spruce. The boom is made of ash.");
        claim(evidence, "Boat", "The mast is made of spruce.", "mast is made of spruce");
        Path note = vault.resolve("Mirror/canon/Boat.md");
        byte[] mine = "\r\nMy own words: \u00e9 \ufeff".getBytes(StandardCharsets.UTF_8);
        byte[] odd = {(byte) 0xff, (byte) 0xfe, 0};
        byte[] old = Files.readAllBytes(note);
        byte[] edited = new byte[mine.length + odd.length + old.length];
        System.arraycopy(old, 0, edited, 0, old.length);
        System.arraycopy(mine, 0, edited, old.length, mine.length);
        System.arraycopy(odd, 0, edited, old.length + mine.length, odd.length);
        Files.write(note, edited);
        Files.setLastModifiedTime(
                note, FileTime.from(mirror.core().clock().instant().minusSeconds(3600)));
        claim(evidence, "Boat", "The boom is made of ash.", "boom is made of ash");
        byte[] now = Files.readAllBytes(note);
        assertThat(new String(now, StandardCharsets.UTF_8)).contains("The boom is made of ash.");
        assertThat(now).endsWith(odd);
        assertThat(new String(now, StandardCharsets.ISO_8859_1))
                .contains(new String(mine, StandardCharsets.ISO_8859_1));
        mirror.run("canon", "build");
        assertThat(Files.readAllBytes(note)).isEqualTo(now);
    }

    @Test
    void notesThatWereLostAreMadeAgainByteForByte() throws Exception {
        String evidence = add("a.md", "The mast is made of spruce. The boom is made of ash.");
        claim(evidence, "Boat", "The mast is made of spruce.", "mast is made of spruce");
        claim(evidence, "Boat", "The boom is made of ash.", "boom is made of ash", "--standing", "unknown");
        Map<String, String> before = notes();
        for (String path : before.keySet()) {
            Files.delete(vault.resolve(path));
        }
        mirror.run("canon", "build");
        assertThat(notes()).isEqualTo(before);
        assertThat(mirror.run("canon", "build").text()).isEqualTo("0 notes written\n");
    }

    @Test
    void aNoteOfAClaimThatWasEditedIsLeftAndTold() throws Exception {
        String evidence = add("a.md", "The mast is made of spruce.");
        claim(evidence, "Boat", "The mast is made of spruce.", "mast is made of spruce");
        Path note = vault.resolve(notes().keySet().stream()
                .filter(path -> path.startsWith("Mirror/claims/"))
                .findFirst()
                .orElseThrow());
        Files.writeString(note, "mine now");
        Answer answer = mirror.run("canon", "build");
        assertThat(answer.exit()).isEqualTo(1);
        assertThat(answer.text()).contains("was edited");
        assertThat(note).hasContent("mine now");
    }

    @Test
    void evidenceWhoseSourceChangedFlagsWhatRestsOnItUntilItIsAsItWas() throws Exception {
        String evidence = add("a.md", "The mast is made of spruce.");
        claim(evidence, "Boat", "The mast is made of spruce.", "mast is made of spruce");
        assertThat(mirror.run("canon", "check").exit()).isZero();
        Files.writeString(vault.resolve("a.md"), "The mast is made of carbon.");
        Answer answer = mirror.run("canon", "check");
        assertThat(answer.exit()).isEqualTo(1);
        assertThat(answer.text()).contains("says something else now; 1 claim rests on what it said");
        assertThat(canon("Boat.md")).contains("**Its evidence has changed.**");
        assertThat(claim(evidence, "Boat", "The mast is made.", "mast is made of spruce")
                        .exit())
                .as("the evidence itself is as it was")
                .isZero();
        Files.delete(vault.resolve("a.md"));
        assertThat(mirror.run("canon", "check").text()).contains("is gone");
        Files.writeString(vault.resolve("a.md"), "The mast is made of spruce.");
        assertThat(mirror.run("canon", "check").exit()).isZero();
        assertThat(canon("Boat.md")).doesNotContain("has changed");
    }

    @Test
    void evidenceIsAsRestrictedAsItsFrontMatterSaysAndWhatIsNoTextCannotBeQuoted() throws Exception {
        String evidence = add("s.md", "---\nsensitivity: secret\n---\nThe key is under the stone.\n");
        claim(evidence, "House", "The key is under the stone.", "key is under the stone");
        assertThat(canon("House (secret).md")).contains("sensitivity: secret");
        Files.write(vault.resolve("b.bin"), new byte[] {0, 1, 2, (byte) 0xff, 'q', 'u', 'o', 't', 'e', 'm', 'e', '!'});
        Answer added = mirror.run("canon", "add", vault.resolve("b.bin").toString());
        assertThat(added.exit()).isZero();
        assertThat(claim(added.text().split(" +", 3)[1], "X", "Says.", "quoteme!")
                        .error())
                .contains("is no text");
        assertThat(mirror.run("canon", "add", vault.resolve("none").toString()).exit())
                .isEqualTo(1);
    }

    @Test
    void aSecretIsNeitherQuotedNorClaimed() throws Exception {
        String key = "ghp_" + "a1B2".repeat(9);
        String evidence = add("k.md", "The token is " + key + " for now.");
        assertThat(claim(evidence, "Token", "It is one.", "token is " + key).error())
                .contains("looks like a secret");
    }

    @Test
    void theStateIsTheSameAfterItWasSavedAndRestored() throws Exception {
        String evidence = add("a.md", "The port is 5432 they say. Others say the port is 5433 now.");
        claim(evidence, "Server", "The port is 5432.", "The port is 5432", "--key", "port", "--value", "5432");
        claim(evidence, "Server", "The port is 5433.", "the port is 5433", "--key", "port", "--value", "5433");
        Files.writeString(vault.resolve("a.md"), "other");
        mirror.run("canon", "check");
        Claims claims = mirror.core().state().claims();
        Claims restored = new Claims();
        restored.restore(claims.save());
        assertThat(restored.save()).isEqualTo(claims.save());
        assertThat(restored.known()).isEqualTo(claims.known());
    }
}
