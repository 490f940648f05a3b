/** What keeps a vault true over the years: notes that are due for another look, notes that say the same, one report of it all. */
@NullMarked
package mirror.vault.upkeep;

import org.jspecify.annotations.NullMarked;
