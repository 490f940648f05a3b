@NullMarked
package mirror.bus;

import org.jspecify.annotations.NullMarked;
