package mirror.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ZonesTest {
    private static final Path HOME = Path.of("/home/ada");
    private static final Path KEY = HOME.resolve(".ssh/id_ed25519");

    private final Zones zones =
            new Zones(HOME, HOME.resolve(".mirror"), Path.of("/opt/mirror/app"), List.of(Path.of("/tmp")));

    @Test
    void whatHoldsTheHomeIsNoProjectBecauseItsSecretsWouldBeTheProjects() {
        for (String project : List.of("/home/ada", "/home", "/")) {
            assertThat(zones.of(KEY, Path.of(project)))
                    .as(project)
                    .contains("secret", "home")
                    .doesNotContain("project");
        }
        assertThat(zones.of(HOME.resolve("notes/a.md"), HOME)).doesNotContain("project");
    }

    @Test
    void aProjectInTheHomeOrElsewhereIsOne() {
        assertThat(zones.of(HOME.resolve("shop/.env"), HOME.resolve("shop"))).contains("project", "secret", "home");
        assertThat(zones.of(Path.of("/srv/shop"), Path.of("/srv/shop"))).contains("project", "project-root");
        assertThat(zones.of(Path.of("/srv/shopping"), Path.of("/srv/shop"))).containsExactly("elsewhere");
    }

    @Test
    void aHomeInATemporaryOrSystemFolderIsNeitherAndNothingThatHoldsItIs() {
        for (String parent : List.of("/tmp/lab", "/var/home", "/tmp")) {
            Path home = Path.of(parent, "ada");
            Zones there = new Zones(home, home.resolve(".mirror"), Path.of("/opt/m"), List.of(Path.of("/tmp")));
            Path project = home.resolve("shop");
            assertThat(there.of(home, project)).containsExactly("home", "root");
            assertThat(there.of(Path.of(parent), project)).contains("root").doesNotContain("temp");
            assertThat(there.of(home.resolve("letters/a.txt"), project)).containsExactly("home");
            assertThat(there.of(Path.of("/tmp/x"), project)).containsExactly("temp");
        }
    }

    @Test
    void aTemporaryFolderInTheHomeIsTemporary() {
        Zones there = new Zones(HOME, HOME.resolve(".mirror"), Path.of("/opt/m"), List.of(HOME.resolve("tmp")));
        assertThat(there.of(HOME.resolve("tmp/x"), HOME.resolve("shop"))).containsExactly("home", "temp");
        assertThat(there.of(HOME.resolve("x"), HOME.resolve("shop"))).containsExactly("home");
    }
}
