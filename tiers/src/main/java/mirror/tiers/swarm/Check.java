package mirror.tiers.swarm;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import mirror.bus.Json;
import tools.jackson.core.JacksonException;

/**
 * What a result must be, decided by its characters alone. Patterns are RE2's: their time grows with the length of the text and nothing
 * else, whatever the text is.
 *
 * @param contains each of these stands in it
 * @param json whether it is one JSON value and nothing beside it
 * @param matches a pattern that is found in it; empty for none
 * @param longest most characters, 0 for no limit
 * @see <a href="https://github.com/google/re2/wiki/Syntax">RE2's syntax</a>
 */
public record Check(List<String> contains, boolean json, String matches, int longest) {
    static final Check NONE = new Check(List.of(), false, "", 0);

    private static final int PATTERN = 500;

    /** A pattern is unrolled when it is compiled; nested counts multiply. */
    private static final long REPEATS = 1_000;

    private static final java.util.regex.Pattern COUNT =
            java.util.regex.Pattern.compile("\\{(\\d{1,9})(?:,(\\d{0,9}))?}");

    public Check {
        contains = List.copyOf(contains);
    }

    /** Why a pattern cannot be used, if it cannot. */
    static Optional<String> refusal(String pattern) {
        if (pattern.length() > PATTERN) {
            return Optional.of("a pattern has at most " + PATTERN + " characters");
        }
        long product = 1;
        Matcher counts = COUNT.matcher(pattern);
        while (counts.find()) {
            String most = counts.group(2) == null || counts.group(2).isEmpty() ? counts.group(1) : counts.group(2);
            product *= Math.max(1, Long.parseLong(most));
            if (product > REPEATS) {
                return Optional.of("the counts of a pattern must not come to more than " + REPEATS + " together");
            }
        }
        try {
            Pattern _ = Pattern.compile(pattern);
            return Optional.empty();
        } catch (PatternSyntaxException e) {
            return Optional.of("not a pattern of RE2: " + e.getDescription());
        }
    }

    /** What a result lacks, if anything. */
    Optional<String> fault(String result) {
        for (String text : contains) {
            if (!result.contains(text)) {
                return Optional.of("it does not contain '" + text + "'");
            }
        }
        if (longest > 0 && result.codePointCount(0, result.length()) > longest) {
            return Optional.of("it is longer than " + longest + " characters");
        }
        if (json && !isJson(result)) {
            return Optional.of("it is not JSON");
        }
        if (!matches.isEmpty() && !Pattern.compile(matches).matcher(result).find()) {
            return Optional.of("nothing in it matches " + matches);
        }
        return Optional.empty();
    }

    private static boolean isJson(String result) {
        try {
            return !Json.one(result.getBytes(StandardCharsets.UTF_8)).isMissingNode();
        } catch (JacksonException e) {
            return false;
        }
    }

    boolean isNone() {
        return equals(NONE);
    }

    /** In words, each part by itself. */
    List<String> parts() {
        List<String> parts = new ArrayList<>();
        contains.forEach(text -> parts.add("contains '" + text + "'"));
        if (json) {
            parts.add("is JSON");
        }
        if (!matches.isEmpty()) {
            parts.add("matches " + matches);
        }
        if (longest > 0) {
            parts.add("has at most " + longest + " characters");
        }
        return parts;
    }
}
