package mirror.tiers.dialect;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads a stream of chat completions. Its proper end is a {@code finish_reason}, and then {@code [DONE]} or the end of the connection, since not all
 * that imitate the API send the former; only the report of usage can be missing then.
 */
final class OpenAiStreamReader extends EventReplyState {
    private final CallQueue calls = new CallQueue(this);
    private boolean refused;
    private boolean called;
    private @Nullable Stop stop;

    OpenAiStreamReader(Exchange exchange) {
        super(exchange);
    }

    @Override
    void closed() {
        if (stop != null) {
            finishNow(stop);
        }
    }

    @Override
    public boolean ending() {
        return stop != null;
    }

    @Override
    public boolean toolOpen() {
        return calls.open();
    }

    @Override
    public void event(String name, byte[] data) {
        if (over() || !new String(data, StandardCharsets.UTF_8).strip().equals("[DONE]")) {
            super.event(name, data);
            return;
        }
        if (stop == null) {
            throw Answers.notUnderstood("it ended before it was whole");
        }
        finishNow(stop);
    }

    @Override
    void event(String name, ObjectNode chunk) {
        JsonNode error = chunk.path("error");
        if (error.isObject() || error.isString()) {
            fail(OpenAiErrors.failure(error, Failure.Kind.API));
            return;
        }
        if (chunk.path("usage").isObject()) {
            reported(OpenAiReplies.usage(chunk.path("usage")));
        }
        if (!chunk.path("choices").isEmpty()) {
            start(Answers.textOr(chunk, "id", exchange.id()), Answers.textOr(chunk, "model", ""));
            chunk.path("choices").forEach(this::choice);
        }
    }

    private void choice(JsonNode choice) {
        if (Answers.count(choice, "index", 0) != 0) {
            throw Answers.notUnderstood("it has more than one choice");
        }
        JsonNode delta = choice.path("delta");
        String thoughts = OpenAiReplies.thoughts(delta);
        String text = Answers.words(delta, "content");
        String refusal = Answers.words(delta, "refusal");
        boolean more =
                delta.path("tool_calls").isArray() && !delta.path("tool_calls").isEmpty();
        if (delta.path("function_call").isObject()) {
            throw Answers.notUnderstood("it calls a function in the old way");
        }
        if (stop != null && (more || !text.isEmpty() || !refusal.isEmpty())) {
            throw Answers.notUnderstood("it goes on after its end");
        }
        if (!thoughts.isEmpty()) {
            if (calls.isEmpty()) {
                thinking(thoughts);
            } else {
                emit(new StreamEvent.Ping());
            }
        }
        if (!text.isEmpty()) {
            calls.words(text);
        }
        if (!refusal.isEmpty()) {
            refused = true;
            calls.words(refusal);
        }
        if (more) {
            delta.path("tool_calls").forEach(this::call);
        }
        String reason = Answers.words(choice, "finish_reason");
        if (!reason.isEmpty() && stop == null) {
            stop = OpenAiReplies.stop(reason, called, refused);
        }
    }

    private void call(JsonNode call) {
        called = true;
        JsonNode function = call.path("function");
        calls.call(
                Answers.count(call, "index", -1),
                Answers.words(call, "id"),
                Answers.words(function, "name"),
                Answers.words(function, "arguments"));
    }

    private void finishNow(Stop with) {
        calls.finish(with);
        finish(with, null);
    }
}
