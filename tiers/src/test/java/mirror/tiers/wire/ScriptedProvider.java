package mirror.tiers.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ServerSocketFactory;

/**
 * A provider of models on a real loopback socket that does exactly what a test says, byte by byte, and remembers what it was asked.
 * It knows no HTTP beyond reading a request: every fault can be written.
 */
public final class ScriptedProvider implements AutoCloseable {
    /** A request as it came. */
    public record Request(String head, byte[] body) {
        public Request {
            body = body.clone();
        }

        @Override
        public byte[] body() {
            return body.clone();
        }

        /** The value of a header, or empty. */
        public String header(String name) {
            return head.lines()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":"))
                    .map(line -> line.substring(name.length() + 1).strip())
                    .findFirst()
                    .orElse("");
        }

        public String line() {
            return head.lines().findFirst().orElse("");
        }

        public String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    /** The provider's side of one connection. */
    public static final class Wire {
        private final Socket socket;
        private final OutputStream out;

        Wire(Socket socket) throws IOException {
            this.socket = socket;
            this.out = socket.getOutputStream();
        }

        public Wire send(String text) throws IOException {
            return send(text.getBytes(StandardCharsets.UTF_8));
        }

        public Wire send(byte[] bytes) throws IOException {
            out.write(bytes);
            out.flush();
            return this;
        }

        /** A whole JSON answer; the connection may be kept. */
        public void json(int status, String body, String... headers) throws IOException {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            send("HTTP/1.1 " + status + " x\r\ncontent-type: application/json\r\ncontent-length: " + bytes.length
                    + "\r\n"
                    + String.join(
                            "", List.of(headers).stream().map(h -> h + "\r\n").toList()) + "\r\n");
            send(bytes);
        }

        /** The head of a stream of events in chunks. */
        public Wire stream() throws IOException {
            return send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n");
        }

        public Wire chunk(String text) throws IOException {
            return chunk(text.getBytes(StandardCharsets.UTF_8));
        }

        public Wire chunk(byte[] bytes) throws IOException {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            all.writeBytes((Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
            all.writeBytes(bytes);
            all.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
            return send(all.toByteArray());
        }

        /** The end of chunks. */
        public void last() throws IOException {
            send("0\r\n\r\n");
        }

        public void close() throws IOException {
            socket.close();
        }

        /** Nothing more will be sent; the other direction stays open. */
        public void halfClose() throws IOException {
            socket.shutdownOutput();
        }

        /** Ends the connection with RST. */
        public void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        /** Says nothing until the other side gives up. */
        public void stall() throws IOException {
            while (socket.getInputStream().read() >= 0) {
                // What comes is not read as anything.
            }
        }
    }

    /** What to do about a request. */
    @FunctionalInterface
    public interface Script {
        void answer(Request request, Wire wire) throws IOException;
    }

    private final ServerSocket server;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private volatile Script script;

    public ScriptedProvider(Script script) throws IOException {
        this(script, ServerSocketFactory.getDefault());
    }

    /** @param sockets such as those of TLS */
    public ScriptedProvider(Script script, ServerSocketFactory sockets) throws IOException {
        this.script = script;
        this.server = sockets.createServerSocket();
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 512);
        Thread.ofVirtual().start(this::accept);
    }

    public void script(Script next) {
        script = next;
    }

    public Origin origin() {
        return new Origin("127.0.0.1", server.getLocalPort(), false);
    }

    public String url() {
        return "http://127.0.0.1:" + server.getLocalPort();
    }

    /** All requests, in the order in which they were read. */
    public List<Request> requests() {
        return List.copyOf(requests);
    }

    /** Connections that are open now. */
    public Set<Socket> sockets() {
        return Set.copyOf(sockets);
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                socket.setTcpNoDelay(true);
                sockets.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = new java.io.BufferedInputStream(socket.getInputStream(), 65_536);
            Wire wire = new Wire(socket);
            while (true) {
                String head = head(in);
                if (head.isEmpty()) {
                    return;
                }
                Request bare = new Request(head, new byte[0]);
                String length = bare.header("content-length");
                Request request = new Request(head, in.readNBytes(length.isEmpty() ? 0 : Integer.parseInt(length)));
                requests.add(request);
                script.answer(request, wire);
                if (socket.isClosed()) {
                    return;
                }
            }
        } catch (IOException e) {
            // The other side went away, which is often what the test is about.
        } finally {
            sockets.remove(socket);
        }
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.length() < 4 || head.lastIndexOf("\r\n\r\n") != head.length() - 4) {
            int c = in.read();
            if (c < 0) {
                return "";
            }
            head.append((char) c);
        }
        return head.toString();
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
