/** What watches over this machine and its services. */
@NullMarked
package mirror.pulse;

import org.jspecify.annotations.NullMarked;
