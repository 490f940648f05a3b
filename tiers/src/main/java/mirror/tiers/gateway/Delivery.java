package mirror.tiers.gateway;

import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
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
    private final boolean copies;
    private Attempt.@Nullable Saved given;
    private @Nullable Copy copy;

    /** @param copies whether what is given is kept for {@link #given} */
    Delivery(Reply reply, boolean copies) {
        this.reply = reply;
        this.copies = copies;
    }

    /** What the client was given, when it is to be kept and not too large for that; whether it is whole is not known here. */
    Attempt.@Nullable Saved given() {
        Attempt.Saved answer = given;
        Copy stream = copy;
        if (answer == null || stream == null) {
            return answer;
        }
        byte[] bytes = stream.bytes();
        return bytes == null ? null : new Attempt.Saved(answer.status(), answer.headers(), bytes);
    }

    /** Writes on, and keeps what was written up to a bound. */
    private static final class Copy extends FilterOutputStream {
        private @Nullable ByteArrayOutputStream bytes = new ByteArrayOutputStream(4 * 1024);

        Copy(OutputStream to) {
            super(to);
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] some, int from, int length) throws IOException {
            out.write(some, from, length);
            ByteArrayOutputStream kept = bytes;
            if (kept != null && kept.size() + length > AnswerCache.MOST_BODY) {
                bytes = null;
            } else if (kept != null) {
                kept.write(some, from, length);
            }
        }

        byte @Nullable [] bytes() {
            return bytes == null ? null : bytes.toByteArray();
        }
    }

    void send(Attempt.Saved answer) throws ClientGone {
        firstNanos = System.nanoTime();
        given = copies ? answer : null;
        ClientGone.when(() -> reply.send(answer.status(), answer.headers(), answer.body()));
    }

    /** The stream to the client, which is opened when it is first asked for. */
    OutputStream stream(int status, List<Header> headers) throws IOException {
        OutputStream to = out;
        if (to == null) {
            firstNanos = System.nanoTime();
            to = reply.stream(status, headers);
            if (copies) {
                Copy both = new Copy(to);
                given = new Attempt.Saved(status, headers, new byte[0]);
                copy = both;
                to = both;
            }
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
