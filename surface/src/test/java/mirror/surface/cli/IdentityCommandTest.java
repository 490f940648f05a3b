package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import mirror.surface.MirrorTools;
import mirror.surface.cli.TestMirror.Answer;
import mirror.surface.mcp.Caller;
import mirror.surface.mcp.ToolResult;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Who the owner is: said by the owner, proposed by agents, told to both. */
final class IdentityCommandTest extends MirrorTest {
    private String tool(String name, Map<String, @Nullable Object> arguments) throws Exception {
        Caller caller = new Caller(
                Caller.Transport.STDIO,
                "m1",
                "codex",
                "1",
                Map.of("mirror-project", mirror.work().toString()));
        ToolResult result = new MirrorTools(mirror.core())
                .tools().stream()
                        .filter(tool -> tool.name().equals(name))
                        .findFirst()
                        .orElseThrow()
                        .handler()
                        .call(arguments, caller);
        return switch (result) {
            case ToolResult.Text(String text) -> text;
            case ToolResult.Structured(Map<String, ?> _, String text) -> text;
            case ToolResult.Failure(String message) -> message;
        };
    }

    @Test
    void theOwnerSetsFieldsAndConfirmsWhatIsProtectedOrForGood() throws Exception {
        assertThat(mirror.run("identity").text()).contains("nothing is recorded of you");
        assertThat(mirror.run("identity", "set", "name", "Ada Lovelace", "--protection", "protected")
                        .exit())
                .isZero();
        Answer asked = mirror.run("identity", "set", "name", "Ada King");
        assertThat(asked.questions()).containsExactly("Change this protected field?");
        assertThat(asked.text()).contains("Ada Lovelace").contains("Ada King");
        assertThat(mirror.run("identity").text()).contains("Ada Lovelace").contains("version 1 ");
        assertThat(mirror.run("identity", "set", "name", "Ada King", "--yes").text())
                .startsWith("version 2, event ");
        assertThat(mirror.run("identity", "set", "born", "1815", "--protection", "fixed")
                        .questions())
                .containsExactly("Nobody can change this field again. Fix it?");
        mirror.run("identity", "set", "born", "1815", "--protection", "fixed", "--yes");
        assertThat(mirror.run("identity", "remove", "born", "--yes").error()).contains("is fixed");
        assertThat(mirror.run("identity", "remove", "nothing").error()).contains("no field 'nothing'");
        assertThat(mirror.run("identity", "set", "tone", "dry", "--protection", "none")
                        .exit())
                .isEqualTo(Exit.USAGE);
        var json = mirror.run("identity", "--json").json();
        assertThat(json.path("version").asLong()).isEqualTo(3);
        assertThat(json.path("fields").path("name").path("protection").asString())
                .isEqualTo("protected");
        assertThat(mirror.run("identity", "history").text()).endsWith("3 versions, each names the one before\n");
        assertThat(mirror.run("identity", "history", "--json").json().size()).isEqualTo(3);
    }

    @Test
    void anAgentsChangeWaitsForTheOwnerAndAFixedFieldIsRefusedAtOnce() throws Exception {
        mirror.run("identity", "set", "name", "Ada", "--protection", "protected");
        mirror.run("identity", "set", "born", "1815", "--protection", "fixed", "--yes");
        mirror.run("lease", "grant", "--to", "codex", "--effects", "memory-write:identity/name", "--yes");

        String asked = tool("identity_set", Map.of("field", "name", "value", "Eve"));
        assertThat(asked).contains("protected").contains("mirror approve");
        assertThat(tool("identity_set", Map.of("field", "born", "value", "1900")))
                .contains("is fixed");
        assertThat(tool("identity_read", Map.of())).contains("name: Ada").contains("born: 1815");

        String request = mirror.core().state().approvals().list().getFirst().id();
        mirror.run("approve", request, "--yes");
        assertThat(tool("identity_set", Map.of("field", "name", "value", "Mallory")))
                .contains("mirror approve");
        assertThat(tool("identity_set", Map.of("field", "name", "value", "Eve")))
                .startsWith("recorded as ");
        assertThat(tool("identity_read", Map.of())).contains("name: Eve");
        assertThat(mirror.core().state().identity().current().actor()).isEqualTo("codex");
    }

    @Test
    void aNewSessionIsToldWhoTheOwnerIs() throws Exception {
        mirror.run("identity", "set", "language", "German");
        mirror.run("identity", "set", "diary", "in the drawer", "--sensitivity", "never-share");
        assertThat(tool("continuity_read", Map.of()))
                .contains("- the owner's: language: German [")
                .doesNotContain("drawer");
    }
}
