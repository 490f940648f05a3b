package mirror.surface.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import mirror.bus.Json;
import mirror.surface.MirrorTools;
import mirror.surface.hook.ToolEffects;
import mirror.surface.mcp.McpTool;
import mirror.trust.Effect;
import mirror.trust.shell.PathResolver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MirrorToolsTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    /** A client's hook names the tool only; what it does not know would be judged as a stranger's. */
    @Test
    void everyToolIsKnownToTheHooksAsMemoryThatIsReadOrWritten() throws IOException {
        ToolEffects effects = new ToolEffects(Map.of(), PathResolver.onDisk());
        try (TestMirror mirror = new TestMirror(folder)) {
            for (McpTool tool : new MirrorTools(mirror.core()).tools()) {
                // Its own gate knows which field it changes, and asks.
                boolean writes = !tool.hints().readOnly() && !tool.name().equals("identity_set");
                String scope = tool.name().startsWith("vault_") ? Effect.VAULT : "project";
                assertThat(effects.effects("mcp__mirror__" + tool.name(), Json.object(), folder))
                        .as(tool.name())
                        .isEqualTo(List.of(new Effect.Memory(scope, writes)));
            }
        }
    }
}
