package mirror.tiers.gateway;

import mirror.tiers.Tokens;
import mirror.tiers.wire.EventReader;
import mirror.tiers.wire.JsonScan;
import mirror.tiers.wire.MalformedJson;
import mirror.tiers.wire.Members;
import org.jspecify.annotations.Nullable;

/**
 * Reads from an answer what it used and whether it came to its end, without a tree: only the few events that can say so are looked
 * into. What is not reported stays unknown, and unknown is not zero. Not thread-safe.
 *
 * @see <a href="https://docs.claude.com/en/docs/build-with-claude/streaming">Anthropic: streaming messages</a>
 * @see <a href="https://platform.openai.com/docs/api-reference/chat-streaming">OpenAI: streaming</a>
 */
final class Meter {
    private static final Members USAGE = Members.of("usage");
    private static final Members CHUNK = Members.of("usage", "error");
    private static final Members MESSAGE = Members.of("message");
    private static final Members RESPONSE = Members.of("response");
    private static final Members ANTHROPIC =
            Members.of("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens");
    private static final Members CHAT = Members.of("prompt_tokens", "completion_tokens", "prompt_tokens_details");
    private static final Members RESPONSES = Members.of("input_tokens", "output_tokens", "input_tokens_details");
    private static final Members CACHED = Members.of("cached_tokens");

    private final Endpoint endpoint;
    private long in = -1;
    private long out = -1;
    private long cacheRead;
    private long cacheWrite;
    private boolean ended;
    private boolean failed;
    private int events;

    Meter(Endpoint endpoint) {
        this.endpoint = endpoint;
    }

    /** Looks at the event that the reader stands at. */
    void event(EventReader event) {
        if (event.hasData()) {
            try {
                look(event);
            } catch (MalformedJson e) {
                // What cannot be read reports nothing; whether the stream is whole, its last event tells.
            }
            events++;
        }
    }

    private void look(EventReader event) {
        switch (endpoint) {
            case MESSAGES, COUNT_TOKENS -> {
                if (event.isNamed("message_start")) {
                    JsonScan message = scan(event, MESSAGE).inside(0, USAGE);
                    usage(message == null ? null : message.inside(0, ANTHROPIC));
                } else if (event.isNamed("message_delta")) {
                    usage(scan(event, USAGE).inside(0, ANTHROPIC));
                } else if (event.isNamed("message_stop")) {
                    ended = true;
                } else if (event.isNamed("error")) {
                    failed = true;
                }
            }
            case RESPONSES -> {
                if (event.isNamed("response.completed")
                        || event.isNamed("response.incomplete")
                        || event.isNamed("response.failed")) {
                    ended = true;
                    JsonScan response = scan(event, RESPONSE).inside(0, USAGE);
                    usage(response == null ? null : response.inside(0, RESPONSES));
                } else if (event.isNamed("error")) {
                    failed = true;
                }
            }
            case CHAT, EMBEDDINGS -> {
                if (event.isData("[DONE]")) {
                    ended = true;
                } else {
                    JsonScan chunk = scan(event, CHUNK);
                    usage(chunk.inside(0, CHAT));
                    failed |= chunk.isSet(1);
                }
            }
        }
    }

    private static JsonScan scan(EventReader event, Members members) {
        return JsonScan.of(event.bytes(), event.dataFrom(), event.dataTo(), members, null);
    }

    /** Looks at an answer that came whole. */
    void whole(byte[] body) {
        JsonScan answer = JsonScan.of(body, USAGE);
        ended = true;
        usage(answer.inside(
                0,
                switch (endpoint) {
                    case MESSAGES, COUNT_TOKENS -> ANTHROPIC;
                    case RESPONSES -> RESPONSES;
                    case CHAT, EMBEDDINGS -> CHAT;
                }));
    }

    /** Later reports hold the sum so far, so they replace earlier ones. */
    private void usage(@Nullable JsonScan usage) {
        if (usage == null) {
            return;
        }
        if (usage.isSet(0)) {
            in = usage.count(0).orElseThrow();
        }
        if (usage.isSet(1)) {
            out = usage.count(1).orElseThrow();
        }
        switch (endpoint) {
            case MESSAGES, COUNT_TOKENS -> {
                cacheRead = usage.count(2).orElse(cacheRead);
                cacheWrite = usage.count(3).orElse(cacheWrite);
            }
            case CHAT, RESPONSES, EMBEDDINGS -> {
                JsonScan details = usage.inside(2, CACHED);
                cacheRead = details == null ? cacheRead : details.count(0).orElse(0);
            }
        }
    }

    /** Whether the answer said that it is at its end. */
    boolean isEnded() {
        return ended;
    }

    /** Whether the provider said that it failed, which is an end too. */
    boolean isFailed() {
        return failed;
    }

    /** Whether nothing but that failure came. */
    boolean isFailedAtOnce() {
        return failed && events <= 1;
    }

    /** What was used, once both sides of it are known. An answer that was cut used what it had said of its input, and perhaps more. */
    @Nullable
    Tokens tokens() {
        boolean complete = in >= 0 && (out >= 0 || endpoint == Endpoint.EMBEDDINGS) && (ended || failed);
        if (!complete) {
            return null;
        }
        // OpenAI counts what came from the cache as input, too; Anthropic does not.
        boolean apart = endpoint.dialect() == mirror.tiers.Dialect.ANTHROPIC;
        return new Tokens(apart ? in : Math.max(0, in - cacheRead), Math.max(0, out), cacheRead, cacheWrite);
    }
}
