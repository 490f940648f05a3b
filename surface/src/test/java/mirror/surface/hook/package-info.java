/** What Mirror writes into its clients' settings, and what it takes out again. */
@NullMarked
package mirror.surface.hook;

import org.jspecify.annotations.NullMarked;
