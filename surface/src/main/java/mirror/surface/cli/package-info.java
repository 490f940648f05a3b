/** The command line: each command is a function from its arguments to text and an exit code, run in the daemon. */
@NullMarked
package mirror.surface.cli;

import org.jspecify.annotations.NullMarked;
