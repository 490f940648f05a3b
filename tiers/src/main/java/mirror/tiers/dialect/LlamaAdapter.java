package mirror.tiers.dialect;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import mirror.bus.Json;
import mirror.tiers.dialect.LlamaAsk.Said;
import mirror.tiers.dialect.Prompt.Choice;
import mirror.tiers.dialect.Prompt.Sampling;
import mirror.tiers.dialect.Prompt.Turn;
import org.jspecify.annotations.Nullable;

/**
 * A model in this process as a provider. It is asked with a {@link LlamaAsk} and answers as Anthropic's API does, which has a word for
 * every way in which a reply can end.
 */
final class LlamaAdapter implements ProviderAdapter {
    @Override
    public byte[] writeRequest(Prompt prompt, Target target) {
        if (!prompt.tools().isEmpty() && prompt.toolChoice().choice() != Choice.NONE) {
            throw Fields.bad("tools", "cannot be used by a model in this process");
        }
        if (prompt.format() != null) {
            throw Fields.bad("response_format", "cannot be kept by a model in this process");
        }
        List<Said> said = new ArrayList<>();
        if (!prompt.system().isEmpty()) {
            said.add(new Said("system", String.join("\n\n", prompt.system())));
        }
        String begun = "";
        for (int i = 0; i < prompt.turns().size(); i++) {
            Turn turn = prompt.turns().get(i);
            String text = text(turn.parts());
            boolean last = i == prompt.turns().size() - 1;
            switch (turn.role()) {
                case SYSTEM -> said.add(new Said("system", text));
                case USER -> said.add(new Said("user", text));
                case ASSISTANT -> {
                    if (last) {
                        begun = text;
                    } else {
                        said.add(new Said("assistant", text));
                    }
                }
            }
        }
        Sampling how = prompt.sampling();
        return Json.MAPPER.writeValueAsBytes(new LlamaAsk(
                said,
                begun,
                how.maxTokens(),
                how.stop(),
                number(how.temperature()),
                number(how.topP()),
                how.topK(),
                number(how.presencePenalty()),
                number(how.frequencyPenalty()),
                how.seed(),
                prompt.stream()));
    }

    @Override
    public Optional<byte[]> writeBegun(Prompt prompt, Target target) {
        return Optional.of(writeRequest(prompt, target));
    }

    private static @Nullable Double number(@Nullable BigDecimal number) {
        return number == null ? null : number.doubleValue();
    }

    private static String text(List<Part> parts) {
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            String piece = switch (part) {
                case Part.Text words -> words.text();
                case Part.Document document -> Refusals.documentAsText(document);
                case Part.Image _ -> throw Fields.bad("messages", "cannot show an image to a model in this process");
                case Part.ToolUse _, Part.ToolResult _ ->
                    throw Fields.bad("messages", "cannot carry calls of tools to a model in this process");
                case Part.Thinking _, Part.RedactedThinking _ -> "";
            };
            text.append(text.isEmpty() || piece.isEmpty() ? "" : "\n\n").append(piece);
        }
        return text.toString();
    }

    @Override
    public Reply readReply(byte[] body, Exchange exchange) {
        return Adapter.ANTHROPIC.readReply(body, exchange);
    }

    @Override
    public StreamReader reader(Exchange exchange) {
        return Adapter.ANTHROPIC.reader(exchange);
    }

    @Override
    public Failure readError(int status, byte[] body) {
        return Adapter.ANTHROPIC.readError(status, body);
    }

    @Override
    public String toString() {
        return "llama.cpp in this process";
    }
}
