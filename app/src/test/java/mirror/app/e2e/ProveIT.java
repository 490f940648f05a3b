package mirror.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import mirror.app.e2e.MirrorHome.Result;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** {@code mirror prove} as two people use it: one makes a proof in the home, the other checks it somewhere else. */
final class ProveIT {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private static String key(MirrorHome mirror) throws IOException {
        return Files.readAllLines(
                        Objects.requireNonNull(mirror.segment().getParent()).resolve("key.pub"))
                .getFirst();
    }

    @Test
    void aProofMadeAtHomeIsCheckedElsewhereWithNothingButTheKey() throws Exception {
        Workspace stranger = Workspace.in(folder.resolve("stranger"));
        try (MirrorHome mirror = MirrorHome.boot(Workspace.in(folder.resolve("owner")))) {
            // The newest event, in the moment it is written: no checkpoint covers it yet.
            assertThat(mirror.run("connect", "claude", "--yes").exit()).isZero();
            JsonNode newest = mirror.events("mirror.client.connected.v1").getFirst();
            String id = newest.path("id").asString();
            Path proof = folder.resolve("event.tlog-proof");
            Result made = mirror.run("prove", id, "-o", proof.toString(), "--json");
            assertThat(made.exit()).as(made.err()).isZero();
            assertThat(made.json().path("file").asString()).isEqualTo(proof.toString());
            String text = Files.readString(proof);

            // By number, id and hash, on standard output and with a path of its own: the same bytes.
            String hash = newest.path("hash").asString();
            for (String name : List.of(
                    newest.path("seq").asString(),
                    id,
                    hash,
                    hash.substring(0, 12).toUpperCase(java.util.Locale.ROOT))) {
                assertThat(mirror.run("prove", name).out()).as(name).isEqualTo(text);
            }

            MirrorHome elsewhere = MirrorHome.absent(stranger);
            Result checked = elsewhere.run("prove", "--check", proof.toString(), "--key", key(mirror));
            assertThat(checked.exit()).as(checked.err()).isZero();
            assertThat(checked.out())
                    .startsWith("proven: event " + newest.path("seq").asLong() + " of "
                            + newest.path("origin").asString())
                    .contains("mirror.client.connected.v1", hash, key(mirror));
            Result json = elsewhere.run(
                    "prove",
                    "--json",
                    "--check=" + proof,
                    "--key",
                    mirror.segment().resolveSibling("key.pub").toString());
            assertThat(json.json().path("proven").asBoolean()).isTrue();
            assertThat(json.json().path("id").asString()).isEqualTo(id);
            assertThat(json.json().path("key").asString()).isEqualTo(key(mirror));
            assertThat(elsewhere.home()).doesNotExist();

            // Whose word counts is never taken from the proof.
            Result keyless = elsewhere.run("prove", "--check", proof.toString());
            assertThat(keyless.exit()).isEqualTo(2);
            assertThat(keyless.err()).contains("--key");

            // Without a daemon the files alone give the same answers.
            mirror.stop();
            assertThat(mirror.run("prove", id).out()).isEqualTo(text);
            assertThat(mirror.run("prove", "--check", proof.toString()).out()).isEqualTo(checked.out());
        }
    }

    @Test
    void whatDoesNotHoldIsOneSentenceAndExitCodeOne() throws Exception {
        try (MirrorHome mirror = MirrorHome.boot(Workspace.in(folder))) {
            Path good = folder.resolve("good.tlog-proof");
            assertThat(mirror.run("prove", "2", "-o", good.toString()).exit()).isZero();
            String text = Files.readString(good);
            Path bad = folder.resolve("bad.tlog-proof");
            Files.writeString(bad, text.replace("index 1\n", "index 0\n"));
            assertNo(
                    mirror.run("prove", "--check", bad.toString()),
                    "proves nothing: its event is not in the signed log at index 0");
            assertThat(mirror.run("prove", "--json", "--check", bad.toString())
                            .json()
                            .path("proven")
                            .asBoolean(true))
                    .isFalse();
            Files.write(bad, new byte[] {'\u001b', ']', '0', ';', 'x', 7, '\n'});
            assertNo(mirror.run("prove", "--check", bad.toString()), "its first line is not");
            assertNo(mirror.run("prove", "--check", folder.resolve("none").toString()), "there is no file");
            assertNo(mirror.run("prove", "--check", "/dev/zero"), "there is no file");
            assertNo(mirror.run("prove", "99999"), "there is no event 99999");
            assertNo(mirror.run("prove", "abcdef0123456789"), "no event's hash starts with");

            // The daemon must not become the hand of somebody who may not read or replace a file.
            Path secret = Files.writeString(folder.resolve("secret"), "hunter2+00000000+swordfish\n");
            Result asKey = mirror.run("prove", "--check", good.toString(), "--key", secret.toString());
            assertNo(asKey, "is neither a verifier key");
            Result asProof = mirror.run("prove", "--check", secret.toString());
            assertNo(asProof, "proves nothing");
            assertThat(asKey.err() + asKey.out() + asProof.err() + asProof.out())
                    .doesNotContain("hunter2", "swordfish");
            Files.createSymbolicLink(folder.resolve("dangling"), folder.resolve("target"));
            for (Path taken : List.of(secret, folder.resolve("dangling"), folder)) {
                assertNo(mirror.run("prove", "2", "-o", taken.toString()), "exists already");
            }
            assertThat(secret).hasContent("hunter2+00000000+swordfish\n");
            assertThat(folder.resolve("target")).doesNotExist();
            assertNo(
                    mirror.run(
                            "prove", "2", "-o", folder.resolve("no/such/folder").toString()),
                    "could not be written");

            for (List<String> wrong : List.of(
                    List.of("prove"),
                    List.of("prove", "1", "2"),
                    List.of("prove", "x"),
                    List.of("prove", "1", "--key", "k"),
                    List.of("prove", "--check", "f", "-o", "g"),
                    List.of("prove", "--check", "f", "1"),
                    List.of("prove", "-o"))) {
                assertThat(mirror.run(wrong.toArray(String[]::new)).exit())
                        .as("%s", wrong)
                        .isEqualTo(2);
            }
        }
    }

    private static void assertNo(Result result, String sentence) {
        assertThat(result.exit()).as(result.out() + result.err()).isEqualTo(1);
        assertThat(result.err())
                .startsWith("mirror: ")
                .contains(sentence)
                .hasLineCount(1)
                .doesNotContain("\u001b", "Exception:");
        assertThat(result.out()).isEmpty();
    }
}
