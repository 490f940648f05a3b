package mirror.surface.drift;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mirror.bus.AtomicFiles;
import mirror.bus.Json;
import mirror.trust.TrustException;
import mirror.trust.yaml.Fields;
import mirror.trust.yaml.StrictYaml;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * A small fixed evaluation, as its file says. Immutable.
 *
 * @param digest SHA-256 of the file; another one begins new rows of numbers
 * @param model a name of {@code tiers.yaml}
 * @param skill folder of a skill whose text the model is given first, or null
 * @param cents most that a run may cost; 0: only models on this machine are asked
 * @param output most tokens of an answer
 */
public record Capsule(
        String name,
        String digest,
        String model,
        @Nullable Path skill,
        String prompt,
        List<Check> checks,
        Duration every,
        long cents,
        int output) {
    static final int MAX_BYTES = 64 * 1024;

    private static final java.util.regex.Pattern MODEL =
            java.util.regex.Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}");
    private static final List<String> KEYS = List.of("model", "skill", "prompt", "checks", "every", "cents", "output");
    private static final List<String> CHECKS =
            List.of("equals", "contains", "regex", "json", "value", "max-tokens", "max-ms");
    private static final int LONGEST_PROMPT = 32_000;
    private static final int LONGEST = 2_000;
    private static final int MOST = 20;
    private static final int JSON_MOST = 1024 * 1024;

    /**
     * What a model answered.
     *
     * @param tokens it wrote; 0 when its provider does not say
     */
    public record Answer(String text, long tokens, long ms) {}

    /** What must hold of an answer. */
    public sealed interface Check {
        /** In the words of the file. */
        String told();

        /** Whether it holds; empty when nothing tells. */
        Optional<Boolean> holds(Answer answer);
    }

    /** The whole answer, without blanks around it. */
    record Equals(String text) implements Check {
        @Override
        public String told() {
            return "equals: " + text;
        }

        @Override
        public Optional<Boolean> holds(Answer answer) {
            return Optional.of(answer.text.strip().equals(text.strip()));
        }
    }

    /** Letter by letter. */
    record Contains(String text) implements Check {
        @Override
        public String told() {
            return "contains: " + text;
        }

        @Override
        public Optional<Boolean> holds(Answer answer) {
            return Optional.of(answer.text.contains(text));
        }
    }

    /** Found anywhere; by RE2, in time that grows with the answer's length alone. */
    record Matches(Pattern pattern) implements Check {
        @Override
        public String told() {
            return "regex: " + pattern.pattern();
        }

        @Override
        public Optional<Boolean> holds(Answer answer) {
            return Optional.of(pattern.matcher(answer.text).find());
        }
    }

    /** The answer is JSON, also in a fenced block, and has this value at a JSON pointer (RFC 6901). */
    record JsonAt(String pointer, String value) implements Check {
        @Override
        public String told() {
            return "json: " + pointer + ", value: " + value;
        }

        @Override
        public Optional<Boolean> holds(Answer answer) {
            String text = answer.text.strip();
            if (text.startsWith("```") && text.endsWith("```") && text.indexOf('\n') > 0) {
                text = text.substring(text.indexOf('\n'), text.length() - 3);
            }
            if (text.length() > JSON_MOST) {
                return Optional.of(false);
            }
            try {
                JsonNode at = Json.one(text.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                        .at(pointer);
                return Optional.of(!at.isMissingNode()
                        && (at.isContainer() || at.isNull() ? at.toString() : at.asString("")).equals(value));
            } catch (JacksonException e) {
                return Optional.of(false);
            }
        }
    }

    /** @param most tokens of the answer */
    record MaxTokens(long most) implements Check {
        @Override
        public String told() {
            return "max-tokens: " + most;
        }

        @Override
        public Optional<Boolean> holds(Answer answer) {
            return answer.tokens == 0 ? Optional.empty() : Optional.of(answer.tokens <= most);
        }
    }

    /** @param most milliseconds until the whole answer was there */
    record MaxMs(long most) implements Check {
        @Override
        public String told() {
            return "max-ms: " + most;
        }

        @Override
        public Optional<Boolean> holds(Answer answer) {
            return Optional.of(answer.ms <= most);
        }
    }

    public Capsule {
        checks = List.copyOf(checks);
    }

    /**
     * Reads one whose signature was found good.
     *
     * @param user for paths that begin with {@code ~/}
     * @throws TrustException with all of its faults
     */
    static Capsule parse(String name, byte[] yaml, Path user) {
        List<String> faults = new ArrayList<>();
        Object value;
        try {
            value = StrictYaml.load(yaml, MAX_BYTES);
        } catch (StrictYaml.NotYaml e) {
            throw new TrustException(String.valueOf(e.getMessage()));
        }
        Fields fields = new Fields(value, "", faults, KEYS);
        String skill = fields.text("skill", LONGEST, false);
        Capsule capsule = new Capsule(
                name,
                AtomicFiles.digest(yaml),
                fields.name("model", MODEL, "", "a name of tiers.yaml"),
                skill.isEmpty() ? null : path(skill, user),
                fields.text("prompt", LONGEST_PROMPT, true),
                checks(fields, faults),
                fields.duration("every", Duration.ofMinutes(1), Duration.ofDays(31), Duration.ofHours(6)),
                fields.number("cents", 0, 10_000, 0),
                (int) fields.number("output", 1, 8_192, 500));
        if (!faults.isEmpty()) {
            throw new TrustException(String.join("; ", faults));
        }
        return capsule;
    }

    private static Path path(String text, Path user) {
        return text.startsWith("~/") ? user.resolve(text.substring(2)) : user.resolve(text);
    }

    private static List<Check> checks(Fields fields, List<String> faults) {
        List<Check> checks = new ArrayList<>();
        if (!(fields.get("checks") instanceof List<?> list) || list.isEmpty() || list.size() > MOST) {
            fields.fault("checks", "must be a list of 1 to " + MOST + " checks, such as {contains: Paris}");
            return checks;
        }
        for (int i = 0; i < list.size(); i++) {
            Object each = list.get(i);
            Fields check = new Fields(each, "checks[" + i + "].", faults, CHECKS);
            Check read = each instanceof Map<?, ?> map ? check(check, map) : null;
            if (read == null) {
                faults.add("checks[" + i
                        + "] must be one of equals, contains, regex, json with value, max-tokens, max-ms");
            } else {
                checks.add(read);
            }
        }
        return checks;
    }

    private static @Nullable Check check(Fields fields, Map<?, ?> map) {
        if (map.size() == 2 && fields.has("json") && fields.has("value")) {
            String pointer = fields.text("json", LONGEST, true);
            if (!pointer.startsWith("/")) {
                fields.fault("json", "must be a JSON pointer such as /answer");
            }
            return new JsonAt(pointer, String.valueOf(fields.get("value")));
        }
        if (map.size() != 1) {
            return null;
        }
        return switch (String.valueOf(map.keySet().iterator().next())) {
            case "equals" -> new Equals(scalar(fields, "equals"));
            case "contains" -> new Contains(scalar(fields, "contains"));
            case "regex" -> {
                try {
                    yield new Matches(Pattern.compile(fields.text("regex", LONGEST, true)));
                } catch (PatternSyntaxException e) {
                    fields.fault("regex", "is not a pattern of RE2: " + e.getDescription());
                    yield new Contains("");
                }
            }
            case "max-tokens" -> new MaxTokens(fields.number("max-tokens", 1, 100_000, 1));
            case "max-ms" -> new MaxMs(fields.number("max-ms", 1, 600_000, 1));
            default -> null;
        };
    }

    /** A number is what it looks like in the file: answers are text. */
    private static String scalar(Fields fields, String key) {
        return fields.get(key) instanceof Number number ? number.toString() : fields.text(key, LONGEST, true);
    }
}
