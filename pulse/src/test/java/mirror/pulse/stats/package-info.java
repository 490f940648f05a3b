@NullMarked
package mirror.pulse.stats;

import org.jspecify.annotations.NullMarked;
