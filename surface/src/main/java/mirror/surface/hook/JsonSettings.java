package mirror.surface.hook;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import mirror.bus.Json;
import mirror.surface.hook.Connection.Change;
import mirror.surface.hook.Connection.Refused;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.Separators;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Settings files that are one JSON object: read without losing a digit, and written as clients write them. */
final class JsonSettings {
    private static final JsonMapper EXACT = Json.MAPPER
            .rebuild()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private JsonSettings() {}

    static ObjectNode read(Path file) throws IOException, Refused {
        byte[] bytes = Connection.existing(file);
        return bytes == null ? Json.object() : parse(file, bytes);
    }

    static ObjectNode parse(Path file, byte[] bytes) throws Refused {
        if (bytes.length == 0) {
            return Json.object();
        }
        try {
            if (EXACT.readTree(bytes) instanceof ObjectNode object) {
                return object;
            }
        } catch (JacksonException e) {
            throw new Refused(file + " is not valid JSON (line "
                    + (e.getLocation() == null
                            ? "?"
                            : String.valueOf(e.getLocation().getLineNr()))
                    + "); correct it first, nothing was changed");
        }
        throw new Refused(file + " is not a JSON object; correct it first, nothing was changed");
    }

    static Change change(Path file, ObjectNode json) throws IOException, Refused {
        byte[] before = Connection.bytes(file);
        boolean same = before != null && before.length > 0 && json.equals(read(file));
        return new Change(file, before, same ? before : render(json, before));
    }

    /** Two spaces, one entry a line; a final line feed where there was one. */
    static byte[] render(ObjectNode json, byte @Nullable [] before) {
        DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
        var printer = new DefaultPrettyPrinter(
                        Separators.createDefaultInstance().withObjectNameValueSpacing(Separators.Spacing.AFTER))
                .withObjectIndenter(indenter)
                .withArrayIndenter(indenter);
        String text = EXACT.writer().with(printer).writeValueAsString(json);
        boolean newline = before == null || before.length == 0 || before[before.length - 1] == '\n';
        return (newline ? text + "\n" : text).getBytes(StandardCharsets.UTF_8);
    }

    static ObjectNode object(ObjectNode parent, String key, Path file) throws Refused {
        if (!parent.has(key)) {
            return parent.putObject(key);
        }
        if (parent.get(key) instanceof ObjectNode object) {
            return object;
        }
        throw new Refused(file + ": '" + key + "' is not an object; correct it first");
    }
}
