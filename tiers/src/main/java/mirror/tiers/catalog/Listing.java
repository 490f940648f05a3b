package mirror.tiers.catalog;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import mirror.tiers.Known;
import tools.jackson.databind.JsonNode;

/**
 * Reads a provider's list of its models. Whatever stands there is looked at by the names that the owner wrote, so that no name and no
 * text of a provider gets any further, and a number or flag that is none counts as not said.
 *
 * @param models what is said of those that were looked for
 * @param whole whether the list ends here, so that who is not on it is not there
 * @see <a href="https://docs.claude.com/en/api/models-list">Anthropic: list models</a>
 * @see <a href="https://ai.google.dev/api/models">Gemini: models</a>
 * @see <a href="https://docs.ollama.com/api-reference/show-model-details">Ollama: show model details</a>
 * @see <a href="https://platform.openai.com/docs/api-reference/models/list">OpenAI: list models</a>
 */
record Listing(Map<String, Said> models, boolean whole) {
    /** Nobody has more; a longer list is cut in the middle by whoever sends it. */
    private static final int MODELS = 100_000;

    static Listing anthropic(JsonNode answer, Set<String> wanted) throws NoList {
        Map<String, Said> models = new HashMap<>();
        for (JsonNode each : list(answer, "data")) {
            put(models, each.path("id").asString(""), wanted, anthropicModel(each));
        }
        return new Listing(models, !answer.path("has_more").asBoolean(false));
    }

    static Said anthropicModel(JsonNode model) {
        JsonNode can = model.path("capabilities");
        return new Said(
                true,
                Said.tokens(model.path("max_input_tokens")),
                Said.tokens(model.path("max_tokens")),
                Known.UNKNOWN,
                Said.known(can.path("image_input").path("supported")),
                Said.known(can.path("thinking").path("supported")));
    }

    static Listing gemini(JsonNode answer, Set<String> wanted) throws NoList {
        Map<String, Said> models = new HashMap<>();
        for (JsonNode each : list(answer, "models")) {
            String name = each.path("name").asString("");
            put(
                    models,
                    name.startsWith("models/") ? name.substring("models/".length()) : name,
                    wanted,
                    new Said(
                            true,
                            Said.tokens(each.path("inputTokenLimit")),
                            Said.tokens(each.path("outputTokenLimit")),
                            Known.UNKNOWN,
                            Known.UNKNOWN,
                            Said.known(each.path("thinking"))));
        }
        return new Listing(models, answer.path("nextPageToken").asString("").isEmpty());
    }

    /** OpenAI says names alone; vLLM, Groq, Mistral and OpenRouter say more, each in its own words. */
    static Listing openai(JsonNode answer, Set<String> wanted) throws NoList {
        Map<String, Said> models = new HashMap<>();
        for (JsonNode each : list(answer, "data")) {
            long context = 0;
            for (String name :
                    new String[] {"context_length", "max_model_len", "context_window", "max_context_length"}) {
                context = context == 0 ? Said.tokens(each.path(name)) : context;
            }
            long output = Said.tokens(each.path("max_completion_tokens"));
            JsonNode can = each.path("capabilities");
            put(
                    models,
                    each.path("id").asString(""),
                    wanted,
                    new Said(
                            true,
                            context,
                            output > 0
                                    ? output
                                    : Said.tokens(each.path("top_provider").path("max_completion_tokens")),
                            Said.known(can.path("function_calling"))
                                    .or(holds(each.path("supported_parameters"), "tools")),
                            Said.known(can.path("vision"))
                                    .or(holds(each.path("architecture").path("input_modalities"), "image")),
                            holds(each.path("supported_parameters"), "reasoning")));
        }
        return new Listing(models, true);
    }

    /** The names alone; what each can do is asked for one by one. */
    static Listing ollama(JsonNode answer, Set<String> wanted) throws NoList {
        Map<String, Said> models = new HashMap<>();
        Said there = new Said(true, 0, 0, Known.UNKNOWN, Known.UNKNOWN, Known.UNKNOWN);
        for (JsonNode each : list(answer, "models")) {
            String name = each.path("name").asString("");
            put(models, name, wanted, there);
            if (name.endsWith(":latest")) {
                put(models, name.substring(0, name.length() - ":latest".length()), wanted, there);
            }
        }
        return new Listing(models, true);
    }

    static Said ollamaModel(JsonNode answer) {
        JsonNode can = answer.path("capabilities");
        JsonNode info = answer.path("model_info");
        String kind = info.path("general.architecture").asString("");
        return new Said(
                true,
                Said.tokens(info.path(kind + ".context_length")),
                0,
                holds(can, "tools"),
                holds(can, "vision"),
                holds(can, "thinking"));
    }

    /** A list of what it can do says no to what is not on it; no list says nothing. */
    private static Known holds(JsonNode list, String word) {
        if (!list.isArray() || list.isEmpty()) {
            return Known.UNKNOWN;
        }
        for (JsonNode each : list) {
            if (each.isString() && each.asString().equals(word)) {
                return Known.YES;
            }
        }
        return Known.NO;
    }

    private static void put(Map<String, Said> models, String name, Set<String> wanted, Said said) {
        if (wanted.contains(name)) {
            models.putIfAbsent(name, said);
        }
    }

    private static JsonNode list(JsonNode answer, String name) throws NoList {
        JsonNode list = answer.path(name);
        if (!list.isArray() || list.size() > MODELS) {
            throw new NoList();
        }
        return list;
    }

    /** An answer that is no list of models. */
    static final class NoList extends Exception {
        private static final long serialVersionUID = 1;

        NoList() {
            super("its answer is no list of models", null, false, false);
        }
    }
}
