package mirror.vault.change;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import mirror.bus.AtomicFiles;
import mirror.bus.BusException;
import mirror.bus.Draft;
import mirror.bus.FileMoves;
import mirror.bus.FileMoves.Thing;
import mirror.bus.FileStore;
import mirror.bus.FileVersion.Outcome;
import mirror.bus.FileWrite;
import mirror.bus.Json;
import mirror.bus.RejectedWrite;
import mirror.vault.change.Change.Kind;
import mirror.vault.change.ChangeLog.Entry;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The one way by which Mirror changes the owner's vault.
 *
 * <p>A change is written down in a journal and flushed before anything is touched; the files are then written by {@link FileStore},
 * which keeps what stood there, or moved by {@link FileMoves}, which never replaces; the event follows, and the journal is closed. A
 * crash between any two leaves the old state or the new one and an open entry, which the next use or {@link #recover} settles by
 * looking at the files. So each change can be taken back byte for byte, which is a change again.
 *
 * <p>Must never: replace what its writer has not read, touch what its owner edited less than {@link #QUIET} ago, delete (taking back
 * the making of a note removes it, and its bytes stay in the store), follow a link out of the vault. What a file's text says plays no
 * part here. Thread-safe; one for a vault.
 */
public final class VaultChanges {
    /** How long the owner's own edit is left alone. */
    public static final Duration QUIET = Duration.ofMinutes(2);

    private static final int MOST_NAMES = 10_000;
    private static final int LONGEST_WHY = 500;

    private final Path root;
    private final FileStore files;
    private final FileMoves moves;
    private final Consumer<Draft> events;
    private final Path journal;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable ChangeLog open;

    /**
     * Touches nothing.
     *
     * @param root the vault
     * @param events takes an event durably, or throws {@link BusException} and is tried again at the next use
     * @param journal file of the changes, outside the vault
     */
    public VaultChanges(Path root, FileStore files, Consumer<Draft> events, Path journal, InstantSource clock) {
        this.root = root.toAbsolutePath().normalize();
        this.files = files;
        this.moves = files.moves();
        this.events = events;
        this.journal = journal;
        this.clock = clock;
    }

    // ---- writing

    /**
     * Writes a note whole. When its bytes are these already, nothing is done and the change has no id.
     *
     * @param path from the vault's root, in '/'
     * @param base SHA-256 of what the writer read, or {@link FileWrite#NONE} for a new note; when something else stands there, it stays
     *     and the bytes go to a note beside it
     * @param by who asks: {@code owner}, {@code daemon} or a client
     * @throws EditedJustNow when it is to be tried later
     * @throws ChangeRefused when nothing was changed
     */
    public Change write(String path, byte[] bytes, String base, String by, String why) throws IOException {
        return changing(log -> {
            NoteNames.check(path);
            String after = AtomicFiles.digest(bytes);
            FileStore.Seen seen = files.look(root.resolve(path), root);
            String now = seen.digest();
            if (after.equals(now)) {
                return new Change("", Kind.WRITTEN, path, null, now, after, clock.instant(), by, why(why), false);
            }
            if (!base.equals(now == null ? FileWrite.NONE : now)) {
                return conflict(log, path, bytes, by, why);
            }
            if (now != null && seen.modified() != null) {
                leaveAlone(log, path, seen.modified(), now);
            }
            Entry entry = begin(log, Kind.WRITTEN, path, null, now, after, by, why, false, null);
            return put(log, entry, bytes, base) ? entry.change() : conflict(log, path, bytes, by, why);
        });
    }

    private Change conflict(ChangeLog log, String path, byte[] bytes, String by, String why) throws IOException {
        String name = NoteNames.conflict(path, clock.instant());
        for (int n = 1; n <= MOST_NAMES; n++) {
            String beside = NoteNames.check(NoteNames.numbered(name, n, false));
            if (moves.isFree(root.resolve(beside))) {
                Entry entry =
                        begin(log, Kind.CONFLICT, beside, path, null, AtomicFiles.digest(bytes), by, why, false, null);
                if (put(log, entry, bytes, FileWrite.NONE)) {
                    return entry.change();
                }
            }
        }
        throw tooMany(name);
    }

    /** @return false when something else than {@code expected} stands there, and stays */
    private boolean put(ChangeLog log, Entry entry, byte @Nullable [] bytes, String expected) throws IOException {
        Path file = entry.place(entry.change().path());
        FileWrite write = bytes == null ? FileWrite.removal(file, FileWrite.Care.KEPT) : FileWrite.kept(file, bytes);
        try {
            files.write(write.within(root).by(entry.change().by()).onlyIf(expected));
        } catch (RejectedWrite e) {
            if (e.reason() == RejectedWrite.Reason.STALE || e.reason() == RejectedWrite.Reason.CHANGING) {
                close(log, entry, Outcome.UNDONE);
                return false;
            }
            throw settled(log, entry, e);
        }
        close(log, entry, Outcome.DONE);
        return true;
    }

    // ---- moving

    /**
     * Gives a file or a whole folder another place in the vault. Nothing is ever replaced: a name that is taken gets " 2", " 3" …
     * before its ending.
     *
     * @param from absolute, in the vault or outside of it
     * @param to full new path from the vault's root, in '/'
     * @return the change, with the path that it got
     */
    public Change move(Path from, String to, String by, String why) throws IOException {
        return changing(log -> {
            NoteNames.check(to);
            Thing thing = moves.look(NoteNames.checkAbsolute(from));
            Path vault = vault();
            boolean isInside = thing.place().startsWith(vault);
            if (vault.startsWith(thing.place())) {
                throw new ChangeRefused(thing.place() + " holds the vault; name something in it");
            }
            String shown = shown(vault, NoteNames.checkAbsolute(thing.place()));
            if (isInside) {
                NoteNames.check(shown);
            }
            leaveAlone(log, thing);
            for (int n = 1; n <= MOST_NAMES; n++) {
                String name = NoteNames.check(NoteNames.numbered(to, n, thing.isFolder()));
                Path place = files.place(root.resolve(name), root);
                if (place.startsWith(thing.place())) {
                    throw new ChangeRefused(
                            thing.place().equals(place)
                                    ? "'" + shown + "' is there already"
                                    : "'" + shown + "' cannot be moved into itself; name a place outside of it");
                }
                if (moves.isFree(place)) {
                    Entry entry = begin(
                            log,
                            Kind.MOVED,
                            name,
                            shown,
                            digest(thing),
                            digest(thing),
                            by,
                            why,
                            thing.isFolder(),
                            null);
                    if (carry(log, entry, thing, place)) {
                        return entry.change();
                    }
                }
            }
            throw tooMany(to);
        });
    }

    /** @return false when the new name was taken meanwhile */
    private boolean carry(ChangeLog log, Entry entry, Thing thing, Path place) throws IOException {
        try {
            moves.move(thing, place, entry.change().id());
        } catch (FileAlreadyExistsException e) {
            close(log, entry, Outcome.UNDONE);
            return false;
        } catch (IOException e) {
            throw settled(log, entry, e);
        }
        close(log, entry, Outcome.DONE);
        return true;
    }

    private static @Nullable String digest(Thing thing) {
        return thing.isFolder() ? null : thing.digest();
    }

    private static String shown(Path vault, Path place) {
        return place.startsWith(vault) ? vault.relativize(place).toString().replace('\\', '/') : place.toString();
    }

    // ---- taking back

    /**
     * Takes a change back, byte for byte. That is a change too and can be taken back in the same way.
     *
     * @throws ChangeRefused when what stands there now is not what the change left, and would be lost
     */
    public Change rollback(String id, String by) throws IOException {
        return changing(log -> {
            Path vault = vault();
            List<Entry> done = log.done(vault);
            Entry entry = done.stream()
                    .filter(each -> each.change().id().equals(id))
                    .findFirst()
                    .orElseThrow(() -> new ChangeRefused(
                            "there is no change '" + id + "' of this vault; 'mirror vault changes' lists them"));
            Change change = entry.change();
            if (change.undone()) {
                throw new ChangeRefused("change " + id + " was taken back already; take back the change that did that"
                        + " ('mirror vault changes' lists it), and it holds again");
            }
            return change.from() == null || change.kind() == Kind.CONFLICT
                    ? restore(log, entry, by)
                    : moveBack(log, vault, entry, by);
        });
    }

    private Change restore(ChangeLog log, Entry entry, String by) throws IOException {
        Change change = entry.change();
        FileStore.Seen seen = files.look(entry.place(change.path()), root);
        String now = seen.digest();
        if (Objects.equals(now, change.before())) {
            throw new ChangeRefused("'" + change.path() + "' is as it was before change " + change.id() + " already");
        }
        // A file that is gone has nothing to lose.
        if (now != null && !now.equals(change.after())) {
            throw new ChangeRefused(
                    "'" + change.path() + "' is no longer what change " + change.id() + " left, and would be"
                            + " lost; take back what was changed since, or put the text together by hand");
        }
        byte[] bytes = change.before() == null ? null : files.bytes(change.before());
        Entry back = begin(
                log,
                Kind.RESTORED,
                change.path(),
                null,
                now,
                change.before(),
                by,
                "takes back " + change.id(),
                false,
                change.id());
        if (!put(log, back, bytes, now == null ? FileWrite.NONE : now)) {
            throw new ChangeRefused("'" + change.path() + "' was changed while change " + change.id()
                    + " was taken back;" + " look at it and repeat");
        }
        return back.change();
    }

    private Change moveBack(ChangeLog log, Path vault, Entry entry, String by) throws IOException {
        Change change = entry.change();
        String from = Objects.requireNonNull(change.from());
        Thing thing = moves.look(entry.place(change.path()));
        Path place = entry.place(from);
        if (!files.place(place, place.startsWith(vault) ? root : null).equals(place)) {
            throw new ChangeRefused("a folder of '" + from + "' is a link now; remove the link first");
        }
        leaveAlone(log, thing);
        if (thing.isFolder() == entry.isFolder() && moves.isFree(place)) {
            Entry back = begin(
                    log,
                    Kind.RESTORED,
                    from,
                    change.path(),
                    digest(thing),
                    digest(thing),
                    by,
                    "takes back " + change.id(),
                    thing.isFolder(),
                    change.id());
            if (carry(log, back, thing, place)) {
                return back.change();
            }
        }
        throw new ChangeRefused(
                thing.isFolder() == entry.isFolder()
                        ? "'" + from + "' is taken now; move that away first"
                        : "'" + change.path() + "' is no longer what change " + change.id() + " left; move it by hand");
    }

    // ---- looking back and settling

    /** SHA-256 of what stands at a path from the vault's root, as a {@link #write} would find it; null when nothing does. */
    public @Nullable String digest(String path) throws IOException {
        return files.look(root.resolve(NoteNames.check(path)), root).digest();
    }

    /** What was changed, newest first. */
    public List<Change> changes() throws IOException {
        return using(log -> log.done(vault()).stream().map(Entry::change).toList());
    }

    /**
     * Settles what a crash left open and tells the event log what it does not know yet; call it once the log takes events.
     *
     * @return a sentence for whatever its owner should look at
     */
    public List<String> recover() throws IOException {
        try {
            return using(this::settle);
        } catch (BusException.Damaged e) {
            return List.of(String.valueOf(e.getMessage()));
        }
    }

    private List<String> settle(ChangeLog log) throws IOException {
        List<String> sentences = new ArrayList<>();
        for (Entry entry : log.due()) {
            Outcome known = entry.outcome();
            if (known != null) {
                if (tell(entry, known)) {
                    log.close(entry, known, true);
                }
                continue;
            }
            Outcome outcome = judge(entry);
            close(log, entry, outcome);
            if (outcome == Outcome.UNCLEAR) {
                sentences.add("change " + entry.change().id() + " of '"
                        + entry.change().path()
                        + "' was cut short, and somebody else changed the file meanwhile; look at it");
            }
        }
        return sentences;
    }

    /** What became of an open entry, judged by what stands there. */
    private Outcome judge(Entry entry) throws IOException {
        Change change = entry.change();
        String from = change.from();
        if (from != null && change.kind() != Kind.CONFLICT) {
            FileMoves.Settled settled = moves.settle(
                    entry.place(from),
                    entry.isFolder(),
                    Objects.requireNonNullElse(change.after(), ""),
                    files.place(entry.place(change.path()), null),
                    change.id());
            return Outcome.valueOf(settled.name());
        }
        String now;
        try {
            FileStore.Seen seen = files.look(entry.place(change.path()), entry.root());
            files.sweep(seen.file());
            now = seen.digest();
        } catch (RejectedWrite e) {
            now = "no file";
        }
        return Objects.equals(now, change.after())
                ? Outcome.DONE
                : Objects.equals(now, change.before()) ? Outcome.UNDONE : Outcome.UNCLEAR;
    }

    // ---- what all changes have in common

    private interface Step<T> {
        T run(ChangeLog log) throws IOException;
    }

    private Change changing(Step<Change> step) throws IOException {
        return using(log -> {
            settle(log);
            return step.run(log);
        });
    }

    private <T> T using(Step<T> step) throws IOException {
        lock.lock();
        boolean sound = false;
        try {
            ChangeLog log = open;
            if (log == null) {
                log = new ChangeLog(files, journal);
            }
            T result = step.run(log);
            open = log;
            sound = true;
            return result;
        } catch (ChangeRefused e) {
            sound = true;
            throw e;
        } finally {
            if (!sound) {
                // What is in memory may not be what is on disk.
                open = null;
            }
            lock.unlock();
        }
    }

    private Entry begin(
            ChangeLog log,
            Kind kind,
            String path,
            @Nullable String from,
            @Nullable String before,
            @Nullable String after,
            String by,
            String why,
            boolean isFolder,
            @Nullable String undoes)
            throws IOException {
        Change change = new Change(log.next(), kind, path, from, before, after, clock.instant(), by, why(why), false);
        // Refuses a name that the event log would refuse, before anything is written down.
        Draft.of("mirror.note.changed.v1", by, Json.object());
        Path vault = vault();
        return log.begin(change, vault, isFolder, moves.missing(files.place(vault.resolve(path), null)), undoes);
    }

    private static String why(String why) {
        String plain = new String(why.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8)
                .replaceAll("[\\p{Cntrl}\u2028\u2029]+", " ")
                .strip();
        return plain.codePoints()
                .limit(LONGEST_WHY)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private void close(ChangeLog log, Entry entry, Outcome outcome) throws IOException {
        String undone = outcome == Outcome.UNDONE ? entry.change().id() : entry.undoes();
        if (undone != null) {
            Entry gone = log.entry(undone);
            if (gone.made() != null) {
                // An empty folder that only that change needed would keep its name from others.
                moves.tidy(gone.place(gone.change().path()), gone.made());
            }
        }
        log.close(entry, outcome, outcome == Outcome.UNDONE || tell(entry, outcome));
    }

    /** After a failure: settles as far as that can be done now, and gives the failure back to be thrown. */
    private IOException settled(ChangeLog log, Entry entry, IOException failure) {
        try {
            close(log, entry, judge(entry));
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
        return failure;
    }

    private boolean tell(Entry entry, Outcome outcome) {
        Change change = entry.change();
        ObjectNode data = Json.object()
                .put("change", change.id())
                .put("kind", change.kind().text());
        ChangeLog.describe(data, change, entry.isFolder(), entry.undoes());
        if (outcome == Outcome.UNCLEAR) {
            data.put("unclear", true);
        }
        try {
            events.accept(Draft.of("mirror.note.changed.v1", change.by(), data).subject(change.id()));
            return true;
        } catch (BusException e) {
            return false;
        }
    }

    private void leaveAlone(ChangeLog log, Thing thing) throws IOException {
        for (Path file : thing.files()) {
            Instant modified = moves.modified(file);
            if (isRecent(modified)) {
                leaveAlone(log, file.toString(), modified, moves.digest(file));
            }
        }
    }

    private void leaveAlone(ChangeLog log, String path, Instant modified, String digest) throws EditedJustNow {
        if (isRecent(modified) && !log.isOwn(digest)) {
            throw new EditedJustNow(path, modified.plus(QUIET));
        }
    }

    /** A time far in the future says nothing about when a file was edited. */
    private boolean isRecent(Instant modified) {
        return Duration.between(modified, clock.instant()).abs().compareTo(QUIET) < 0;
    }

    /** The vault without links, by which a change belongs to it whatever its root is called. */
    private Path vault() throws IOException {
        return files.place(root, null);
    }

    private static ChangeRefused tooMany(String name) {
        return new ChangeRefused("'" + name + "' and " + MOST_NAMES + " names like it are taken; choose another");
    }
}
