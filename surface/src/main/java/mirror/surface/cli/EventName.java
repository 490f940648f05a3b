package mirror.surface.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import mirror.bus.Event;
import mirror.surface.Core;

/** How a person names an event: by its number, by its id, or by the start of its hash. */
final class EventName {
    /** Shorter starts of a hash would mostly mean several events. */
    private static final int MIN_HASH = 6;

    private EventName() {}

    /** Finds the event; a name that fits none or several is an error. A number is a seq first, and a hash when there is no such seq. */
    static Event find(Core core, String name) {
        var log = core.projector().log();
        String prefix = core.origin() + "-";
        String digits = name.startsWith(prefix) ? name.substring(prefix.length()) : name;
        // Memory names its source as <event>/<n>.
        digits = digits.contains("/") ? digits.substring(0, digits.indexOf('/')) : digits;
        boolean number = digits.matches("[0-9]{1,18}");
        if (number) {
            long seq = Long.parseLong(digits);
            List<Event> found = seq == 0 ? List.of() : log.read(seq, 1);
            if (!found.isEmpty() && found.getFirst().seq() == seq) {
                return found.getFirst();
            }
        }
        String hash = name.toLowerCase(Locale.ROOT);
        if (hash.matches("[0-9a-f]{" + MIN_HASH + ",64}")) {
            List<Event> found = new ArrayList<>();
            log.replay(1, event -> {
                if (event.hash().startsWith(hash) && found.size() < 2) {
                    found.add(event);
                }
            });
            if (found.size() == 1) {
                return found.getFirst();
            }
            if (!found.isEmpty()) {
                throw CliException.no("the hashes of events " + found.getFirst().seq() + " and "
                        + found.getLast().seq() + " both start with " + hash + "; write more of it");
            }
            if (!number) {
                throw CliException.no("no event's hash starts with " + hash + "; 'mirror log' lists the events");
            }
        }
        if (number) {
            throw CliException.no("there is no event " + digits + "; the log ends at " + log.durable());
        }
        throw CliException.usage("'" + Style.plain(name) + "' is not an event of " + core.origin()
                + "; use its number, an id such as " + prefix + "7, or " + MIN_HASH
                + " or more digits of its hash");
    }
}
