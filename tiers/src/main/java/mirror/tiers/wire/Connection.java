package mirror.tiers.wire;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * One connection to an upstream, with what was read ahead. A channel underneath, because only a channel can be asked without waiting
 * whether its peer is gone; streams above it, because they know timeouts. Used by one exchange at a time; only {@link #close} may
 * come from elsewhere, and ends whatever waits in it.
 */
final class Connection implements AutoCloseable {
    /** A head longer than this is not one; common servers and clients stop between 8 and 64 KB. */
    static final int HEAD = 64 * 1024;

    /** Most answers' heads fit. Thousands of connections may wait at once, so it is not more; longer reads go past it. */
    private static final int READ = 4 * 1024;

    private final Origin origin;
    private final SocketChannel channel;
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private byte[] bytes = new byte[READ];
    private int from;
    private int to;
    private long idleSince;

    private Connection(Origin origin, SocketChannel channel, Socket socket) throws IOException {
        this.origin = origin;
        this.channel = channel;
        this.socket = socket;
        this.in = socket.getInputStream();
        this.out = socket.getOutputStream();
    }

    /** Tries the addresses of the host in turn. TLS checks the certificate's name against the host (RFC 9110, 4.3.4). */
    static Connection open(Origin origin, SSLSocketFactory tls, Patience patience) throws WireException {
        long deadline = System.nanoTime() + patience.connect().toNanos();
        IOException last = null;
        try {
            for (InetAddress address : InetAddress.getAllByName(origin.host())) {
                try {
                    return open(new InetSocketAddress(address, origin.port()), origin, tls, deadline);
                } catch (IOException e) {
                    // That somebody is there who is not the provider says more than that nobody is at another address.
                    last = last instanceof SSLException ? last : e;
                }
            }
        } catch (UnknownHostException e) {
            throw new WireException(WireException.Kind.CONNECT, "the host " + origin.host() + " is not known", e);
        }
        String why = last instanceof SocketTimeoutException
                ? "does not answer in time"
                : last instanceof SSLException ? "does not prove that it is " + origin.host() : "takes no connection";
        throw new WireException(
                WireException.Kind.CONNECT,
                origin.authority() + " " + why,
                last == null ? new IOException("no address") : last);
    }

    private static Connection open(InetSocketAddress address, Origin origin, SSLSocketFactory tls, long deadline)
            throws IOException {
        SocketChannel channel = SocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            Socket plain = channel.socket();
            plain.connect(address, left(deadline));
            if (!origin.tls()) {
                return new Connection(origin, channel, plain);
            }
            SSLSocket secure = (SSLSocket) tls.createSocket(plain, origin.host(), origin.port(), true);
            SSLParameters parameters = secure.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            parameters.setApplicationProtocols(new String[] {"http/1.1"});
            secure.setSSLParameters(parameters);
            secure.setSoTimeout(left(deadline));
            secure.startHandshake();
            return new Connection(origin, channel, secure);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Milliseconds until the deadline, at least one: zero would be for ever. */
    private static int left(long deadline) throws SocketTimeoutException {
        long nanos = deadline - System.nanoTime();
        if (nanos <= 0) {
            throw new SocketTimeoutException("late");
        }
        return (int) Math.min(Integer.MAX_VALUE, TimeUnit.NANOSECONDS.toMillis(nanos) + 1);
    }

    Origin origin() {
        return origin;
    }

    // ---- resting

    void rest(long now) {
        idleSince = now;
    }

    /** Whether it can carry another exchange: not too old, not ended by its peer, and nothing came that nobody asked for. */
    boolean isFresh(long now, long oldest) {
        if (now - idleSince > oldest || from < to) {
            return false;
        }
        try {
            channel.configureBlocking(false);
            try {
                return channel.read(ByteBuffer.allocate(1)) == 0;
            } finally {
                channel.configureBlocking(true);
            }
        } catch (IOException e) {
            return false;
        }
    }

    // ---- bytes

    void write(byte[] data, int length) throws IOException {
        out.write(data, 0, length);
    }

    void flush() throws IOException {
        out.flush();
    }

    /** Reads more behind what is there. Answers false at the end of the stream. */
    private boolean more(long deadline) throws IOException {
        if (from == to) {
            from = to = 0;
        } else if (to == bytes.length) {
            if (from > 0) {
                System.arraycopy(bytes, from, bytes, 0, to - from);
                to -= from;
                from = 0;
            } else {
                bytes = Arrays.copyOf(bytes, bytes.length * 2);
            }
        }
        socket.setSoTimeout(left(deadline));
        int read = in.read(bytes, to, bytes.length - to);
        if (read < 0) {
            return false;
        }
        to += read;
        return true;
    }

    /** Waits for the first byte of an answer. False when the stream ends instead. */
    boolean awaitByte(long deadline) throws IOException {
        return from < to || more(deadline);
    }

    /**
     * A line that ends with CR LF, without them, in Latin 1. A line feed alone ends nothing here: where two readers disagree about
     * where a line ends, answers can be smuggled.
     *
     * @throws WireException TRUNCATED at the end of the stream, HEAD for a line that is too long or has a bare CR or LF
     */
    String line(int longest, long deadline) throws IOException {
        int scanned = 0;
        while (true) {
            for (; from + scanned < to; scanned++) {
                byte c = bytes[from + scanned];
                if (c == '\n') {
                    if (scanned == 0 || bytes[from + scanned - 1] != '\r') {
                        throw new WireException(WireException.Kind.HEAD, "a line does not end with CR LF");
                    }
                    String line = new String(bytes, from, scanned - 1, java.nio.charset.StandardCharsets.ISO_8859_1);
                    from += scanned + 1;
                    if (line.indexOf('\r') >= 0) {
                        throw new WireException(WireException.Kind.HEAD, "a carriage return inside a line");
                    }
                    return line;
                }
                if (scanned > longest) {
                    throw new WireException(WireException.Kind.HEAD, "a line is longer than " + longest + " bytes");
                }
            }
            if (!more(deadline)) {
                throw new WireException(WireException.Kind.TRUNCATED, "the connection ended inside a line");
            }
        }
    }

    /** Up to {@code length} bytes of the body; -1 at the end of the stream. */
    int read(byte[] into, int at, int length, long deadline) throws IOException {
        if (from == to) {
            if (length >= READ) {
                socket.setSoTimeout(left(deadline));
                return in.read(into, at, length);
            }
            if (!more(deadline)) {
                return -1;
            }
        }
        int some = Math.min(length, to - from);
        System.arraycopy(bytes, from, into, at, some);
        from += some;
        return some;
    }

    boolean hasReadAhead() {
        return from < to;
    }

    /** Ends it at once, also for a thread that waits in it. Without TLS's farewell, which could block. */
    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // It is gone either way.
        }
    }
}
