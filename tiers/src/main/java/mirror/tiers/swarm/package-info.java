/** Graphs of tasks for models: each task under its own lease and ceiling, every step in the log, nothing done twice. */
@NullMarked
package mirror.tiers.swarm;

import org.jspecify.annotations.NullMarked;
