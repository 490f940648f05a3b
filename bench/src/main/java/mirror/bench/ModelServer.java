package mirror.bench;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * A provider of OpenAI's dialect on loopback that costs next to nothing, so that what is measured beside it is what stands between.
 * Thread-safe.
 */
final class ModelServer implements AutoCloseable {
    /** Events of a whole stream. */
    static final int EVENTS = 50;

    /** After how many events a broken stream breaks. */
    static final int BREAK = 5;

    private static final String HEAD = "HTTP/1.1 200 OK\r\ncontent-type: ";
    private static final byte[] WHOLE = answer(
            "200 OK",
            "{\"id\":\"c\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
                    + "\"assistant\",\"content\":\"Hi\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":1,"
                    + "\"total_tokens\":6}}");
    private static final byte[] FAILED = answer("500 Internal Server Error", "{\"error\":{\"message\":\"down\"}}");

    /** What it answers. */
    enum Mode {
        WHOLE,
        /** Events with the time at which each was sent, a millisecond apart. */
        STREAM,
        FAIL,
        /** Some events, and then the connection ends. */
        BREAK
    }

    private final ServerSocket server;
    private volatile Mode mode;
    private volatile long broke;

    ModelServer(Mode mode) throws IOException {
        this.server = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
        this.mode = mode;
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    void mode(Mode next) {
        mode = next;
    }

    /** When the last stream broke, on {@link System#nanoTime}. */
    long broke() {
        return broke;
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                socket.setTcpNoDelay(true);
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException closed) {
            // The measurement is over.
        }
    }

    private void serve(Socket socket) {
        try (socket;
                InputStream in = new BufferedInputStream(socket.getInputStream(), 1 << 16)) {
            OutputStream out = socket.getOutputStream();
            while (read(in)) {
                switch (mode) {
                    case WHOLE -> out.write(WHOLE);
                    case FAIL -> out.write(FAILED);
                    case STREAM -> stream(out, EVENTS, true);
                    case BREAK -> {
                        stream(out, BREAK, false);
                        broke = System.nanoTime();
                        return;
                    }
                }
            }
        } catch (IOException gone) {
            // So is the client.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Reads one request away. */
    private static boolean read(InputStream in) throws IOException {
        int length = 0;
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            if (line.regionMatches(true, 0, "content-length:", 0, 15)) {
                length = Integer.parseInt(line.substring(15).strip());
            }
        }
        return in.readNBytes(length).length == length;
    }

    /** One line of a head; an {@link IOException} where the connection ends. */
    static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException("the connection ended");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    private static void stream(OutputStream out, int events, boolean whole) throws IOException, InterruptedException {
        out.write(ascii(HEAD + "text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"));
        for (int i = 0; i < events; i++) {
            chunk(
                    out,
                    "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":"
                            + "{\"content\":\"<" + System.nanoTime() + ">\"},\"finish_reason\":null}]}\n\n");
            Thread.sleep(1);
        }
        if (whole) {
            chunk(
                    out,
                    "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},"
                            + "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
            out.write(ascii("0\r\n\r\n"));
        }
    }

    private static void chunk(OutputStream out, String text) throws IOException {
        out.write(ascii(Integer.toHexString(text.length()) + "\r\n" + text + "\r\n"));
    }

    private static byte[] answer(String status, String body) {
        return ascii("HTTP/1.1 " + status + "\r\ncontent-type: application/json\r\ncontent-length: " + body.length()
                + "\r\n\r\n" + body);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
