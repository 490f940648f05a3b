package mirror.bus;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** A growing byte array that lines of one commit group are written into; owned by the writer thread and reused. */
final class LineBuffer {
    private byte[] bytes = new byte[64 * 1024];
    private int length;

    LineBuffer add(byte[] more) {
        reserve(more.length);
        System.arraycopy(more, 0, bytes, length, more.length);
        length += more.length;
        return this;
    }

    /** Adds text known to be ASCII. */
    LineBuffer ascii(String text) {
        reserve(text.length());
        for (int i = 0; i < text.length(); i++) {
            bytes[length++] = (byte) text.charAt(i);
        }
        return this;
    }

    LineBuffer number(long value) {
        return ascii(Long.toString(value));
    }

    byte[] array() {
        return bytes;
    }

    int length() {
        return length;
    }

    ByteBuffer toByteBuffer() {
        return ByteBuffer.wrap(bytes, 0, length);
    }

    void clear() {
        length = 0;
    }

    private void reserve(int more) {
        if (length + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
        }
    }
}
