@NullMarked
package mirror.surface.signal;

import org.jspecify.annotations.NullMarked;
