package mirror.vault.upkeep;

import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a note's name says about being a version of another: {@code Plan v2}, {@code Plan (final)}, {@code Plan 2024-01-01},
 * {@code Plan 1}, {@code Plan copy}. A name alone proves nothing: whoever asks compares the texts too.
 *
 * @param base the name without that, in lower case
 * @param rank which version, compared number by number; empty when the name does not say
 */
record VersionName(String base, Mark mark, int[] rank) {
    enum Mark {
        NONE,
        VERSION,
        DATE,
        COPY
    }

    private static final String OPEN = "^(.*\\S)[ _-]+\\(?";
    private static final Pattern VERSION =
            Pattern.compile(OPEN + "v(?:er(?:sion)?)?[. ]?(\\d{1,6}(?:\\.\\d{1,6}){0,3})\\)?$");
    private static final Pattern WORD = Pattern.compile(OPEN + "(final|draft)(?: \\d{1,3})?\\)?$");
    private static final Pattern DATE = Pattern.compile(OPEN + "(\\d{4})-(\\d{2})-(\\d{2})\\)?$");
    /** A number counts copies only behind a space: the end of {@code 2024-01-01} does not. */
    private static final Pattern COPY =
            Pattern.compile("^(.*\\S)(?: +\\(?\\d{1,3}|[ _-]+\\(?(?:copy|kopie)(?: \\d{1,3})?"
                    + "|[ _-]+\\(?conflict [0-9]{4}-[0-9 -]{10,14})\\)?$");

    static VersionName of(String path) {
        String name = path.substring(path.lastIndexOf('/') + 1)
                .replaceFirst("(?i)\\.md$", "")
                .toLowerCase(Locale.ROOT);
        Matcher version = VERSION.matcher(name);
        if (version.matches()) {
            int[] rank = Arrays.stream(version.group(2).split("\\.", -1))
                    .mapToInt(Integer::parseInt)
                    .toArray();
            return new VersionName(base(version.group(1)), Mark.VERSION, rank);
        }
        Matcher word = WORD.matcher(name);
        if (word.matches()) {
            int rank = word.group(2).equals("final") ? Integer.MAX_VALUE : -1;
            return new VersionName(base(word.group(1)), Mark.VERSION, new int[] {rank});
        }
        Matcher date = DATE.matcher(name);
        if (date.matches()) {
            int[] rank = {
                Integer.parseInt(date.group(2)), Integer.parseInt(date.group(3)), Integer.parseInt(date.group(4))
            };
            return new VersionName(base(date.group(1)), Mark.DATE, rank);
        }
        Matcher copy = COPY.matcher(name);
        if (copy.matches()) {
            return new VersionName(base(copy.group(1)), Mark.COPY, new int[0]);
        }
        return new VersionName(name, Mark.NONE, new int[0]);
    }

    /** A name may say it more than once, as in {@code Plan v2 copy}. */
    private static String base(String name) {
        return of(name).base;
    }
}
