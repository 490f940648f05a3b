package mirror.continuity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProjectsTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @Test
    void aProjectIsTheWorkTreeAroundAFolderOrTheFolderItself() throws IOException {
        Path home = Files.createDirectories(folder.resolve("ada"));
        Path deep = Files.createDirectories(home.resolve("shop/src/main"));
        Projects projects = new Projects(home);
        assertThat(projects.of(deep)).isEqualTo(deep);
        Files.createDirectory(home.resolve("shop/.git"));
        assertThat(projects.of(deep)).isEqualTo(home.resolve("shop"));
        assertThat(projects.of(home.resolve("shop"))).isEqualTo(home.resolve("shop"));
    }

    @Test
    void aHomeThatIsKeptInGitDoesNotMakeAllOfItOneProject() throws IOException {
        Path home = Files.createDirectories(folder.resolve("ada"));
        Path notes = Files.createDirectories(home.resolve("notes"));
        Files.createDirectory(home.resolve(".git"));
        Files.createDirectory(folder.resolve(".git"));
        assertThat(new Projects(home).of(notes)).isEqualTo(notes);
        assertThat(new Projects(home).of(folder.resolve("other"))).isEqualTo(folder.resolve("other"));
    }
}
