package mirror.bus;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Folders of files that are made outside of where they shall lie, whole, before they are moved there. A folder is {@code <id>.part}
 * while it is filled; {@link #seal} gives it its name, together with a note of what it is for, so that a crash leaves a folder that is
 * complete or one that {@link #clean} removes. Only Mirror writes here, so there is no link to follow.
 *
 * <p>Must never write outside of its own folder, whatever the names say. Not thread-safe.
 */
public final class Staging {
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9-]{0,63}");
    private static final String PART = ".part";
    private static final String NOTE = "note.json";
    private static final String TREE = "tree";
    private static final int CHUNK = 4 << 20;

    private final Path root;
    private final FileCalls disk;

    public Staging(Home home, FileCalls disk) {
        this.root = home.staging();
        this.disk = disk;
    }

    /** Where the files of a sealed folder lie. */
    public Path tree(String id) {
        return folder(id).resolve(TREE);
    }

    private Path folder(String id) {
        if (!ID.matcher(id).matches()) {
            throw new IllegalArgumentException("'" + id + "' is no name of a staged folder");
        }
        return root.resolve(id);
    }

    private Path part(String id) {
        return root.resolve(folder(id).getFileName() + PART);
    }

    /** Begins an empty folder; there must be none with this id. */
    public void begin(String id) throws IOException {
        if (disk.kind(folder(id)) != FileCalls.Kind.NONE || disk.kind(part(id)) != FileCalls.Kind.NONE) {
            throw new IOException(folder(id) + " is there already");
        }
        disk.createFolders(part(id).resolve(TREE));
    }

    /** @param path of folders separated by '/' */
    public void folder(String id, String path) throws IOException {
        disk.createFolders(place(id, path));
    }

    /**
     * Writes a file that is not there yet.
     *
     * @param path of names separated by '/'; folders in it are made
     * @param modified what its modification time shall say
     */
    public void file(String id, String path, InputStream bytes, Instant modified) throws IOException {
        Path file = place(id, path);
        disk.createFolders(AtomicFiles.folder(file));
        byte[] chunk = bytes.readNBytes(CHUNK);
        disk.create(file, chunk, DiskCalls.OWNER_ONLY);
        while (chunk.length == CHUNK) {
            chunk = bytes.readNBytes(CHUNK);
            if (chunk.length > 0) {
                disk.append(file, chunk);
            }
        }
        Files.setLastModifiedTime(file, FileTime.from(modified));
    }

    private Path place(String id, String path) {
        Path tree = part(id).resolve(TREE);
        Path place = tree.resolve(path).normalize();
        if (path.isEmpty()
                || Path.of(path).isAbsolute()
                || !place.startsWith(tree)
                || place.equals(tree)
                || Arrays.asList(path.split("/", -1)).contains("..")) {
            throw new IllegalArgumentException("'" + path + "' leads out of the staged folder");
        }
        return place;
    }

    /** The folder is complete; when this returns, it stays so until {@link #finish} or {@link #remove}. */
    public void seal(String id, String note) throws IOException {
        Path part = part(id);
        disk.create(part.resolve(NOTE), note.getBytes(StandardCharsets.UTF_8), DiskCalls.OWNER_ONLY);
        Deque<Path> folders = new ArrayDeque<>(java.util.List.of(part));
        while (!folders.isEmpty()) {
            Path folder = folders.pop();
            for (Path each : disk.list(folder)) {
                if (disk.kind(each) == FileCalls.Kind.FOLDER) {
                    folders.push(each);
                }
            }
            disk.forceFolder(folder);
        }
        disk.rename(part, folder(id));
        disk.forceFolder(root);
    }

    /** Notes of what is sealed and not finished, by id. */
    public Map<String, String> sealed() throws IOException {
        Map<String, String> sealed = new LinkedHashMap<>();
        for (Path folder : disk.list(root)) {
            String id = String.valueOf(folder.getFileName());
            Path note = folder.resolve(NOTE);
            if (ID.matcher(id).matches() && disk.kind(note) == FileCalls.Kind.FILE) {
                sealed.put(id, new String(disk.read(note), StandardCharsets.UTF_8));
            }
        }
        return sealed;
    }

    /** What it was for is done: the note goes, and the folder when nothing is left in it. */
    public void finish(String id) throws IOException {
        Path folder = folder(id);
        if (disk.kind(folder.resolve(NOTE)) == FileCalls.Kind.FILE) {
            disk.delete(folder.resolve(NOTE));
            disk.forceFolder(folder);
        }
        for (Path each : java.util.List.of(folder.resolve(TREE), folder)) {
            if (disk.kind(each) == FileCalls.Kind.FOLDER && disk.list(each).isEmpty()) {
                disk.delete(each);
            }
        }
    }

    /** Removes a folder with all that is in it. */
    public void remove(String id) throws IOException {
        if (disk.kind(folder(id)) != FileCalls.Kind.NONE) {
            // A crash shall leave nothing that looks whole.
            delete(part(id));
            disk.rename(folder(id), part(id));
            delete(part(id));
        }
    }

    /** Removes what was begun and not sealed, and what is empty. Files that came back after they were moved away stay. */
    public void clean() throws IOException {
        for (Path folder : disk.list(root)) {
            String name = String.valueOf(folder.getFileName());
            if (name.endsWith(PART)) {
                delete(folder);
            } else if (ID.matcher(name).matches() && disk.kind(folder.resolve(NOTE)) == FileCalls.Kind.NONE) {
                finish(name);
            }
        }
    }

    private void delete(Path path) throws IOException {
        switch (disk.kind(path)) {
            case FOLDER -> {
                for (Path each : disk.list(path)) {
                    delete(each);
                }
                disk.delete(path);
            }
            case FILE, LINK, OTHER -> disk.delete(path);
            case NONE -> {}
        }
    }
}
