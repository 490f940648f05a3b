/** Models as hired labour: the gateway in front of every provider, what a call may cost, and which tier answers it. */
@NullMarked
package mirror.tiers;

import org.jspecify.annotations.NullMarked;
