package mirror.bus;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * All chains and the versions they name, and how an entry is begun, settled and told to the event log. What is open or untold is
 * found by looking at the chain and at the file alone, so nothing has to be remembered between two calls or two runs. Used under the
 * store's lock.
 */
final class Backups {
    private final Home home;
    private final FileCalls disk;
    private final InstantSource clock;
    private final Consumer<Draft> events;
    private final BackupObjects objects;

    Backups(Home home, FileCalls disk, InstantSource clock, Consumer<Draft> events) {
        this.home = home;
        this.disk = disk;
        this.clock = clock;
        this.events = events;
        this.objects = new BackupObjects(disk, home.backups().resolve("objects"));
    }

    static String id(String text) {
        return AtomicFiles.digest(text.getBytes(StandardCharsets.UTF_8)).substring(0, 32);
    }

    private Path chains() {
        return home.backups().resolve("chains");
    }

    private Path index(Path file) {
        return chains().resolve(id(file.toString()) + ".jsonl");
    }

    byte[] bytes(String digest) throws IOException {
        return objects.get(digest);
    }

    /** The chain of {@code file}, ready to be appended to: its torn tail moved away, its last entry settled. */
    BackupChain open(Path file) throws IOException {
        Path index = index(file);
        BackupChain chain = BackupChain.read(disk, index, file);
        untear(chain.journal(), index, "backup-" + id(file.toString()));
        settle(chain, file);
        return chain;
    }

    /** Moves a torn tail to {@code torn/<name>-<n>}, so that the journal can be appended to. */
    void untear(Journal journal, Path index, String name) throws IOException {
        if (!journal.isTorn()) {
            return;
        }
        disk.createFolders(home.torn());
        Path target;
        int i = 1;
        do {
            target = home.torn().resolve(name + "-" + i++);
        } while (disk.kind(target) != FileCalls.Kind.NONE);
        journal.moveTail(target);
        tell(Draft.of(
                "mirror.index.torn.v1",
                "daemon",
                Json.object().put("path", index.toString()).put("moved-to", target.toString())));
    }

    /** Closes an entry that a crash or an error left open, and records what the event log could not take. */
    private void settle(BackupChain chain, Path file) throws IOException {
        for (BackupChain.Entry entry : chain.entries()) {
            FileVersion.Outcome known = entry.outcome();
            if (known == null) {
                FileVersion.Outcome outcome = outcome(entry, digest(file));
                boolean told = outcome != FileVersion.Outcome.DONE || tell(event(file, entry.version()));
                chain.close(entry, outcome, told);
            } else if (!entry.told() && tell(event(file, entry.version()))) {
                chain.close(entry, known, true);
            }
        }
    }

    /** What became of an entry, judged by what stands in the file. */
    private static FileVersion.Outcome outcome(BackupChain.Entry entry, @Nullable String now) {
        FileVersion.Outcome known = entry.outcome();
        FileVersion version = entry.version();
        if (known != null) {
            return known;
        }
        if (version.step() == FileVersion.Step.KEPT || Objects.equals(version.digest(), now)) {
            return FileVersion.Outcome.DONE;
        }
        return Objects.equals(version.previous(), now) ? FileVersion.Outcome.UNDONE : FileVersion.Outcome.UNCLEAR;
    }

    /** What stands there; a word that is no digest when it is no file. */
    private @Nullable String digest(Path file) throws IOException {
        return switch (disk.kind(file)) {
            case NONE -> null;
            case FILE -> AtomicFiles.digest(disk.read(file));
            case FOLDER, LINK, OTHER -> "no file";
        };
    }

    /** Adds what stands in the file, unless it is the newest version that the chain knows. */
    void keep(BackupChain chain, Path file, Targets.State now, String who, @Nullable String session)
            throws IOException {
        FileVersion last = chain.last();
        String known = last == null ? null : last.digest();
        if (!Objects.equals(now.digest(), known)) {
            finish(chain, file, begin(chain, FileVersion.Step.KEPT, now.bytes(), known, now.mode(), who, session));
        }
    }

    /** Stores the bytes and says what is about to be done; both are durable when this returns. */
    BackupChain.Entry begin(
            BackupChain chain,
            FileVersion.Step step,
            byte @Nullable [] bytes,
            @Nullable String previous,
            Set<PosixFilePermission> mode,
            String who,
            @Nullable String session)
            throws IOException {
        return chain.begin(new FileVersion(
                chain.next(),
                step,
                bytes == null ? null : objects.hold(bytes),
                previous,
                bytes == null ? 0 : bytes.length,
                PosixFilePermissions.toString(mode),
                clock.instant(),
                who,
                session,
                FileVersion.Outcome.UNCLEAR,
                false));
    }

    /** Records what was done and closes the entry; returns whether the event log has it. */
    boolean finish(BackupChain chain, Path file, BackupChain.Entry entry) throws IOException {
        boolean told = tell(event(file, entry.version()));
        chain.close(entry, FileVersion.Outcome.DONE, told);
        return told;
    }

    private boolean tell(Draft draft) {
        try {
            events.accept(draft);
            return true;
        } catch (BusException e) {
            return false;
        }
    }

    private static Draft event(Path file, FileVersion version) {
        ObjectNode data = Json.object().put("path", file.toString()).put("entry", version.entry());
        boolean restored = version.step() == FileVersion.Step.RESTORED;
        if (version.previous() != null) {
            data.put(restored ? "from" : "previous", version.previous());
        }
        if (version.digest() != null) {
            data.put(restored ? "to" : "sha256", version.digest()).put("bytes", version.bytes());
        }
        return Draft.of("mirror.file." + version.step().text() + ".v1", version.who(), data)
                .session(version.session());
    }

    /** All versions, the newest first. Writes nothing: a torn tail stays, an open entry is judged. */
    List<FileVersion> history(Path file) throws IOException {
        String now = digest(file);
        List<FileVersion> versions = new ArrayList<>();
        boolean found = false;
        for (BackupChain.Entry entry :
                BackupChain.read(disk, index(file), file).entries().reversed()) {
            FileVersion version = entry.version();
            FileVersion.Outcome outcome = outcome(entry, now);
            boolean current = !found && outcome != FileVersion.Outcome.UNDONE && Objects.equals(version.digest(), now);
            found |= current;
            versions.add(version.judged(outcome, current));
        }
        return versions;
    }

    /** The version that stood there before {@code now}: what a rollback without further words puts back; null for no file. */
    @Nullable
    String before(Path file, @Nullable String now) throws IOException {
        List<FileVersion> stood = history(file).stream()
                .filter(version -> version.outcome() != FileVersion.Outcome.UNDONE)
                .toList();
        for (FileVersion version : stood) {
            // A change of the mode alone has the same version on both sides.
            if (Objects.equals(version.digest(), now) && !Objects.equals(version.previous(), now)) {
                if (version.step() == FileVersion.Step.KEPT && version.previous() == null) {
                    break;
                }
                return version.previous();
            }
        }
        if (stood.isEmpty()) {
            throw nothingKept(file);
        }
        if (stood.stream().anyMatch(version -> Objects.equals(version.digest(), now))) {
            throw new BusException("nothing older than the present version of " + file + " was kept");
        }
        return stood.getFirst().digest();
    }

    /** The one version whose digest begins so; null for {@link FileWrite#NONE}, no file. */
    @Nullable
    String find(Path file, String prefix) throws IOException {
        List<FileVersion> versions = history(file);
        if (versions.isEmpty()) {
            throw nothingKept(file);
        }
        if (prefix.equals(FileWrite.NONE)) {
            return null;
        }
        List<String> found = new ArrayList<>();
        for (FileVersion version : versions) {
            String digest = version.digest();
            if (digest != null
                    && prefix.matches("[0-9a-f]{4,64}")
                    && digest.startsWith(prefix)
                    && !found.contains(digest)) {
                found.add(digest);
            }
        }
        if (found.size() != 1) {
            throw new BusException((found.isEmpty() ? "no version of " : found.size() + " versions of ") + file
                    + (found.isEmpty() ? " begins" : " begin") + " with '" + prefix
                    + "'; 'mirror rollback --list' shows them, and four digits or more are needed");
        }
        return found.getFirst();
    }

    private static BusException nothingKept(Path file) {
        return new BusException("no version of " + file + " was ever kept; Mirror keeps the files that it writes");
    }

    /** Does {@code step} for the file of each chain; a sentence for each chain that is damaged or cannot be read. */
    private List<String> eachChain(ChainStep step) throws IOException {
        List<String> faults = new ArrayList<>();
        for (Path index : disk.list(chains())) {
            try {
                String path = BackupChain.pathOf(disk, index);
                if (!path.isEmpty()) {
                    step.run(Path.of(path));
                }
            } catch (IOException | BusException.Damaged e) {
                faults.add(String.valueOf(e.getMessage()));
            }
        }
        return faults;
    }

    private interface ChainStep {
        void run(Path file) throws IOException;
    }

    List<String> recover() throws IOException {
        return eachChain(this::open);
    }

    List<String> check() throws IOException {
        List<String> damaged = new ArrayList<>();
        List<String> faults = eachChain(file -> {
            for (FileVersion version : history(file)) {
                String digest = version.digest();
                try {
                    if (digest != null) {
                        objects.get(digest);
                    }
                } catch (BusException.Damaged e) {
                    damaged.add(e.getMessage() + " (a version of " + file + ")");
                }
            }
        });
        damaged.addAll(faults);
        return damaged.stream().distinct().toList();
    }
}
