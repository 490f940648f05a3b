/** What the owner knows and why: evidence as it was, claims that quote it, and the canon, which is made from claims alone. */
@NullMarked
package mirror.vault.canon;

import org.jspecify.annotations.NullMarked;
