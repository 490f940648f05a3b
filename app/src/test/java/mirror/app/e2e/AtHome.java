package mirror.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A Mirror of its own for each test, in a home of its own, which must be sound afterwards. */
abstract class AtHome {
    @TempDir(factory = OutsideTemp.class)
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    Workspace workspace;

    @SuppressWarnings("NullAway.Init")
    MirrorHome mirror;

    /** Makes what the person had before Mirror. */
    void layOut() throws IOException {}

    /** Starts Mirror in the workspace. */
    MirrorHome boot() throws IOException {
        return MirrorHome.boot(workspace);
    }

    /** What is connected before the test. */
    List<String> connected() {
        return List.of();
    }

    @BeforeEach
    final void open() throws IOException {
        workspace = Workspace.in(folder);
        layOut();
        mirror = boot();
        for (String client : connected()) {
            MirrorHome.Result result = mirror.run("connect", client, "--yes");
            assertThat(result.exit()).as(result.err()).isZero();
        }
    }

    @AfterEach
    final void leave() {
        mirror.close();
    }
}
