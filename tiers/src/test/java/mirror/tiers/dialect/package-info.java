@NullMarked
package mirror.tiers.dialect;

import org.jspecify.annotations.NullMarked;
