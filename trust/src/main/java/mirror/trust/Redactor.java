package mirror.trust;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.bus.AtomicFiles;
import mirror.bus.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Takes secrets out of text before it is recorded: the log is forever, and what is in it is read by every later session. Known
 * token forms, key blocks, and values whose name says what they are. It errs on the side of removing; it cannot find a secret
 * without a form or a name. Stateless.
 */
public final class Redactor {
    /** Longest text kept of one field; the rest is represented by its length and digest. */
    public static final int FIELD_LIMIT = 4_000;

    private static final String MARK = "[redacted]";

    private static final List<Pattern> TOKENS = List.of(
            Pattern.compile("-----BEGIN [A-Z ]*PRIVATE KEY-----[\\s\\S]*?(-----END [A-Z ]*PRIVATE KEY-----|\\z)"),
            Pattern.compile("\\bmlt1\\.[A-Za-z0-9_-]{16,}"),
            Pattern.compile("\\bsk-[A-Za-z0-9_-]{16,}"),
            Pattern.compile("\\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,})"),
            Pattern.compile("\\b(AKIA|ASIA)[A-Z0-9]{16}\\b"),
            Pattern.compile("\\bAIza[A-Za-z0-9_-]{30,}"),
            Pattern.compile("\\bxox[abeprs]-[A-Za-z0-9-]{10,}"),
            Pattern.compile("\\b(npm_|pypi-|hf_|dop_v1_|sq0[a-z]{3}-|[rs]k_(live|test)_)[A-Za-z0-9_-]{16,}"),
            Pattern.compile("\\beyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{4,}"));

    private static final Pattern NAMED = Pattern.compile(
            "(?i)([A-Za-z0-9_.-]*(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)"
                    + "[A-Za-z0-9_.-]*[\"']?\\s*[:=]\\s*)(\"[^\"\\n]+\"|'[^'\\n]+'|[^\\s\"',;&|)]{4,})");

    private static final Pattern HEADER = Pattern.compile(
            "(?i)\\b(authorization\\s*:\\s*(?:bearer|basic|token)?\\s*|bearer\\s+)([A-Za-z0-9._~+/=-]{8,})");

    private static final Pattern URL_PASSWORD = Pattern.compile("(://[^\\s/:@]*:)([^\\s/@]+)(@)");

    private Redactor() {}

    public static String redact(String text) {
        String clean = text;
        for (Pattern token : TOKENS) {
            clean = token.matcher(clean).replaceAll(Matcher.quoteReplacement(MARK));
        }
        clean = HEADER.matcher(clean).replaceAll("$1" + Matcher.quoteReplacement(MARK));
        clean = NAMED.matcher(clean).replaceAll("$1" + Matcher.quoteReplacement(MARK));
        return URL_PASSWORD.matcher(clean).replaceAll("$1" + Matcher.quoteReplacement(MARK) + "$3");
    }

    /** Redacted, and cut to {@link #FIELD_LIMIT} characters with a note of what was cut. */
    public static String field(String text) {
        String head = text.length() <= FIELD_LIMIT ? text : text.substring(0, FIELD_LIMIT);
        String clean = redact(head);
        return text.length() <= FIELD_LIMIT
                ? clean
                : clean + "\u2026 [" + text.length() + " characters, sha256 "
                        + AtomicFiles.digest(text.getBytes(java.nio.charset.StandardCharsets.UTF_8)) + "]";
    }

    /** The same for every text in a JSON value. */
    public static JsonNode fields(JsonNode node) {
        if (node.isObject()) {
            ObjectNode out = Json.object();
            node.propertyStream().forEach(entry -> {
                boolean named = NAMED.matcher(entry.getKey() + "=value").matches();
                out.set(
                        entry.getKey(),
                        named && entry.getValue().isString()
                                ? Json.MAPPER.getNodeFactory().stringNode(MARK)
                                : fields(entry.getValue()));
            });
            return out;
        }
        if (node.isArray()) {
            var out = Json.array();
            node.forEach(item -> out.add(fields(item)));
            return out;
        }
        return node.isString() ? Json.MAPPER.getNodeFactory().stringNode(field(node.asString())) : node;
    }
}
