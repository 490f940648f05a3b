package mirror.vault.upkeep;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import mirror.vault.Noted;

/**
 * Which notes are due for another look. What a note says decays from the day on which its owner last said that it holds
 * ({@code verified}), or else from the day it was made ({@code created}, {@code date}) or written; by how fast its kind of thing
 * changes. Reading, finding and linking a note verify nothing.
 */
public final class Review {
    private Review() {}

    /**
     * A note that should be looked at again.
     *
     * @param type in lower case; empty when the note names none
     * @param since day from which its age counts
     * @param basis what that day is: {@code verified}, {@code created}, {@code date} or {@code written}
     * @param age days since then
     * @param limit days after which it is due
     */
    public record Due(String path, String type, LocalDate since, String basis, long age, int limit) {
        public long overdue() {
            return age - limit;
        }

        /** How much longer than it should it has waited; 1 is due today. */
        public double ratio() {
            return (double) age / limit;
        }

        /** In a sentence's words. */
        public String reason() {
            String what = basis.equals("verified") ? "verified" : "never verified, " + basis;
            return what + " " + since + ", " + age + " days ago; " + (type.isEmpty() ? "a note" : "'" + type + "'")
                    + " is due after " + limit;
        }
    }

    /** The due ones, those that waited longest for their kind first. */
    public static List<Due> queue(List<Noted> notes, Limits limits, LocalDate today) {
        return notes.stream()
                .map(note -> due(note, limits, today))
                .flatMap(Optional::stream)
                .sorted(Comparator.comparingDouble(Due::ratio).reversed().thenComparing(Due::path))
                .toList();
    }

    private static Optional<Due> due(Noted note, Limits limits, LocalDate today) {
        // Of several types the one that changes fastest counts.
        String type = "";
        int limit = limits.of("");
        boolean isFirst = true;
        for (String each : values(note, "type")) {
            String name = each.replaceAll("^[\\[\"#]+|[]\"]+$", "").strip().toLowerCase(Locale.ROOT);
            int days = limits.of(name);
            if (!name.isEmpty() && (isFirst || (days != Limits.NEVER && (limit == Limits.NEVER || days < limit)))) {
                type = name;
                limit = days;
                isFirst = false;
            }
        }
        LocalDate since = LocalDate.ofInstant(note.modified(), ZoneOffset.UTC);
        String basis = "written";
        for (String property : List.of("verified", "created", "date")) {
            Optional<LocalDate> day =
                    values(note, property).stream().findFirst().flatMap(Review::day);
            if (day.isPresent()) {
                since = day.get();
                basis = property;
                break;
            }
        }
        long age = ChronoUnit.DAYS.between(since, today);
        return limit == Limits.NEVER || age < limit
                ? Optional.empty()
                : Optional.of(new Due(note.path(), type, since, basis, age, limit));
    }

    private static List<String> values(Noted note, String property) {
        return note.properties().entrySet().stream()
                .filter(each -> each.getKey().equalsIgnoreCase(property))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(List.of());
    }

    private static Optional<LocalDate> day(String text) {
        try {
            return text.length() < 10 ? Optional.empty() : Optional.of(LocalDate.parse(text.substring(0, 10)));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
