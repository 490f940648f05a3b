package mirror.tiers.gateway;

import java.io.ByteArrayOutputStream;
import mirror.tiers.dialect.StreamReader;

/**
 * Listens to a stream that passes byte for byte, so that another provider can go on with it. What passes is only copied; it is read
 * when it is needed, which is after a break, or when much has come. One thread.
 */
final class Listener {
    private static final int UNREAD = 64 * 1024;

    private final ByteArrayOutputStream heard = new ByteArrayOutputStream(4 * 1024);
    private final StreamReader reader;
    private final Transcript transcript;

    Listener(StreamReader reader, Transcript transcript) {
        this.reader = reader;
        this.transcript = transcript;
    }

    /** Whole events that the client was sent. */
    void hear(byte[] bytes, int from, int to) {
        heard.write(bytes, from, to - from);
        if (heard.size() > UNREAD) {
            read();
        }
    }

    private void read() {
        byte[] bytes = heard.toByteArray();
        heard.reset();
        reader.feed(bytes, 0, bytes.length, transcript::accept);
    }

    /** The stream broke here: the transcript says what the client was told. */
    void broke() {
        read();
        transcript.used(reader.usage());
        if (reader.ending()) {
            // The client knows why it ends, and nothing may follow that.
            transcript.lose();
        }
    }
}
