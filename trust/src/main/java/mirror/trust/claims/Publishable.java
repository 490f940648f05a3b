package mirror.trust.claims;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.Locale;
import java.util.regex.PatternSyntaxException;
import mirror.trust.TrustException;

/**
 * Which files of a project others will read, by glob patterns relative to its root. Immutable.
 *
 * @param patterns as {@link java.nio.file.FileSystem#getPathMatcher} knows them, without {@code glob:}
 */
public record Publishable(List<String> patterns) {
    /** What is published where nobody said otherwise. */
    public static final List<String> DEFAULT =
            List.of("README.md", "CHANGELOG.md", "docs/**.md", "posts/**", "site/**.html");

    private static final int MOST = 100;

    /** @throws TrustException when a pattern is none */
    public Publishable {
        patterns = List.copyOf(patterns);
        if (patterns.size() > MOST) {
            throw new TrustException(
                    "there are " + patterns.size() + " patterns of publishable files; " + MOST + " are the most");
        }
        patterns.forEach(Publishable::matcher);
    }

    public Publishable() {
        this(DEFAULT);
    }

    /** Whether the file, which need not exist, is one. */
    public boolean covers(Path project, Path file) {
        if (!file.startsWith(project) || file.equals(project)) {
            return false;
        }
        Path inside = project.relativize(file);
        return patterns.stream().anyMatch(pattern -> matcher(pattern).matches(inside));
    }

    /** Whether it is read as HTML and not as Markdown. */
    public static boolean isHtml(Path file) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".html") || name.endsWith(".htm");
    }

    private static PathMatcher matcher(String pattern) {
        try {
            return FileSystems.getDefault().getPathMatcher("glob:" + pattern);
        } catch (PatternSyntaxException e) {
            throw new TrustException("publishable: '" + pattern + "' is not a pattern such as docs/**.md");
        }
    }
}
