/**
 * MCP server room: speaks the Model Context Protocol (revision 2025-11-25 and the three before it) to agents over Streamable
 * HTTP and over a stdio bridge, and hands each tool call to a plain function.
 *
 * <p>{@link mirror.surface.mcp.McpEndpoint} is the way in. What a tool does, who may call it and what is recorded are decided
 * by the functions that are passed in, never here.
 */
@NullMarked
package mirror.surface.mcp;

import org.jspecify.annotations.NullMarked;
