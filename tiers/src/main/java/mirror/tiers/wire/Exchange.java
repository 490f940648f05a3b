package mirror.tiers.wire;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/**
 * An upstream's answer: its head, and its body as it comes. A body that was read to its end gives the connection back; closing the
 * exchange before that ends the connection. The stream ends only where the message says that it ends: anything else is a
 * {@link WireException}.
 *
 * <p>Used by one thread; {@link #close} may come from another one and ends a waiting read.
 */
public final class Exchange implements AutoCloseable {
    private final int status;
    private final List<Header> headers;
    private final InputStream body;
    private final Closing closing;
    private final boolean framed;

    /** Ends an answer that may not have been read to its end. */
    private interface Closing {
        void close() throws IOException;
    }

    private Exchange(int status, List<Header> headers, InputStream body, Closing closing, boolean framed) {
        this.status = status;
        this.headers = List.copyOf(headers);
        this.body = body;
        this.closing = closing;
        this.framed = framed;
    }

    Exchange(int status, List<Header> headers, Body body, Connection connection, boolean framed) {
        this(
                status,
                headers,
                body,
                () -> {
                    if (!body.isDone()) {
                        connection.close();
                    }
                },
                framed);
    }

    /** An answer that is made within this process; closing the exchange closes its body. */
    public static Exchange inProcess(int status, List<Header> headers, InputStream body) {
        return new Exchange(status, headers, body, body::close, true);
    }

    public int status() {
        return status;
    }

    /** In the order in which they came. */
    public List<Header> headers() {
        return headers;
    }

    /** The first header of that name. */
    public Optional<String> header(String name) {
        for (Header header : headers) {
            if (header.is(name)) {
                return Optional.of(header.value());
            }
        }
        return Optional.empty();
    }

    public InputStream body() {
        return body;
    }

    /**
     * Whether the message says where its body ends. When not, the body ends with the connection, and only its content can tell
     * whether it is whole.
     */
    public boolean isFramed() {
        return framed;
    }

    @Override
    public void close() {
        try {
            closing.close();
        } catch (IOException e) {
            // Nobody waits for what is left.
        }
    }

    /** The body of an answer (RFC 9112, 6). */
    static final class Body extends InputStream {
        private static final int CHUNK_LINE = 1024;
        private static final int TRAILERS = 64;

        /** What is left of the content or of the chunk. */
        private long left;

        private final boolean chunked;
        private final boolean untilClose;
        private final Connection connection;
        private final long idleNanos;
        private final long firstNanos;
        private boolean begun;
        private final Runnable whole;
        private boolean first = true;
        private boolean done;

        private Body(
                Connection connection,
                long length,
                boolean chunked,
                boolean untilClose,
                Patience patience,
                Runnable whole) {
            this.connection = connection;
            this.left = length;
            this.chunked = chunked;
            this.untilClose = untilClose;
            this.idleNanos = patience.idle().toNanos();
            this.firstNanos = Math.min(idleNanos, patience.first().toNanos());
            this.whole = whole;
        }

        static Body sized(Connection connection, long length, Patience patience, Runnable whole) {
            Body body = new Body(connection, length, false, false, patience, whole);
            if (length == 0) {
                body.end();
            }
            return body;
        }

        static Body chunked(Connection connection, Patience patience, Runnable whole) {
            return new Body(connection, 0, true, false, patience, whole);
        }

        static Body untilClose(Connection connection, Patience patience) {
            return new Body(connection, Long.MAX_VALUE, false, true, patience, connection::close);
        }

        boolean isDone() {
            return done;
        }

        private void end() {
            done = true;
            whole.run();
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int at, int length) throws IOException {
            if (done) {
                return -1;
            }
            if (length == 0) {
                return 0;
            }
            long deadline = System.nanoTime() + (begun ? idleNanos : firstNanos);
            try {
                if (chunked && left == 0 && !nextChunk(deadline)) {
                    end();
                    return -1;
                }
                int some = connection.read(into, at, (int) Math.min(length, left), deadline);
                begun = true;
                if (some < 0) {
                    return ended();
                }
                if (!untilClose) {
                    left -= some;
                    if (left == 0 && !chunked) {
                        end();
                    }
                }
                return some;
            } catch (java.net.SocketTimeoutException e) {
                connection.close();
                throw new WireException(
                        WireException.Kind.LATE, "the upstream fell silent in the middle of its answer", e);
            } catch (WireException e) {
                connection.close();
                throw e.kind() == WireException.Kind.TRUNCATED
                        ? e
                        : new WireException(WireException.Kind.TRUNCATED, "the body's chunks are broken", e);
            } catch (IOException e) {
                connection.close();
                throw new WireException(
                        WireException.Kind.TRUNCATED, "the connection broke in the middle of the answer", e);
            }
        }

        private int ended() throws WireException {
            if (untilClose) {
                end();
                return -1;
            }
            connection.close();
            throw new WireException(WireException.Kind.TRUNCATED, "the connection ended in the middle of the answer");
        }

        private boolean nextChunk(long deadline) throws IOException {
            if (!first && !connection.line(0, deadline).isEmpty()) {
                throw new WireException(WireException.Kind.HEAD, "a chunk is longer than it says");
            }
            first = false;
            String line = connection.line(CHUNK_LINE, deadline);
            int semicolon = line.indexOf(';');
            String size = (semicolon < 0 ? line : line.substring(0, semicolon)).strip();
            if (size.isEmpty()
                    || size.length() > 15
                    || !size.chars().allMatch(c -> Character.digit(c, 16) >= 0 && c < 0x7F)) {
                throw new WireException(WireException.Kind.HEAD, "a chunk's size is none");
            }
            left = Long.parseLong(size, 16);
            if (left > 0) {
                return true;
            }
            for (int i = 0; !connection.line(Connection.HEAD / 8, deadline).isEmpty(); i++) {
                if (i == TRAILERS) {
                    throw new WireException(WireException.Kind.HEAD, "too many trailers");
                }
            }
            return false;
        }
    }
}
