@NullMarked
package mirror.tiers.wire;

import org.jspecify.annotations.NullMarked;
