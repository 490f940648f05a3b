package mirror.bus;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The real file system without its flushes, and with one fault at one call: the call fails, or the process is killed there, before,
 * in the middle of or after its effect. {@link #cutPower} then takes back names whose folder was not flushed; in each folder the last
 * so many, as a journal does. Bytes of {@code create} and {@code append} are flushed by contract once these have returned.
 */
public final class FaultyCalls implements FileCalls {
    public enum Fault {
        FAILS,
        FAILS_HALF_WAY,
        FAILS_AFTERWARDS,
        KILLED_BEFORE,
        KILLED_HALF_WAY,
        KILLED_AFTERWARDS;

        public boolean kills() {
            return name().startsWith("KILLED");
        }
    }

    /** The process is gone: nothing is cleaned up, no call has an effect any more. */
    public static final class Killed extends Error {
        private static final long serialVersionUID = 1;

        Killed() {
            super(null, null, false, false);
        }
    }

    public interface Effect {
        void run() throws IOException;
    }

    private static final FileAttribute<?> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final DiskCalls disk = new DiskCalls();
    private final Map<Path, List<Effect>> unflushed = new HashMap<>();
    private final Map<Integer, Effect> meanwhile = new HashMap<>();
    private final List<String> trace = new ArrayList<>();
    private int at = -1;
    private Fault fault = Fault.FAILS;
    private String message = "Input/output error";
    private boolean dead;
    private boolean garbles;
    private boolean linkless;
    private @Nullable Path elsewhere;

    /** The n-th call from now on, counted from 0, has the fault. */
    public FaultyCalls fault(int n, Fault what) {
        at = trace.size() + n;
        fault = what;
        return this;
    }

    public FaultyCalls message(String text) {
        message = text;
        return this;
    }

    /** What another program does just before the n-th call. */
    public FaultyCalls meanwhile(int n, Effect effect) {
        meanwhile.put(n, effect);
        return this;
    }

    /** Every file that is made gets a wrong bit. */
    public FaultyCalls garbling() {
        garbles = true;
        return this;
    }

    /** What lies under {@code root} lies on another file system. */
    public FaultyCalls otherFileSystem(Path root) {
        elsewhere = root;
        return this;
    }

    /** A file system that has no hard links. */
    public FaultyCalls withoutLinks() {
        linkless = true;
        return this;
    }

    private boolean isCrossing(Path from, Path to) {
        return elsewhere != null && from.startsWith(elsewhere) != to.startsWith(elsewhere);
    }

    /** The calls so far. */
    public List<String> trace() {
        return trace;
    }

    /**
     * Another program flushed the folder after its own write. Without that a power cut takes its bytes with the name that they were
     * written to, when that name was left unflushed by a write that failed: nobody could have kept them.
     */
    public void flushedByOthers(Path folder) {
        unflushed.remove(folder);
    }

    public void cutPower(RandomGenerator random) throws IOException {
        for (List<Effect> names : unflushed.values()) {
            int lost = random.nextInt(names.size() + 1);
            for (Effect undo : names.reversed().subList(0, lost)) {
                undo.run();
            }
        }
        unflushed.clear();
    }

    private void call(String name, Effect half, Effect effect) throws IOException {
        if (dead) {
            throw new Killed();
        }
        int n = trace.size();
        trace.add(name);
        Effect other = meanwhile.get(n);
        if (other != null) {
            other.run();
        }
        if (n != at) {
            effect.run();
            return;
        }
        dead = fault.kills();
        switch (fault) {
            case FAILS, KILLED_BEFORE -> {}
            case FAILS_HALF_WAY, KILLED_HALF_WAY -> half.run();
            case FAILS_AFTERWARDS, KILLED_AFTERWARDS -> effect.run();
        }
        if (dead) {
            throw new Killed();
        }
        throw new IOException(message);
    }

    private interface Question<T> {
        T ask() throws IOException;
    }

    private <T> T question(String name, Question<T> question) throws IOException {
        List<T> answer = new ArrayList<>();
        call(name, () -> {}, () -> answer.add(question.ask()));
        return answer.getFirst();
    }

    private void remember(Path file, Effect undo) {
        unflushed
                .computeIfAbsent(Objects.requireNonNull(file.getParent()), folder -> new ArrayList<>())
                .add(undo);
    }

    @Override
    public Kind kind(Path path) throws IOException {
        return question("kind " + path, () -> disk.kind(path));
    }

    @Override
    public Path real(Path path) throws IOException {
        return question("real " + path, () -> disk.real(path));
    }

    @Override
    public byte[] read(Path file) throws IOException {
        return question("read " + file, () -> disk.read(file));
    }

    @Override
    public String digest(Path file) throws IOException {
        return question("digest " + file, () -> disk.digest(file));
    }

    @Override
    public Instant modified(Path file) throws IOException {
        return question("modified " + file, () -> disk.modified(file));
    }

    @Override
    public boolean isSame(Path one, Path other) throws IOException {
        return question("isSame " + one, () -> disk.isSame(one, other));
    }

    @Override
    public Set<PosixFilePermission> mode(Path file) throws IOException {
        return question("mode " + file, () -> disk.mode(file));
    }

    @Override
    public List<Path> list(Path folder) throws IOException {
        return question("list " + folder, () -> disk.list(folder));
    }

    @Override
    public void createFolders(Path folder) throws IOException {
        call("createFolders " + folder, () -> {}, () -> Files.createDirectories(folder, OWNER_ONLY));
    }

    @Override
    public void create(Path file, byte[] bytes, Set<PosixFilePermission> mode) throws IOException {
        byte[] stored = bytes.clone();
        if (garbles && stored.length > 0) {
            stored[stored.length / 2] ^= 1;
        }
        call(
                "create " + file,
                () -> write(file, Arrays.copyOf(stored, stored.length / 2), StandardOpenOption.CREATE_NEW),
                () -> {
                    write(file, stored, StandardOpenOption.CREATE_NEW);
                    Files.setPosixFilePermissions(file, mode);
                });
    }

    @Override
    public void copy(Path from, Path to) throws IOException {
        byte[] bytes = Files.readAllBytes(from);
        call(
                "copy " + to,
                () -> write(to, Arrays.copyOf(bytes, bytes.length / 2), StandardOpenOption.CREATE_NEW),
                () -> {
                    write(to, bytes, StandardOpenOption.CREATE_NEW);
                    Files.setPosixFilePermissions(to, disk.mode(from));
                    Files.setLastModifiedTime(to, Files.getLastModifiedTime(from));
                });
    }

    @Override
    public boolean link(Path name, Path existing) throws IOException {
        return question("link " + name, () -> {
            if (linkless || isCrossing(existing, name)) {
                return false;
            }
            boolean linked = disk.link(name, existing);
            remember(name, () -> Files.deleteIfExists(name));
            return linked;
        });
    }

    @Override
    public void append(Path file, byte[] bytes) throws IOException {
        call(
                "append " + file,
                () -> write(file, Arrays.copyOf(bytes, bytes.length / 2), StandardOpenOption.APPEND),
                () -> write(file, bytes, StandardOpenOption.APPEND));
    }

    private void write(Path file, byte[] bytes, StandardOpenOption how) throws IOException {
        if (!Files.exists(file)) {
            remember(file, () -> Files.deleteIfExists(file));
            if (how == StandardOpenOption.APPEND) {
                Files.createFile(file);
            }
        }
        Files.write(file, bytes, how, StandardOpenOption.WRITE);
    }

    @Override
    public void truncate(Path file, long size) throws IOException {
        call(
                "truncate " + file,
                () -> {},
                () -> Files.write(file, Arrays.copyOf(Files.readAllBytes(file), (int) size)));
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        Effect effect = () -> {
            if (isCrossing(from, to)) {
                throw new AtomicMoveNotSupportedException(from.toString(), to.toString(), "Invalid cross-device link");
            }
            byte @Nullable [] replaced = Files.exists(to) ? Files.readAllBytes(to) : null;
            disk.rename(from, to);
            remember(to, () -> {
                Files.move(to, from);
                if (replaced != null) {
                    Files.write(to, replaced);
                }
            });
        };
        call("rename " + to, () -> {}, effect);
    }

    @Override
    public void delete(Path file) throws IOException {
        Effect effect = () -> {
            byte @Nullable [] deleted = Files.isDirectory(file) ? null : Files.readAllBytes(file);
            Files.delete(file);
            remember(file, () -> {
                if (deleted == null) {
                    Files.createDirectory(file);
                } else {
                    Files.write(file, deleted);
                }
            });
        };
        call("delete " + file, () -> {}, effect);
    }

    @Override
    public void forceFolder(Path folder) throws IOException {
        call("forceFolder " + folder, () -> {}, () -> unflushed.remove(folder));
    }
}
