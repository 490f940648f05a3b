@NullMarked
package mirror.tiers.gateway;

import org.jspecify.annotations.NullMarked;
