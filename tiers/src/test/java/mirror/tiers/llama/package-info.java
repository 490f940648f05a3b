@NullMarked
package mirror.tiers.llama;

import org.jspecify.annotations.NullMarked;
