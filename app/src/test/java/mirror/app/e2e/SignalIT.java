package mirror.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** ntfy's recipes for curl, and clients that others published for ntfy, on a real daemon that is killed in between. */
final class SignalIT extends AtHome {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private String token = "";

    private String url(String path) {
        return mirror.run("status", "--json").json().path("signal").asString() + path;
    }

    private String token() {
        if (token.isEmpty()) {
            Path file = workspace.tmp().resolve("token");
            MirrorHome.Result granted = mirror.run(
                    "lease",
                    "grant",
                    "--to",
                    "phone",
                    "--effects",
                    "publish:topic/t,subscribe:topic/t,subscribe:topic/mirror",
                    "--token",
                    file.toString(),
                    "--yes");
            assertThat(granted.exit()).as(granted.err()).isZero();
            try {
                token = Files.readString(file).strip();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
        return token;
    }

    private List<String> curl(String... args) {
        List<String> command = new ArrayList<>(List.of("curl", "-q", "-s", "--noproxy", "*", "-u", "phone:" + token()));
        command.addAll(List.of(args));
        return command;
    }

    private JsonNode publish(String... args) {
        MirrorHome.Result result = mirror.call(workspace.project(), Path.of("/dev/null"), curl(args));
        assertThat(result.exit()).as(result.err()).isZero();
        JsonNode message = JSON.readTree(result.out());
        assertThat(message.path("event").asString()).as(result.out()).isEqualTo("message");
        return message;
    }

    private List<JsonNode> poll(String query) {
        MirrorHome.Result result =
                mirror.call(workspace.project(), Path.of("/dev/null"), curl(url("/t/json?poll=1" + query)));
        return result.out().lines().map(JSON::readTree).toList();
    }

    /** A subscriber that stays: real curl, its output read as it comes. */
    private final class Subscriber implements AutoCloseable {
        private final Process process;
        private final BufferedReader lines;

        Subscriber(String path) throws IOException {
            List<String> command = curl("-N", url(path));
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            lines = process.inputReader(StandardCharsets.UTF_8);
        }

        String line() throws IOException {
            return lines.readLine();
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    @Test
    void theRecipesOfNtfysDocumentationWorkAsTheyStand() throws IOException {
        String t = url("/t");
        assertThat(publish("-d", "Backup successful 😀", t).path("message").asString())
                .isEqualTo("Backup successful 😀");
        JsonNode alert = publish(
                "-H",
                "Title: Unauthorized access detected",
                "-H",
                "Priority: urgent",
                "-H",
                "Tags: warning,skull",
                "-d",
                "Remote access to phils-laptop detected. Act right away.",
                t);
        assertThat(alert.path("priority").asInt()).isEqualTo(5);
        assertThat(publish("-H", "t: Dégué 😀", "-d", "x", t).path("title").asString())
                .isEqualTo("Dégué 😀");
        Path flower = Files.write(workspace.tmp().resolve("flower.jpg"), new byte[50_000]);
        JsonNode file = publish("-T", flower.toString(), "-H", "Filename: flower.jpg", t);
        assertThat(file.path("attachment").path("size").asInt()).isEqualTo(50_000);
        MirrorHome.Result got = mirror.call(
                workspace.project(),
                Path.of("/dev/null"),
                curl(
                        "-o",
                        workspace.tmp().resolve("got").toString(),
                        file.path("attachment").path("url").asString()));
        assertThat(got.exit()).isZero();
        assertThat(workspace.tmp().resolve("got")).hasSameBinaryContentAs(flower);
        publish("-H", "Actions: view, Open portal, https://home.nest.com/, clear=true", "-d", "You left the house", t);
        publish(url("/t/trigger?message=webhook&priority=low"));
        publish("-d", "{\"topic\":\"t\",\"message\":\"JSON\",\"tags\":[\"cd\"],\"priority\":4}", url("/"));
        publish("-H", "In: 30min", "-d", "later", t);
        assertThat(poll("")).hasSize(7);
        assertThat(poll("&sched=1")).hasSize(8);
        assertThat(poll("&tags=warning,skull")).hasSize(1);
        MirrorHome.Result refused = mirror.call(
                workspace.project(), Path.of("/dev/null"), List.of("curl", "-q", "-s", "--noproxy", "*", "-d", "x", t));
        assertThat(JSON.readTree(refused.out()).path("code").asInt()).isEqualTo(40301);
    }

    @Test
    void killingTheDaemonLosesNothingThatWasAcknowledgedForWhoeverGoesOnAfterTheLastId() throws IOException {
        List<String> acknowledged = new ArrayList<>();
        List<String> heard = new ArrayList<>();
        String since = "all";
        for (int round = 0; round < 3; round++) {
            String t = url("/t");
            try (Subscriber subscriber = new Subscriber("/t/json?since=" + since)) {
                assertThat(subscriber.line()).contains("\"open\"");
                while (heard.size() < acknowledged.size()) {
                    heard.add(JSON.readTree(subscriber.line()).path("id").asString());
                }
                for (int i = 0; i < 5; i++) {
                    acknowledged.add(publish("-d", "m" + i, t).path("id").asString());
                }
                for (int i = 0; i < 3; i++) {
                    heard.add(JSON.readTree(subscriber.line()).path("id").asString());
                }
                since = heard.getLast();
                mirror.kill();
            }
            mirror.start();
        }
        poll("&since=" + since).forEach(each -> heard.add(each.path("id").asString()));
        assertThat(heard).isEqualTo(acknowledged);
    }

    @Test
    void anApprovalThatWaitsIsSaidToThePhoneWithoutWhatItIsAbout() throws IOException {
        try (Subscriber phone = new Subscriber("/mirror/raw")) {
            assertThat(phone.line()).isEmpty();
            mirror.run("connect", "claude", "--yes");
            mirror.run("away", "on");
            mirror.hook(
                    "PreToolUse",
                    java.util.Map.of(
                            "tool_name",
                            "Read",
                            "tool_use_id",
                            "t1",
                            "tool_input",
                            java.util.Map.of(
                                    "file_path",
                                    workspace.home().resolve("letter.txt").toString())));
            assertThat(phone.line()).isEqualTo("An action waits for your answer: mirror approvals");
        }
    }

    @Test
    void aPublishedClientForNtfyWorksUnchanged() throws IOException {
        Path module = MirrorHome.launcher().resolveSibling("target/npm/node_modules/ntfy/dist/index.js");
        assumeTrue(Files.exists(module), "npm's package ntfy is not there; scripts/test.sh installs it");
        Path script = Workspace.write(workspace.tmp().resolve("say.mjs"), """
                import {NtfyClient, MessagePriority} from '%s';
                const client = new NtfyClient({server: '%s', topic: 't',
                    authorization: {username: 'phone', password: '%s'}});
                console.log(JSON.stringify(await client.publish({message: 'from a client', title: 'A client',
                    priority: MessagePriority.HIGH, tags: ['tada', 'cd'],
                    actions: [{type: 'view', label: 'Open', url: 'https://x.de', clear: true},
                              {type: 'http', label: 'Go', url: 'https://x.de/go', method: 'PUT', headers: {A: 'b'}}]})));
                """.formatted(module, url(""), token()));
        Headless.Ran ran = Headless.run(
                workspace, List.of("node", script.toString()), workspace.environment(), Duration.ofSeconds(30));
        assertThat(ran.exitCode()).as(ran.stderr()).isZero();
        assertThat(poll("")).singleElement().satisfies(message -> {
            assertThat(message.path("title").asString()).isEqualTo("A client");
            assertThat(message.path("priority").asInt()).isEqualTo(4);
            assertThat(message.path("actions").path(1).path("headers").path("A").asString())
                    .isEqualTo("b");
        });
    }

    @Test
    void appriseSpeaksToIt() {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/apprise")), "Debian's package apprise is not there");
        String address = url("").replace("http://", "ntfy://phone:" + token() + "@") + "/t";
        MirrorHome.Result result = mirror.call(
                workspace.project(),
                Path.of("/dev/null"),
                List.of("/usr/bin/apprise", "-t", "Apprise", "-b", "says hello", address));
        assertThat(result.exit()).as(result.out() + result.err()).isZero();
        assertThat(poll(""))
                .singleElement()
                .satisfies(message ->
                        assertThat(message.path("message").asString()).isEqualTo("says hello"));
    }
}
