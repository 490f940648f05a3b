/** How the bus is heard elsewhere: transports that carry proven lines and are never the truth. */
@NullMarked
package mirror.mesh;

import org.jspecify.annotations.NullMarked;
