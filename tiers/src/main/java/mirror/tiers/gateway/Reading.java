package mirror.tiers.gateway;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import mirror.tiers.wire.JsonScan;
import mirror.tiers.wire.MalformedJson;
import mirror.tiers.wire.Members;
import org.jspecify.annotations.Nullable;

/**
 * What is read of a request in its bytes: a few members of its top level, and of what kinds its parts are. Must never: let through what
 * two readers could read in two ways.
 *
 * @param model the name that the client asks for
 */
record Reading(JsonScan body, String model, Needs needs) {
    private static final Members BODY = Members.of(
            "model",
            "max_tokens",
            "max_completion_tokens",
            "max_output_tokens",
            "n",
            "previous_response_id",
            "container",
            "mcp_servers",
            "prompt",
            "conversation",
            "background",
            "stream",
            "messages",
            "input",
            "tools",
            "functions",
            "thinking",
            "reasoning",
            "reasoning_effort",
            "response_format",
            "output_format",
            "output_config",
            "text");
    static final int MODEL = 0;
    private static final int FIRST_LIMIT = 1;
    private static final int LAST_LIMIT = 3;
    private static final int N = 4;
    private static final int FIRST_BEYOND = 5;
    private static final int LAST_BEYOND = 9;
    private static final int BACKGROUND = 10;
    private static final int STREAM = 11;
    private static final int MESSAGES = 12;
    private static final int INPUT = 13;
    private static final int TOOLS = 14;
    private static final int FUNCTIONS = 15;
    private static final int THINKING = 16;
    private static final int REASONING = 17;
    private static final int EFFORT = 18;
    private static final int RESPONSE_FORMAT = 19;
    private static final int OUTPUT_FORMAT = 20;
    private static final int OUTPUT_CONFIG = 21;
    private static final int TEXT = 22;

    private static final Members TYPE = Members.of("type");
    private static final Members FORMAT = Members.of("format");
    private static final Set<String> NO_THINKING = Set.of("disabled", "none", "minimal");

    /**
     * Parts of a request whose tokens its own bytes bound. Anything else, such as a link to an image, a file that lies with the
     * provider, or a search that the provider makes, is counted as the whole context of the model.
     */
    private static final Set<String> BOUNDED = Set.of(
            "text",
            "tool_use",
            "tool_result",
            "thinking",
            "redacted_thinking",
            "ephemeral",
            "enabled",
            "disabled",
            "adaptive",
            "object",
            "string",
            "array",
            "number",
            "integer",
            "boolean",
            "null",
            "custom",
            "function",
            "auto",
            "any",
            "tool",
            "none",
            "image",
            "base64",
            "input_text",
            "output_text",
            "message",
            "function_call",
            "function_call_output",
            "reasoning",
            "summary_text",
            "json_schema",
            "json_object",
            "grammar");

    /** @throws Refusal when it cannot be read, or not in one way */
    static Reading of(Request request) throws Refusal {
        byte[] bytes = request.body();
        Kinds kinds = new Kinds();
        try {
            JsonScan body = JsonScan.of(bytes, 0, bytes.length, BODY, kinds);
            String model = body.text(MODEL);
            if (model == null || model.length() > 200) {
                throw new Refusal(400, "body", "the request does not say which model");
            }
            long limit = 0;
            for (int i = FIRST_LIMIT; i <= LAST_LIMIT; i++) {
                limit = Math.max(limit, body.count(i).orElse(0));
            }
            limit = Math.multiplyExact(limit, Math.max(1, body.count(N).orElse(1)));
            boolean bounded = kinds.bounded;
            for (int i = FIRST_BEYOND; i <= LAST_BEYOND; i++) {
                bounded &= !body.isSet(i);
            }
            if (body.isSet(BACKGROUND) && body.isTrue(BACKGROUND)) {
                throw new Refusal(
                        400, "body", "answers in the background cannot be accounted for; leave 'background' out");
            }
            return new Reading(
                    body,
                    model,
                    new Needs(
                            request.endpoint(),
                            bytes.length,
                            bounded,
                            limit,
                            body.size(MESSAGES) + body.size(INPUT),
                            body.size(TOOLS) + body.size(FUNCTIONS),
                            kinds.images,
                            thinks(body),
                            hasForm(body),
                            streams(body)));
        } catch (MalformedJson e) {
            throw new Refusal(400, "body", "the request is not usable JSON: " + e.getMessage());
        } catch (ArithmeticException e) {
            throw new Refusal(400, "body", "the request asks for more tokens than can be counted");
        }
    }

    /** What is no boolean is the provider's to judge. */
    private static boolean streams(JsonScan body) {
        try {
            return body.isTrue(STREAM);
        } catch (MalformedJson e) {
            return false;
        }
    }

    private static boolean thinks(JsonScan body) {
        return isOn(word(body, THINKING)) || isOn(word(body, EFFORT)) || body.isSet(REASONING);
    }

    private static boolean isOn(@Nullable String word) {
        return word != null && !NO_THINKING.contains(word);
    }

    private static boolean hasForm(JsonScan body) {
        String format = word(body, RESPONSE_FORMAT);
        return (format != null && !format.equals("text"))
                || body.isSet(OUTPUT_FORMAT)
                || has(body, OUTPUT_CONFIG)
                || has(body, TEXT);
    }

    /** The member's text, or the type of the object that it is; empty for what is neither, null when it is absent. */
    private static @Nullable String word(JsonScan body, int member) {
        if (!body.isSet(member)) {
            return null;
        }
        try {
            JsonScan inside = body.inside(member, TYPE);
            String word = inside == null ? body.text(member) : inside.text(0);
            return word == null ? "" : word;
        } catch (MalformedJson e) {
            return "";
        }
    }

    /** Whether the member is an object that says a form; that of plain text counts too, as it hardly ever comes. */
    private static boolean has(JsonScan body, int member) {
        try {
            JsonScan inside = body.inside(member, FORMAT);
            return inside != null && inside.isSet(0);
        } catch (MalformedJson e) {
            return false;
        }
    }

    /** Hears the kinds of the parts. */
    private static final class Kinds implements JsonScan.Types {
        /** Of parts of a message, and of those of a tool's result in it. What lies elsewhere is a text of somebody else. */
        private static final int PART = 5;

        private static final int PART_OF_RESULT = 7;

        boolean bounded = true;
        boolean images;

        @Override
        public void type(byte[] bytes, int from, int to, int depth) {
            String kind = to - from > 32 ? "" : new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
            bounded &= BOUNDED.contains(kind);
            images |= (depth == PART || depth == PART_OF_RESULT)
                    && (kind.equals("image") || kind.equals("image_url") || kind.equals("input_image"));
        }
    }
}
