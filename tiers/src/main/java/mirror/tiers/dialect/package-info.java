/** What clients and providers say to each other, read from one API's form and written in another's; no I/O. */
@NullMarked
package mirror.tiers.dialect;

import org.jspecify.annotations.NullMarked;
