package mirror.surface.hook;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import mirror.bus.Json;
import mirror.trust.Effect;
import mirror.trust.Outside;
import mirror.trust.Zones;
import org.junit.jupiter.api.Test;

/** What counts as having come from outside, and what of a tool's answer is looked at. */
final class IntakeTest {
    private static final Path PROJECT = Path.of("/home/ada/project");
    private static final Zones ZONES = new Zones(
            Path.of("/home/ada"), Path.of("/home/ada/.mirror"), Path.of("/opt/mirror/app"), List.of(Path.of("/tmp")));

    private static List<String> kinds(String tool, Effect... effects) {
        return Outside.sources(tool, List.of(effects), ZONES, PROJECT).stream()
                .map(Outside.Source::kind)
                .toList();
    }

    @Test
    void whatCameOverTheNetworkFromAnotherServerOrFromOutsideTheProjectTaints() {
        assertThat(kinds("WebFetch", new Effect.Egress("docs.example.org"))).containsExactly("outside");
        assertThat(kinds("WebSearch", new Effect.Egress("*"))).containsExactly("outside");
        assertThat(kinds("mcp__other__read", new Effect.Tool("mcp__other__read")))
                .containsExactly("outside");
        assertThat(kinds("Read", new Effect.Read(Path.of("/home/ada/Downloads/a.txt"))))
                .containsExactly("outside");
        assertThat(kinds("Read", new Effect.Read(Path.of("/srv/shared/a.txt")))).containsExactly("outside");
        assertThat(kinds("Read", new Effect.Read(PROJECT.resolve(".env")))).containsExactly("secret");
        // Found by the tool or read as a file: a note is the same text.
        assertThat(kinds("mcp__mirror__vault_search", new Effect.Memory(Effect.VAULT, false)))
                .containsExactly("outside");
    }

    @Test
    void theProjectTheSystemAndLoopbackDoNotTaint() {
        assertThat(kinds("Read", new Effect.Read(PROJECT.resolve("src/A.java"))))
                .isEmpty();
        assertThat(kinds("Bash", new Effect.Read(Path.of("/usr/include/stdio.h"))))
                .isEmpty();
        assertThat(kinds("Bash", new Effect.Egress("127.0.0.1"))).isEmpty();
        assertThat(kinds("mcp__mirror__memory_search", new Effect.Memory("project", false)))
                .isEmpty();
    }

    @Test
    void everyTextOfAnAnswerIsLookedAtHoweverDeepItLies() {
        var response = Json.object();
        response.putArray("content")
                .addObject()
                .put("text", "the beginning")
                .putArray("more")
                .add("the end");
        assertThat(Intake.text(response)).contains("the beginning", "the end");
        assertThat(Intake.text(Json.MAPPER.getNodeFactory().stringNode("x".repeat(1_000_000))))
                .hasSizeLessThan(300_000);
    }
}
