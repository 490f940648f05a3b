package mirror.tiers.dialect;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;
import mirror.bus.Json;
import mirror.tiers.dialect.Part.Source;
import mirror.tiers.dialect.Prompt.Choice;
import mirror.tiers.dialect.Prompt.Role;
import mirror.tiers.dialect.Prompt.Turn;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Conversations and replies that every dialect can carry whole. */
final class RandomTalk {
    private static final List<String> WORDS = List.of(
            "a",
            "Grüß",
            "🙂",
            "\"quoted\"",
            "back\\slash",
            "new\nline",
            "data: x",
            "[DONE]",
            "\u2028",
            "{\"a\":1}",
            "\u0007",
            "ünïcödé",
            "{",
            "}",
            "漢字",
            "\r\n",
            "event: y");

    private final RandomGenerator random;
    private int calls;

    RandomTalk(RandomGenerator random) {
        this.random = random;
    }

    String words() {
        StringBuilder text = new StringBuilder("w");
        for (int i = random.nextInt(6); i > 0; i--) {
            text.append(' ').append(WORDS.get(random.nextInt(WORDS.size())));
        }
        return text.toString();
    }

    private <T> @Nullable T maybe(T value) {
        return random.nextBoolean() ? value : null;
    }

    ObjectNode object() {
        ObjectNode object = Json.object();
        for (int i = random.nextInt(4); i > 0; i--) {
            switch (random.nextInt(5)) {
                case 0 -> object.put("n" + i, new BigDecimal("1" + random.nextInt(100) + ".50"));
                case 1 -> object.put("t" + i, words());
                case 2 -> object.putArray("l" + i).add(random.nextBoolean()).addNull();
                case 3 -> object.putObject("o" + i).put(words(), 1);
                default -> object.put("i" + i, Long.MAX_VALUE);
            }
        }
        return Objects.requireNonNull(Trees.object(Trees.text(object)));
    }

    Part.ToolUse call() {
        return new Part.ToolUse("call_" + calls++, "tool_" + random.nextInt(3), Trees.text(object()));
    }

    private Part media() {
        return switch (random.nextInt(3)) {
            case 0 -> new Part.Image(new Source.Url("https://example.org/" + random.nextInt()));
            case 1 ->
                new Part.Image(new Source.Inline("image/png", Base64Text.of("AAAA".repeat(random.nextInt(1, 5)))));
            default ->
                new Part.Document(
                        new Source.Inline("application/pdf", Base64Text.of("JVBERi0=")),
                        "a " + random.nextInt() + ".pdf",
                        null);
        };
    }

    private List<Part> said() {
        List<Part> parts = new ArrayList<>();
        for (int i = random.nextInt(1, 4); i > 0; i--) {
            parts.add(random.nextInt(4) == 0 ? media() : new Part.Text(words()));
        }
        return parts;
    }

    private List<Turn> turns() {
        List<Turn> turns = new ArrayList<>();
        turns.add(new Turn(Role.USER, said()));
        for (int i = random.nextInt(4); i > 0; i--) {
            List<Part> parts = new ArrayList<>();
            List<Part> answer = new ArrayList<>();
            for (int n = random.nextInt(3); n > 0; n--) {
                parts.add(new Part.Text(words()));
            }
            for (int n = random.nextInt(3); n > 0; n--) {
                Part.ToolUse call = call();
                parts.add(call);
                answer.add(new Part.ToolResult(call.id(), List.of(new Part.Text(words())), false));
            }
            if (parts.isEmpty()) {
                parts.add(new Part.Text(words()));
            }
            if (answer.isEmpty() || random.nextBoolean()) {
                answer.addAll(said());
            }
            turns.add(new Turn(Role.ASSISTANT, parts));
            turns.add(new Turn(Role.USER, answer));
            if (random.nextInt(4) == 0) {
                turns.add(new Turn(Role.SYSTEM, List.of(new Part.Text(words()))));
            }
        }
        return turns;
    }

    Prompt prompt() {
        List<String> system = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            system.add(words());
        }
        List<Prompt.Tool> tools = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            tools.add(new Prompt.Tool("tool_" + i, maybe(words()), object(), maybe(random.nextBoolean())));
        }
        Choice choice = List.of(Choice.values()).get(random.nextInt(4));
        Prompt.ToolChoice toolChoice = tools.isEmpty() || random.nextBoolean()
                ? Prompt.ToolChoice.DEFAULT
                : new Prompt.ToolChoice(
                        choice,
                        choice == Choice.NAMED ? "tool_1" : null,
                        choice == Choice.NONE ? null : maybe(random.nextBoolean()));
        return new Prompt(
                "some-model",
                system,
                turns(),
                tools,
                toolChoice,
                new Prompt.Sampling(
                        random.nextInt(1, 100_000),
                        random.nextBoolean() ? List.of() : List.of(words(), "END"),
                        maybe(new BigDecimal("0." + random.nextInt(1, 99))),
                        maybe(new BigDecimal("0.90")),
                        null,
                        null,
                        null,
                        null),
                new Prompt.Reasoning(null, null, maybe("high")),
                random.nextInt(3) == 0 ? new Prompt.Format(null, object()) : null,
                maybe("user-" + random.nextInt()),
                random.nextBoolean(),
                true);
    }

    /** Text first and calls after it, as a whole reply of every dialect has them. */
    Reply reply() {
        List<Part> parts = new ArrayList<>();
        if (random.nextBoolean()) {
            parts.add(new Part.Text(words()));
        }
        boolean calling = parts.isEmpty() || random.nextBoolean();
        for (int i = calling ? random.nextInt(1, 4) : 0; i > 0; i--) {
            parts.add(call());
        }
        int input = random.nextInt(1000);
        return new Reply(
                "id-" + random.nextInt(),
                "model",
                parts,
                calling ? Stop.TOOL_USE : random.nextBoolean() ? Stop.END : Stop.MAX_TOKENS,
                null,
                new Usage(input, random.nextInt(100), random.nextInt(100), random.nextInt(1000), 0));
    }

    /** The reply as a provider's events: deltas of a few characters. */
    List<StreamEvent> events(Reply reply) {
        List<StreamEvent> events = new ArrayList<>();
        events.add(new StreamEvent.Start(reply.id(), reply.model(), null));
        for (Part part : reply.parts()) {
            if (part instanceof Part.Text text) {
                events.add(new StreamEvent.TextOpen());
                pieces(text.text()).forEach(piece -> events.add(new StreamEvent.TextDelta(piece)));
            } else if (part instanceof Part.ToolUse use) {
                events.add(new StreamEvent.ToolOpen(use.id(), use.name()));
                pieces(use.arguments()).forEach(piece -> events.add(new StreamEvent.ToolDelta(piece)));
            }
            events.add(new StreamEvent.Close());
        }
        events.add(new StreamEvent.Finish(reply.stop(), reply.stopSequence(), reply.usage()));
        return events;
    }

    /** Cut between characters: halves of one are another test. */
    List<String> pieces(String text) {
        List<String> pieces = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            int to = Math.min(text.length(), at + random.nextInt(1, 6));
            if (Character.isHighSurrogate(text.charAt(to - 1))) {
                to++;
            }
            pieces.add(text.substring(at, to));
            at = to;
        }
        return pieces;
    }
}
