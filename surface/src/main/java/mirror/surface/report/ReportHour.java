package mirror.surface.report;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * When a report is due. A day's report is due from the day's hour on: an hour that does not exist on a day (clocks go forward) is as much
 * later as is left out, one that exists twice is its first. Whoever comes late, because the machine slept or Mirror was not running, makes
 * the latest report that is due; those of days before are not made up for, as what they would tell is in it. Pure.
 *
 * @param time of the local day
 */
public record ReportHour(LocalTime time, ZoneId zone) {
    /** When the report of that day is due. */
    public Instant due(LocalDate date) {
        return date.atTime(time).atZone(zone).toInstant();
    }

    /** The latest day whose report is due. */
    LocalDate latest(Instant now) {
        // Two days on is enough whatever a zone does to its day.
        LocalDate date = now.atZone(zone).toLocalDate().plusDays(1);
        while (due(date).isAfter(now)) {
            date = date.minusDays(1);
        }
        return date;
    }

    /**
     * The day whose report is to be made now.
     *
     * @param isMade whether that of a day was made
     * @param since no report is due before: there was no Mirror yet
     */
    Optional<LocalDate> now(Instant now, Predicate<LocalDate> isMade, Instant since) {
        LocalDate latest = latest(now);
        return isMade.test(latest) || due(latest).isBefore(since) ? Optional.empty() : Optional.of(latest);
    }

    /** When the next one is due. */
    Instant next(Instant now) {
        return due(latest(now).plusDays(1));
    }
}
