/** Asking a model for text through the gateway, under a lease, as Mirror's own parts do. */
@NullMarked
package mirror.tiers.ask;

import org.jspecify.annotations.NullMarked;
