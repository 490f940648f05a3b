/** Keeps the owner's services running: starts, probes, restarts, quarantines and adopts them. */
@NullMarked
package mirror.pulse.supervise;

import org.jspecify.annotations.NullMarked;
