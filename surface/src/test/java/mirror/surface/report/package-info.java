@NullMarked
package mirror.surface.report;

import org.jspecify.annotations.NullMarked;
