/** Reads a shell command line and says what it would do; no other room may guess at shell text. */
@NullMarked
package mirror.trust.shell;

import org.jspecify.annotations.NullMarked;
