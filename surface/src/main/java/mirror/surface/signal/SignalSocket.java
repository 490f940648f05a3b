package mirror.surface.signal;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import io.helidon.http.HttpPrologue;
import io.helidon.http.Method;
import io.helidon.http.WritableHeaders;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.spi.Http1Upgrader;
import io.helidon.webserver.spi.ServerConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mirror.bus.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code /topic/ws}: a subscription over a WebSocket (RFC 6455). Helidon's own module for WebSockets is not to be had in the version of
 * its server that is used here, and what a subscriber needs of the protocol is little: the server sends text and pings, the client pongs
 * and closes. What a client sends besides is read and not looked at; a frame of more than {@value #MOST_FRAME} bytes, or one that is not
 * masked, ends the connection.
 */
public final class SignalSocket implements Http1Upgrader {
    static final int MOST_FRAME = 4_096;
    private static final Pattern PATH = Pattern.compile("/([^/]{1,5000})/ws");
    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final Pattern KEY = Pattern.compile("[A-Za-z0-9+/]{22}==");
    private static final int TEXT = 0x81;
    private static final int CLOSE = 0x88;
    private static final int PING = 0x89;
    private static final int PONG = 0x8A;

    private final SignalApi api;

    public SignalSocket(SignalApi api) {
        this.api = api;
    }

    @Override
    public String supportedProtocol() {
        return "websocket";
    }

    /**
     * Takes the connection over when the caller may subscribe; otherwise the request goes on to {@link SignalApi}, which refuses it in
     * ntfy's words.
     */
    @Override
    public @Nullable ServerConnection upgrade(
            ConnectionContext context, HttpPrologue prologue, WritableHeaders<?> headers) {
        Matcher path = PATH.matcher(prologue.uriPath().path());
        Optional<String> key = header(headers, "Sec-WebSocket-Key");
        boolean isAsked = prologue.method().equals(Method.GET)
                && path.matches()
                && key.filter(value -> KEY.matcher(value).matches()).isPresent()
                && header(headers, "Sec-WebSocket-Version").orElse("").equals("13")
                && api.guard().check(headers).isEmpty();
        if (!isAsked) {
            return null;
        }
        Signals signals = api.signals();
        try {
            Params params = SignalApi.params(headers, prologue.query().rawValue());
            Caller caller = signals.access().caller(params);
            Wanted wanted = Wanted.of(path.group(1), params, signals.clock().instant());
            signals.access().hears(caller, wanted.topics());
            if (!api.enter()) {
                return null;
            }
            String switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: " + accept(key.orElse("")) + "\r\n\r\n";
            context.dataWriter().writeNow(BufferData.create(switching.getBytes(StandardCharsets.US_ASCII)));
            return new Connection(api, new Subscription(signals, caller, wanted, api.keepalive()), context);
        } catch (SignalRefused e) {
            return null;
        }
    }

    private static Optional<String> header(Headers headers, String name) {
        return headers.first(HeaderNames.create(name)).map(String::strip);
    }

    /** RFC 6455, section 4.2.2. */
    static String accept(String key) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-1")
                            .digest((key + GUID).getBytes(StandardCharsets.US_ASCII)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JDK has no SHA-1", e);
        }
    }

    /** The connection as long as it lasts: this thread writes, another one reads. */
    private static final class Connection implements ServerConnection, Subscription.Sink {
        private final SignalApi api;
        private final Subscription subscription;
        private final DataReader reader;
        private final DataWriter writer;
        private final ConnectionContext context;
        private volatile boolean gone;

        Connection(SignalApi api, Subscription subscription, ConnectionContext context) {
            this.api = api;
            this.subscription = subscription;
            this.reader = context.dataReader();
            this.writer = context.dataWriter();
            this.context = context;
        }

        @Override
        public void handle(Limit limit) throws InterruptedException {
            Thread listening = Thread.ofVirtual().name("signal-socket").start(this::listen);
            try {
                subscription.run(this);
                if (!gone) {
                    write(CLOSE, new byte[] {0x03, (byte) 0xE8});
                }
            } catch (IOException e) {
                // The client is gone, which is how most subscriptions end.
            } finally {
                gone = true;
                api.leave();
                context.serverSocket().close();
                listening.interrupt();
            }
        }

        @Override
        public Duration idleTime() {
            return Duration.ZERO;
        }

        @Override
        public void close(boolean interrupt) {
            gone = true;
            api.signals().wake();
        }

        // ---- to the client

        @Override
        public void event(String event, ObjectNode json) throws IOException {
            if (event.equals("keepalive")) {
                write(PING, new byte[0]);
            } else {
                write(TEXT, Json.MAPPER.writeValueAsBytes(json));
            }
        }

        @Override
        public void message(Message message) throws IOException {
            write(TEXT, Json.MAPPER.writeValueAsBytes(message.json(api.signals().base())));
        }

        @Override
        public boolean isGone() {
            return gone;
        }

        private synchronized void write(int head, byte[] payload) throws IOException {
            try {
                writer.writeNow(BufferData.create(List.of(frame(head, payload.length), BufferData.create(payload))));
            } catch (UncheckedIOException e) {
                throw e.getCause();
            } catch (RuntimeException e) {
                throw new IOException("the socket is closed", e);
            }
        }

        private static BufferData frame(int head, int length) {
            BufferData frame = BufferData.create(10);
            frame.writeInt8(head);
            if (length < 126) {
                frame.writeInt8(length);
            } else if (length < 65_536) {
                frame.writeInt8(126);
                frame.writeInt16(length);
            } else {
                frame.writeInt8(127);
                frame.writeInt32(0);
                frame.writeInt32(length);
            }
            return frame;
        }

        // ---- from the client

        private void listen() {
            try {
                while (!gone && next()) {
                    // Goes on.
                }
            } catch (IOException | RuntimeException e) {
                // The connection ended.
            } finally {
                gone = true;
                api.signals().wake();
            }
        }

        /** @return false when the client has closed, or does not speak the protocol */
        private boolean next() throws IOException {
            int head = reader.read() & 0xFF;
            int second = reader.read() & 0xFF;
            int length = second & 0x7F;
            if (length == 126) {
                length = (reader.read() & 0xFF) << 8 | (reader.read() & 0xFF);
            }
            boolean isMasked = (second & 0x80) != 0;
            if (!isMasked || (second & 0x7F) == 127 || length > MOST_FRAME || (head & 0x70) != 0) {
                return false;
            }
            byte[] mask = reader.readBytes(4);
            byte[] payload = length == 0 ? new byte[0] : reader.readBytes(length);
            for (int i = 0; i < payload.length; i++) {
                payload[i] ^= mask[i % 4];
            }
            switch (head & 0x0F) {
                case 0x8 -> {
                    write(CLOSE, payload.length >= 2 ? new byte[] {payload[0], payload[1]} : new byte[0]);
                    return false;
                }
                case 0x9 -> write(PONG, payload.length <= 125 ? payload : new byte[0]);
                default -> {
                    // Pongs, and words that a subscriber has no use for.
                }
            }
            return true;
        }
    }
}
