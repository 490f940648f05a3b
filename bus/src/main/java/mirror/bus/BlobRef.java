package mirror.bus;

import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a line has in place of a payload that is stored outside: {@code {"blob":"<sha256>","bytes":<n>}}.
 *
 * @param hash lower-case hex SHA-256 of the payload's bytes, and the name of its file in {@code blobs/}
 * @param bytes their number
 */
public record BlobRef(String hash, long bytes) {
    /** The reference that {@code data} is, or nothing when it is a payload itself. */
    static Optional<BlobRef> of(JsonNode data) {
        return data.size() == 2
                        && isHash(data.path("blob").asString(""))
                        && data.path("bytes").isIntegralNumber()
                ? Optional.of(new BlobRef(
                        data.path("blob").asString(), data.path("bytes").asLong()))
                : Optional.empty();
    }

    /** The reference that the event's line holds, also when the event was read with its payload. */
    public static Optional<BlobRef> of(Event event) {
        return of(Json.LINES.readTree(event.line()).path("data"));
    }

    ObjectNode json() {
        return Json.object().put("blob", hash).put("bytes", bytes);
    }

    static boolean isHash(String text) {
        return text.matches("[0-9a-f]{64}");
    }
}
