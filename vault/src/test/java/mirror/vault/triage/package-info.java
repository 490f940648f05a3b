@NullMarked
package mirror.vault.triage;

import org.jspecify.annotations.NullMarked;
