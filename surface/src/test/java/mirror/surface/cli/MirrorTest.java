package mirror.surface.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Each test has a Mirror of its own. */
abstract class MirrorTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    TestMirror mirror;

    @BeforeEach
    void openMirror() throws IOException {
        mirror = new TestMirror(folder);
    }

    @AfterEach
    void closeMirror() {
        mirror.close();
    }
}
