@NullMarked
package mirror.vault;

import org.jspecify.annotations.NullMarked;
