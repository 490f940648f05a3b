package mirror.surface.mcp;

import io.helidon.webserver.WebServer;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.McpServerFeatures.SyncCompletionSpecification;
import io.modelcontextprotocol.server.McpServerFeatures.SyncPromptSpecification;
import io.modelcontextprotocol.server.McpServerFeatures.SyncResourceSpecification;
import io.modelcontextprotocol.server.McpServerFeatures.SyncResourceTemplateSpecification;
import io.modelcontextprotocol.server.McpServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.server.McpSyncServerExchange;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.AudioContent;
import io.modelcontextprotocol.spec.McpSchema.BlobResourceContents;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.CompleteResult;
import io.modelcontextprotocol.spec.McpSchema.CreateMessageRequest;
import io.modelcontextprotocol.spec.McpSchema.EmbeddedResource;
import io.modelcontextprotocol.spec.McpSchema.GetPromptResult;
import io.modelcontextprotocol.spec.McpSchema.ImageContent;
import io.modelcontextprotocol.spec.McpSchema.LoggingLevel;
import io.modelcontextprotocol.spec.McpSchema.LoggingMessageNotification;
import io.modelcontextprotocol.spec.McpSchema.ProgressNotification;
import io.modelcontextprotocol.spec.McpSchema.Prompt;
import io.modelcontextprotocol.spec.McpSchema.PromptArgument;
import io.modelcontextprotocol.spec.McpSchema.PromptMessage;
import io.modelcontextprotocol.spec.McpSchema.PromptReference;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceResult;
import io.modelcontextprotocol.spec.McpSchema.Resource;
import io.modelcontextprotocol.spec.McpSchema.ResourceTemplate;
import io.modelcontextprotocol.spec.McpSchema.Role;
import io.modelcontextprotocol.spec.McpSchema.SamplingMessage;
import io.modelcontextprotocol.spec.McpSchema.ServerCapabilities;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import io.modelcontextprotocol.spec.McpSchema.TextResourceContents;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import tools.jackson.databind.json.JsonMapper;

/**
 * The server that the official conformance suite expects to talk to: its tools, resources, prompts and completions, on our
 * transport. It has what Mirror's own server does not offer, so that all of the transport is exercised.
 */
final class ConformanceFixture implements AutoCloseable {
    private static final String EMPTY = "{\"type\":\"object\",\"properties\":{}}";
    /** One red pixel. */
    private static final String PNG =
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
    /** No sound at all. */
    private static final String WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQAAAAA=";

    private final McpSyncServer mcp;
    private final WebServer web;

    ConformanceFixture() {
        var rpc = new Rpc(JsonMapper.shared());
        var hub = new SessionHub(rpc, McpLimits.DEFAULT, InstantSource.system());
        mcp = McpServer.sync(hub)
                .serverInfo("conformance-fixture", "1")
                .capabilities(ServerCapabilities.builder()
                        .completions()
                        .resources(true, true)
                        .tools(true)
                        .prompts(true)
                        .build())
                .jsonMapper(rpc.mapper())
                .jsonSchemaValidator(new McpRuntime.Validator())
                .requestTimeout(McpLimits.DEFAULT.requestTimeout())
                .immediateExecution(true)
                .tools(tools())
                .resources(resources())
                .resourceTemplates(templates())
                .prompts(prompts())
                .completions(List.of(new SyncCompletionSpecification(
                        new PromptReference("test_prompt_with_arguments"),
                        (exchange, request) -> new CompleteResult(
                                new CompleteResult.CompleteCompletion(List.of("paris", "park", "party"), 150, false)))))
                .build();
        var transport = new HttpTransport(hub, new StdioTransport(hub), Set.of());
        web = WebServer.builder()
                .host("127.0.0.1")
                .port(0)
                .useNio(false)
                .routing(routing -> routing.register("/mcp", rules -> McpEndpoint.route(rules, () -> transport)))
                .build()
                .start();
    }

    int port() {
        return web.port();
    }

    @Override
    public void close() {
        mcp.closeGracefully();
        web.stop();
    }

    private static SyncToolSpecification tool(
            String name, String schema, BiFunction<McpSyncServerExchange, CallToolRequest, CallToolResult> handler) {
        return SyncToolSpecification.builder()
                .tool(Tool.builder(name, McpTool.schema(schema))
                        .description("Conformance fixture " + name)
                        .build())
                .callHandler(handler)
                .build();
    }

    private static CallToolResult content(McpSchema.Content... content) {
        return CallToolResult.builder().content(List.of(content)).isError(false).build();
    }

    private static TextContent text(String text) {
        return TextContent.builder(text).build();
    }

    private static EmbeddedResource embedded(String uri, String type, String text) {
        return EmbeddedResource.builder(
                        TextResourceContents.builder(uri, text).mimeType(type).build())
                .build();
    }

    private static List<SyncToolSpecification> tools() {
        return List.of(
                tool("test_simple_text", EMPTY, (x, r) -> content(text("This is a simple text response for testing."))),
                tool(
                        "test_image_content",
                        EMPTY,
                        (x, r) -> content(ImageContent.builder(PNG, "image/png").build())),
                tool(
                        "test_audio_content",
                        EMPTY,
                        (x, r) -> content(AudioContent.builder(WAV, "audio/wav").build())),
                tool(
                        "test_embedded_resource",
                        EMPTY,
                        (x, r) -> content(embedded(
                                "test://embedded-resource", "text/plain", "This is an embedded resource content."))),
                tool(
                        "test_multiple_content_types",
                        EMPTY,
                        (x, r) -> content(
                                text("Multiple content types test:"),
                                ImageContent.builder(PNG, "image/png").build(),
                                embedded(
                                        "test://mixed-content-resource",
                                        "application/json",
                                        "{\"test\":\"data\",\"value\":123}"))),
                tool(
                        "test_error_handling",
                        EMPTY,
                        (x, r) -> CallToolResult.builder()
                                .addTextContent("This tool intentionally returns an error for testing")
                                .isError(true)
                                .build()),
                tool("test_tool_with_logging", EMPTY, ConformanceFixture::logging),
                tool("test_tool_with_progress", EMPTY, ConformanceFixture::progress),
                tool(
                        "test_sampling",
                        "{\"type\":\"object\",\"properties\":{\"prompt\":{\"type\":\"string\"}},\"required\":[\"prompt\"]}",
                        ConformanceFixture::sampling),
                tool(
                        "test_elicitation",
                        "{\"type\":\"object\",\"properties\":{\"message\":{\"type\":\"string\"}},\"required\":[\"message\"]}",
                        (x, r) -> elicit(x, String.valueOf(r.arguments().get("message")), "User response", """
                                {"type":"object","properties":{
                                  "username":{"type":"string","description":"User's response"},
                                  "email":{"type":"string","description":"User's email address"}},
                                 "required":["username","email"]}""")),
                tool(
                        "test_elicitation_sep1034_defaults",
                        EMPTY,
                        (x, r) -> elicit(
                                x, "Please provide your information with defaults", "Elicitation completed", """
                                {"type":"object","properties":{
                                  "name":{"type":"string","default":"John Doe"},
                                  "age":{"type":"integer","default":30},
                                  "score":{"type":"number","default":95.5},
                                  "status":{"type":"string","enum":["active","inactive","pending"],"default":"active"},
                                  "verified":{"type":"boolean","default":true}},
                                 "required":["name","age","score","status","verified"]}""")),
                tool(
                        "test_elicitation_sep1330_enums",
                        EMPTY,
                        (x, r) -> elicit(x, "Select your preferences", "Elicitation completed", """
                                {"type":"object","properties":{
                                  "untitledSingle":{"type":"string","enum":["option1","option2","option3"]},
                                  "titledSingle":{"type":"string","oneOf":[
                                    {"const":"value1","title":"First Option"},
                                    {"const":"value2","title":"Second Option"},
                                    {"const":"value3","title":"Third Option"}]},
                                  "legacyEnum":{"type":"string","enum":["opt1","opt2","opt3"],
                                    "enumNames":["Option One","Option Two","Option Three"]},
                                  "untitledMulti":{"type":"array",
                                    "items":{"type":"string","enum":["option1","option2","option3"]}},
                                  "titledMulti":{"type":"array","items":{"anyOf":[
                                    {"const":"value1","title":"First Choice"},
                                    {"const":"value2","title":"Second Choice"},
                                    {"const":"value3","title":"Third Choice"}]}}}}""")),
                tool("test_reconnection", EMPTY, (x, r) -> {
                    // The client has to come back for the answer with the id of the last event it saw.
                    if (x.transportContext().get(LiveSession.CARRIER) instanceof EventStream stream) {
                        while (!stream.attached()) {
                            Thread.onSpinWait();
                        }
                        stream.disconnect();
                    }
                    return content(text("Reconnection test completed"));
                }),
                tool("json_schema_2020_12_tool", """
                        {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",
                         "$defs":{"address":{"type":"object","properties":{
                           "street":{"type":"string"},"city":{"type":"string"}}}},
                         "properties":{"name":{"type":"string"},"address":{"$ref":"#/$defs/address"}},
                         "additionalProperties":false}""", (x, r) -> content(text("ok"))));
    }

    private static CallToolResult logging(McpSyncServerExchange exchange, CallToolRequest request) {
        for (String line : List.of("Tool execution started", "Tool processing data", "Tool execution completed")) {
            exchange.loggingNotification(
                    LoggingMessageNotification.builder(LoggingLevel.INFO, line).build());
        }
        return content(text("Tool execution completed with logging"));
    }

    private static CallToolResult progress(McpSyncServerExchange exchange, CallToolRequest request) {
        Object token = request.meta() == null ? null : request.meta().get("progressToken");
        if (token != null) {
            for (double done : List.of(0.0, 50.0, 100.0)) {
                exchange.progressNotification(
                        ProgressNotification.builder(token, done).total(100.0).build());
            }
        }
        return content(text("Tool execution completed with progress"));
    }

    private static CallToolResult sampling(McpSyncServerExchange exchange, CallToolRequest request) {
        var message = SamplingMessage.builder(
                        Role.USER, text(String.valueOf(request.arguments().get("prompt"))))
                .build();
        var answer = exchange.createMessage(
                CreateMessageRequest.builder(List.of(message), 100).build());
        return content(text("LLM response: " + ((TextContent) answer.content()).text()));
    }

    private static CallToolResult elicit(
            McpSyncServerExchange exchange, String question, String prefix, String schema) {
        var answer = exchange.createElicitation(McpSchema.ElicitFormRequest.builder(question, McpTool.schema(schema))
                .build());
        return content(text(prefix + ": action=" + answer.action() + ", content=" + answer.content()));
    }

    private static List<SyncResourceSpecification> resources() {
        return List.of(
                new SyncResourceSpecification(
                        Resource.builder("test://static-text", "Static text")
                                .description("A static text resource")
                                .mimeType("text/plain")
                                .build(),
                        (x, r) -> read(r.uri(), "text/plain", "This is the content of the static text resource.")),
                new SyncResourceSpecification(
                        Resource.builder("test://static-binary", "Static image")
                                .description("A static image resource")
                                .mimeType("image/png")
                                .build(),
                        (x, r) -> ReadResourceResult.builder(List.of(BlobResourceContents.builder(r.uri(), PNG)
                                        .mimeType("image/png")
                                        .build()))
                                .build()),
                new SyncResourceSpecification(
                        Resource.builder("test://watched-resource", "Watched resource")
                                .description("A resource to subscribe to")
                                .mimeType("text/plain")
                                .build(),
                        (x, r) -> read(r.uri(), "text/plain", "This is a watched resource content.")));
    }

    private static ReadResourceResult read(String uri, String type, String text) {
        return ReadResourceResult.builder(List.of(
                        TextResourceContents.builder(uri, text).mimeType(type).build()))
                .build();
    }

    private static List<SyncResourceTemplateSpecification> templates() {
        return List.of(new SyncResourceTemplateSpecification(
                ResourceTemplate.builder("test://template/{id}/data", "Template")
                        .description("A resource template")
                        .mimeType("application/json")
                        .build(),
                (x, r) -> {
                    String id = r.uri().replaceAll("test://template/(.+)/data", "$1");
                    return read(
                            r.uri(),
                            "application/json",
                            "{\"id\":\"" + id + "\",\"templateTest\":true,\"data\":\"Data for ID: " + id + "\"}");
                }));
    }

    private static SyncPromptSpecification prompt(String name, List<String> arguments, PromptAnswer answer) {
        return new SyncPromptSpecification(
                Prompt.builder(name)
                        .description("Conformance fixture " + name)
                        .arguments(arguments.stream()
                                .map(argument -> PromptArgument.builder(argument)
                                        .description("An argument")
                                        .required(true)
                                        .build())
                                .toList())
                        .build(),
                (x, r) -> GetPromptResult.builder(answer.messages(r.arguments()).stream()
                                .map(content -> PromptMessage.builder(Role.USER, content)
                                        .build())
                                .toList())
                        .build());
    }

    private interface PromptAnswer {
        List<McpSchema.Content> messages(Map<String, Object> arguments);
    }

    private static List<SyncPromptSpecification> prompts() {
        return List.of(
                prompt("test_simple_prompt", List.of(), args -> List.of(text("This is a simple prompt for testing."))),
                prompt(
                        "test_prompt_with_arguments",
                        List.of("arg1", "arg2"),
                        args -> List.of(text("Prompt with arguments: arg1='" + args.get("arg1") + "', arg2='"
                                + args.get("arg2") + "'"))),
                prompt(
                        "test_prompt_with_embedded_resource",
                        List.of("resourceUri"),
                        args -> List.of(
                                embedded(
                                        String.valueOf(args.get("resourceUri")),
                                        "text/plain",
                                        "Embedded resource content for testing."),
                                text("Please process the embedded resource above."))),
                prompt(
                        "test_prompt_with_image",
                        List.of(),
                        args -> List.of(
                                ImageContent.builder(PNG, "image/png").build(),
                                text("Please analyze the image above."))));
    }
}
