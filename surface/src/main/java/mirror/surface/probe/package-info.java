/** Probes: what a machine and a project really are, measured or read where it stands. */
@NullMarked
package mirror.surface.probe;

import org.jspecify.annotations.NullMarked;
