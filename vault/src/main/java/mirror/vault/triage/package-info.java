/** What comes into the vault is put where the owner's rules say, and told why. */
@NullMarked
package mirror.vault.triage;

import org.jspecify.annotations.NullMarked;
