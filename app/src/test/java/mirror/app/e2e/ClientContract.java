package mirror.app.e2e;

import static mirror.app.e2e.Reply.computed;
import static mirror.app.e2e.Reply.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What holds for every client that Mirror is connected to, on the real one: governed, remembered, stopped without its gate. */
abstract class ClientContract extends AtHome {
    final ScriptedMessagesApi api = ScriptedMessagesApi.start();

    /** What a person types, and the actor of the client's events. */
    abstract String client();

    /** Writes settings of a person who uses the scripted model; they are there before Mirror is connected. */
    abstract void settings();

    /** The files that connecting changes or makes. */
    abstract List<Path> changed();

    /** One headless run in which the client itself would stop nothing. */
    abstract Headless.Ran run(String prompt);

    /** A call of the client's shell. */
    abstract Reply shell(String command);

    /** A call of one of Mirror's MCP tools. */
    abstract Reply mirrors(String tool, Map<String, ?> input);

    /** Calls of the client's other tools that no agent may make, such as those that read this secret. */
    abstract List<Reply> otherWaysTo(Path secret);

    @Override
    final void layOut() {
        settings();
    }

    @Override
    List<String> connected() {
        return List.of(client());
    }

    @AfterEach
    void close() {
        api.close();
    }

    Path inProject(String name) {
        return workspace.project().resolve(name);
    }

    @Test
    void anAllowedCommandRunsAndTheWholeSessionIsInTheLog() {
        api.replies(shell("echo made-it > made.txt"), text("Done.\n\nDecision: use plain files"));

        var ran = run("make a file");

        assertThat(inProject("made.txt")).as(ran.stdout() + ran.stderr()).hasContent("made-it");
        JsonNode opened = mirror.events("session.opened").getFirst();
        assertThat(opened.path("source").asString()).endsWith("/" + client());
        assertThat(mirror.events("session.prompted")
                        .getFirst()
                        .at("/data/prompt")
                        .asString())
                .contains("make a file")
                .doesNotContain("verified memory");
        JsonNode decided = mirror.events("action.decided").getFirst();
        assertThat(decided.at("/data/verdict").asString()).isEqualTo("allow");
        assertThat(decided.at("/data/tool").asString()).isEqualTo("Bash");
        assertThat(decided.path("session")).isEqualTo(opened.path("session"));
        assertThat(mirror.events("action.completed")
                        .getFirst()
                        .at("/data/changed/0/path")
                        .asString())
                .isEqualTo(inProject("made.txt").toString());
        assertThat(mirror.events("turn.ended").getFirst().at("/data/message").asString())
                .startsWith("Done.");
        assertThat(mirror.events("session.ended")).hasSize(1);
        api.assertFollowed();
    }

    @Test
    void theNextSessionsFirstRequestHoldsWhatTheLastOneDecided() {
        api.replies(text("Done.\n\nDecision: tokens expire after 15 minutes"));
        run("design the login");

        api.replies(text("I know"));
        run("go on");

        assertThat(api.lastRequest().allText())
                .contains("Mirror: verified memory of project", "tokens expire after 15 minutes");
    }

    @Test
    void aForbiddenEffectIsStoppedWhateverWayItTakesAndTheModelReadsWhy() throws IOException {
        Path secret = Workspace.write(workspace.home().resolve(".ssh/id_ed25519"), "not-a-real-key");
        List<Reply> ways = new java.util.ArrayList<>(
                List.of(shell("cat " + secret), shell("sh -c 'cat ~/.ssh/id_ed25519'"), shell("rm -rf ~")));
        ways.addAll(otherWaysTo(secret));
        byte[] settings = Files.readAllBytes(changed().getFirst());
        ways.add(shell("rm " + changed().getFirst()));
        ways.forEach(api::replies);
        api.replies(text("I could not"));

        run("read my key");

        assertThat(mirror.events("action.decided"))
                .hasSize(ways.size())
                .allSatisfy(event -> assertThat(event.at("/data/verdict").asString())
                        .as(event.toString())
                        .isEqualTo("block"));
        assertThat(api.lastRequest().toolResults())
                .hasSize(ways.size())
                .allSatisfy(result -> assertThat(result.text()).contains("Mirror blocked this"));
        assertThat(secret).hasContent("not-a-real-key");
        assertThat(Files.readAllBytes(changed().getFirst())).isEqualTo(settings);
        api.assertFollowed();
    }

    @Test
    void askWaitsForTheOwnerAndRunsOnlyAfterTheYes() {
        Workspace.write(inProject("build/old.o"), "x");
        api.replies(shell("rm -r build"), text("cleaned"));

        var session = CompletableFuture.supplyAsync(() -> run("clean up"));
        JsonNode request = mirror.awaitApproval(session);
        assertThat(inProject("build/old.o")).exists();
        assertThat(mirror.run("approve", request.path("id").asString(), "--yes").exit())
                .isZero();

        session.join();
        assertThat(inProject("build")).doesNotExist();
        api.assertFollowed();
    }

    @Test
    void mirrorsOwnToolsAnswerAndAreInTheLog() {
        api.replies(
                mirrors(
                        "memory_write",
                        Map.of("kind", "decision", "text", "the port is 7717", "source", "the owner said so")),
                mirrors("memory_search", Map.of("query", "port")),
                text("noted"));

        run("note it");

        assertThat(mirror.events("action.decided"))
                .extracting(event -> event.at("/data/tool").asString())
                .filteredOn(tool -> tool.startsWith("mcp__"))
                .containsExactly("mcp__mirror__memory_write", "mcp__mirror__memory_search");
        assertThat(api.lastRequest().lastToolResult().text()).contains("the port is 7717");
        api.assertFollowed();
    }

    @Test
    void withAKilledDaemonNothingRuns() {
        api.replies(
                shell("echo first > first.txt"),
                computed(_ -> {
                    mirror.kill();
                    return shell("echo second > second.txt");
                }),
                text("stopped"));

        run("work");

        assertThat(inProject("first.txt")).exists();
        assertThat(inProject("second.txt")).doesNotExist();
        assertThat(api.lastRequest().lastToolResult().text()).contains("mirror boot");
        mirror.start();
    }

    @Test
    void withoutTheHookClientNothingRuns() {
        api.replies(
                computed(_ -> {
                    delete(mirror.home().resolve("hooks").resolve(client()));
                    return shell("echo x > x.txt");
                }),
                text("stopped"));

        run("work");

        assertThat(inProject("x.txt")).doesNotExist();
        assertThat(api.lastRequest().lastToolResult().text()).contains("Mirror");
    }

    private static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void disconnectingGivesBackTheVeryBytesAlsoAfterTheClientRan() throws IOException {
        assertThat(mirror.run("status").out()).containsPattern(client() + " +hooks in");
        assertThat(mirror.run("disconnect", client(), "--yes").exit()).isZero();
        List<String> original = contents();
        assertThat(original).noneMatch(content -> content.contains("mirror"));

        mirror.run("connect", client(), "--yes");
        assertThat(contents()).allMatch(content -> content.contains("mirror"));
        api.replies(text("hello"));
        run("hello");
        mirror.run("disconnect", client(), "--yes");

        assertThat(contents()).isEqualTo(original);
        assertThat(mirror.home().resolve("hooks").resolve(client())).doesNotExist();
        api.replies(shell("echo free > free.txt"), text("ok"));
        run("work");
        assertThat(inProject("free.txt")).hasContent("free");
    }

    private List<String> contents() throws IOException {
        List<String> contents = new java.util.ArrayList<>();
        for (Path file : changed()) {
            contents.add(Files.exists(file) ? Files.readString(file) : "");
        }
        return contents;
    }
}
