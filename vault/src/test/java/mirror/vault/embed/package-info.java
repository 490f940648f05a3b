@NullMarked
package mirror.vault.embed;

import org.jspecify.annotations.NullMarked;
