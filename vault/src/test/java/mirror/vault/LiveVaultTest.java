package mirror.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A vault that is kept up to date by itself. */
@Timeout(60)
final class LiveVaultTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private List<String> found(LiveVault live, String text) throws Exception {
        return live.vault().search(SearchRequest.of(text, 1_000)).hits().stream()
                .map(Hit::path)
                .toList();
    }

    /** Waits for what the system tells in its own time; the test's own limit ends it. */
    private static void until(Callable<Boolean> condition) throws Exception {
        while (!condition.call()) {
            if (Thread.interrupted()) {
                throw new InterruptedException("it never came true");
            }
            Thread.onSpinWait();
        }
    }

    @Test
    void whatIsWrittenMovedAndDeletedIsHeardOf() throws Exception {
        Path root = Files.createDirectories(folder.resolve("vault/a/b"));
        Files.writeString(root.resolve("n.md"), "apple");
        try (LiveVault live =
                new LiveVault(folder.resolve("vault"), folder.resolve("idx"), InstantSource.system(), null).start()) {
            live.settle();
            assertThat(found(live, "apple")).containsExactly("a/b/n.md");
            Files.writeString(root.resolve("m.md"), "pear");
            until(() -> found(live, "pear").contains("a/b/m.md"));
            Files.move(folder.resolve("vault/a"), folder.resolve("vault/c"));
            until(() -> found(live, "pear").equals(List.of("c/b/m.md")));
            Files.delete(folder.resolve("vault/c/b/m.md"));
            until(() -> found(live, "pear").isEmpty());
        }
    }

    @Test
    void ofABurstOfThreeThousandFilesNoneIsLost() throws Exception {
        Path root = Files.createDirectories(folder.resolve("vault"));
        try (LiveVault live = new LiveVault(root, folder.resolve("idx"), InstantSource.system(), null).start()) {
            live.settle();
            for (int i = 0; i < 3_000; i++) {
                Path folder = Files.createDirectories(root.resolve("d" + i % 30));
                Files.writeString(folder.resolve("n" + i + ".md"), "burst " + i);
            }
            // Without a word from here: what is heard must do.
            until(() -> live.vault().freshness().notes() == 3_000);
            assertThat(found(live, "burst")).hasSize(1_000);
        }
    }

    @Test
    void aVaultThatIsClosedInTheMiddleOfItsFirstLookGoesOnWhereItWas() throws Exception {
        Path root = Files.createDirectories(folder.resolve("vault"));
        for (int i = 0; i < 3_000; i++) {
            Files.writeString(root.resolve("n" + i + ".md"), "word " + i);
        }
        int before;
        try (LiveVault live = new LiveVault(root, folder.resolve("idx"), InstantSource.system(), null).start()) {
            until(() -> live.trouble().isEmpty() && live.vault().freshness().notes() > 0);
            before = live.vault().freshness().notes();
        }
        try (Vault vault = Vault.open(root, folder.resolve("idx"), InstantSource.system(), null)) {
            assertThat(vault.freshness().notes()).isGreaterThanOrEqualTo(before);
            assertThat(vault.reconcile().notes()).isEqualTo(3_000);
        }
    }

    @Test
    void aFolderThatIsNotThereIsSaidAndFoundWhenItComes() throws Exception {
        try (LiveVault live =
                new LiveVault(folder.resolve("none"), folder.resolve("idx"), InstantSource.system(), null).start()) {
            live.settle();
            assertThatThrownBy(live::vault)
                    .isInstanceOf(LiveVault.Unavailable.class)
                    .hasMessageContaining("there is no folder " + folder.resolve("none"));
            Files.createDirectories(folder.resolve("none"));
            Files.writeString(folder.resolve("none/n.md"), "apple");
            live.settle();
            live.settle();
            assertThat(found(live, "apple")).containsExactly("n.md");
        }
    }
}
