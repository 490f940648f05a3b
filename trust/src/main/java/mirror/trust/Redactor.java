package mirror.trust;

import java.util.List;
import java.util.Locale;
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

    /**
     * One form of a secret.
     *
     * @param hints one of each list, in lower case, is in every text that has the form; looking for them is quicker than the pattern
     */
    private record Form(List<List<String>> hints, Pattern pattern, String replacement) {
        static Form token(String pattern, String... hints) {
            return new Form(List.of(List.of(hints)), Pattern.compile(pattern), Matcher.quoteReplacement(MARK));
        }

        boolean mayBeIn(String lower) {
            for (List<String> either : hints) {
                if (!containsOne(lower, either)) {
                    return false;
                }
            }
            return true;
        }

        private static boolean containsOne(String lower, List<String> hints) {
            for (String hint : hints) {
                if (lower.contains(hint)) {
                    return true;
                }
            }
            return false;
        }

        String takeOut(String text) {
            return pattern.matcher(text).replaceAll(replacement);
        }
    }

    private static final Form NAMED = new Form(
            List.of(
                    List.of(":", "="),
                    List.of("password", "passwd", "passphrase", "secret", "token", "key", "credential")),
            Pattern.compile("(?i)([A-Za-z0-9_.-]*(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key"
                    + "|private[_-]?key|credential)[A-Za-z0-9_.-]*[\"']?\\s*[:=]\\s*)"
                    + "(\"[^\"\\n]+\"|'[^'\\n]+'|[^\\s\"',;&|)]{4,})"),
            "$1" + Matcher.quoteReplacement(MARK));

    private static final List<Form> FORMS = List.of(
            Form.token(
                    "-----BEGIN [A-Z ]*PRIVATE KEY-----[\\s\\S]*?(-----END [A-Z ]*PRIVATE KEY-----|\\z)", "-----begin"),
            Form.token("\\bmlt1\\.[A-Za-z0-9_-]{16,}", "mlt1."),
            Form.token("\\bsk-[A-Za-z0-9_-]{16,}", "sk-"),
            Form.token(
                    "\\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,})",
                    "gh",
                    "github_pat_",
                    "glpat-"),
            Form.token("\\b(AKIA|ASIA)[A-Z0-9]{16}\\b", "akia", "asia"),
            Form.token("\\bAIza[A-Za-z0-9_-]{30,}", "aiza"),
            Form.token("\\bxox[abeprs]-[A-Za-z0-9-]{10,}", "xox"),
            Form.token(
                    "\\b(npm_|pypi-|hf_|dop_v1_|sq0[a-z]{3}-|[rs]k_(live|test)_)[A-Za-z0-9_-]{16,}",
                    "npm_", "pypi-", "hf_", "dop_v1_", "sq0", "k_live_", "k_test_"),
            Form.token("\\beyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{4,}", "eyj"),
            new Form(
                    List.of(List.of("authorization", "bearer")),
                    Pattern.compile(
                            "(?i)\\b(authorization\\s*:\\s*(?:bearer|basic|token)?\\s*|bearer\\s+)([A-Za-z0-9._~+/=-]{8,})"),
                    "$1" + Matcher.quoteReplacement(MARK)),
            NAMED,
            new Form(
                    List.of(List.of("://")),
                    Pattern.compile("(://[^\\s/:@]*:)([^\\s/@]+)(@)"),
                    "$1" + Matcher.quoteReplacement(MARK) + "$3"));

    private Redactor() {}

    public static String redact(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        String clean = text;
        for (Form form : FORMS) {
            if (form.mayBeIn(lower)) {
                clean = form.takeOut(clean);
            }
        }
        return clean;
    }

    /** Every form tried, whatever the hints say; for tests. */
    static String redactByPatternsAlone(String text) {
        String clean = text;
        for (Form form : FORMS) {
            clean = form.takeOut(clean);
        }
        return clean;
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
                String key = entry.getKey();
                String assigned = key + "=value";
                boolean named = NAMED.mayBeIn(assigned.toLowerCase(Locale.ROOT))
                        && NAMED.pattern.matcher(assigned).matches();
                out.set(
                        key,
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
