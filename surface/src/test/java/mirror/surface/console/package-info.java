@NullMarked
package mirror.surface.console;

import org.jspecify.annotations.NullMarked;
