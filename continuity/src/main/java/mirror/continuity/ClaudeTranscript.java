package mirror.continuity;

import tools.jackson.databind.JsonNode;

/**
 * {@code ~/.claude/projects/<project>/<session>.jsonl}: a line for each message, the model's in several lines with the same id, tool
 * results as messages of the user.
 */
final class ClaudeTranscript extends TranscriptReader {
    private String answer = "";
    private String task = "";

    ClaudeTranscript(String fallback) {
        super(fallback);
    }

    @Override
    void take(JsonNode line) {
        session(line.path("sessionId"));
        project(line.path("cwd"));
        JsonNode message = line.path("message");
        switch (line.path("type").asString("")) {
            case "user" -> user(line, text(message.path("content"), "text"));
            case "assistant" -> {
                String id = message.path("id").asString("");
                if (id.isEmpty() || !id.equals(answer)) {
                    answers++;
                    answer = id;
                }
                for (JsonNode block : message.path("content")) {
                    if (block.path("type").asString("").endsWith("tool_use")) {
                        calls++;
                    }
                }
            }
            default -> {}
        }
    }

    private void user(JsonNode line, String text) {
        if (text.isEmpty() || line.path("isMeta").asBoolean(false)) {
            return;
        }
        if (line.path("isSidechain").asBoolean(false)) {
            // What a model told its subagent; the person said nothing.
            task = task.isEmpty() ? text : task;
            return;
        }
        // What the client wrote about its own commands stands there as if the person had said it.
        if (text.startsWith("<local-command-")) {
            return;
        }
        prompts++;
        if (!text.startsWith("<command-")) {
            intent(text);
        }
    }

    @Override
    void finish() {
        intent(task);
    }
}
