@NullMarked
package mirror.trust.guard;

import org.jspecify.annotations.NullMarked;
