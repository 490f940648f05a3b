package mirror.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The owner's notes in a running Mirror: found where they are, heard of when they change, there again after a crash. */
@Timeout(180)
final class VaultIT extends AtHome {
    private String hits(String word) {
        return mirror.run("search", word).out();
    }

    private void await(String word, String path) {
        while (!hits(word).startsWith(path)) {
            assertThat(Thread.interrupted()).as("%s is not found", path).isFalse();
        }
    }

    @Test
    void aNoteIsFoundWithoutBeingToldOfAndAgainAfterACrash() throws Exception {
        Path note = Workspace.write(mirror.vault().resolve("Sea/Letters.md"), "# Top\n\nThe keeper wrote [[Home]].\n");
        await("keeper", "Sea/Letters.md:3  Top\n");
        assertThat(mirror.run("vault", "broken").out()).isEqualTo("Sea/Letters.md:3  Home\n");
        mirror.kill();
        Workspace.write(mirror.vault().resolve("Home.md"), "lighthouse");
        Files.writeString(note, "# Top\n\nThe keeper slept. [[Home]]\n");
        mirror.start();
        await("slept", "Sea/Letters.md:3");
        await("lighthouse", "Home.md:1");
        assertThat(mirror.run("vault", "backlinks", "home").out()).isEqualTo("Sea/Letters.md:3  Home\n");

        // The index is disposable: without it the next start makes it anew.
        mirror.stop();
        try (Stream<Path> files = Files.list(mirror.home().resolve("idx/vault"))) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        mirror.start();
        await("lighthouse", "Home.md:1");
        assertThat(note).hasContent("# Top\n\nThe keeper slept. [[Home]]\n");
    }
}
