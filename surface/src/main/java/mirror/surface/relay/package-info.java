/** Stands between a client and MCP servers of others, and lets through only tools that are what they were. */
@org.jspecify.annotations.NullMarked
package mirror.surface.relay;
