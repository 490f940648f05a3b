/** Numbers that follow from the log alone, how they are signed, and the check of texts that quote them. */
@NullMarked
package mirror.pulse.stats;

import org.jspecify.annotations.NullMarked;
