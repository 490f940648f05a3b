/** Which numbers Mirror tells of itself, and how programs read them. */
@NullMarked
package mirror.surface.stats;

import org.jspecify.annotations.NullMarked;
