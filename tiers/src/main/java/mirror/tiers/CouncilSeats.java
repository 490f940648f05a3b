package mirror.tiers;

import java.time.Duration;
import java.util.List;

/**
 * Who sits in the council, and what one may cost.
 *
 * @param members names of routes or models, in the order in which they are asked where there is one
 * @param judge who writes the verdict, a name too
 * @param cents most money of one council, in hundredths of a US dollar
 * @param patience how long one member may take for one answer
 * @param output most tokens of one answer
 */
public record CouncilSeats(List<String> members, String judge, long cents, Duration patience, int output) {
    public CouncilSeats {
        members = List.copyOf(members);
    }
}
