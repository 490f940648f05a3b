package mirror.app.e2e;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Something on a Unix socket that answers as a test says, right or wrong. It must never answer anything that was not scripted. */
final class FakeDaemon implements AutoCloseable {
    /** One request as it came. */
    record Request(String path, byte[] body) {}

    private final ServerSocketChannel server;
    private final IntFunction<byte @Nullable []> answers;
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final List<SocketChannel> held = new CopyOnWriteArrayList<>();

    /** @param answers the raw bytes for the n-th request, from 0 on; null holds the connection open and says nothing */
    static FakeDaemon on(Path socket, IntFunction<byte @Nullable []> answers) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        FakeDaemon daemon = new FakeDaemon(server, answers);
        Thread.ofVirtual().name("fake-daemon").start(daemon::serve);
        return daemon;
    }

    private FakeDaemon(ServerSocketChannel server, IntFunction<byte @Nullable []> answers) {
        this.server = server;
        this.answers = answers;
    }

    /** A whole HTTP answer. */
    static byte[] http(int status, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return concat("HTTP/1.1 " + status + " x\r\nContent-Length: " + bytes.length + "\r\n\r\n", bytes);
    }

    /** An answer in the daemon's own words. */
    static byte[] says(String verb, String text) {
        return http(200, "MIRROR1 " + verb + "\n" + text + "\nMIRROR1 end");
    }

    static byte[] concat(String head, byte[] body) {
        var out = new ByteArrayOutputStream();
        out.writeBytes(head.getBytes(StandardCharsets.UTF_8));
        out.writeBytes(body);
        return out.toByteArray();
    }

    List<Request> requests() {
        return requests;
    }

    private void serve() {
        while (true) {
            try {
                SocketChannel connection = server.accept();
                held.add(connection);
                Request request = read(Channels.newInputStream(connection));
                byte[] answer = answers.apply(requests.size());
                requests.add(request);
                if (answer != null) {
                    OutputStream out = Channels.newOutputStream(connection);
                    out.write(answer);
                    connection.close();
                }
            } catch (IOException e) {
                if (!server.isOpen()) {
                    return;
                }
            }
        }
    }

    private static Request read(InputStream in) throws IOException {
        String path = line(in).split(" ", 3)[1];
        int length = 0;
        for (String header = line(in); !header.isEmpty(); header = line(in)) {
            if (header.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
                length = Integer.parseInt(header.substring(15).strip());
            }
        }
        return new Request(path, in.readNBytes(length));
    }

    private static String line(InputStream in) throws IOException {
        var bytes = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new IOException("the connection ended inside the head of a request");
            }
            if (b != '\r') {
                bytes.write(b);
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (SocketChannel connection : held) {
            connection.close();
        }
    }
}
