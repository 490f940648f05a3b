package mirror.vault.triage;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import mirror.vault.triage.Entry.Place;
import org.jspecify.annotations.Nullable;

/**
 * One rule: what it fits, where that goes, and why.
 *
 * @param to folder in the vault, or null to leave things where they are
 * @param unpack folder in the vault in which a zip archive's files get a folder of their own, or null when it stays packed
 */
record Rule(
        String name,
        When when,
        @Nullable Destination to,
        @Nullable Destination unpack,
        String reason) {

    /** What an entry is. */
    enum Kind {
        FILE,
        FOLDER,
        /** A Markdown file. */
        NOTE,
        /** A file that is a zip archive by its bytes and by its name; a document that only uses the format is none. */
        ZIP
    }

    /**
     * Conditions, all of which must hold; what is empty or null asks for nothing.
     *
     * @param endings in lower case, without the dot
     * @param types of content; {@code image/*} is a whole family
     * @param larger bytes it must have at least, or 0
     * @param smaller bytes it must have at most, or the largest number
     * @param text in lower case, that a text file must contain in its first 1 MiB
     * @param properties patterns for values of the front matter, by name in lower case; one value must fit
     * @param tags in lower case, of which a note must have one, or one below it
     */
    record When(
            Set<Place> from,
            @Nullable Kind is,
            List<Glob> names,
            Set<String> endings,
            List<Glob> types,
            long larger,
            long smaller,
            String text,
            Map<String, Glob> properties,
            Set<String> tags) {
        static final When ALWAYS =
                new When(Set.of(), null, List.of(), Set.of(), List.of(), 0, Long.MAX_VALUE, "", Map.of(), Set.of());

        boolean fits(Entry entry, Content content) {
            return (from.isEmpty() || from.contains(entry.place()))
                    && (is == null || isKind(is, entry, content))
                    && (names.isEmpty() || names.stream().anyMatch(glob -> glob.matches(entry.name())))
                    && (endings.isEmpty() || (!entry.folder() && endings.contains(Names.ending(entry.name()))))
                    && (types.isEmpty() || types.stream().anyMatch(glob -> glob.matches(content.type())))
                    && entry.bytes() >= larger
                    && entry.bytes() <= smaller
                    && content.text().contains(text)
                    && properties.entrySet().stream().allMatch(each -> has(content, each.getKey(), each.getValue()))
                    && (tags.isEmpty() || content.tags().stream().anyMatch(this::isOfTags));
        }

        private static boolean isKind(Kind kind, Entry entry, Content content) {
            String ending = Names.ending(entry.name());
            return switch (kind) {
                case FILE -> !entry.folder();
                case FOLDER -> entry.folder();
                case NOTE -> !entry.folder() && ending.equals("md") && content.isText();
                case ZIP ->
                    !entry.folder() && ending.equals("zip") && content.type().equals(MediaType.ZIP);
            };
        }

        private static boolean has(Content content, String property, Glob pattern) {
            return content.properties().getOrDefault(property, List.of()).stream()
                    .anyMatch(value -> !value.isBlank() && pattern.matches(value));
        }

        private boolean isOfTags(String tag) {
            return tags.stream().anyMatch(wanted -> tag.equals(wanted) || tag.startsWith(wanted + "/"));
        }
    }

    /** The owner's notes in the vault's root stay, unless a rule names that place. */
    boolean fits(Entry entry, Content content) {
        boolean own = entry.place() == Place.ROOT && entry.isNoteByName();
        return (!own || when.from.contains(Place.ROOT)) && when.fits(entry, content);
    }

    static String text(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
