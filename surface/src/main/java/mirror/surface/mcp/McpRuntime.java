package mirror.surface.mcp;

import io.modelcontextprotocol.json.schema.JsonSchemaValidator;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.McpServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.server.McpSyncServerExchange;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Implementation;
import io.modelcontextprotocol.spec.McpSchema.ServerCapabilities;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import io.modelcontextprotocol.spec.McpSchema.ToolAnnotations;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Everything that runs once the first MCP request came: the SDK's server, the sessions, and both transports over them. Apart from
 * {@link McpEndpoint} so that an endpoint nobody talks to does not load the SDK.
 */
record McpRuntime(SessionHub hub, HttpTransport http, StdioTransport stdio, McpSyncServer server) {
    private static final Logger LOG = System.getLogger(McpRuntime.class.getName());

    static McpRuntime start(
            McpEndpoint.Card card,
            List<McpTool> tools,
            Set<String> callerHeaders,
            McpLimits limits,
            InstantSource clock) {
        var rpc = new Rpc(JsonMapper.shared());
        var hub = new SessionHub(rpc, limits, clock);
        var spec = McpServer.sync(hub)
                .serverInfo(Implementation.builder(card.name(), card.version())
                        .title(card.title())
                        .build())
                .capabilities(ServerCapabilities.builder().tools(false).build())
                .jsonMapper(rpc.mapper())
                .jsonSchemaValidator(new Validator())
                .requestTimeout(limits.requestTimeout())
                // Calls have a virtual thread each already; the SDK would move them to a pool of platform threads.
                .immediateExecution(true)
                .tools(tools.stream().map(tool -> specification(tool, rpc)).toList());
        if (!card.instructions().isEmpty()) {
            spec.instructions(card.instructions());
        }
        McpSyncServer server = spec.build();
        var stdio = new StdioTransport(hub);
        return new McpRuntime(hub, new HttpTransport(hub, stdio, callerHeaders), stdio, server);
    }

    McpEndpoint.Status status() {
        List<LiveSession> open = hub.all();
        return new McpEndpoint.Status(
                open.size(),
                open.stream().mapToInt(LiveSession::calls).sum(),
                open.stream().mapToInt(LiveSession::readers).sum());
    }

    void close() {
        server.closeGracefully();
    }

    private static SyncToolSpecification specification(McpTool tool, Rpc rpc) {
        var hints = tool.hints();
        return SyncToolSpecification.builder()
                .tool(Tool.builder(tool.name(), tool.inputSchema())
                        .title(tool.title())
                        .description(tool.description())
                        .annotations(ToolAnnotations.builder()
                                .title(tool.title())
                                .readOnlyHint(hints.readOnly())
                                .destructiveHint(hints.destructive())
                                .idempotentHint(hints.idempotent())
                                .openWorldHint(hints.openWorld())
                                .build())
                        .build())
                .callHandler((exchange, request) -> call(tool, exchange, request, rpc))
                .build();
    }

    private static CallToolResult call(McpTool tool, McpSyncServerExchange exchange, CallToolRequest request, Rpc rpc) {
        Map<String, @Nullable Object> arguments = new LinkedHashMap<>();
        if (request.arguments() != null) {
            arguments.putAll(request.arguments());
        }
        try {
            return result(tool.handler().call(arguments, caller(exchange)), rpc);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return failure(tool.name() + " was cancelled");
        } catch (Exception | StackOverflowError e) {
            LOG.log(Level.WARNING, () -> "MCP tool " + tool.name() + " failed", e);
            return failure(tool.name() + " failed: " + Objects.requireNonNullElse(e.getMessage(), e.toString()));
        }
    }

    private static Caller caller(McpSyncServerExchange exchange) {
        var context = exchange.transportContext();
        var client = exchange.getClientInfo();
        @SuppressWarnings("unchecked") // LiveSession put it there
        Map<String, String> headers = (Map<String, String>) context.get(LiveSession.HEADERS);
        return new Caller(
                context.get(LiveSession.CARRIER) instanceof EventStream
                        ? Caller.Transport.HTTP
                        : Caller.Transport.STDIO,
                exchange.sessionId(),
                client == null ? "" : Objects.requireNonNullElse(client.name(), ""),
                client == null ? "" : Objects.requireNonNullElse(client.version(), ""),
                headers);
    }

    private static CallToolResult result(ToolResult result, Rpc rpc) {
        return switch (result) {
            case ToolResult.Text(String text) ->
                CallToolResult.builder().addTextContent(text).isError(false).build();
            case ToolResult.Structured(Map<String, ?> content, String text) ->
                CallToolResult.builder()
                        .addTextContent(text.isBlank() ? rpc.text(content) : text)
                        .structuredContent(content)
                        .isError(false)
                        .build();
            case ToolResult.Failure(String message) -> failure(message);
        };
    }

    private static CallToolResult failure(String message) {
        return CallToolResult.builder().addTextContent(message).isError(true).build();
    }

    /** Gives the SDK our checks in place of its validator, which would be most of what an MCP server has to load. */
    static final class Validator implements JsonSchemaValidator {
        @Override
        public ValidationResponse validate(Map<String, Object> schema, Object value) {
            return JsonSchema.problem(schema, value)
                    .map(ValidationResponse::asInvalid)
                    .orElseGet(() -> ValidationResponse.asValid(""));
        }

        @Override
        public ValidationResponse validateSchema(Map<String, Object> schema) {
            return JsonSchema.unsupported(schema)
                    .map(ValidationResponse::asInvalid)
                    .orElseGet(() -> ValidationResponse.asValid(""));
        }
    }
}
