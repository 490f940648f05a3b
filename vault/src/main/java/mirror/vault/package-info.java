/** The owner's notes: read in place, indexed beside, never changed by being read. */
@NullMarked
package mirror.vault;

import org.jspecify.annotations.NullMarked;
