package mirror.trust;

import java.util.ArrayList;
import java.util.List;

/**
 * The patch format of the tool {@code apply_patch}: {@code *** Add File: PATH}, {@code *** Update File: PATH} with or without
 * {@code *** Move to: PATH}, {@code *** Delete File: PATH}, and lines that begin with {@code +}. Pure.
 */
public final class Patch {
    /**
     * What the patch does to one path.
     *
     * @param removes whether the file is gone afterwards
     * @param added the lines that it gets, each with a line feed
     */
    public record Section(String path, boolean removes, String added) {}

    private Patch() {}

    /** The sections in their order; empty when the text holds none. A move is a removal and a file that is written. */
    public static List<Section> parse(String text) {
        List<Section> sections = new ArrayList<>();
        StringBuilder added = new StringBuilder();
        String path = "";
        for (String line : text.lines().toList()) {
            String stripped = line.strip();
            if (stripped.startsWith("*** Add File:") || stripped.startsWith("*** Update File:")) {
                end(sections, path, added);
                path = value(stripped);
            } else if (stripped.startsWith("*** Delete File:")) {
                end(sections, path, added);
                path = "";
                sections.add(new Section(value(stripped), true, ""));
            } else if (stripped.startsWith("*** Move to:")) {
                sections.add(new Section(path, true, ""));
                path = value(stripped);
            } else if (line.startsWith("+")) {
                added.append(line, 1, line.length()).append('\n');
            }
        }
        end(sections, path, added);
        return sections;
    }

    private static void end(List<Section> sections, String path, StringBuilder added) {
        if (!path.isEmpty()) {
            sections.add(new Section(path, false, added.toString()));
        }
        added.setLength(0);
    }

    private static String value(String line) {
        return line.substring(line.indexOf(':') + 1).strip();
    }
}
