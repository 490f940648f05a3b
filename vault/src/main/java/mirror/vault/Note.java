package mirror.vault;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a note says about itself and others, taken from its text. Lines count from 1.
 *
 * @param aliases other names, from the front matter
 * @param tags without the number sign, from the text and the front matter, each once
 * @param headings in the note's order
 * @param blocks ids by which others can point at a paragraph
 * @param links in the note's order; those of the front matter first
 * @param properties of the front matter, flat: a list's items, a mapping as one text; names as written
 * @param fault what is wrong with the front matter or the bytes, or empty
 */
public record Note(
        List<String> aliases,
        List<String> tags,
        List<Heading> headings,
        Set<String> blocks,
        List<Link> links,
        Map<String, List<String>> properties,
        String fault) {

    /** @param level 1 to 6 */
    public record Heading(int level, String text, int line) {}

    public enum Kind {
        WIKI,
        EMBED,
        MARKDOWN
    }

    /**
     * A link to something in the vault, as written.
     *
     * @param target a path or name, in NFC; empty for the note itself
     * @param subpath heading or {@code ^block}, or empty
     */
    public record Link(Kind kind, String target, String subpath, int line) {}

    Note withFault(String other) {
        return new Note(aliases, tags, headings, blocks, links, properties, other);
    }

    /** Who may see the note, in the words of its front matter, or empty. */
    public String sensitivity() {
        for (Map.Entry<String, List<String>> property : properties.entrySet()) {
            if (property.getKey().equalsIgnoreCase("sensitivity")) {
                return String.join(" ", property.getValue());
            }
        }
        return "";
    }

    /** The heading that a line stands under, or empty. */
    public String headingAt(int line) {
        String found = "";
        for (Heading heading : headings) {
            if (heading.line > line) {
                break;
            }
            found = heading.text;
        }
        return found;
    }
}
