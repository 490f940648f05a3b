package mirror.surface.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** What a command prints, for those who write to a stream. It holds bytes until a flush, and never cuts a character. */
final class OutStream extends OutputStream {
    private final Out out;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    OutStream(Out out) {
        this.out = out;
    }

    @Override
    public void write(int b) {
        bytes.write(b);
    }

    @Override
    public void write(byte[] b, int offset, int length) {
        bytes.write(b, offset, length);
    }

    /** @throws IOException when the caller is gone */
    @Override
    public void flush() throws IOException {
        out.print(bytes.toString(StandardCharsets.UTF_8));
        bytes.reset();
        out.flush();
    }
}
