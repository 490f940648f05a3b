/** The road of a call: who may make it, what it may cost, who answers it, and what is written down of it. */
@NullMarked
package mirror.tiers.gateway;

import org.jspecify.annotations.NullMarked;
