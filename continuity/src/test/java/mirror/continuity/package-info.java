@NullMarked
package mirror.continuity;

import org.jspecify.annotations.NullMarked;
