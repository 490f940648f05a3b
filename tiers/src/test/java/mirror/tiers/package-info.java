@NullMarked
package mirror.tiers;

import org.jspecify.annotations.NullMarked;
