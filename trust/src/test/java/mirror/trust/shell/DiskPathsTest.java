package mirror.trust.shell;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskPathsTest {
    private final PathResolver paths = PathResolver.onDisk();
    private Path root = Path.of("/");

    @BeforeEach
    void aDiskWithLinks(@TempDir Path folder) throws IOException {
        root = folder.toRealPath();
        Files.createDirectories(root.resolve("secret/inner"));
        Files.createSymbolicLink(root.resolve("door"), Path.of("secret/inner"));
        Files.createSymbolicLink(root.resolve("porch"), root.resolve("door"));
        Files.createSymbolicLink(root.resolve("later"), Path.of("door/not-yet"));
        Files.createSymbolicLink(root.resolve("loop"), Path.of("loop"));
    }

    @Test
    void linksAreFollowedOneAfterAnother() {
        assertThat(paths.resolve(root.resolve("porch/key"))).isEqualTo(root.resolve("secret/inner/key"));
    }

    @Test
    void theParentOfALinkIsTheParentOfItsTarget() {
        assertThat(paths.resolve(root.resolve("door/../key"))).isEqualTo(root.resolve("secret/key"));
    }

    @Test
    void aLinkToANameThatDoesNotExistYetIsFollowedToo() {
        assertThat(paths.resolve(root.resolve("later"))).isEqualTo(root.resolve("secret/inner/not-yet"));
    }

    @Test
    void aLinkToItselfEnds() {
        assertThat(paths.resolve(root.resolve("loop/key"))).isEqualTo(root.resolve("loop/key"));
    }

    @Test
    void namesThatAreNotThereStayAsWritten() {
        assertThat(paths.resolve(root.resolve("no/./such/../where"))).isEqualTo(root.resolve("no/where"));
        assertThat(paths.resolve(Path.of("/../.."))).isEqualTo(Path.of("/"));
    }
}
