@NullMarked
package mirror.tiers.council;

import org.jspecify.annotations.NullMarked;
