/** The console: pages that show the mesh and let the owner answer, and what they speak with. */
@NullMarked
package mirror.surface.console;

import org.jspecify.annotations.NullMarked;
