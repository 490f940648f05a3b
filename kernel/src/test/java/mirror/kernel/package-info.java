@NullMarked
package mirror.kernel;

import org.jspecify.annotations.NullMarked;
