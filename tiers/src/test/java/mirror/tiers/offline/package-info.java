@NullMarked
package mirror.tiers.offline;

import org.jspecify.annotations.NullMarked;
