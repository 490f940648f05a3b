@NullMarked
package mirror.pulse.drift;

import org.jspecify.annotations.NullMarked;
