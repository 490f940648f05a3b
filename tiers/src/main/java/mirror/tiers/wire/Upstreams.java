package mirror.tiers.wire;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1.1 to upstreams (RFC 9112) over connections that are kept. Made for virtual threads: a call blocks, and each connection
 * serves one exchange at a time.
 *
 * <p>A kept connection may have been closed by its peer. It is looked at before it is used, and when it still breaks before one byte
 * of an answer came, the request is sent once more, on a new connection; no other request is ever sent twice. Redirects are answers
 * like any other: whoever follows one sends a prompt, and perhaps a key, to a host that nobody named.
 *
 * <p>Refused as no HTTP, because two readers could take it for two things: {@code Content-Length} beside {@code Transfer-Encoding},
 * two lengths, folded headers, bare line feeds, other codings than {@code chunked}. A head has at most {@value Connection#HEAD}
 * bytes. Thread-safe.
 */
public final class Upstreams implements AutoCloseable {
    private static final int KEPT = 64;
    private static final long OLDEST_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final int HEADERS = 200;
    private static final int INTERIM = 8;

    /** Up to here head and body leave in one write. */
    private static final int TOGETHER = 16 * 1024;

    /** The kernel takes this much of a request without its peer reading; beyond, somebody has to watch the clock. */
    private static final int UNWATCHED = 32 * 1024;

    private static final Set<String> OWN =
            Set.of("host", "content-length", "transfer-encoding", "connection", "upgrade", "te");

    private final SSLSocketFactory tls;
    private final ScheduledExecutorService watch;
    private final LongSupplier nanoTime;
    private final Map<Origin, Deque<Connection>> kept = new ConcurrentHashMap<>();
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * @param tls makes the secure sockets; host names are checked here
     * @param watch ends requests that nobody takes; not closed
     */
    public Upstreams(SSLSocketFactory tls, ScheduledExecutorService watch, LongSupplier nanoTime) {
        this.tls = tls;
        this.watch = watch;
        this.nanoTime = nanoTime;
    }

    /**
     * Sends a request and waits for the head of its answer, whatever its status.
     *
     * @param target path and query
     * @param headers without those that frame a message, which are written here
     * @param body empty for none
     * @throws WireException when there is no answer
     * @throws IllegalArgumentException when a header or the target cannot be written as one
     */
    public Exchange send(
            Origin origin, String method, String target, List<Header> headers, byte[] body, Patience patience)
            throws WireException {
        byte[] head = head(origin, method, target, headers, body);
        Connection old = take(origin);
        if (old != null) {
            try {
                return exchange(old, head, body, patience);
            } catch (WireException e) {
                if (e.kind() != WireException.Kind.NO_ANSWER && e.kind() != WireException.Kind.SEND) {
                    throw e;
                }
            }
        }
        return exchange(Connection.open(origin, tls, patience), head, body, patience);
    }

    private static byte[] head(Origin origin, String method, String target, List<Header> headers, byte[] body) {
        if (!target.startsWith("/") || !target.chars().allMatch(c -> c > ' ' && c < 0x7F)) {
            throw new IllegalArgumentException("the target is not a path");
        }
        StringBuilder text = new StringBuilder(512)
                .append(method)
                .append(' ')
                .append(target)
                .append(" HTTP/1.1\r\nHost: ")
                .append(origin.authority())
                .append("\r\n");
        for (Header header : headers) {
            if (!header.isSound() || OWN.contains(header.name().toLowerCase(Locale.ROOT))) {
                throw new IllegalArgumentException("a header cannot be sent on");
            }
            text.append(header.name()).append(": ").append(header.value()).append("\r\n");
        }
        if (body.length > 0 || !method.equals("GET")) {
            text.append("Content-Length: ").append(body.length).append("\r\n");
        }
        return text.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private @Nullable Connection take(Origin origin) {
        Deque<Connection> connections = kept.get(origin);
        if (connections == null) {
            return null;
        }
        while (true) {
            Connection connection;
            synchronized (connections) {
                connection = connections.pollLast();
            }
            if (connection == null || connection.isFresh(nanoTime.getAsLong(), OLDEST_NANOS)) {
                return connection;
            }
            connection.close();
        }
    }

    private void keep(Connection connection) {
        if (connection.hasReadAhead() || closed.get()) {
            connection.close();
            return;
        }
        connection.rest(nanoTime.getAsLong());
        Deque<Connection> connections = kept.computeIfAbsent(connection.origin(), _ -> new ArrayDeque<>());
        Connection surplus;
        synchronized (connections) {
            connections.addLast(connection);
            surplus = connections.size() > KEPT ? connections.pollFirst() : null;
        }
        if (surplus != null) {
            surplus.close();
        }
        if (closed.get()) {
            close();
        }
    }

    private Exchange exchange(Connection connection, byte[] head, byte[] body, Patience patience) throws WireException {
        boolean kept = false;
        try {
            write(connection, head, body, patience);
            Exchange exchange = answer(connection, patience);
            kept = true;
            return exchange;
        } finally {
            if (!kept) {
                connection.close();
            }
        }
    }

    private void write(Connection connection, byte[] head, byte[] body, Patience patience) throws WireException {
        AtomicBoolean late = new AtomicBoolean();
        ScheduledFuture<?> end = head.length + body.length <= UNWATCHED
                ? null
                : watch.schedule(
                        () -> {
                            late.set(true);
                            connection.close();
                        },
                        patience.idle().toNanos(),
                        TimeUnit.NANOSECONDS);
        try {
            if (head.length + body.length <= TOGETHER) {
                byte[] all = java.util.Arrays.copyOf(head, head.length + body.length);
                System.arraycopy(body, 0, all, head.length, body.length);
                connection.write(all, all.length);
            } else {
                connection.write(head, head.length);
                connection.write(body, body.length);
            }
            connection.flush();
        } catch (IOException e) {
            // A server that refuses early answers and closes without reading on: its words are worth more than the
            // error.
            if (late.get() || !saidSomething(connection)) {
                throw new WireException(WireException.Kind.SEND, "the upstream did not take the request", e);
            }
        } finally {
            if (end != null) {
                end.cancel(false);
            }
        }
    }

    private static boolean saidSomething(Connection connection) {
        try {
            return connection.awaitByte(System.nanoTime() + TimeUnit.SECONDS.toNanos(1));
        } catch (IOException e) {
            return false;
        }
    }

    // ---- the answer

    private Exchange answer(Connection connection, Patience patience) throws WireException {
        long deadline = System.nanoTime() + patience.answer().toNanos();
        try {
            if (!connection.awaitByte(deadline)) {
                throw new WireException(
                        WireException.Kind.NO_ANSWER, "the upstream closed the connection without an answer");
            }
        } catch (SocketTimeoutException e) {
            throw new WireException(WireException.Kind.LATE, "the upstream did not answer in time", e);
        } catch (WireException e) {
            throw e;
        } catch (IOException e) {
            throw new WireException(WireException.Kind.NO_ANSWER, "the connection broke before an answer", e);
        }
        try {
            for (int i = 0; i < INTERIM; i++) {
                String status = connection.line(1024, deadline);
                List<Header> headers = headers(connection, deadline);
                int code = code(status);
                if (code >= 200) {
                    return exchange(connection, code, status.startsWith("HTTP/1.1"), headers, patience);
                }
                if (code == 101) {
                    throw new WireException(WireException.Kind.HEAD, "the upstream changes the protocol");
                }
            }
            throw new WireException(WireException.Kind.HEAD, "the upstream goes on saying that it will answer");
        } catch (SocketTimeoutException e) {
            throw new WireException(WireException.Kind.LATE, "the answer's head did not come in time", e);
        } catch (WireException e) {
            throw e;
        } catch (IOException e) {
            throw new WireException(WireException.Kind.TRUNCATED, "the connection broke inside the answer's head", e);
        }
    }

    private static int code(String line) throws WireException {
        boolean sound = line.length() >= 12
                && (line.startsWith("HTTP/1.1 ") || line.startsWith("HTTP/1.0 "))
                && line.substring(9, 12).chars().allMatch(c -> c >= '0' && c <= '9')
                && (line.length() == 12 || line.charAt(12) == ' ');
        int code = sound ? Integer.parseInt(line, 9, 12, 10) : 0;
        if (code < 100 || code > 599) {
            throw new WireException(WireException.Kind.HEAD, "the answer is not HTTP/1.1");
        }
        return code;
    }

    private static List<Header> headers(Connection connection, long deadline) throws IOException {
        List<Header> headers = new ArrayList<>();
        int size = 0;
        while (true) {
            String line = connection.line(Connection.HEAD, deadline);
            if (line.isEmpty()) {
                return headers;
            }
            size += line.length();
            int colon = line.indexOf(':');
            Header header = colon < 1
                    ? new Header("", "")
                    : new Header(
                            line.substring(0, colon), line.substring(colon + 1).strip());
            if (!header.isSound()) {
                throw new WireException(WireException.Kind.HEAD, "a header of the answer is none");
            }
            headers.add(header);
            if (headers.size() > HEADERS || size > Connection.HEAD) {
                throw new WireException(WireException.Kind.HEAD, "the answer's head is too long");
            }
        }
    }

    private Exchange exchange(
            Connection connection, int status, boolean current, List<Header> headers, Patience patience)
            throws WireException {
        String length = null;
        String coding = null;
        boolean close = !current;
        for (Header header : headers) {
            if (header.is("content-length")) {
                if (length != null && !length.equals(header.value())) {
                    throw new WireException(WireException.Kind.HEAD, "the answer has two lengths");
                }
                length = header.value();
            } else if (header.is("transfer-encoding")) {
                coding = coding == null ? header.value() : coding + "," + header.value();
            } else if (header.is("connection")
                    && header.value().toLowerCase(Locale.ROOT).contains("close")) {
                close = true;
            }
        }
        if (coding != null && (length != null || !coding.equalsIgnoreCase("chunked"))) {
            throw new WireException(
                    WireException.Kind.HEAD, "where the answer ends is said in two ways or in an unknown one");
        }
        if (length != null
                && (length.isEmpty() || length.length() > 15 || !length.chars().allMatch(c -> c >= '0' && c <= '9'))) {
            throw new WireException(WireException.Kind.HEAD, "the answer's length is none");
        }
        Runnable whole = close ? connection::close : () -> keep(connection);
        Exchange.Body body;
        boolean framed = true;
        if (status == 204 || status == 304) {
            body = Exchange.Body.sized(connection, 0, patience, whole);
        } else if (coding != null) {
            body = Exchange.Body.chunked(connection, patience, whole);
        } else if (length != null) {
            body = Exchange.Body.sized(connection, Long.parseLong(length), patience, whole);
        } else {
            body = Exchange.Body.untilClose(connection, patience);
            framed = false;
        }
        return new Exchange(status, headers, body, connection, framed);
    }

    /** Ends the connections that rest; exchanges under way go on and their connections are not kept. */
    @Override
    public void close() {
        closed.set(true);
        for (Deque<Connection> connections : kept.values()) {
            synchronized (connections) {
                connections.forEach(Connection::close);
                connections.clear();
            }
        }
    }
}
