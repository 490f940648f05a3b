package mirror.trust;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import mirror.bus.Json;
import mirror.bus.NoteKey;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * An in-toto Statement v1: something is said about things that are named by their SHA-256. Immutable.
 *
 * @see <a href="https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md">the specification</a>
 */
public record Statement(List<Subject> subjects, String predicateType, ObjectNode predicate) {
    private static final String TYPE = "https://in-toto.io/Statement/v1";
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    /** One of the things. */
    public record Subject(String name, String sha256) {}

    public Statement {
        subjects = List.copyOf(subjects);
    }

    /** As a DSSE envelope with the device's signature: one line with its line feed, the same bytes for the same statement. */
    public String signed(DeviceKey key) {
        return Dsse.sign(Dsse.STATEMENT, bytes(), key);
    }

    /**
     * What a signed envelope states, in exactly the bytes that {@link #signed} gives.
     *
     * @throws TrustException when a byte of it is not as {@code key} signed it; the sentence repeats nothing of it
     */
    public static Statement open(byte[] envelope, NoteKey key) {
        return parse(Dsse.open(envelope, Dsse.STATEMENT, List.of(key)).payload());
    }

    byte[] bytes() {
        ObjectNode json = Json.object().put("_type", TYPE);
        var array = json.putArray("subject");
        for (Subject subject : subjects) {
            array.addObject().put("name", subject.name).putObject("digest").put("sha256", subject.sha256);
        }
        json.put("predicateType", predicateType).set("predicate", predicate);
        return Json.MAPPER.writeValueAsString(json).getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads one whose signature was found good.
     *
     * @throws TrustException when it is none
     */
    static Statement parse(byte[] payload) {
        try {
            JsonNode json = Json.MAPPER.readTree(payload);
            List<Subject> subjects = new ArrayList<>();
            for (JsonNode subject : json.path("subject")) {
                String sha256 = subject.path("digest").path("sha256").asString("");
                if (!SHA256.matcher(sha256).matches()) {
                    throw new TrustException("the signed statement has a subject without a SHA-256");
                }
                subjects.add(new Subject(subject.path("name").asString(""), sha256));
            }
            if (json.path("_type").asString("").equals(TYPE)
                    && !subjects.isEmpty()
                    && json.path("predicate") instanceof ObjectNode predicate) {
                return new Statement(subjects, json.path("predicateType").asString(""), predicate);
            }
        } catch (JacksonException e) {
            throw new TrustException("what was signed is not an in-toto statement", e);
        }
        throw new TrustException("what was signed is not an in-toto statement");
    }
}
