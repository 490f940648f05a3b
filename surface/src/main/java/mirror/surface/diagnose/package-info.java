/** Opinions on what may be behind a critical failure; nothing is ever done because of one. */
@NullMarked
package mirror.surface.diagnose;

import org.jspecify.annotations.NullMarked;
