package mirror.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import mirror.bus.AtomicFiles;
import mirror.vault.change.Change;
import mirror.vault.change.VaultChanges;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that writes and moves notes is killed again and again; each change that it said is safe is there and can be taken back. */
final class VaultKillIT {
    private static final int ROUNDS = 30;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @Test
    void ofThirtyKillsNoneLosesTearsOrDoublesANoteAndEveryChangeIsTakenBack() throws IOException, InterruptedException {
        long seed = Long.getLong("mirror.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        Path base = folder.toRealPath();
        Files.createDirectories(base.resolve("vault"));
        Map<String, String> safe = new LinkedHashMap<>();
        for (int round = 0; round < ROUNDS; round++) {
            int acks = random.nextInt(1, 12);
            long wait = random.nextLong(20_000_000);
            Process child = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx64m",
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            VaultChild.class.getName(),
                            base.toString(),
                            String.valueOf(random.nextLong()))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try (BufferedReader out = child.inputReader(StandardCharsets.US_ASCII)) {
                String line;
                for (int i = 1; (line = out.readLine()) != null; i++) {
                    String[] words = line.split(" ", -1);
                    // The kill may have cut the last line short.
                    if (words.length == 2 && words[1].length() == 64) {
                        safe.put(words[0], words[1]);
                    }
                    if (i == acks) {
                        // Somewhere in the next change.
                        for (long end = System.nanoTime() + wait; System.nanoTime() < end; ) {
                            Thread.onSpinWait();
                        }
                        child.toHandle().destroyForcibly();
                    }
                }
            }
            assertThat(child.waitFor()).as("seed %d round %d", seed, round).isNotZero();
        }
        VaultChanges changes = VaultChild.changes(base);
        assertThat(changes.recover()).as("seed %d", seed).isEmpty();
        List<Change> done = changes.changes();
        Map<String, Change> byId = new HashMap<>();
        done.forEach(change -> byId.put(change.id(), change));
        safe.forEach((id, digest) -> assertThat(byId.get(id))
                .as("seed %d: %s", seed, id)
                .isNotNull()
                .extracting(Change::after)
                .isEqualTo(digest));
        // The list of changes says what stands there, and nothing else does.
        assertThat(tree(base.resolve("vault"))).as("seed %d", seed).isEqualTo(folded(done));
        for (Change change : done) {
            changes.rollback(change.id(), "owner");
            assertThat(tree(base.resolve("vault")))
                    .as("seed %d: %s taken back", seed, change.id())
                    .isEqualTo(folded(done.subList(done.indexOf(change) + 1, done.size())));
        }
        assertThat(done).hasSizeGreaterThan(ROUNDS);
    }

    private static Map<String, String> folded(List<Change> newestFirst) {
        Map<String, String> tree = new TreeMap<>();
        for (Change change : newestFirst.reversed()) {
            if (change.kind() == Change.Kind.MOVED) {
                tree.remove(change.from());
            }
            tree.put(change.path(), String.valueOf(change.after()));
        }
        return tree;
    }

    private static Map<String, String> tree(Path root) throws IOException {
        Map<String, String> tree = new TreeMap<>();
        try (Stream<Path> files = Files.list(root)) {
            for (Path file : files.toList()) {
                tree.put(String.valueOf(file.getFileName()), AtomicFiles.digest(Files.readAllBytes(file)));
            }
        }
        return tree;
    }
}
