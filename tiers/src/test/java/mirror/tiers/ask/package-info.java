@NullMarked
package mirror.tiers.ask;

import org.jspecify.annotations.NullMarked;
