/** Starts agents headless, under the gate that they are connected to, and sees to their end. */
@NullMarked
package mirror.surface.agent;

import org.jspecify.annotations.NullMarked;
