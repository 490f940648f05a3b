package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import mirror.bus.Json;
import mirror.surface.cli.TestMirror.Answer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Runs of a Codex that a shell script plays: it is believed when it says which hooks it would run, and not when it does not. */
final class CodexAgentTest extends MirrorTest {
    private static final String CONFIG = "{\"id\":3,\"result\":{\"config\":{\"features\":{\"unified_exec_tty\":%s}}}}";

    @BeforeEach
    void open() throws Exception {
        assertThat(mirror.run("connect", "codex", "--yes").exit()).isZero();
    }

    /** What the real client says to {@code hooks/list} of the hooks that were written, each as trusted as said. */
    private String hooks(String trust) throws IOException {
        ObjectNode answer = Json.object().put("id", 2);
        var listed = answer.putObject("result").putArray("data").addObject().putArray("hooks");
        JsonNode written = Json.one(Files.readAllBytes(mirror.root().resolve(".codex/hooks.json")));
        for (JsonNode event : written.path("hooks")) {
            listed.addObject()
                    .put("command", event.at("/0/hooks/0/command").asString())
                    .put("enabled", true)
                    .put("trustStatus", trust);
        }
        return answer.toString();
    }

    /** A client that answers the questions before the start with these lines and then, told its thread, works. */
    private void client(String... answers) throws IOException {
        Path bin = Files.createDirectories(mirror.root().resolve("bin"));
        for (int i = 0; i < answers.length; i++) {
            Files.writeString(bin.resolve("answer" + i), answers[i] + "\n");
        }
        Path program = bin.resolve("codex");
        Files.writeString(program, """
                #!/bin/sh
                printf '%%s\\n' "$@" >args.txt
                env >env.txt
                while read -r line; do
                  case $line in
                    *'"config/read"'*) cat %1$s/answer* 2>/dev/null || exit 0 ;;
                    *'"thread/start"'*) echo '{"id":4,"result":{"thread":{"id":"th-1"},"model":"m"}}' ;;
                    *'"turn/start"'*) printf '%%s\\n' "$line" >turn.txt
                      echo '{"method":"turn/completed","params":{"threadId":"th-1","turn":{"status":"completed"}}}' ;;
                  esac
                done
                """.formatted(bin));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    }

    private Answer go() throws Exception {
        return mirror.run("agent", "run", "codex", "do it");
    }

    @Test
    void aClientThatWouldRunTheHooksIsStarted() throws Exception {
        client(hooks("trusted"), CONFIG.formatted("false"));

        Answer answer = go();

        assertThat(answer.exit()).as(answer.error()).isZero();
        assertThat(answer.text()).contains("session th-1").contains("mirror agent run codex PROMPT --resume th-1");
        assertThat(mirror.work().resolve("turn.txt")).content().contains("do it");
        assertThat(mirror.work().resolve("args.txt"))
                .content()
                .contains("features.hooks=true")
                .doesNotContain("do it");
        assertThat(Files.readAllLines(mirror.work().resolve("env.txt")))
                .filteredOn(line -> !line.matches("(PWD|OLDPWD|SHLVL|_)=.*"))
                .hasSize(3)
                .allMatch(line -> line.matches("(PATH|HOME|MIRROR_RUN)=.*"));
    }

    @Test
    void aClientThatWouldSkipAHookIsNotStarted() throws Exception {
        client(hooks("untrusted"), CONFIG.formatted("false"));
        assertThat(go().error())
                .contains("no agent is started without its gate")
                .contains("would not run Mirror's hooks for UserPromptSubmit, PreToolUse");

        client("{\"id\":2,\"result\":{\"data\":[]}}", CONFIG.formatted("false"));
        assertThat(go().error()).contains("would not run Mirror's hooks");

        client(hooks("trusted"), CONFIG.formatted("true"));
        assertThat(go().error()).contains("unified_exec_tty");
        assertThat(mirror.events("mirror.agent.started.v1")).isEmpty();
    }

    @Test
    void aClientThatDoesNotSayIsNotStarted() throws Exception {
        client("{\"id\":2,\"error\":{\"message\":\"unknown method\"}}", "no line of the protocol");
        assertThat(go().error())
                .contains("does not say which hooks it would run")
                .contains("0.169.0");

        Files.delete(mirror.root().resolve("bin/codex"));
        assertThat(go().error()).contains("there is no 'codex' on the PATH");
        assertThat(mirror.events("mirror.agent.started.v1")).isEmpty();
    }

    @Test
    void hooksThatWereChangedRefuseTheRunBeforeTheClientIsAsked() throws Exception {
        client(hooks("trusted"), CONFIG.formatted("false"));
        Path shim = mirror.core().home().root().resolve("hooks/codex");
        String script = Files.readString(shim);
        Files.writeString(shim, "#!/bin/sh\nexit 0\n");
        assertThat(go().error()).contains("is not the one that Mirror wrote");
        Files.writeString(shim, script);

        Files.writeString(mirror.root().resolve(".codex/hooks.json"), "{}");
        assertThat(go().error()).contains("lacks Mirror's hooks");

        mirror.run("disconnect", "codex", "--yes");
        assertThat(go().error()).contains("Codex is not connected to Mirror");
        assertThat(mirror.work().resolve("args.txt")).doesNotExist();
    }
}
