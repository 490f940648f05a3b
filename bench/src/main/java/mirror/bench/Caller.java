package mirror.bench;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A client of chat completions on one kept connection, with as little of its own as there can be. Of one thread. */
final class Caller implements AutoCloseable {
    private static final Pattern STAMP = Pattern.compile("<(\\d+)>");

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final String head;

    /** @param headers of every request, each with its line end */
    Caller(int port, String path, String headers) throws IOException {
        this.socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(30_000);
        this.in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
        this.out = socket.getOutputStream();
        this.head = "POST " + path + " HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n" + headers;
    }

    /** A request's bytes, to be sent many times. */
    byte[] request(String body) {
        return (head + "content-length: " + body.length() + "\r\n\r\n" + body).getBytes(StandardCharsets.US_ASCII);
    }

    /** Microseconds until the whole answer is there. */
    double time(byte[] request) throws IOException {
        long start = System.nanoTime();
        out.write(request);
        Head answer = head();
        if (answer.length >= 0) {
            in.skipNBytes(answer.length);
        } else {
            for (int size = chunk(); size > 0; size = chunk()) {
                in.skipNBytes(size + 2L);
            }
            in.skipNBytes(2);
        }
        double micros = (System.nanoTime() - start) / 1e3;
        if (answer.status != 200) {
            throw new IOException("the answer was " + answer.status);
        }
        return micros;
    }

    /**
     * An event with the time at which the model sent it and the one at which it came, on {@link System#nanoTime}.
     *
     * @param first when its request was sent
     */
    record Heard(long first, long sent, long came) {}

    /** The events of a stream, up to its end. */
    List<Heard> stream(byte[] request) throws IOException {
        List<Heard> heard = new ArrayList<>();
        long start = System.nanoTime();
        out.write(request);
        Head answer = head();
        if (answer.status != 200 || answer.length >= 0) {
            throw new IOException("the answer was " + answer.status + " and no stream");
        }
        for (int size = chunk(); size > 0; size = chunk()) {
            byte[] bytes = in.readNBytes(size);
            long now = System.nanoTime();
            in.skipNBytes(2);
            Matcher stamps = STAMP.matcher(new String(bytes, StandardCharsets.US_ASCII));
            while (stamps.find()) {
                heard.add(new Heard(start, Long.parseLong(stamps.group(1)), now));
            }
        }
        in.skipNBytes(2);
        return heard;
    }

    /** @param length of the body, or -1 where it comes in chunks */
    private record Head(int status, int length) {}

    private Head head() throws IOException {
        int status = Integer.parseInt(ModelServer.line(in).split(" ", 3)[1]);
        int length = -1;
        for (String line = ModelServer.line(in); !line.isEmpty(); line = ModelServer.line(in)) {
            String lower = line.toLowerCase(Locale.ROOT);
            if (lower.startsWith("content-length:")) {
                length = Integer.parseInt(lower.substring(15).strip());
            }
        }
        return new Head(status, length);
    }

    private int chunk() throws IOException {
        return Integer.parseInt(ModelServer.line(in), 16);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
