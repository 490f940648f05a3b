/**
 * Event organisms: subscribers that hear durable events of the log, each in order per subject and at least once. Start reading at
 * {@link mirror.bus.organism.Organisms}; an organism itself is an {@link mirror.bus.organism.Organism}.
 */
@NullMarked
package mirror.bus.organism;

import org.jspecify.annotations.NullMarked;
