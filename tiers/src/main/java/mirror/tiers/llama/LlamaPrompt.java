package mirror.tiers.llama;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import mirror.tiers.dialect.LlamaAsk;
import mirror.tiers.dialect.LlamaAsk.Said;
import mirror.tiers.llama.LlamaException.Kind;

/**
 * Makes a prompt's tokens of a conversation. Only the template may say who speaks: where a message spells a word that steers the model, such
 * as the one that ends a turn, its text is turned into tokens by itself, as plain text.
 */
final class LlamaPrompt {
    private LlamaPrompt() {}

    static int[] tokens(LoadedModel model, LlamaAsk ask) throws LlamaException {
        boolean steers = steers(model, ask.begun());
        for (Said each : ask.said()) {
            steers |= steers(model, each.text());
        }
        int[] tokens = steers ? apart(model, ask) : model.tokens(model.rendered(ask.said()) + ask.begun(), true, true);
        // A template may begin with what the vocabulary puts in front by itself.
        int begin = model.begin();
        boolean twice = tokens.length > 1 && begin >= 0 && tokens[0] == begin && tokens[1] == begin;
        return twice ? Arrays.copyOfRange(tokens, 1, tokens.length) : tokens;
    }

    private static boolean steers(LoadedModel model, String text) throws LlamaException {
        return !Arrays.equals(model.tokens(text, false, true), model.tokens(text, false, false));
    }

    /** Renders marks in the messages' places, and puts their texts' tokens there. */
    private static int[] apart(LoadedModel model, LlamaAsk ask) throws LlamaException {
        List<Said> marked = new ArrayList<>();
        for (Said each : ask.said()) {
            marked.add(new Said(each.role(), mark(marked.size())));
        }
        String form = model.rendered(marked);
        IntStream all = IntStream.empty();
        int from = 0;
        for (int i = 0; i < marked.size(); i++) {
            int at = form.indexOf(mark(i), from);
            if (at < 0) {
                throw new LlamaException(
                        Kind.REQUEST, "the file's chat template has no place for one of the messages in this order");
            }
            all = IntStream.concat(all, Arrays.stream(model.tokens(form.substring(from, at), from == 0, true)));
            all = IntStream.concat(
                    all, Arrays.stream(model.tokens(ask.said().get(i).text().strip(), false, false)));
            from = at + mark(i).length();
        }
        all = IntStream.concat(all, Arrays.stream(model.tokens(form.substring(from), from == 0, true)));
        return IntStream.concat(all, Arrays.stream(model.tokens(ask.begun(), false, false)))
                .toArray();
    }

    /** Of the private use area, so that no template has it. */
    private static String mark(int index) {
        return "\uE000" + index + "\uE001";
    }
}
