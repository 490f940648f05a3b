@NullMarked
package mirror.vault.canon;

import org.jspecify.annotations.NullMarked;
