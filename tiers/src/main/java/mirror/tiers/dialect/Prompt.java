package mirror.tiers.dialect;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * A request to a model in no API's form: what each dialect reads into and writes from. It holds all that at least two dialects can say; what
 * only one can say is refused by that dialect's reader, and what a provider cannot be told is refused by its writer
 * (docs/decisions/0030 has the tables). Immutable, except that trees in it must be left alone.
 *
 * @param model the model's name as the client wrote it; empty when the dialect names it elsewhere (Gemini: in the path)
 * @param system instructions before the conversation, one text a block
 * @param turns the conversation, oldest first
 * @param user an opaque name of the end user, for the provider's abuse checks
 * @param stream whether the client wants the reply in pieces
 * @param streamUsage whether a client that streams wants to be told the usage; dialects that always tell it say true
 */
public record Prompt(
        String model,
        List<String> system,
        List<Turn> turns,
        List<Tool> tools,
        ToolChoice toolChoice,
        Sampling sampling,
        Reasoning reasoning,
        @Nullable Format format,
        @Nullable String user,
        boolean stream,
        boolean streamUsage) {

    public Prompt {
        system = List.copyOf(system);
        turns = List.copyOf(turns);
        tools = List.copyOf(tools);
    }

    /** What the user says when a reply broke off and its model cannot be given the begin of it as its own. */
    private static final String GO_ON =
            "A failure of the network cut your answer off. Go on exactly where it ends: begin with its very next"
                    + " character, repeat nothing of it, and say nothing about the interruption.";

    /** The same, with the begin of the reply to it as the last turn. Nothing is thought anew for the rest. */
    public Prompt begun(String reply) {
        List<Turn> said = new ArrayList<>(turns);
        List<Part> parts = new ArrayList<>();
        String text = reply;
        if (!said.isEmpty() && said.getLast().role() == Role.ASSISTANT) {
            parts.addAll(said.removeLast().parts());
            if (!parts.isEmpty() && parts.getLast() instanceof Part.Text before) {
                parts.removeLast();
                text = before.text() + reply;
            }
        }
        parts.add(new Part.Text(text));
        said.add(new Turn(Role.ASSISTANT, parts));
        return new Prompt(
                model, system, said, tools, toolChoice, sampling, Reasoning.DEFAULT, format, user, stream, streamUsage);
    }

    /** The same, with the begin of the reply to it, and the user asking for the rest. */
    public Prompt askedToGoOn(String reply) {
        Prompt begun = begun(reply);
        List<Turn> said = new ArrayList<>(begun.turns);
        said.add(new Turn(Role.USER, List.of(new Part.Text(GO_ON))));
        return new Prompt(
                model, system, said, tools, toolChoice, sampling, Reasoning.DEFAULT, format, user, stream, streamUsage);
    }

    /** The same with another limit of its reply; null: none. */
    public Prompt withMaxTokens(@Nullable Integer most) {
        Sampling limited = new Sampling(
                most,
                sampling.stop,
                sampling.temperature,
                sampling.topP,
                sampling.topK,
                sampling.presencePenalty,
                sampling.frequencyPenalty,
                sampling.seed);
        return new Prompt(
                model, system, turns, tools, toolChoice, limited, reasoning, format, user, stream, streamUsage);
    }

    /** Who speaks. {@code SYSTEM} is an instruction that came in the middle of the conversation. */
    public enum Role {
        USER,
        ASSISTANT,
        SYSTEM
    }

    /** One turn; results of tools are parts of the user's. */
    public record Turn(Role role, List<Part> parts) {
        public Turn {
            parts = List.copyOf(parts);
        }
    }

    /**
     * A function that the model may call.
     *
     * @param schema JSON schema of its arguments; null: it takes none
     * @param strict whether arguments are held to the schema; null: the provider's default
     * @param spaced what its client calls it, when that is a name in a namespace; null otherwise
     */
    public record Tool(
            String name,
            @Nullable String description,
            @Nullable ObjectNode schema,
            @Nullable Boolean strict,
            @Nullable Spaced spaced) {
        public Tool(String name, @Nullable String description, @Nullable ObjectNode schema, @Nullable Boolean strict) {
            this(name, description, schema, strict, null);
        }
    }

    /**
     * A name in a namespace, which only OpenAI's Responses API has; elsewhere both are one name.
     *
     * @param about what the namespace is, for the model; may be empty
     */
    public record Spaced(String space, String about, String name) {}

    /** Whether the model must call a tool: it may, it must call some, it must call one by name, it must not. */
    public enum Choice {
        AUTO,
        ANY,
        NAMED,
        NONE
    }

    /**
     * @param name the tool, only with {@link Choice#NAMED}
     * @param parallel whether several calls may be in one reply; null: the provider's default, which is yes everywhere
     */
    public record ToolChoice(
            @Nullable Choice choice,
            @Nullable String name,
            @Nullable Boolean parallel) {
        public static final ToolChoice DEFAULT = new ToolChoice(null, null, null);
    }

    /**
     * How the reply is drawn, and where it ends. Null is the provider's default.
     *
     * @param maxTokens most tokens of the reply
     * @param stop texts at which the reply ends
     */
    public record Sampling(
            @Nullable Integer maxTokens,
            List<String> stop,
            @Nullable BigDecimal temperature,
            @Nullable BigDecimal topP,
            @Nullable Integer topK,
            @Nullable BigDecimal presencePenalty,
            @Nullable BigDecimal frequencyPenalty,
            @Nullable Long seed) {
        public Sampling {
            stop = List.copyOf(stop);
        }
    }

    /**
     * How much the model thinks first. All of it is a hint: models differ in what they know of it.
     *
     * @param on null: the provider's default
     * @param budget most tokens for it; null: as many as the model sees fit
     * @param effort {@code none}, {@code minimal}, {@code low}, {@code medium}, {@code high}, {@code xhigh} or {@code max}
     */
    public record Reasoning(
            @Nullable Boolean on,
            @Nullable Integer budget,
            @Nullable String effort) {
        public static final Reasoning DEFAULT = new Reasoning(null, null, null);
    }

    /** The reply must be JSON; of this schema, unless that is null. */
    public record Format(@Nullable String name, @Nullable ObjectNode schema) {}
}
