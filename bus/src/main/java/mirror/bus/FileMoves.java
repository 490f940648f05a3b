package mirror.bus;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a file or a whole folder gets another name: never over something that stands there, with no bytes lost and none doubled.
 *
 * <p>A file gets the new name as a second one ({@code link(2)} refuses a name that is taken), the name is flushed, and only then is
 * the old one taken away. Where a second name cannot be given, the file is renamed; on another file system a copy under a name of
 * Mirror's own is flushed and compared first. A folder is renamed. Whoever calls this writes down what he is about to do before, and
 * settles after a crash by {@link #settle}, which looks at both names and finishes what was begun.
 *
 * <p>Where there are no hard links another program can take the new name between the last look and the rename, for microseconds.
 * Links of the file system are not moved. Thread-safe for different names.
 */
public final class FileMoves {
    private final Home home;
    private final FileCalls disk;

    FileMoves(Home home, FileCalls disk) {
        this.home = home;
        this.disk = disk;
    }

    /** What a look at both names says of a move. */
    public enum Settled {
        DONE,
        UNDONE,
        /** Somebody else was there meanwhile; nothing was touched. */
        UNCLEAR
    }

    /**
     * What is to be moved.
     *
     * @param place without links
     * @param digest SHA-256 of a file; empty for a folder
     * @param files the file, or all files in the folder
     */
    public record Thing(Path place, boolean isFolder, String digest, List<Path> files) {}

    /** Looks at what stands at {@code from}; refuses what cannot be moved. */
    public Thing look(Path from) throws IOException {
        FileCalls.Kind kind = disk.kind(from);
        if (kind == FileCalls.Kind.NONE) {
            throw new RejectedWrite(RejectedWrite.Reason.NOT_A_FILE, from + " is not there; look at its name");
        }
        if (kind != FileCalls.Kind.FILE && kind != FileCalls.Kind.FOLDER) {
            throw new RejectedWrite(
                    RejectedWrite.Reason.NOT_A_FILE,
                    from + " is a link, a device, a pipe or a socket; name a file or a folder");
        }
        Path place = disk.real(from);
        boolean isMirrors = place.startsWith(home.root()) && !isStaged(place);
        if (isMirrors || home.root().startsWith(place)) {
            throw new RejectedWrite(
                    RejectedWrite.Reason.OUTSIDE, place + " belongs to Mirror itself; name a file of yours");
        }
        return kind == FileCalls.Kind.FILE
                ? new Thing(place, false, disk.digest(place), List.of(place))
                : new Thing(place, true, "", files(place));
    }

    /** What was made to be moved, such as the files of an archive. */
    private boolean isStaged(Path place) {
        return place.startsWith(home.staging()) && !place.equals(home.staging());
    }

    private List<Path> files(Path folder) throws IOException {
        List<Path> files = new ArrayList<>();
        Deque<Path> folders = new ArrayDeque<>(List.of(folder));
        while (!folders.isEmpty()) {
            for (Path each : disk.list(folders.pop())) {
                switch (disk.kind(each)) {
                    case FILE -> files.add(each);
                    case FOLDER -> folders.push(each);
                    case NONE, LINK, OTHER -> {}
                }
            }
        }
        return files;
    }

    public Instant modified(Path file) throws IOException {
        return disk.modified(file);
    }

    public String digest(Path file) throws IOException {
        return disk.digest(file);
    }

    /** Whether nothing has that name. */
    public boolean isFree(Path name) throws IOException {
        return disk.kind(name) == FileCalls.Kind.NONE;
    }

    /**
     * Moves what was looked at. When this returns, it is so and will stay so.
     *
     * @param id by which what a crash leaves of a copy is found again
     * @throws FileAlreadyExistsException when the new name is taken; nothing was changed
     */
    public void move(Thing thing, Path to, String id) throws IOException {
        Path from = thing.place;
        disk.createFolders(AtomicFiles.folder(to));
        if (thing.isFolder) {
            free(to);
            rename(from, to);
        } else if (disk.link(to, from)) {
            leave(from, to);
        } else {
            free(to);
            try {
                disk.rename(from, to);
                flush(from, to);
            } catch (AtomicMoveNotSupportedException e) {
                carry(thing, to, id);
            }
        }
    }

    private void rename(Path from, Path to) throws IOException {
        try {
            disk.rename(from, to);
        } catch (AtomicMoveNotSupportedException e) {
            throw new RejectedWrite(
                    RejectedWrite.Reason.FOLDER,
                    from + " is a folder on another file system than " + to + "; move its files one by one",
                    e);
        }
        flush(from, to);
    }

    private void free(Path to) throws IOException {
        if (!isFree(to)) {
            throw new FileAlreadyExistsException(to.toString());
        }
    }

    private void flush(Path from, Path to) throws IOException {
        disk.forceFolder(AtomicFiles.folder(to));
        Path left = AtomicFiles.folder(from);
        // Whoever looks after a crash may find that its owner has removed it.
        if (disk.kind(left) == FileCalls.Kind.FOLDER) {
            disk.forceFolder(left);
        }
    }

    /** The new name is there; the old one goes once that is durable. */
    private void leave(Path from, Path to) throws IOException {
        disk.forceFolder(AtomicFiles.folder(to));
        disk.delete(from);
        disk.forceFolder(AtomicFiles.folder(from));
    }

    private void carry(Thing thing, Path to, String id) throws IOException {
        Path copy = copy(to, id);
        disk.copy(thing.place, copy);
        if (!disk.digest(copy).equals(thing.digest) || !disk.digest(thing.place).equals(thing.digest)) {
            throw new RejectedWrite(
                    RejectedWrite.Reason.CHANGING, thing.place + " was changed while it was copied; repeat it later");
        }
        if (disk.link(to, copy)) {
            disk.delete(copy);
        } else {
            free(to);
            disk.rename(copy, to);
        }
        leave(thing.place, to);
    }

    private static Path copy(Path to, String id) {
        return to.resolveSibling(".mirror-" + id + ".tmp");
    }

    /** The highest folder that has to be made for a file of that name, or null when its folder is there. */
    public @Nullable Path missing(Path file) throws IOException {
        Path missing = null;
        for (Path at = AtomicFiles.folder(file); at != null && isFree(at); at = at.getParent()) {
            missing = at;
        }
        return missing;
    }

    /** Removes the folders of a file up to {@code made} that are empty. */
    public void tidy(Path file, Path made) throws IOException {
        for (Path at = AtomicFiles.folder(file); at.startsWith(made); at = AtomicFiles.folder(at)) {
            FileCalls.Kind kind = disk.kind(at);
            if (kind == FileCalls.Kind.FOLDER && disk.list(at).isEmpty()) {
                disk.delete(at);
                disk.forceFolder(AtomicFiles.folder(at));
            } else if (kind != FileCalls.Kind.NONE) {
                return;
            }
        }
    }

    /** Finishes or takes back what was begun, as far as only Mirror was at it. May be repeated. */
    public Settled settle(Path from, boolean isFolder, String digest, Path to, String id) throws IOException {
        Settled settled = isFolder ? settleFolder(from, to) : settleFile(from, digest, to);
        Path copy = copy(to, id);
        if (settled != Settled.UNCLEAR && disk.kind(copy) == FileCalls.Kind.FILE) {
            disk.delete(copy);
            disk.forceFolder(AtomicFiles.folder(to));
        }
        return settled;
    }

    private Settled settleFolder(Path from, Path to) throws IOException {
        if (disk.kind(from) == FileCalls.Kind.FOLDER) {
            return Settled.UNDONE;
        }
        if (disk.kind(to) == FileCalls.Kind.FOLDER) {
            flush(from, to);
            return Settled.DONE;
        }
        return Settled.UNCLEAR;
    }

    private Settled settleFile(Path from, String digest, Path to) throws IOException {
        boolean isOld = disk.kind(from) == FileCalls.Kind.FILE;
        boolean isNew = disk.kind(to) == FileCalls.Kind.FILE;
        if (isOld && isNew) {
            if (disk.isSame(from, to)
                    || (disk.digest(to).equals(digest) && disk.digest(from).equals(digest))) {
                leave(from, to);
                return Settled.DONE;
            }
            // Either the new name is another's, or the old one was written to after it was copied: both stay.
            return disk.digest(to).equals(digest) ? Settled.UNCLEAR : Settled.UNDONE;
        }
        if (isNew) {
            flush(from, to);
            return Settled.DONE;
        }
        return isOld ? Settled.UNDONE : Settled.UNCLEAR;
    }
}
