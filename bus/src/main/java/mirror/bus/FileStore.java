package mirror.bus;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The one way by which Mirror writes files: whole or not at all, and with nothing lost.
 *
 * <p>A {@linkplain FileWrite.Care#KEPT kept} file is written in this order, each step durable before the next: what stands there is
 * stored by its digest when the chain does not know it (somebody else wrote it), the new bytes are stored too (somebody else may
 * overwrite them), an entry in the file's {@linkplain BackupChain chain} says what is about to be done, the temporary file is flushed
 * and read back, the target is looked at once more and takes the new bytes in one step, the event is recorded, and the entry is
 * closed. A crash between any two leaves the old bytes or the new ones in the file, all of them in the store, and an open entry, which
 * the next use or {@link #recover} settles by looking at the file. An event that the log could not take is recorded then too, so each
 * change has at least one event; a second one for the same change has the same {@code path} and {@code entry}.
 *
 * <p>What is refused goes to the {@linkplain Rejections rejection log} and, as an event, to the event log.
 *
 * <p>Must never: leave a file half written, give others rights they did not have, follow a link out of the folder it was told to stay
 * in, drop bytes that somebody else wrote, put contents into a log. Between the last look at the target and its replacement another
 * program can still write, for microseconds: POSIX has no compare-and-rename. Thread-safe; one process for a home.
 */
public final class FileStore {
    /** How often a write begins again because somebody else changed the file meanwhile. */
    private static final int TRIES = 3;

    private final Home home;
    private final FileCalls disk;
    private final Consumer<Draft> events;
    private final Targets targets;
    private final Backups backups;
    private final Rejections rejections;
    private final ReentrantLock lock = new ReentrantLock();

    /** @param events takes an event durably, or throws {@link BusException} and is tried again at the next use */
    public FileStore(Home home, FileCalls disk, InstantSource clock, Consumer<Draft> events) {
        this.home = home;
        this.disk = disk;
        this.events = events;
        this.targets = new Targets(disk);
        this.backups = new Backups(home, disk, clock, events);
        this.rejections = new Rejections(disk, home.rejected(), clock);
    }

    /**
     * What became of a write.
     *
     * @param file the file itself, links followed
     * @param digest SHA-256 of what stands there now, or null when nothing does
     * @param changed whether anything had to be written
     * @param recorded whether the event log knows; if not, it will after the next use or start
     */
    public record Written(Path file, @Nullable String digest, boolean changed, boolean recorded) {}

    /**
     * What a rollback would do, or has done.
     *
     * @param from version that stands there, or null when none does
     * @param to version that is put back, or null when the file is removed
     */
    public record Rollback(
            Path file, @Nullable String from, @Nullable String to, boolean recorded) {}

    /** The other program's write came between our look and our rename. */
    private static final class Overtaken extends IOException {
        private static final long serialVersionUID = 1;
    }

    // ---- writing

    /**
     * Makes the file as it is asked to be. When this returns, it is so and will stay so.
     *
     * @throws RejectedWrite when the file is as it was; or has its new bytes and may lose them in a power cut, as the message then says
     */
    public Written write(FileWrite write) throws RejectedWrite {
        return guarded(write, () -> attempt(write));
    }

    /** Stores what stands in the file now, unless the chain has it as the newest version: for files that a person edits. */
    public void keep(Path target, String who) throws RejectedWrite {
        guarded(FileWrite.removal(target, FileWrite.Care.KEPT).by(who), () -> {
            Path file = targets.place(target, null);
            backups.keep(backups.open(file), file, targets.state(file), who, null);
            return file;
        });
    }

    private interface Attempt<T> {
        T run() throws IOException;
    }

    private <T> T guarded(FileWrite write, Attempt<T> attempt) throws RejectedWrite {
        lock.lock();
        try {
            for (int i = 0; i < TRIES; i++) {
                try {
                    return attempt.run();
                } catch (Overtaken e) {
                    // Look again.
                }
            }
            throw new RejectedWrite(
                    RejectedWrite.Reason.CHANGING,
                    write.target() + " is changed by another program all the time; stop that program first");
        } catch (IOException | BusException.Damaged e) {
            throw reject(write, e);
        } finally {
            lock.unlock();
        }
    }

    private Written attempt(FileWrite write) throws IOException {
        Path file = targets.place(write.target(), write.root());
        Targets.State now = targets.state(file);
        Targets.expect(write, file, now);
        Set<PosixFilePermission> mode = Targets.mode(write, file, now);
        byte[] bytes = write.bytes();
        boolean same = Arrays.equals(now.bytes(), bytes)
                && (bytes == null || now.mode().equals(mode));
        boolean recorded = true;
        switch (write.care()) {
            case KEPT -> {
                BackupChain chain = backups.open(file);
                backups.keep(chain, file, now, "unknown", write.session());
                if (!same) {
                    FileVersion.Step step = bytes == null ? FileVersion.Step.REMOVED : FileVersion.Step.WRITTEN;
                    recorded = change(chain, file, now, bytes, mode, step, write.who(), write.session());
                }
            }
            case DERIVED -> {
                if (now.bytes() != null && !Arrays.equals(now.bytes(), bytes) && !sidecarFits(file, now.bytes())) {
                    backups.keep(backups.open(file), file, now, "unknown", write.session());
                }
                if (!same) {
                    put(file, now, bytes, mode);
                }
                if (!sidecarFits(file, bytes)) {
                    sidecar(file, bytes);
                }
            }
            case BARE -> {
                if (!same) {
                    put(file, now, bytes, mode);
                }
            }
        }
        return new Written(file, write.digest(), !same, recorded);
    }

    /** One change of a kept file; returns whether it was recorded. */
    private boolean change(
            BackupChain chain,
            Path file,
            Targets.State now,
            byte @Nullable [] bytes,
            Set<PosixFilePermission> mode,
            FileVersion.Step step,
            String who,
            @Nullable String session)
            throws IOException {
        BackupChain.Entry entry = backups.begin(chain, step, bytes, now.digest(), mode, who, session);
        try {
            put(file, now, bytes, mode);
        } catch (Overtaken e) {
            chain.close(entry, FileVersion.Outcome.UNDONE, true);
            throw e;
        } catch (IOException e) {
            try {
                backups.open(file);
            } catch (IOException | BusException.Damaged later) {
                e.addSuppressed(later);
            }
            throw e;
        }
        return backups.finish(chain, file, entry);
    }

    private void put(Path file, Targets.State now, byte @Nullable [] bytes, Set<PosixFilePermission> mode)
            throws IOException {
        AtomicFiles.Check lastLook = () -> {
            targets.stillThere(file);
            if (!Arrays.equals(targets.bytes(file), now.bytes())) {
                throw new Overtaken();
            }
        };
        if (bytes != null) {
            disk.createFolders(AtomicFiles.folder(file));
            AtomicFiles.replace(disk, file, bytes, mode, temp(file), lastLook);
        } else if (now.bytes() != null) {
            lastLook.run();
            disk.delete(file);
            disk.forceFolder(AtomicFiles.folder(file));
        }
    }

    /** The same for each write of a file, so that what a crash left is found and removed; differs between homes. */
    private Path temp(Path file) {
        String id = Backups.id(home.root() + "\0" + file);
        return file.resolveSibling(".mirror-" + id.substring(0, 16) + ".tmp");
    }

    private boolean sidecarFits(Path file, byte @Nullable [] bytes) throws IOException {
        Path sidecar = AtomicFiles.sidecar(file);
        FileCalls.Kind kind = disk.kind(sidecar);
        return bytes == null
                ? kind == FileCalls.Kind.NONE
                : kind == FileCalls.Kind.FILE
                        && Arrays.equals(disk.read(sidecar), AtomicFiles.sidecarText(file, bytes));
    }

    private void sidecar(Path file, byte @Nullable [] bytes) throws IOException {
        Path sidecar = AtomicFiles.sidecar(file);
        put(
                sidecar,
                targets.state(sidecar),
                bytes == null ? null : AtomicFiles.sidecarText(file, bytes),
                DiskCalls.OWNER_ONLY);
    }

    // ---- refusing

    /** Logs the refusal; whatever fails in that is added to it and never hides it. */
    private RejectedWrite reject(FileWrite write, Exception cause) {
        RejectedWrite rejected = cause instanceof RejectedWrite known
                ? known
                : new RejectedWrite(
                        reason(cause), "writing " + write.target() + " failed: " + cause.getMessage(), cause);
        String message = String.valueOf(rejected.getMessage());
        try {
            rejections.add(write, rejected.reason(), message);
        } catch (IOException e) {
            rejected.addSuppressed(e);
        }
        ObjectNode data = Json.object()
                .put("path", write.target().toString())
                .put("reason", rejected.reason().text())
                .put("message", message);
        Rejections.describe(write, data);
        try {
            events.accept(
                    Draft.of("mirror.write.rejected.v1", write.who(), data).session(write.session()));
        } catch (BusException e) {
            rejected.addSuppressed(e);
        }
        return rejected;
    }

    private static RejectedWrite.Reason reason(Exception e) {
        if (e instanceof BusException.Damaged) {
            return RejectedWrite.Reason.CHAIN_DAMAGED;
        }
        String message = String.valueOf(e.getMessage());
        return message.contains("No space left on device") || message.contains("Disk quota exceeded")
                ? RejectedWrite.Reason.DISK_FULL
                : RejectedWrite.Reason.DISK;
    }

    // ---- looking back

    /** All versions, the newest first; empty when nothing was ever kept. A link is followed. */
    public List<FileVersion> history(Path target) throws IOException {
        lock.lock();
        try {
            return backups.history(targets.place(target, null));
        } finally {
            lock.unlock();
        }
    }

    /** The bytes of a version; never bytes that do not match the digest. */
    public byte[] bytes(String digest) throws IOException {
        return backups.bytes(digest);
    }

    /**
     * What {@link #rollback} would do.
     *
     * @param to digest or its first digits (4 or more), {@link FileWrite#NONE} for no file, or null for the version that stood there
     *     before the present one
     */
    public Rollback plan(Path target, @Nullable String to) throws IOException {
        lock.lock();
        try {
            Path file = targets.place(target, null);
            String from = targets.state(file).digest();
            String chosen = to == null ? backups.before(file, from) : backups.find(file, to);
            if (Objects.equals(from, chosen)) {
                throw new BusException(
                        from == null
                                ? "there is no " + file + " now"
                                : file + " is version " + Targets.shown(from) + " now");
            }
            return new Rollback(file, from, chosen, false);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Puts an older version back. What stands there now goes into the chain first, so that this can be taken back in the same way:
     * with {@code to} null, twice in a row ends where it began.
     */
    public Rollback rollback(Path target, @Nullable String to, String who, @Nullable String session)
            throws RejectedWrite {
        FileWrite write = FileWrite.removal(target, FileWrite.Care.KEPT).by(who).session(session);
        return guarded(write, () -> restore(plan(target, to), who, session));
    }

    private Rollback restore(Rollback plan, String who, @Nullable String session) throws IOException {
        Path file = plan.file;
        byte[] bytes = plan.to == null ? null : backups.bytes(plan.to);
        BackupChain chain = backups.open(file);
        Targets.State now = targets.state(file);
        if (!Objects.equals(now.digest(), plan.from)) {
            throw new Overtaken();
        }
        boolean derived = disk.kind(AtomicFiles.sidecar(file)) == FileCalls.Kind.FILE;
        backups.keep(chain, file, now, derived && sidecarFits(file, now.bytes()) ? "daemon" : "unknown", session);
        Set<PosixFilePermission> mode = now.bytes() != null ? now.mode() : modeThen(file, plan.to);
        boolean recorded = change(chain, file, now, bytes, mode, FileVersion.Step.RESTORED, who, session);
        if (derived) {
            sidecar(file, bytes);
        }
        return new Rollback(file, plan.from, plan.to, recorded);
    }

    /** The permissions that a version had, for a file that is gone. */
    private Set<PosixFilePermission> modeThen(Path file, @Nullable String digest) throws IOException {
        return backups.history(file).stream()
                .filter(version -> Objects.equals(version.digest(), digest))
                .findFirst()
                .map(version -> PosixFilePermissions.fromString(version.mode()))
                .orElse(DiskCalls.OWNER_ONLY);
    }

    // ---- what changes are made of, besides writes

    /**
     * What stands in a file.
     *
     * @param file the file itself, links followed
     * @param digest SHA-256, or null when nothing stands there
     * @param modified when it was written last, or null when nothing stands there
     */
    public record Seen(
            Path file, @Nullable String digest, @Nullable Instant modified) {}

    /**
     * Looks at a file as a write would, and refuses what a write would refuse.
     *
     * @param root folder that it must lie in once all links are followed
     */
    public Seen look(Path target, Path root) throws IOException {
        Path file = targets.place(target, root);
        return switch (disk.kind(file)) {
            case NONE -> new Seen(file, null, null);
            case FILE -> new Seen(file, disk.digest(file), disk.modified(file));
            case FOLDER, LINK, OTHER ->
                throw new RejectedWrite(RejectedWrite.Reason.NOT_A_FILE, file + " is no file; name a file");
        };
    }

    /** The file that a path really is: links followed, and inside {@code root} when there is one. */
    public Path place(Path target, @Nullable Path root) throws IOException {
        return targets.place(target, root);
    }

    /** Removes what a crash may have left of a write of the file; it never had the file's name. */
    public void sweep(Path file) throws IOException {
        lock.lock();
        try {
            Path temp = temp(file);
            if (disk.kind(temp) == FileCalls.Kind.FILE) {
                disk.delete(temp);
                disk.forceFolder(AtomicFiles.folder(temp));
            }
        } finally {
            lock.unlock();
        }
    }

    /** A journal to append to, its torn tail moved away; the caller keeps others from it. */
    public Journal journal(Path file, Predicate<JsonNode> known) throws IOException {
        lock.lock();
        try {
            Journal journal = Journal.read(disk, file, known);
            backups.untear(
                    journal,
                    file,
                    "journal-" + String.valueOf(file.getFileName()).replaceFirst("\\.jsonl$", ""));
            return journal;
        } finally {
            lock.unlock();
        }
    }

    public FileMoves moves() {
        return new FileMoves(home, disk);
    }

    // ---- start and check

    /**
     * Settles what the last run left open and records what the event log does not know yet; call it once the log takes events.
     *
     * @return a sentence for each chain that is damaged; the others are settled
     */
    public List<String> recover() throws IOException {
        lock.lock();
        try {
            return backups.recover();
        } finally {
            lock.unlock();
        }
    }

    /** Proves every chain and every version that one names; a sentence for each fault. Writes nothing. */
    public List<String> check() throws IOException {
        lock.lock();
        try {
            return backups.check();
        } finally {
            lock.unlock();
        }
    }
}
