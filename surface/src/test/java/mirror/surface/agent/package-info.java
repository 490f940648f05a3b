/** Agents that Mirror starts. */
@NullMarked
package mirror.surface.agent;

import org.jspecify.annotations.NullMarked;
