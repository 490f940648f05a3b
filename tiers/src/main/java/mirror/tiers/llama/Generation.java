package mirror.tiers.llama;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import mirror.tiers.dialect.Adapter;
import mirror.tiers.dialect.Exchange;
import mirror.tiers.dialect.LlamaAsk;
import mirror.tiers.dialect.Part;
import mirror.tiers.dialect.Reply;
import mirror.tiers.dialect.Stop;
import mirror.tiers.dialect.StreamEvent;
import mirror.tiers.dialect.StreamWriter;
import mirror.tiers.dialect.Usage;
import mirror.tiers.llama.LlamaException.Kind;
import org.jspecify.annotations.Nullable;

/**
 * One reply, made step by step, as Anthropic's API would tell it: a part of the prompt is read, or a token is drawn. Whoever takes no
 * further step has ended it. Every token that was drawn counts as written, also the one that ends the reply. Used by one thread.
 */
final class Generation {
    private final LoadedModel model;
    private final int[] prompt;
    private final int most;
    private final Stop atMost;
    private final Sampler sampler;
    private final TextTail tail;
    private final Exchange talk;
    private final String name;
    private final @Nullable StreamWriter writer;
    private final StringBuilder text = new StringBuilder();
    private int read;
    private int written;
    private boolean open;
    private boolean over;

    /**
     * @param output the most tokens of a reply, by tiers.yaml
     * @throws LlamaException when the prompt does not fit
     */
    Generation(LoadedModel model, LlamaAsk ask, int output, long seed, String name, Exchange talk)
            throws LlamaException {
        this.model = model;
        this.prompt = LlamaPrompt.tokens(model, ask);
        this.name = name;
        this.talk = talk;
        if (prompt.length == 0 || prompt.length >= model.context()) {
            throw new LlamaException(
                    Kind.REQUEST,
                    "the prompt has " + prompt.length + " tokens, and the context of " + name + " has "
                            + model.context() + " with the answer; nothing of it is cut off");
        }
        Integer asked = ask.maxTokens();
        int wanted = asked == null ? output : Math.min(asked, output);
        int left = model.context() - prompt.length;
        this.most = Math.max(1, Math.min(wanted, left));
        this.atMost = wanted <= left ? Stop.MAX_TOKENS : Stop.CONTEXT_FULL;
        this.sampler = new Sampler(ask, seed);
        this.tail = new TextTail(ask.stop());
        this.writer = ask.stream() ? Adapter.ANTHROPIC.writer(talk) : null;
        model.clear();
    }

    boolean isOver() {
        return over;
    }

    /** Goes on by one step; gives what there is to tell now, mostly of a stream. */
    byte[] step() throws LlamaException {
        if (read < prompt.length) {
            int to = Math.min(prompt.length, read + LoadedModel.STEP);
            model.read(Arrays.copyOfRange(prompt, read, to));
            read = to;
            return new byte[0];
        }
        int token = sampler.draw(model.scores());
        written++;
        boolean end = model.isEnd(token);
        String told = end ? tail.end() : tail.add(model.bytes(token));
        Optional<String> met = tail.met();
        if (end || met.isPresent() || written == most) {
            over = true;
            Stop stop = met.isPresent() ? Stop.STOP_SEQUENCE : end ? Stop.END : atMost;
            return finish(end ? told : told + tail.end(), stop, met.orElse(null));
        }
        model.read(new int[] {token});
        return tell(told);
    }

    private Usage usage() {
        return new Usage(prompt.length, 0, 0, written, 0);
    }

    private byte[] tell(String told) {
        StreamWriter to = writer;
        if (to == null) {
            text.append(told);
            return new byte[0];
        }
        byte[] start = written == 1
                ? to.write(new StreamEvent.Start(talk.id(), name, new Usage(prompt.length, 0, 0, 0, 0)))
                : new byte[0];
        if (told.isEmpty()) {
            return start;
        }
        byte[] opened = open ? new byte[0] : to.write(new StreamEvent.TextOpen());
        open = true;
        return joined(start, opened, to.write(new StreamEvent.TextDelta(told)));
    }

    private byte[] finish(String told, Stop stop, @Nullable String met) {
        byte[] last = tell(told);
        StreamWriter to = writer;
        if (to == null) {
            return Adapter.ANTHROPIC.writeReply(
                    new Reply(talk.id(), name, List.of(new Part.Text(text.toString())), stop, met, usage()), talk);
        }
        byte[] closed = open ? to.write(new StreamEvent.Close()) : new byte[0];
        return joined(last, closed, to.write(new StreamEvent.Finish(stop, met, usage())));
    }

    private static byte[] joined(byte[]... pieces) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] piece : pieces) {
            all.writeBytes(piece);
        }
        return all.toByteArray();
    }
}
