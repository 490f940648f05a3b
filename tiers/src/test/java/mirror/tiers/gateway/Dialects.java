package mirror.tiers.gateway;

import java.io.IOException;
import java.util.List;
import mirror.bus.Json;
import mirror.tiers.wire.ScriptedProvider;
import mirror.tiers.wire.ScriptedProvider.Wire;

/** Providers of the four dialects that say a text, whole or in pieces, and tell what that used: 30 tokens in, 9 out. */
public enum Dialects {
    ANTHROPIC("") {
        @Override
        String whole(String text) {
            return "{\"id\":\"r-1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[{\"type\":\"text\",\"text\":"
                    + quoted(text)
                    + "}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":{\"input_tokens\":30,\"output_tokens\":9}}";
        }

        @Override
        String start() {
            return event(
                            "message_start",
                            "\"message\":{\"id\":\"r-1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],"
                                    + "\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":30,\"output_tokens\":1}}")
                    + event("content_block_start", "\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}");
        }

        @Override
        String piece(String text) {
            return event(
                    "content_block_delta",
                    "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":" + quoted(text) + "}");
        }

        @Override
        String end() {
            return event("content_block_stop", "\"index\":0")
                    + event(
                            "message_delta",
                            "\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":9}")
                    + event("message_stop", "");
        }

        private static String event(String type, String rest) {
            return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" + (rest.isEmpty() ? "" : ",") + rest
                    + "}\n\n";
        }

        @Override
        String error(String message) {
            return "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":" + quoted(message)
                    + "}}";
        }
    },
    OPENAI("/v1") {
        @Override
        String whole(String text) {
            return "{\"id\":\"r-1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":"
                    + "{\"role\":\"assistant\",\"content\":" + quoted(text)
                    + "},\"finish_reason\":\"stop\"}],"
                    + USAGE + "}";
        }

        @Override
        String start() {
            return chunk("\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null");
        }

        @Override
        String piece(String text) {
            return chunk("\"delta\":{\"content\":" + quoted(text) + "},\"finish_reason\":null");
        }

        @Override
        String end() {
            return chunk("\"delta\":{},\"finish_reason\":\"stop\"")
                    + "data: {\"id\":\"r-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[],"
                    + USAGE + "}\n\ndata: [DONE]\n\n";
        }

        private static String chunk(String choice) {
            return "data: {\"id\":\"r-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,"
                    + choice + "}]}\n\n";
        }

        @Override
        String error(String message) {
            return "{\"error\":{\"message\":" + quoted(message)
                    + ",\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}}";
        }
    },
    GEMINI("/v1beta") {
        @Override
        String whole(String text) {
            return candidate(text, ",\"finishReason\":\"STOP\"", COUNTS);
        }

        @Override
        String start() {
            return "";
        }

        @Override
        String piece(String text) {
            return "data: " + candidate(text, "", "") + "\r\n\r\n";
        }

        @Override
        String end() {
            return "data: " + candidate("", ",\"finishReason\":\"STOP\"", COUNTS) + "\r\n\r\n";
        }

        private static final String COUNTS =
                ",\"usageMetadata\":{\"promptTokenCount\":30,\"candidatesTokenCount\":9,\"totalTokenCount\":39}";

        private static String candidate(String text, String reason, String usage) {
            return "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":" + quoted(text) + "}],\"role\":\"model\"}"
                    + reason + "}]" + usage + ",\"modelVersion\":\"m\",\"responseId\":\"r-1\"}";
        }

        @Override
        String error(String message) {
            return "{\"error\":{\"code\":400,\"message\":" + quoted(message) + ",\"status\":\"INVALID_ARGUMENT\"}}";
        }
    },
    OLLAMA("") {
        @Override
        String whole(String text) {
            return line(text, true);
        }

        @Override
        String start() {
            return "";
        }

        @Override
        String piece(String text) {
            return line(text, false) + "\n";
        }

        @Override
        String end() {
            return line("", true) + "\n";
        }

        private static String line(String text, boolean done) {
            return "{\"model\":\"m\",\"created_at\":\"2026-01-01T00:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":"
                    + quoted(text) + "},\"done\":" + done
                    + (done ? ",\"done_reason\":\"stop\",\"prompt_eval_count\":30,\"eval_count\":9" : "") + "}";
        }

        @Override
        String error(String message) {
            return "{\"error\":" + quoted(message) + "}";
        }
    };

    private static final String USAGE = "\"usage\":{\"prompt_tokens\":30,\"completion_tokens\":9,\"total_tokens\":39}";

    private final String version;

    Dialects(String version) {
        this.version = version;
    }

    /** What stands behind a provider's address. */
    public String version() {
        return version;
    }

    /** A whole answer. */
    abstract String whole(String text);

    /** What a stream begins with. */
    abstract String start();

    /** A piece of a stream. */
    abstract String piece(String text);

    /** The proper end of a stream. */
    abstract String end();

    /** A refusal of the request. */
    abstract String error(String message);

    static String quoted(String text) {
        return Json.MAPPER.writeValueAsString(text);
    }

    /** Streams when it is asked to. */
    public ScriptedProvider.Script says(String... pieces) {
        return (request, to) -> {
            if (wantsStream(request)) {
                begin(to, pieces).chunk(end()).last();
            } else {
                to.json(200, whole(String.join("", pieces)));
            }
        };
    }

    /** The head, the start and these pieces of a stream. */
    public Wire begin(Wire to, String... pieces) throws IOException {
        Wire wire = this == OLLAMA
                ? to.send("HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n")
                : to.stream();
        if (!start().isEmpty()) {
            wire.chunk(start());
        }
        for (String piece : List.of(pieces)) {
            wire.chunk(piece(piece));
        }
        return wire;
    }

    private boolean wantsStream(ScriptedProvider.Request request) {
        return this == GEMINI
                ? request.line().contains(":streamGenerateContent?alt=sse ")
                : request.text().contains("\"stream\":true");
    }
}
