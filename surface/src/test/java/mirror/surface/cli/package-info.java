/** What the owner sees of the commands, and what they change. */
@NullMarked
package mirror.surface.cli;

import org.jspecify.annotations.NullMarked;
