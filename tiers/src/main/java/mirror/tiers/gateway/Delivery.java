package mirror.tiers.gateway;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import mirror.tiers.wire.Header;
import org.jspecify.annotations.Nullable;

/** What a client is given for one call, by whoever answers it. Used by one thread. */
final class Delivery {
    private final Reply reply;
    private @Nullable OutputStream out;
    private long firstNanos = -1;
    private boolean told;

    Delivery(Reply reply) {
        this.reply = reply;
    }

    void send(Attempt.Saved answer) throws ClientGone {
        firstNanos = System.nanoTime();
        ClientGone.when(() -> reply.send(answer.status(), answer.headers(), answer.body()));
    }

    /** The stream to the client, which is opened when it is first asked for. */
    OutputStream stream(int status, List<Header> headers) throws IOException {
        OutputStream to = out;
        if (to == null) {
            firstNanos = System.nanoTime();
            to = reply.stream(status, headers);
            out = to;
        }
        return to;
    }

    /** Whether the client has got a part of a stream, so that nobody can answer from the start any more. */
    boolean isStarted() {
        return out != null;
    }

    /** The provider itself has told the client that it failed, in words that the client knows. */
    void tellNoMore() {
        told = true;
    }

    /** Adds to a stream that has started why it ends, unless the client knows. */
    void say(byte[] bytes) throws ClientGone {
        OutputStream to = out;
        if (to != null && !told) {
            ClientGone.when(() -> {
                to.write(bytes);
                to.flush();
            });
        }
    }

    /** When the client heard the first of it, on {@link System#nanoTime}; below zero: never. */
    long firstNanos() {
        return firstNanos;
    }
}
