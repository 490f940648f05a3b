@NullMarked
package mirror.pulse.reliability;

import org.jspecify.annotations.NullMarked;
