package mirror.app.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.SplittableRandom;
import mirror.bus.AtomicFiles;
import mirror.bus.DiskCalls;
import mirror.bus.FileStore;
import mirror.bus.FileWrite;
import mirror.bus.Home;
import mirror.vault.change.Change;
import mirror.vault.change.VaultChanges;

/** Writes and moves notes until it is killed, and says which changes it was told are safe, a line each. */
final class VaultChild {
    private static final int NOTES = 8;

    private VaultChild() {}

    static VaultChanges changes(Path base) {
        Home home = new Home(base.resolve("home"));
        FileStore files = new FileStore(home, new DiskCalls(), InstantSource.system(), _ -> {});
        return new VaultChanges(base.resolve("vault"), files, _ -> {}, home.changes(), InstantSource.system());
    }

    public static void main(String[] args) throws IOException {
        Path base = Path.of(args[0]);
        Path root = base.resolve("vault");
        SplittableRandom random = new SplittableRandom(Long.parseLong(args[1]));
        VaultChanges changes = changes(base);
        changes.recover();
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.US_ASCII);
        while (true) {
            Path note = root.resolve("Note " + random.nextInt(NOTES) + ".md");
            boolean isThere = Files.exists(note);
            Change change;
            if (isThere && random.nextInt(3) == 0) {
                Path other = root.resolve("Note " + random.nextInt(NOTES) + ".md");
                if (Files.exists(other)) {
                    continue;
                }
                change = changes.move(note, String.valueOf(other.getFileName()), "test", "");
            } else {
                String read = isThere ? AtomicFiles.digest(Files.readAllBytes(note)) : FileWrite.NONE;
                byte[] bytes = ("text " + random.nextLong() + "\n").repeat(200).getBytes(UTF_8);
                change = changes.write(String.valueOf(note.getFileName()), bytes, read, "test", "");
            }
            out.println(change.id() + " " + change.after());
        }
    }
}
