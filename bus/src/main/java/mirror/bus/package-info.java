/** The bus: a signed, chained, append-only log of everything that happened, and the files it lives in. */
@NullMarked
package mirror.bus;

import org.jspecify.annotations.NullMarked;
