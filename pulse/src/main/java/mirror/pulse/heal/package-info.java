/** Fixes: what mends by itself what the pulse found wrong, and what keeps that from making things worse. */
@NullMarked
package mirror.pulse.heal;

import org.jspecify.annotations.NullMarked;
