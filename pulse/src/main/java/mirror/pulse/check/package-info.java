/** The pulse: what is looked at every few minutes, and how it was found. */
@NullMarked
package mirror.pulse.check;

import org.jspecify.annotations.NullMarked;
