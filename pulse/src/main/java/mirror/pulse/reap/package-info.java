/** The reaper: ends processes that nobody is left for, by rules of the owner and no others. */
@NullMarked
package mirror.pulse.reap;

import org.jspecify.annotations.NullMarked;
