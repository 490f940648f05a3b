package mirror.surface.signal;

import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;

/**
 * Hours of the day in which messages wait, in the owner's zone. They are judged by what the clock on the wall shows, so an hour that exists
 * twice is quiet twice, and one that does not exist is not waited for.
 *
 * @param from first quiet minute
 * @param to first minute that is not quiet; equal to {@code from}: never quiet
 * @param through priority from which on a message goes through
 */
record QuietHours(LocalTime from, LocalTime to, int through) {
    /** When a message of this priority may go: now, or at the end of the quiet hours that it is in. */
    Instant earliest(Instant now, ZoneId zone, int priority) {
        ZonedDateTime here = now.atZone(zone);
        if (priority >= through || !isQuiet(here.toLocalTime())) {
            return now;
        }
        ZonedDateTime end = here.with(to);
        while (!end.isAfter(here)) {
            end = here.toLocalDate().plusDays(1).atTime(to).atZone(zone);
        }
        return end.toInstant();
    }

    private boolean isQuiet(LocalTime time) {
        return from.isBefore(to)
                ? !time.isBefore(from) && time.isBefore(to)
                : from.isAfter(to) && (!time.isBefore(from) || time.isBefore(to));
    }
}
