package mirror.surface.mcp;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The function behind a tool. */
@FunctionalInterface
public interface ToolHandler {

    /**
     * Does the work and says what came of it. Called on a virtual thread of its own, possibly many at once, so it may block;
     * it is interrupted when the client cancels the call, its session ends or the endpoint closes.
     *
     * @param arguments already checked against the tool's schema; empty when the client sent none
     * @param caller who calls
     * @throws Exception becomes an error result that carries the message; the server and the session live on
     */
    ToolResult call(Map<String, @Nullable Object> arguments, Caller caller) throws Exception;
}
