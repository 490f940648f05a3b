@NullMarked
package mirror.mesh;

import org.jspecify.annotations.NullMarked;
