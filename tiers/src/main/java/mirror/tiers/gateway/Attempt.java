package mirror.tiers.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import mirror.bus.Draft;
import mirror.tiers.Candidate;
import mirror.tiers.Dialect;
import mirror.tiers.Tokens;
import mirror.tiers.dialect.DialectException;
import mirror.tiers.llama.LlamaEngine;
import mirror.tiers.wire.Exchange;
import mirror.tiers.wire.Header;
import mirror.tiers.wire.Patience;
import mirror.tiers.wire.Upstreams;
import mirror.tiers.wire.WireException;
import org.jspecify.annotations.Nullable;

/** One call of one provider: budget, socket, answer, receipt. Used once, by one thread. */
final class Attempt {
    private static final int MAX_ANSWER = 64 * 1024 * 1024;
    private static final int MAX_ERROR = 256 * 1024;

    /** What attempts share. */
    record Tools(
            Governor governor,
            Breakers breakers,
            FirstEvents firstEvents,
            Upstreams upstreams,
            LlamaEngine llama,
            Receipts receipts) {
        void changed(@Nullable Draft draft) {
            if (draft != null) {
                receipts.record(draft);
            }
        }
    }

    /**
     * An attempt that did not give the client its whole answer.
     *
     * @param reason in Mirror's own words, which quote nothing of any body
     * @param answer the provider's own, for the client when nobody else answers
     * @param refused whether the provider may do it when it is asked in another way: it refused to go on with what another one began, or
     *     does not know what it was asked for
     */
    record Failure(
            Breakers.Cause cause,
            String reason,
            int status,
            @Nullable Duration retryAfter,
            @Nullable Saved answer,
            boolean refused) {

        static Failure of(WireException e) {
            return new Failure(
                    Breakers.Cause.FAILING,
                    String.valueOf(e.getMessage()),
                    e.kind() == WireException.Kind.LATE ? 504 : 502,
                    null,
                    null,
                    false);
        }

        /** The same, with another answer for the client. */
        Failure with(Saved other) {
            return new Failure(cause, reason, status, retryAfter, other, false);
        }

        /** An answer, or the part of one, that said so or that cannot be carried over. */
        static Failure of(mirror.tiers.dialect.Failure failure) {
            Breakers.Cause cause = ProviderErrors.cause(failure.kind());
            return cause == null || cause == Breakers.Cause.FAILING
                    ? new Failure(Breakers.Cause.FAILING, "its answer cannot be used", 502, null, null, false)
                    : new Failure(cause, ProviderErrors.words(cause), 502, null, null, false);
        }
    }

    /** An answer for a client. */
    @SuppressWarnings("ArrayRecordComponent")
    record Saved(int status, List<Header> headers, byte[] body) {}

    private final Call call;
    private final Candidate candidate;
    private final Passage passage;
    private final List<String> passedOver;
    private final Patience patience;
    private final Tools tools;
    private byte[] body = {};
    private @Nullable Bill drawn;
    private String outcome = "failed";
    private boolean nothingUsed;

    /** @param passedOver who was not asked before, and why */
    Attempt(Call call, Candidate candidate, Passage passage, Patience patience, List<String> passedOver, Tools tools) {
        this.call = call;
        this.candidate = candidate;
        this.passage = passage;
        this.passedOver = passedOver;
        this.patience = patience;
        this.tools = tools;
    }

    /**
     * Draws what the call may cost there; {@link #run} follows.
     *
     * @throws Refusal when the call may not be made
     */
    void draw() throws Refusal {
        // The last look before anything leaves; whatever chose the candidate, this does not depend on it.
        if (call.localOnly() && !candidate.provider().local()) {
            throw new Refusal(403, "local-only", "this must not leave the owner's machines");
        }
        body = passage.body();
        drawn = Bill.open(
                call, candidate, passedOver, body.length, passage.limit(), tools.governor(), tools.receipts());
    }

    /** @return null when the client has its whole answer, or the provider's refusal of its request */
    @Nullable
    Failure run(Delivery delivery) throws IOException {
        Bill bill = Objects.requireNonNull(drawn, "nothing was drawn");
        int status = 0;
        boolean heard = delivery.isStarted();
        long sent = System.nanoTime();
        try (Exchange exchange = send(body)) {
            status = exchange.status();
            return answered(exchange, delivery);
        } catch (WireException e) {
            nothingUsed = e.kind() == WireException.Kind.CONNECT;
            if (e.kind() == WireException.Kind.LATE && call.streams()) {
                tools.firstEvents().took(candidate.name(), patience.answer());
            }
            return failed(Failure.of(e), e.kind().text());
        } catch (ClientGone e) {
            outcome = "client-gone";
            throw e;
        } finally {
            if (!heard && delivery.isStarted()) {
                tools.firstEvents().took(candidate.name(), Duration.ofNanos(delivery.firstNanos() - sent));
            }
            bill.settle(nothingUsed ? Tokens.NONE : passage.tokens(), outcome, status, delivery.firstNanos());
        }
    }

    private Exchange send(byte[] body) throws IOException {
        return candidate.provider().dialect() == Dialect.LLAMA
                ? tools.llama().send(candidate, body, patience)
                : tools.upstreams()
                        .send(
                                candidate.provider().origin(),
                                "POST",
                                passage.target(),
                                passage.headers(),
                                body,
                                patience);
    }

    private @Nullable Failure answered(Exchange exchange, Delivery delivery) throws IOException {
        if (exchange.status() < 200 || exchange.status() > 299) {
            nothingUsed = true;
            return refused(exchange, delivery);
        }
        if (passage.streams(exchange)) {
            Failure failure = passage.stream(exchange, delivery);
            if (failure != null) {
                if (failure.status() == 504 && !delivery.isStarted()) {
                    tools.firstEvents().took(candidate.name(), patience.first());
                }
                return failed(failure, delivery.isStarted() ? "cut" : failure.cause.text());
            }
            succeeded("answered");
            return null;
        }
        Saved answer;
        try {
            answer = passage.whole(exchange, read(exchange, MAX_ANSWER, "its answer"));
        } catch (DialectException e) {
            Failure failure = Failure.of(e.failure());
            return failed(failure, failure.cause.text());
        }
        succeeded("answered");
        delivery.send(answer);
        return null;
    }

    /** @return null when the refusal is about the request, and so the client's to hear */
    private @Nullable Failure refused(Exchange exchange, Delivery delivery) throws IOException {
        byte[] body = read(exchange, MAX_ERROR, "its error");
        Passage.Refused refused = passage.refused(exchange, body);
        Breakers.Cause cause = refused.cause();
        if (refused.unknown() && !delivery.isStarted()) {
            succeeded("refused");
            return new Failure(
                    Breakers.Cause.FAILING, "it does not have this", exchange.status(), null, refused.saved(), true);
        }
        if (cause == null) {
            // It answered: that the request was not right is not the provider's fault.
            succeeded("refused");
            if (delivery.isStarted()) {
                return new Failure(Breakers.Cause.FAILING, "it does not go on with it", 502, null, null, true);
            }
            delivery.send(refused.saved());
            return null;
        }
        // What a provider says of a key that it does not know may quote it.
        // A redirect would take the client, with its lease, to a host that nobody named.
        boolean withheld =
                cause == Breakers.Cause.KEY || cause == Breakers.Cause.SPEND_LIMIT || exchange.status() < 400;
        String reason = cause == Breakers.Cause.FAILING
                ? "the provider answered " + exchange.status()
                : ProviderErrors.words(cause);
        return failed(
                new Failure(
                        cause,
                        reason,
                        withheld ? 502 : exchange.status(),
                        ProviderErrors.retryAfter(exchange, body),
                        withheld ? null : refused.saved(),
                        false),
                cause.text());
    }

    private static byte[] read(Exchange exchange, int most, String what) throws IOException {
        byte[] body;
        try (InputStream in = exchange.body()) {
            body = in.readNBytes(most + 1);
        }
        if (body.length > most) {
            throw new WireException(WireException.Kind.TOO_LARGE, what + " is larger than " + most + " bytes");
        }
        return body;
    }

    private Failure failed(Failure failure, String word) {
        outcome = word;
        tools.changed(tools.breakers().failed(candidate.name(), failure.cause, failure.retryAfter));
        return failure;
    }

    /** Whether the client has a whole answer of this provider's, and no refusal. */
    boolean isAnswered() {
        return outcome.equals("answered");
    }

    private void succeeded(String word) {
        outcome = word;
        tools.changed(tools.breakers().succeeded(candidate.name()));
    }
}
