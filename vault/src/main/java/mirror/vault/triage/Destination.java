package mirror.vault.triage;

import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A folder of the vault, with places for what is known of an entry: {@code {year}}, {@code {month}} and {@code {day}} of its last
 * modification, and {@code {type}}, the folder that the rules name for the {@code type} of its front matter.
 *
 * @param template folders separated by {@code /}, without one at either end
 */
record Destination(String template) {
    private static final Pattern PLACE = Pattern.compile("\\{([^{}]*)\\}");
    private static final List<String> PLACES = List.of("year", "month", "day", "type");

    /** A template that cannot be used, or a place in it that stays empty; the message says why. */
    static final class Unclear extends Exception {
        private static final long serialVersionUID = 1;

        Unclear(String message) {
            super(message);
        }
    }

    static Destination parse(String text) throws Unclear {
        String template = text.strip();
        template = template.endsWith("/") ? template.substring(0, template.length() - 1) : template;
        Matcher matcher = PLACE.matcher(template);
        while (matcher.find()) {
            if (!PLACES.contains(matcher.group(1))) {
                throw new Unclear("there is no {" + matcher.group(1) + "}, only {" + String.join("}, {", PLACES) + "}");
            }
        }
        String plain = PLACE.matcher(template).replaceAll("x");
        if (plain.contains("{") || plain.contains("}")) {
            throw new Unclear("'" + text + "' has a brace too many");
        }
        check(plain);
        return new Destination(template);
    }

    /** A path in the vault that names folders and nothing else: no way out, nothing hidden. */
    static void check(String path) throws Unclear {
        if (path.codePoints().anyMatch(Names::isHostile)) {
            throw new Unclear("a folder's name has control characters or backslashes");
        }
        for (String part : path.split("/", -1)) {
            if (part.isBlank() || !part.equals(part.strip())) {
                throw new Unclear("'" + path + "' must be folders of the vault, such as Media/Images");
            }
            if (part.startsWith(".")) {
                throw new Unclear("'" + path + "' leads out of the vault or into a hidden folder");
            }
            if (part.getBytes(StandardCharsets.UTF_8).length > Names.LONGEST) {
                throw new Unclear("a folder's name is longer than " + Names.LONGEST + " bytes");
            }
        }
    }

    /**
     * Fills the places.
     *
     * @param types folder for each type, in lower case
     * @return a path from the vault's root
     */
    String of(Entry entry, Content content, Map<String, String> types, ZoneId zone) throws Unclear {
        Matcher matcher = PLACE.matcher(template);
        StringBuilder filled = new StringBuilder();
        while (matcher.find()) {
            String value = value(matcher.group(1), entry, content, types, zone);
            matcher.appendReplacement(filled, Matcher.quoteReplacement(value));
        }
        matcher.appendTail(filled);
        check(filled.toString());
        return filled.toString();
    }

    private static String value(String place, Entry entry, Content content, Map<String, String> types, ZoneId zone)
            throws Unclear {
        if (place.equals("type")) {
            List<String> named = content.properties().getOrDefault("type", List.of());
            if (named.size() != 1) {
                throw new Unclear(named.isEmpty() ? "it has no 'type'" : "it has more than one 'type'");
            }
            String folder = types.get(key(named.getFirst()));
            if (folder == null) {
                throw new Unclear("its type '" + shown(named.getFirst()) + "' has no folder under 'types:'");
            }
            return folder;
        }
        LocalDate day = LocalDate.ofInstant(entry.modified(), zone);
        if (day.getYear() < 1000 || day.getYear() > 9999) {
            throw new Unclear("its date is not of this age");
        }
        return switch (place) {
            case "year" -> String.valueOf(day.getYear());
            case "month" -> "%02d".formatted(day.getMonthValue());
            default -> "%02d".formatted(day.getDayOfMonth());
        };
    }

    /** A type as it is looked up: its case, and whether it is written as a link, do not matter. */
    static String key(String type) {
        String bare = type.strip();
        bare = bare.startsWith("[[") && bare.endsWith("]]") ? bare.substring(2, bare.length() - 2) : bare;
        return bare.strip().toLowerCase(Locale.ROOT);
    }

    private static String shown(String text) {
        return text.length() <= 60 ? text : text.substring(0, 60) + "\u2026";
    }
}
