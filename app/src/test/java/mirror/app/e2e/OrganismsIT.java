package mirror.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The example of docs/organisms.md and the commands around it, on a real daemon through the launcher. */
final class OrganismsIT extends AtHome {
    private void organism(String name, String yaml) {
        Path file = mirror.home().resolve("organisms").resolve(name + ".yaml");
        Workspace.write(file, yaml);
        mirror.run("sign", file.toString());
    }

    private JsonNode show(String name) {
        return mirror.run("organisms", "show", name, "--json").json();
    }

    /** The log is followed until such an event comes; the launcher's own stream tells, so nothing is polled. */
    private JsonNode await(String type) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                        MirrorHome.launcher().toString(), "log", "--follow", "--since", "1", "--type", type, "--json")
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.environment().clear();
        builder.environment().putAll(workspace.environment());
        Process follow = builder.start();
        try (var lines = follow.inputReader(StandardCharsets.UTF_8)) {
            return tools.jackson.databind.json.JsonMapper.shared().readTree(lines.readLine());
        } finally {
            follow.destroy();
        }
    }

    @Test
    void anOrganismIsWrittenGrantedHeardPausedRevokedAndItsFailuresAreRequeued() throws IOException {
        Path flag = workspace.tmp().resolve("mended");
        organism("leases", """
                name: leases
                on: {types: [lease.granted]}
                when: event.data.holder == 'organism:leases'
                retry: {attempts: 2, first: 10ms, max: 20ms}
                run: [sh, -c, 'test -e %s']
                """.formatted(flag));
        MirrorHome.Result reload = mirror.run("organisms", "reload");
        assertThat(reload.exit()).as(reload.err()).isZero();
        assertThat(show("leases").path("state").asString()).isEqualTo("withheld");

        String[] grant = {"lease", "grant", "--to", "organism:leases", "--events", "lease", "--effects", "run:sh"};
        assertThat(mirror.run(grant).exit())
                .as("without a terminal and without --yes")
                .isEqualTo(1);
        MirrorHome.Result granted = mirror.run(append(grant, "--yes", "--json"));
        assertThat(granted.exit()).as(granted.err()).isZero();
        String lease = granted.json().path("lease").asString();

        JsonNode buried = await("letter.buried");
        assertThat(buried.path("data").path("attempts").asInt()).isEqualTo(2);
        JsonNode letter = mirror.run("organisms", "dead", "--json").json().path(0);
        assertThat(letter.path("reason").asString()).isEqualTo("exit code 1");
        assertThat(mirror.run("status").out()).contains("1 dead letter");

        Files.createFile(flag);
        assertThat(mirror.run("organisms", "requeue", letter.path("id").asString())
                        .exit())
                .isZero();
        await("letter.delivered");
        assertThat(mirror.run("organisms", "dead").out()).contains("no dead letters");

        assertThat(mirror.run("organisms", "pause", "leases").out()).contains("leases is paused");
        mirror.kill();
        mirror.start();
        assertThat(show("leases").path("state").asString())
                .as("after a power cut")
                .isEqualTo("paused");
        assertThat(mirror.run("organisms", "resume", "leases", "--from", "now").out())
                .contains("leases is running");
        assertThat(mirror.run("lease", "revoke", lease).exit()).isZero();
        assertThat(show("leases").path("state").asString()).isEqualTo("withheld");
        assertThat(mirror.run("lease", "list").out()).doesNotContain(lease);
        assertThat(mirror.run("lease", "list", "--all").out()).contains(lease);
    }

    private static String[] append(String[] words, String... more) {
        String[] all = java.util.Arrays.copyOf(words, words.length + more.length);
        System.arraycopy(more, 0, all, words.length, more.length);
        return all;
    }

    @Test
    void aFaultyFileIsNamedAndDoesNotKeepMirrorFromStarting() {
        organism("broken", "name: broken\non: {types: [session]}\nrun: [x]\nwhen: event.kind == 1\n");
        mirror.kill();
        mirror.start();
        MirrorHome.Result list = mirror.run("organisms", "list");
        assertThat(list.exit()).isEqualTo(1);
        assertThat(list.out())
                .contains("broken.yaml: when: ")
                .contains("denial-burst")
                .contains("continuity");
        assertThat(mirror.run("organisms", "show", "broken").exit()).isEqualTo(1);
        assertThat(mirror.run("organisms", "dance").exit()).isEqualTo(2);
    }

    @Test
    void anAgentMayLookButNotSteer() throws Exception {
        for (List<String> words : List.of(
                List.of("lease", "grant", "--to", "organism:x", "--events", "mirror", "--yes"),
                List.of("lease", "revoke", "l1"),
                List.of("sign", "x.yaml"),
                List.of("trust", "revoke", "x"),
                List.of("organisms", "pause", "denial-burst"),
                List.of("organisms", "--json", "pause", "denial-burst"))) {
            assertThat(asAgent(words)).as(words.toString()).isEqualTo(1);
        }
        assertThat(asAgent(List.of("organisms"))).isZero();
        assertThat(asAgent(List.of("organisms", "list", "--json"))).isZero();
        assertThat(asAgent(List.of("lease", "list"))).isZero();
        assertThat(show("denial-burst").path("state").asString()).isEqualTo("running");
        assertThat(mirror.events("lease.revoked")).isEmpty();
    }

    private int asAgent(List<String> words) throws IOException, InterruptedException {
        List<String> command =
                new java.util.ArrayList<>(List.of(MirrorHome.launcher().toString()));
        command.addAll(words);
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.environment().clear();
        builder.environment().putAll(workspace.environment());
        builder.environment().putAll(Map.of("CLAUDECODE", "1"));
        return builder.start().waitFor();
    }
}
