package mirror.continuity;

import tools.jackson.databind.JsonNode;

/**
 * {@code ~/.codex/sessions/<y>/<m>/<d>/rollout-<time>-<session>.jsonl}: {@code session_meta}, then {@code response_item} for what went to
 * and from the model, and {@code event_msg} for what the person saw. Oldest files have the items without that wrapping.
 */
final class CodexTranscript extends TranscriptReader {
    private long completed;
    private long told;
    private String asked = "";

    CodexTranscript(String fallback) {
        super(fallback);
    }

    @Override
    void take(JsonNode line) {
        JsonNode payload = line.path("payload");
        switch (line.path("type").asString("")) {
            case "session_meta" -> {
                session(payload.path("id"));
                project(payload.path("cwd"));
            }
            case "turn_context" -> project(payload.path("cwd"));
            case "event_msg" -> {
                if (payload.path("type").asString("").equals("user_message")) {
                    prompts++;
                    intent(payload.path("message").asString(""));
                }
                JsonNode item = payload.path("item");
                if (item.path("type").asString("").equals("UserMessage")) {
                    completed++;
                    intent(text(item.path("content"), "text"));
                }
            }
            case "response_item" -> item(payload);
            case "" -> session(line.path("id"));
            default -> item(line);
        }
    }

    private void item(JsonNode item) {
        String type = item.path("type").asString("");
        if (type.endsWith("_call")) {
            calls++;
        } else if (type.equals("message")) {
            switch (item.path("role").asString("")) {
                case "assistant" -> answers++;
                case "user" -> {
                    String text = text(item.path("content"), "input_text");
                    // What the client tells of the machine stands in tags, as the person's first message.
                    if (!text.isEmpty() && !text.startsWith("<")) {
                        told++;
                        asked = asked.isEmpty() ? text : asked;
                    }
                }
                default -> {}
            }
        }
    }

    /** What the person said stands in the events, of one kind or the other or both; where a file has none, in the items. */
    @Override
    void finish() {
        prompts = Math.max(prompts, completed);
        if (prompts == 0) {
            prompts = told;
            intent(asked);
        }
    }
}
