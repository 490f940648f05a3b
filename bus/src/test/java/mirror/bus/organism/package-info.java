@NullMarked
package mirror.bus.organism;

import org.jspecify.annotations.NullMarked;
