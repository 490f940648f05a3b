package mirror.surface.console;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import mirror.bus.AtomicFiles;
import org.jspecify.annotations.Nullable;

/** The files of the pages, from the jar, compressed once. They hold nothing of the owner's, so anybody may have them. Thread-safe. */
final class ConsoleFiles {
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,60}\\.([a-z0-9]{2,12})");
    private static final int LEAST = 600;

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "svg", "image/svg+xml",
            "png", "image/png",
            "json", "application/json",
            "webmanifest", "application/manifest+json");

    /** @param tag its digest, as an entity tag (RFC 9110, section 8.8.3) */
    private record File(byte[] bytes, byte @Nullable [] packed, String type, String tag) {}

    private final Map<String, File> files = new ConcurrentHashMap<>();

    void send(String name, ServerRequest request, ServerResponse response) throws IOException {
        File file = file(name);
        if (file == null) {
            response.status(Status.NOT_FOUND_404).send("there is no such page\n");
            return;
        }
        response.header(HeaderNames.ETAG, file.tag)
                .header(HeaderNames.CACHE_CONTROL, "no-cache")
                .header(HeaderNames.VARY, "accept-encoding")
                .header(HeaderNames.CONTENT_TYPE, file.type);
        if (request.headers().first(HeaderNames.IF_NONE_MATCH).orElse("").equals(file.tag)) {
            response.status(Status.NOT_MODIFIED_304).send();
        } else if (file.packed != null
                && request.headers()
                        .first(HeaderNames.ACCEPT_ENCODING)
                        .orElse("")
                        .contains("gzip")) {
            response.header(HeaderNames.CONTENT_ENCODING, "gzip").send(file.packed);
        } else {
            response.send(file.bytes);
        }
    }

    private @Nullable File file(String name) throws IOException {
        File known = files.get(name);
        var match = NAME.matcher(name);
        String type = match.matches() ? TYPES.get(match.group(1)) : null;
        if (known != null || type == null) {
            return known;
        }
        try (InputStream in = ConsoleFiles.class.getResourceAsStream(name)) {
            if (in == null) {
                return null;
            }
            byte[] bytes = in.readAllBytes();
            File file = new File(
                    bytes,
                    bytes.length < LEAST || type.equals("image/png") ? null : packed(bytes),
                    type,
                    "\"" + AtomicFiles.digest(bytes).substring(0, 32) + "\"");
            files.put(name, file);
            return file;
        }
    }

    private static byte[] packed(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }
}
