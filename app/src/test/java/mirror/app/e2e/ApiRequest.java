package mirror.app.e2e;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * One request that {@link ScriptedMessagesApi} received, with the questions tests ask about it: what the model was told
 * and which tool results it got. It must never change what was received.
 *
 * @param headers names in lower case
 */
record ApiRequest(String method, String path, Map<String, String> headers, JsonNode body) {

    /** Whose request this is. */
    enum Kind {
        /** The main conversation, and any SDK that talks to the server directly. */
        MAIN,
        /** The conversation of a subagent. */
        SUBAGENT,
        /** Small requests of the client's own (titles, topics, page summaries): no tools are offered. */
        SIDE,
        COUNT_TOKENS,
        /** Not a Messages request: {@code HEAD /} and the like. */
        OTHER
    }

    /** What the model got back for one of its tool calls. */
    record ToolResult(String toolUseId, String text, boolean isError) {}

    Kind kind() {
        if (ModelWire.of(path).isPresent()) {
            return ModelWire.of(path).orElseThrow().kind(body);
        }
        if (!method.equals("POST") || !path.startsWith("/v1/messages")) {
            return Kind.OTHER;
        }
        if (path.startsWith("/v1/messages/count_tokens")) {
            return Kind.COUNT_TOKENS;
        }
        if (headers.containsKey("x-claude-code-agent-id")) {
            return Kind.SUBAGENT;
        }
        // Through the gateway no client's name comes along.
        return (header("user-agent").startsWith("claude-cli/")
                                || header("user-agent").equals("Mirror"))
                        && body.path("tools").isEmpty()
                ? Kind.SIDE
                : Kind.MAIN;
    }

    String header(String name) {
        return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
    }

    boolean streams() {
        return body.path("stream").asBoolean(false);
    }

    /** The system prompt, and the system messages that Claude Code puts between the others (hook contexts among them). */
    String systemText() {
        var text = new StringBuilder(textOf(body.path("system")));
        for (JsonNode message : body.path("messages")) {
            if (message.path("role").asString("").equals("system")) {
                text.append('\n').append(textOf(message.path("content")));
            }
        }
        return text.toString();
    }

    /** The first message of the user, with everything the client adds to it. */
    String firstUserText() {
        for (JsonNode message : body.path("messages")) {
            if (message.path("role").asString("").equals("user")) {
                return textOf(message.path("content"));
            }
        }
        return "";
    }

    /** All that the model can read in this request: system prompt, messages and tool results. */
    String allText() {
        if (ModelWire.of(path).isPresent()) {
            return ModelWire.of(path).orElseThrow().text(body);
        }
        var text = new StringBuilder(textOf(body.path("system")));
        for (JsonNode message : body.path("messages")) {
            text.append('\n').append(textOf(message.path("content")));
        }
        return text.toString();
    }

    /** Every tool result in the conversation so far, in the order of the conversation. */
    List<ToolResult> toolResults() {
        if (ModelWire.of(path).isPresent()) {
            return ModelWire.of(path).orElseThrow().toolResults(body);
        }
        var results = new ArrayList<ToolResult>();
        for (JsonNode message : body.path("messages")) {
            for (JsonNode block : message.path("content")) {
                if (block.path("type").asString("").equals("tool_result")) {
                    results.add(new ToolResult(
                            block.path("tool_use_id").asString(""),
                            textOf(block.path("content")),
                            block.path("is_error").asBoolean(false)));
                }
            }
        }
        return List.copyOf(results);
    }

    /** The newest tool result. */
    ToolResult lastToolResult() {
        var results = toolResults();
        if (results.isEmpty()) {
            throw new AssertionError("the model got no tool result; it got: " + allText());
        }
        return results.getLast();
    }

    List<String> toolNames() {
        var names = new ArrayList<String>();
        for (JsonNode tool : body.path("tools")) {
            names.add(tool.path("name").asString(""));
        }
        return List.copyOf(names);
    }

    static String textOf(JsonNode content) {
        if (content.isString()) {
            return content.asString();
        }
        var text = new StringBuilder();
        for (JsonNode block : content) {
            JsonNode part = block.has("text") ? block.path("text") : block.path("content");
            String piece = textOf(part);
            if (!piece.isEmpty()) {
                text.append(text.isEmpty() ? "" : "\n").append(piece);
            }
        }
        return text.toString();
    }
}
