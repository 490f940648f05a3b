package mirror.bus;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The rejection log: {@code rejected/<session>.jsonl}, or {@code rejected/daemon.jsonl} where there is no session; one JSON object a
 * line. A file that has reached {@link #LIMIT} becomes {@code <session>.old.jsonl} in place of the one before, so that whoever is
 * refused all day cannot fill the disk. Has paths, digests and reasons and never contents. Used under the store's lock.
 */
final class Rejections {
    /** Bytes. */
    static final int LIMIT = 1024 * 1024;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,100}");

    private final FileCalls disk;
    private final Path folder;
    private final InstantSource clock;

    Rejections(FileCalls disk, Path folder, InstantSource clock) {
        this.disk = disk;
        this.folder = folder;
        this.clock = clock;
    }

    void add(FileWrite write, RejectedWrite.Reason reason, String message) throws IOException {
        ObjectNode json = Json.object()
                .put("time", clock.instant().toString())
                .put("path", write.target().toString())
                .put("who", write.who())
                .put("session", write.session())
                .put("reason", reason.text())
                .put("message", message);
        describe(write, json);
        byte[] line = (Json.MAPPER.writeValueAsString(json) + "\n").getBytes(StandardCharsets.UTF_8);
        String name = name(write.session());
        Path file = folder.resolve(name + ".jsonl");
        disk.createFolders(folder);
        byte[] before = disk.kind(file) == FileCalls.Kind.FILE ? disk.read(file) : new byte[0];
        if (before.length > 0 && before.length + line.length > LIMIT) {
            disk.rename(file, folder.resolve(name + ".old.jsonl"));
        } else if (before.length > 0 && before[before.length - 1] != '\n') {
            disk.append(file, new byte[] {'\n'});
        }
        disk.append(file, line);
        disk.forceFolder(folder);
    }

    /** Digest and size of what was offered. A secret may be short enough to be guessed from its digest, so it has neither. */
    static void describe(FileWrite write, ObjectNode json) {
        byte[] bytes = write.bytes();
        if (bytes != null && write.care() != FileWrite.Care.BARE) {
            json.put("sha256", AtomicFiles.digest(bytes)).put("bytes", bytes.length);
        }
        if (write.expected() != null && write.care() != FileWrite.Care.BARE) {
            json.put("expected", write.expected());
        }
    }

    private static String name(@Nullable String session) {
        if (session == null) {
            return "daemon";
        }
        return NAME.matcher(session).matches() && !session.equals("daemon")
                ? session
                : AtomicFiles.digest(session.getBytes(StandardCharsets.UTF_8)).substring(0, 32);
    }
}
