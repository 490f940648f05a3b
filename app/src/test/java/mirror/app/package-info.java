@NullMarked
package mirror.app;

import org.jspecify.annotations.NullMarked;
