@NullMarked
package mirror.pulse.check;

import org.jspecify.annotations.NullMarked;
