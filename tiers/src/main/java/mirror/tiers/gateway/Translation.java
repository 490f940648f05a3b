package mirror.tiers.gateway;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.function.Consumer;
import mirror.tiers.Candidate;
import mirror.tiers.Tokens;
import mirror.tiers.dialect.ClientAdapter;
import mirror.tiers.dialect.Prompt;
import mirror.tiers.dialect.ProviderAdapter;
import mirror.tiers.dialect.StreamEvent;
import mirror.tiers.dialect.StreamReader;
import mirror.tiers.dialect.StreamWriter;
import mirror.tiers.dialect.Usage;
import mirror.tiers.wire.Exchange;
import mirror.tiers.wire.Header;
import mirror.tiers.wire.WireException;
import org.jspecify.annotations.Nullable;

/**
 * Client and provider speak differently: what is said goes through the form between the dialects (docs/decisions/0030). No header
 * passes in either direction, as each belongs to its own API.
 */
final class Translation implements Passage {
    private static final int READ = 16 * 1024;

    private final Candidate candidate;
    private final ProviderAdapter provider;
    private final ClientAdapter client;
    private final mirror.tiers.dialect.Exchange talk;
    private final Prompt prompt;
    private final byte[] body;
    private final Transcript told;
    private final StreamWriter writer;
    private final @Nullable Overlap overlap;
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private @Nullable Usage usage;
    private boolean finished;
    private mirror.tiers.dialect.@Nullable Failure failed;

    /**
     * @param body what the provider is asked, in its dialect
     * @param told what the client has got before, and gets now
     * @param writer of what the client gets
     * @param overlap null when the client has got nothing before
     */
    Translation(
            Candidate candidate,
            ProviderAdapter provider,
            ClientAdapter client,
            mirror.tiers.dialect.Exchange talk,
            Prompt prompt,
            byte[] body,
            Transcript told,
            StreamWriter writer,
            @Nullable Overlap overlap) {
        this.candidate = candidate;
        this.provider = provider;
        this.client = client;
        this.talk = talk;
        this.prompt = prompt;
        this.body = body;
        this.told = told;
        this.writer = writer;
        this.overlap = overlap;
    }

    @Override
    public String target() {
        return candidate.provider().path()
                + switch (candidate.provider().dialect()) {
                    case ANTHROPIC -> Endpoint.MESSAGES.path();
                    case OPENAI -> Endpoint.CHAT.path();
                    case GEMINI ->
                        "/models/" + candidate.model().name()
                                + (prompt.stream() ? ":streamGenerateContent?alt=sse" : ":generateContent");
                    case OLLAMA -> "/api/chat";
                    case LLAMA -> "";
                };
    }

    @Override
    public List<Header> headers() {
        return Carried.headers(
                candidate.provider(), prompt.stream() ? "text/event-stream, application/x-ndjson" : "application/json");
    }

    @Override
    public byte[] body() {
        return body;
    }

    @Override
    public long limit() {
        Integer most = prompt.sampling().maxTokens();
        return most == null ? candidate.model().output() : most;
    }

    // ---- answers

    @Override
    public Refused refused(Exchange exchange, byte[] refusal) {
        return Carried.refused(provider, client, exchange, refusal);
    }

    /** Ollama's streams have a type of their own, and some servers name none; what was asked for is what is read. */
    @Override
    public boolean streams(Exchange exchange) {
        return prompt.stream();
    }

    @Override
    public Attempt.Saved whole(Exchange exchange, byte[] answer) {
        var reply = provider.readReply(answer, talk);
        byte[] told = client.writeReply(reply, talk);
        usage = reply.usage();
        finished = true;
        return new Attempt.Saved(200, List.of(Carried.JSON), told);
    }

    @Override
    public Attempt.@Nullable Failure stream(Exchange exchange, Delivery delivery) throws ClientGone {
        StreamReader reader = provider.reader(talk);
        Attempt.Failure broken;
        try {
            broken = carry(exchange, reader, delivery);
        } finally {
            usage = reader.usage();
        }
        if (finished) {
            // Behind its end a stream may break off: nothing is missing.
            return null;
        }
        if (delivery.isStarted()) {
            told.used(usage);
            if (reader.ending()) {
                told.lose();
            }
            if (told.isThinking()) {
                // Unsigned thoughts are held back, so the client has none of them.
                tell(new StreamEvent.Close());
            }
            flush(delivery);
        }
        return broken;
    }

    private Attempt.@Nullable Failure carry(Exchange exchange, StreamReader reader, Delivery delivery)
            throws ClientGone {
        Consumer<StreamEvent> sink = overlap == null ? this::tell : new Splice(told, overlap, this::tell);
        Consumer<StreamEvent> ear = event -> {
            if (event instanceof StreamEvent.Failed why) {
                failed = why.failure();
            } else {
                sink.accept(event);
            }
        };
        byte[] bytes = new byte[READ];
        try (InputStream in = exchange.body()) {
            int read;
            do {
                read = in.read(bytes);
                if (read < 0) {
                    reader.end(ear);
                } else {
                    reader.feed(bytes, 0, read, ear);
                }
                if (failed == null || delivery.isStarted()) {
                    flush(delivery);
                }
            } while (read >= 0 && failed == null);
        } catch (ClientGone e) {
            throw e;
        } catch (WireException e) {
            return Attempt.Failure.of(e);
        } catch (IOException e) {
            return Attempt.Failure.of(new WireException(WireException.Kind.TRUNCATED, "the stream broke"));
        }
        return failed == null ? null : Attempt.Failure.of(failed);
    }

    private void tell(StreamEvent event) {
        if (event instanceof StreamEvent.Ping && !told.hasBegun()) {
            // A sign of life before the message's start is not a part of the client's dialect.
            return;
        }
        finished |= event instanceof StreamEvent.Finish;
        said.writeBytes(writer.write(event));
        told.accept(event);
    }

    private void flush(Delivery delivery) throws ClientGone {
        if (said.size() > 0) {
            ClientGone.when(() -> {
                var to = delivery.stream(
                        200,
                        List.of(
                                new Header("content-type", "text/event-stream; charset=utf-8"),
                                new Header("cache-control", "no-cache")));
                said.writeTo(to);
                to.flush();
            });
            said.reset();
        }
    }

    /** An answer that did not come to its end used what it had said of its input, and perhaps more: that is not known. */
    @Override
    public @Nullable Tokens tokens() {
        Usage all = usage;
        // The dialects' forms have zeros for what was not said, and no call reads or writes nothing.
        return !finished || all == null || all.allInput() == 0 || all.output() == 0
                ? null
                : new Tokens(all.input(), all.output(), all.cacheRead(), all.cacheWrite());
    }
}
