/** Hooks: what Claude Code reports and asks, answered in its own terms. */
@NullMarked
package mirror.surface.hook;

import org.jspecify.annotations.NullMarked;
