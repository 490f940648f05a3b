@NullMarked
package mirror.vault.upkeep;

import org.jspecify.annotations.NullMarked;
