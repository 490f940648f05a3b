/** The one way by which Mirror changes the owner's notes: kept, journalled, and to be taken back one by one. */
@NullMarked
package mirror.vault.change;

import org.jspecify.annotations.NullMarked;
