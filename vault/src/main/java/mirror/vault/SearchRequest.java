package mirror.vault;

import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What to look for.
 *
 * @param text words; "in quotation marks" they must stand together; a word with a minus sign before it must not occur
 * @param folder only below this folder, or empty
 * @param tags all of these, each with what is below it ({@code a} holds {@code a/b})
 * @param properties of the front matter, by name: one of its values must be this; without case
 * @param since only notes whose date is this day or later; the date is the front matter's, else the file's
 * @param until only notes whose date is this day or earlier
 * @param by what notes are found
 * @param limit of hits, 1 to 1,000
 */
public record SearchRequest(
        String text,
        String folder,
        List<String> tags,
        Map<String, String> properties,
        @Nullable LocalDate since,
        @Nullable LocalDate until,
        By by,
        int limit) {
    public static final int MOST = 1_000;

    /** By what notes are found. Where a vault has no meanings, words alone are left. */
    public enum By {
        WORDS,
        MEANING,
        BOTH
    }

    public SearchRequest {
        if (limit < 1 || limit > MOST) {
            throw new IllegalArgumentException("the limit must be from 1 to " + MOST);
        }
        tags = List.copyOf(tags);
        properties = Map.copyOf(properties);
    }

    /** Words in all notes. */
    public static SearchRequest of(String text, int limit) {
        return of(text, By.WORDS, limit);
    }

    /** In all notes. */
    public static SearchRequest of(String text, By by, int limit) {
        return new SearchRequest(text, "", List.of(), Map.of(), null, null, by, limit);
    }
}
