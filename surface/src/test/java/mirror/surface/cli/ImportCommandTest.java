package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import mirror.bus.Event;
import mirror.surface.cli.TestMirror.Answer;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Transcripts are taken in byte for byte, once, and from nowhere else. */
final class ImportCommandTest extends MirrorTest {
    private static final String IMPORTED = "mirror.transcript.imported.v1";

    private static String prompt(String session, String text) {
        return "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"" + text + "\"},\"sessionId\":\""
                + session + "\",\"cwd\":\"/home/ada/project\",\"timestamp\":\"2026-01-01T10:00:00Z\"}\n";
    }

    private Path transcript(String name, String text) throws IOException {
        Path file = mirror.root().resolve(".claude/projects/-home-ada-project").resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private Path blob(Event event) {
        return mirror.core().home().blobs().resolve(event.text("sha256"));
    }

    @Test
    void eachFileIsKeptByteForByteAndRecordedOnce() throws Exception {
        Path file = transcript("s-1.jsonl", prompt("s-1", "start the login") + "{\"torn");
        transcript("s-2.jsonl", prompt("s-2", "fix the tests"));
        transcript("notes.txt", "not a transcript");
        byte[] original = Files.readAllBytes(file);

        assertThat(mirror.run("import", "claude").text())
                .isEqualTo("taken in: 2 new of claude-code, 0 that went on, 0 that were rewritten; known already: 0\n");

        Event event = mirror.events(IMPORTED).getFirst();
        assertThat(event.subject()).isEqualTo("s-1");
        assertThat(event.session())
                .as("an import is no part of a governed session")
                .isNull();
        assertThat(event.text("path")).isEqualTo(file.toString());
        assertThat(event.text("intent")).isEqualTo("start the login");
        assertThat(event.text("project")).isEqualTo("/home/ada/project");
        assertThat(event.text("first")).isEqualTo("2026-01-01T10:00:00Z");
        assertThat(event.data().path("unreadable").asLong()).isEqualTo(1);
        assertThat(blob(event)).hasBinaryContent(original);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(blob(event))))
                .isEqualTo("rw-------");
        assertThat(file).hasBinaryContent(original);
        assertThat(mirror.run("import", "claude").text()).endsWith("known already: 2\n");
        assertThat(mirror.events(IMPORTED)).hasSize(2);
    }

    @Test
    void aSessionThatWentOnIsANewVersionThatNamesTheEarlierOne() throws Exception {
        Path file = transcript("s-1.jsonl", prompt("s-1", "start"));
        mirror.run("import", "claude");
        Files.writeString(file, prompt("s-1", "go on"), StandardOpenOption.APPEND);

        assertThat(mirror.run("import", "claude").text()).contains("1 that went on");
        Files.writeString(file, prompt("s-1", "never said that").repeat(3));
        assertThat(mirror.run("import", "claude").text()).contains("1 that were rewritten");

        List<Event> events = mirror.events(IMPORTED);
        assertThat(events)
                .extracting(event -> event.data().path("version").asInt())
                .containsExactly(1, 2, 3);
        assertThat(events.get(1).text("previous")).isEqualTo(events.get(0).id());
        assertThat(events.get(1).data().path("extended").asBoolean()).isTrue();
        assertThat(events.get(2).data().path("extended").asBoolean()).isFalse();
        assertThat(blob(events.get(0))).content().isEqualTo(prompt("s-1", "start"));
        assertThat(mirror.run("import", "list", "--json").json()).hasSize(1);
    }

    @Test
    void aLinkIsNamedAndNotFollowedAndTheRestIsTakenIn() throws Exception {
        Path secret = Files.writeString(mirror.root().resolve("secret.jsonl"), prompt("x", "outside"));
        Path file = transcript("s-1.jsonl", prompt("s-1", "inside"));
        Files.createSymbolicLink(file.resolveSibling("s-2.jsonl"), secret);
        Files.createSymbolicLink(file.resolveSibling("folder"), mirror.root());

        Answer answer = mirror.run("import", "claude");

        assertThat(answer.exit()).isEqualTo(Exit.NO);
        assertThat(answer.text())
                .contains("1 new")
                .contains("s-2.jsonl is a link to " + secret + " and is not followed")
                .contains("folder is a link to");
        assertThat(mirror.events(IMPORTED))
                .extracting(event -> event.text("intent"))
                .containsExactly("inside");
    }

    @Test
    void aDryRunStoresNothing() throws Exception {
        transcript("s-1.jsonl", prompt("s-1", "start"));
        Answer answer = mirror.run("import", "claude", "--dry-run");
        assertThat(answer.text()).contains("new").contains("s-1.jsonl").contains("would take in 1 new");
        assertThat(mirror.events(IMPORTED)).isEmpty();
        assertThat(mirror.core().home().blobs()).doesNotExist();
    }

    @Test
    void anImportThatWasEndedGoesOnWhereItWas() throws Exception {
        transcript("s-1.jsonl", prompt("s-1", "one"));
        mirror.run("import", "claude");
        transcript("s-2.jsonl", prompt("s-2", "two"));
        // What a kill in the middle of the second file leaves.
        Files.writeString(mirror.core().home().blobs().resolve("incoming.tmp"), "half of it");

        assertThat(mirror.run("import", "claude").text()).contains("1 new").endsWith("known already: 1\n");
        assertThat(mirror.events(IMPORTED)).hasSize(2);
        assertThat(mirror.core().home().blobs().resolve("incoming.tmp")).doesNotExist();
        assertThat(mirror.run("import", "verify").text()).startsWith("intact: 2 of 2 stored transcripts");
    }

    @Test
    void aSecretIsInTheEvidenceAndNotInTheLog() throws Exception {
        transcript("s-1.jsonl", prompt("s-1", "use password=hunter2hunter2 for it"));
        mirror.run("import", "claude");
        Event event = mirror.events(IMPORTED).getFirst();
        assertThat(event.line()).doesNotContain("hunter2");
        assertThat(blob(event)).content().contains("hunter2");
    }

    @Test
    void aStoredTranscriptThatWasChangedOrRemovedIsNamed() throws Exception {
        transcript("s-1.jsonl", prompt("s-1", "one"));
        transcript("s-2.jsonl", prompt("s-2", "two"));
        transcript("s-3.jsonl", prompt("s-3", "three"));
        mirror.run("import", "claude");
        Path altered = blob(mirror.events(IMPORTED).get(0));
        Path missing = blob(mirror.events(IMPORTED).get(1));
        Files.writeString(altered, "x", StandardCharsets.UTF_8, StandardOpenOption.APPEND);
        Files.delete(missing);

        Answer answer = mirror.run("import", "verify");

        assertThat(answer.exit()).isEqualTo(Exit.NO);
        assertThat(answer.text())
                .startsWith("damaged: 1 of 3")
                .contains(
                        altered + " of event " + mirror.events(IMPORTED).get(0).id() + " is altered")
                .contains(missing.getFileName() + " of event "
                        + mirror.events(IMPORTED).get(1).id() + " is missing");
    }

    @Test
    void aSessionIsFoundByItsWords() throws Exception {
        transcript("s-1.jsonl", prompt("s-1", "start the LOGIN service"));
        transcript("s-2.jsonl", prompt("s-2", "fix the tests"));
        mirror.run("import", "claude");
        JsonNode found = mirror.run("import", "list", "login", "--json").json();
        assertThat(found).hasSize(1);
        assertThat(found.path(0).path("transcript").path("session").asString()).isEqualTo("s-1");
        assertThat(mirror.run("import", "list", "nothing of it").text()).contains("has these words");
        assertThat(mirror.run("import", "list").text())
                .contains("start the LOGIN service")
                .contains("fix the tests");
    }

    @Test
    void anUnknownClientOrFolderIsOneSentence() throws Exception {
        assertThat(mirror.run("import", "telegram").exit()).isEqualTo(Exit.USAGE);
        assertThat(mirror.run("import", "telegram").error()).contains("use claude or codex");
        assertThat(mirror.run("import", "codex").error()).contains("--from DIR");
        assertThat(mirror.run("import", "codex", "--from", "nowhere").error())
                .contains(mirror.work().resolve("nowhere").toString());
        assertThat(mirror.run("import").exit()).isEqualTo(Exit.USAGE);
    }
}
