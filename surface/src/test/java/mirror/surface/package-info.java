@NullMarked
package mirror.surface;

import org.jspecify.annotations.NullMarked;
