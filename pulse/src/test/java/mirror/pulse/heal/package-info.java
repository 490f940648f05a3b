@NullMarked
package mirror.pulse.heal;

import org.jspecify.annotations.NullMarked;
