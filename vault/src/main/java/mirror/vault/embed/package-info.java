/** Texts as vectors, made on this machine: the same pieces of text give the same vector, and no piece is ever computed twice. */
@NullMarked
package mirror.vault.embed;

import org.jspecify.annotations.NullMarked;
