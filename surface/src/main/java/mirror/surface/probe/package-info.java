/** Probes: what a machine, a project and an installed client really are, measured or read where it stands. */
@NullMarked
package mirror.surface.probe;

import org.jspecify.annotations.NullMarked;
