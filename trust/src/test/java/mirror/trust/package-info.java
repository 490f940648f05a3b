@NullMarked
package mirror.trust;

import org.jspecify.annotations.NullMarked;
