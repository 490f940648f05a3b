@NullMarked
package mirror.tiers.swarm;

import org.jspecify.annotations.NullMarked;
