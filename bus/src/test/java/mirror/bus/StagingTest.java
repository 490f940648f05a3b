package mirror.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders that are made whole before they are moved. */
final class StagingTest {
    private static final Instant THEN = Instant.parse("2026-02-03T04:05:06Z");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Staging staging;

    @BeforeEach
    void open() {
        staging = new Staging(new Home(folder), new DiskCalls());
    }

    private static InputStream text(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aFolderHasItsNameWhenAllIsInItAndWithItTheNote() throws Exception {
        byte[] large = new byte[(8 << 20) + 3];
        Seed.fresh().random().nextBytes(large);
        staging.begin("a");
        staging.folder("a", "empty/below");
        staging.file("a", "x/y.txt", text("y"), THEN);
        staging.file("a", "large", new ByteArrayInputStream(large), THEN);
        staging.file("a", "none", text(""), THEN);
        assertThat(staging.sealed()).isEmpty();
        assertThat(staging.tree("a")).doesNotExist();
        staging.seal("a", "what for");
        assertThat(staging.sealed()).containsOnly(java.util.Map.entry("a", "what for"));
        assertThat(staging.tree("a").resolve("x/y.txt")).hasContent("y");
        assertThat(staging.tree("a").resolve("large")).hasBinaryContent(large);
        assertThat(staging.tree("a").resolve("none")).isEmptyFile();
        assertThat(staging.tree("a").resolve("empty/below")).isDirectory();
        assertThat(Files.getLastModifiedTime(staging.tree("a").resolve("x/y.txt"))
                        .toInstant())
                .isEqualTo(THEN);
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(staging.tree("a").resolve("large"))))
                .isEqualTo("rw-------");
        assertThatThrownBy(() -> staging.begin("a")).isInstanceOf(IOException.class);
        staging.clean();
        assertThat(staging.tree("a")).exists();
        staging.remove("a");
        assertThat(folder.resolve("staging")).isEmptyDirectory();
    }

    @Test
    void whatWasNotSealedIsCleanedAndWhatCameBackStays() throws Exception {
        staging.begin("half");
        staging.file("half", "x", text("1"), THEN);
        staging.begin("whole");
        staging.file("whole", "x", text("2"), THEN);
        staging.seal("whole", "n");
        Path away = folder.resolve("away");
        Files.move(staging.tree("whole"), away);
        staging.finish("whole");
        staging.clean();
        assertThat(folder.resolve("staging")).isEmptyDirectory();
        Files.createDirectories(staging.tree("whole").getParent());
        Files.move(away, staging.tree("whole"));
        staging.clean();
        assertThat(staging.tree("whole").resolve("x")).hasContent("2");
    }

    @Test
    void noNameLeadsOutOfTheFolder() throws Exception {
        staging.begin("a");
        for (String path : new String[] {"../x", "a/../../x", "/x", "", "..", "a/.."}) {
            assertThatThrownBy(() -> staging.file("a", path, text("x"), THEN))
                    .as(path)
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> staging.folder("a", path)).isInstanceOf(IllegalArgumentException.class);
        }
        for (String id : new String[] {"", "..", "a/b", ".a", "a.part"}) {
            assertThatThrownBy(() -> staging.begin(id)).isInstanceOf(IllegalArgumentException.class);
        }
        staging.file("a", "x", text("1"), THEN);
        assertThatThrownBy(() -> staging.file("a", "x", text("2"), THEN)).isInstanceOf(IOException.class);
    }
}
