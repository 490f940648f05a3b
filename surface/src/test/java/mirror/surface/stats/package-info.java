@NullMarked
package mirror.surface.stats;

import org.jspecify.annotations.NullMarked;
