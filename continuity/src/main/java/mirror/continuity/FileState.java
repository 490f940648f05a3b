package mirror.continuity;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import mirror.bus.AtomicFiles;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A file as it was at some time.
 *
 * @param sha256 of its bytes, hex, or null when it was not there or could not be read
 */
public record FileState(String path, @Nullable String sha256) {
    /** How a file is now; reads it a little at a time, however long it is. */
    public static FileState now(Path file) {
        String digest = null;
        if (Files.isRegularFile(file)) {
            try (InputStream in = Files.newInputStream(file)) {
                digest = AtomicFiles.digest(in);
            } catch (IOException e) {
                // It is as good as gone.
            }
        }
        return new FileState(file.toString(), digest);
    }

    /** What {@link #json} wrote, for a list of files. */
    static List<FileState> list(JsonNode files) {
        List<FileState> list = new ArrayList<>();
        for (JsonNode file : files) {
            list.add(new FileState(
                    file.path("path").asString(""), file.path("sha256").asString(null)));
        }
        return List.copyOf(list);
    }

    /** Writes it as an entry of an event's list of files. */
    void json(ObjectNode entry) {
        entry.put("path", path).put("sha256", sha256);
    }

    /** Enough of the digest to know it again, or that there is none. */
    String shortly() {
        return sha256 == null ? "gone" : "sha256 " + Text.start(sha256);
    }
}
