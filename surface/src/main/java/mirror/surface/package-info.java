/** The surface: what people and their tools talk to. Commands, hooks, MCP. */
@NullMarked
package mirror.surface;

import org.jspecify.annotations.NullMarked;
