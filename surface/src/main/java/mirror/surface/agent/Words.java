package mirror.surface.agent;

import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** What is taken out of the lines of every client in the same way. */
final class Words {
    private static final int BRIEF = 2_000;

    private Words() {}

    /** The start of a text: an event is for a person's eyes. */
    static String brief(String text) {
        return text.length() <= BRIEF ? text : text.substring(0, BRIEF) + "\u2026";
    }

    /** A count, which no client gets to make negative. */
    static long number(JsonNode object, String name) {
        return Math.max(0, object.path(name).asLong(0));
    }

    /** The texts of a list of content blocks. */
    static String content(JsonNode blocks) {
        return blocks.valueStream()
                .map(block -> block.path("text").asString(""))
                .collect(Collectors.joining("\n"))
                .strip();
    }
}
