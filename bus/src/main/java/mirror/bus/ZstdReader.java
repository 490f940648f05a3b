package mirror.bus;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * Random access to a compressed segment, and how one is made. The file is a sequence of zstd frames (RFC 8878) of 1 MiB of text each,
 * with a seek table in a last, skippable frame (Zstandard Seekable Format 0.1.0): {@code zstd -d} unpacks it like any other file, and
 * a reader unpacks only the frames it needs. Not thread-safe.
 */
final class ZstdReader implements Storage.Reader {
    private static final int LEVEL = 3;
    private static final int FRAME = 1 << 20;
    private static final int SKIPPABLE = 0x184D2A5E;
    private static final int SEEKABLE = 0x8F92EAB1;
    private static final int FOOTER = 9;
    private static final int ENTRY = 8;

    private final Storage.Reader file;
    private final Path name;
    /** Where each frame begins, in the file and in the text; one more than there are frames. */
    private final long[] packedAt;

    private final long[] textAt;
    private int loaded = -1;
    private byte[] text = new byte[0];

    ZstdReader(Storage.Reader file, Path name) throws IOException {
        this.file = file;
        this.name = name;
        long size = file.size();
        ByteBuffer footer = bytes(Math.max(0, size - FOOTER), FOOTER);
        int frames = footer.getInt();
        long table = 8L + (long) frames * ENTRY + FOOTER;
        if (footer.get() != 0 || footer.getInt() != SEEKABLE || frames < 0 || table > size) {
            throw new IOException(name + " has no seek table; it was not written by Mirror or was cut off");
        }
        ByteBuffer entries = bytes(size - table, (int) table);
        if (entries.getInt() != SKIPPABLE || entries.getInt() != table - 8) {
            throw new IOException(name + " has a damaged seek table");
        }
        packedAt = new long[frames + 1];
        textAt = new long[frames + 1];
        for (int i = 0; i < frames; i++) {
            packedAt[i + 1] = packedAt[i] + Integer.toUnsignedLong(entries.getInt());
            int length = entries.getInt();
            textAt[i + 1] = textAt[i] + length;
            if (length < 0 || length > FRAME) {
                throw new IOException(name + " has a damaged seek table");
            }
        }
        if (packedAt[frames] != size - table) {
            throw new IOException(name + " has a damaged seek table");
        }
    }

    private ByteBuffer bytes(long position, int length) throws IOException {
        byte[] bytes = new byte[length];
        int at = 0;
        while (at < length) {
            int read = file.read(position + at, bytes, at, length - at);
            if (read <= 0) {
                throw new EOFException(name + " ends too early");
            }
            at += read;
        }
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public int read(long position, byte[] into, int offset, int length) throws IOException {
        if (position >= size()) {
            return -1;
        }
        int frame = frameOf(position);
        if (frame != loaded) {
            load(frame);
        }
        int from = (int) (position - textAt[frame]);
        int read = Math.min(length, text.length - from);
        System.arraycopy(text, from, into, offset, read);
        return read;
    }

    private int frameOf(long position) {
        int found = java.util.Arrays.binarySearch(textAt, position);
        return found >= 0 ? found : -found - 2;
    }

    private void load(int frame) throws IOException {
        byte[] packed = bytes(packedAt[frame], (int) (packedAt[frame + 1] - packedAt[frame]))
                .array();
        int length = (int) (textAt[frame + 1] - textAt[frame]);
        try {
            text = Zstd.decompress(packed, length);
        } catch (ZstdException e) {
            throw new IOException(name + " cannot be unpacked: " + e.getMessage(), e);
        }
        if (text.length != length) {
            throw new IOException(name + " unpacks to another length than its seek table says");
        }
        loaded = frame;
    }

    @Override
    public long size() {
        return textAt[textAt.length - 1];
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    /** Compresses what {@code from} holds to the end of {@code to}, and does not flush. */
    static void compress(Storage.Reader from, Storage.Appender to) throws IOException {
        ByteArrayOutputStream table = new ByteArrayOutputStream();
        byte[] chunk = new byte[FRAME];
        int frames = 0;
        for (long at = 0; ; ) {
            int filled = 0;
            int read;
            while (filled < FRAME && (read = from.read(at + filled, chunk, filled, FRAME - filled)) > 0) {
                filled += read;
            }
            if (filled == 0) {
                break;
            }
            byte[] packed = Zstd.compress(filled == FRAME ? chunk : java.util.Arrays.copyOf(chunk, filled), LEVEL);
            to.write(ByteBuffer.wrap(packed));
            table.writeBytes(little(ENTRY).putInt(packed.length).putInt(filled).array());
            at += filled;
            frames++;
        }
        ByteBuffer last = little(8 + table.size() + FOOTER);
        last.putInt(SKIPPABLE).putInt(table.size() + FOOTER).put(table.toByteArray());
        last.putInt(frames).put((byte) 0).putInt(SEEKABLE);
        to.write(last.flip());
    }

    private static ByteBuffer little(int capacity) {
        return ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
    }
}
