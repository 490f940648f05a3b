@NullMarked
package mirror.vault.change;

import org.jspecify.annotations.NullMarked;
