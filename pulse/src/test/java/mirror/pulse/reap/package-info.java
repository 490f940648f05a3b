@NullMarked
package mirror.pulse.reap;

import org.jspecify.annotations.NullMarked;
